# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Objects in place of upstream's, made of a bill of materials, when there are neither files nor a network."""

from __future__ import annotations

import hashlib
import json
import pathlib
from collections.abc import Iterator
from typing import Any

from ansible_collections.kubeops.hybrid.plugins.module_utils._engine.errors import Invalid, NotFound

from .catalogue import Artifact
from .components import select
from .request import Request
from .stand_in_bodies import fill

BILLS = pathlib.Path(__file__).with_name("bills")
BASE = "base"
"""Component, in a bill, of what is always there."""
LABEL = "kubeops.io/stand-in"
"""On every object that is one, so that nobody takes it for upstream's."""


def path_of(artifact: Artifact) -> pathlib.Path:
    """The bill of an artifact. Raises NotFound."""
    path = BILLS / f"{artifact.bom}.tsv"
    if not artifact.bom or not path.is_file():
        raise NotFound(
            f"there is neither a mirror, nor a way to upstream, nor a bill of materials of {artifact.title}",
            remedy="Set kubeops_mirror.",
        )
    return path


def tree_of(artifact: Artifact) -> tuple[pathlib.Path, str]:
    """The bill of an artifact, and its digest, which no lock holds."""
    path = path_of(artifact)
    return path, f"sha256:{hashlib.sha256(path.read_bytes()).hexdigest()}"


def objects(artifact: Artifact, request: Request) -> Iterator[dict[str, Any]]:
    """The stand-ins of the chosen components, in upstream's order."""
    if request.values or request.release or request.namespace:
        raise Invalid(f"stand-ins of {artifact.title} take no values, release or namespace")
    picked = select(artifact, request.components, request.owners)
    chosen = {BASE, *(one.name for one, paths in picked if paths == one.paths)}
    made = list(rows(path_of(artifact)))
    unknown = chosen - {component for component, _body in made} - {one.name for one, paths in picked if not paths}
    if unknown := {name for name in unknown if not artifact.components[name].base}:
        raise NotFound(f"the bill of materials of {artifact.title} has no {', '.join(sorted(unknown))}")
    yield from (body for component, body in made if component in chosen)


def rows(path: pathlib.Path) -> Iterator[tuple[str, dict[str, Any]]]:
    """Component and stand-in of each line of a bill: component, apiVersion, kind, namespace, name, facts as JSON."""
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        if line.startswith("#"):
            continue
        try:
            component, version, kind, namespace, name, told = line.split("\t")
            metadata: dict[str, Any] = {"name": name, "labels": {LABEL: "true"}}
            if namespace:
                metadata["namespace"] = namespace
            body = {"apiVersion": version, "kind": kind, "metadata": metadata}
            yield component, fill(body, json.loads(told or "{}"))
        except (ValueError, KeyError, IndexError) as error:
            raise Invalid(f"{path}, line {number}: no line of a bill of materials: {error}") from error
