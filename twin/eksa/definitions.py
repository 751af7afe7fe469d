# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Definitions of a management cluster's kinds: real ones from a mirror, or minimal ones that take everything."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from pathlib import Path

import yaml

from twin.cluster.objects import Object, condition
from twin.eksa.kinds import CUSTOM, Kind
from twin.kube_api import KubeApi
from twin.processes import wait_until

_log = logging.getLogger(__name__)
_DEFINITIONS = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions"
_PATIENCE = 60.0  # real seconds


def definitions(mirror: Path | None) -> tuple[list[Object], list[str]]:
    """The definitions, and the names of those for which the mirror has none and a minimal one stands in."""
    real = _real(mirror) if mirror else {}
    made_up = [kind for kind in CUSTOM if kind.definition not in real]
    return [*real.values(), *(_minimal(kind) for kind in made_up)], [kind.definition for kind in made_up]


def install(api: KubeApi, mirror: Path | None) -> None:
    """Put them into a cluster and wait until they are served. Raises TwinError."""
    found, made_up = definitions(mirror)
    if made_up:
        _log.warning("no definition in the mirror, so a minimal one: %s", ", ".join(made_up))
    for definition in found:
        api.apply(f"{_DEFINITIONS}/{definition['metadata']['name']}", definition)
    names = [definition["metadata"]["name"] for definition in found]
    wait_until(lambda: _established(api, names), seconds=_PATIENCE, what="definitions to be established")


def _established(api: KubeApi, names: Sequence[str]) -> bool | None:
    there = {
        thing["metadata"]["name"]
        for thing in api.request("GET", _DEFINITIONS)["items"]
        if condition(thing, "Established") == "True"
    }
    return True if set(names) <= there else None


def _real(mirror: Path) -> dict[str, Object]:
    """Of the mirror those that CUSTOM needs: a management cluster has dozens more, of other providers."""
    wanted = {kind.definition for kind in CUSTOM}
    found: dict[str, Object] = {}
    for folder in ("eks-anywhere/crds", "cluster-api"):
        for path in sorted((mirror / folder).rglob("*.yaml")):
            # The name of the file is that of the definition: group_plural.yaml.
            group, _, plural = path.stem.partition("_")
            if f"{plural}.{group}" in wanted:
                found[f"{plural}.{group}"] = yaml.load(path.read_text(), _Loader)
    return found


_Loader: type = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


def _minimal(kind: Kind) -> Object:
    anything = {"type": "object", "x-kubernetes-preserve-unknown-fields": True}
    schema = {"type": "object", "properties": {"spec": anything, "status": anything}}
    version = {
        "name": kind.version, "served": True, "storage": True, "subresources": {"status": {}},
        "schema": {"openAPIV3Schema": schema},
    }  # fmt: skip
    names = {"kind": kind.kind, "listKind": f"{kind.kind}List", "plural": kind.plural, "singular": kind.kind.lower()}
    return {
        "apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition",
        "metadata": {
            "name": kind.definition,
            # The API server refuses names below k8s.io and x-k8s.io that nobody has approved.
            "annotations": {"api-approved.kubernetes.io": "unapproved, stand-in"},
        },
        "spec": {"group": kind.group, "scope": "Namespaced", "names": names, "versions": [version]},
    }  # fmt: skip
