# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Images taken from one registry: their new names, and the proof that no old one is left."""

from __future__ import annotations

import json
import pathlib
import re
from collections.abc import Collection

from ansible_collections.kubeops.hybrid.plugins.module_utils._engine.errors import Invalid

from .placeholders import places

# Registries of whatever the catalogue has; those of the images that were found are added.
_HOSTS = {
    "docker.io", "gcr.io", "ghcr.io", "k8s.gcr.io", "mcr.microsoft.com", "nvcr.io", "public.ecr.aws", "quay.io",
    "registry.istio.io", "registry.k8s.io", "us-docker.pkg.dev",
}  # fmt: skip
_SHOWN = 10


def split(image: str) -> tuple[str, str]:
    """Host and path with tag, written out: mysql:8.0 is docker.io and library/mysql:8.0."""
    host, slash, path = image.partition("/")
    if not slash:
        return "docker.io", f"library/{image}"
    return (host, path) if "." in host or ":" in host or host == "localhost" else ("docker.io", image)


def target(image: str, registry: str) -> str:
    """Where an image is in a registry: below the name of the host that it comes from, so that no two meet."""
    registry = registry.rstrip("/")
    return image if image.startswith(f"{registry}/") else "/".join([registry, *split(image)])


def refuse_leftovers(stream: pathlib.Path, registry: str, images: Collection[str]) -> None:
    """Raise Invalid that names object and place of every text that still names another registry.

    stream: JSON lines. images: what was found, by its old names.
    """
    hosts = sorted(_HOSTS | {split(image)[0] for image in images})
    own = registry.split("/", 1)[0]
    alternatives = "|".join(re.escape(host) for host in hosts if host != own)
    # An address or a longer path may hold the name of a registry without naming an image.
    named = re.compile(rf"(?<![\w./:@-])(?:{alternatives})/[\w./@:-]+")
    left = []
    with stream.open(encoding="utf-8") as file:
        for line in file:
            if '"kind":"CustomResourceDefinition"' in line[:200] or not named.search(line):
                continue
            body = json.loads(line)
            name = f"{body['kind']}/{body['metadata']['name']}"
            if body["kind"] != "CustomResourceDefinition":
                left += [f"{hit} in {name} at {path}" for path, text in places(body) for hit in named.findall(text)]
    if left:
        more = f" and {len(left) - _SHOWN} more" if len(left) > _SHOWN else ""
        raise Invalid(
            f"not everything is taken from {registry}: {'; '.join(left[:_SHOWN])}{more}",
            remedy="Set the image with the chart's values; if it is no image, report it.",
        )
