# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""CRDs whose stored version changes: what has to be rewritten, and whether before or after."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from ansible_collections.kubeops.hybrid.plugins.module_utils._clients.kube_discovery import Resources
from ansible_collections.kubeops.hybrid.plugins.module_utils._engine.kind import Owner
from ansible_collections.kubeops.hybrid.plugins.module_utils._kinds.kubernetes.normal import normalise
from ansible_collections.kubeops.hybrid.plugins.module_utils._kinds.kubernetes.objects import Live
from ansible_collections.kubeops.hybrid.plugins.module_utils._kinds.kubernetes.steps import Observed
from ansible_collections.kubeops.hybrid.plugins.module_utils._kinds.kubernetes.storage_versions import (
    Migration,
    migrations,
)
from tests.unit.kubernetes.samples import MIRROR, Body, manifest, thing
from tests.unit.kubernetes.streams import document_file


def definition(versions: Sequence[str], storage: str, stored: Sequence[str] = ()) -> Body:
    """A CRD that stores in one of its versions, with what was stored so far."""
    rows = [{"name": name, "served": True, "storage": name == storage} for name in versions]
    spec = {"group": "example.com", "scope": "Cluster", "names": {"kind": "Widget", "plural": "widgets"}}
    body = thing(
        "apiextensions.k8s.io/v1", "CustomResourceDefinition", "widgets.example.com", spec={**spec, "versions": rows}
    )
    return {**body, "status": {"storedVersions": list(stored)}}


def found(wish: Body, live: Body | None) -> list[tuple[tuple[str, ...], str, bool]]:
    """What is to be rewritten, without the name."""
    wished = manifest(wish)
    there = {wished.key: Live(wished.key, live, Owner.OURS)} if live else {}
    return [(one.old, one.storage, one.first) for one in migrations([wished], Observed(there, {}, Resources([])))]


@pytest.mark.parametrize(
    ("wished", "live", "migration"),
    [
        (definition(["v1"], "v1"), None, []),
        (definition(["v1"], "v1"), definition(["v1"], "v1", ["v1"]), []),
        (definition(["v1", "v2"], "v2"), definition(["v1"], "v1", ["v1"]), [(("v1",), "v2", False)]),
        (definition(["v1", "v2"], "v2"), definition(["v1", "v2"], "v2", ["v1", "v2"]), [(("v1",), "v2", False)]),
        (definition(["v2"], "v2"), definition(["v1", "v2"], "v2", ["v1", "v2"]), [(("v1",), "v2", True)]),
        (definition(["v2", "v3"], "v3"), definition(["v1", "v2"], "v2", ["v1", "v2"]), [(("v1",), "v2", True)]),
        (definition(["v2"], "v2"), definition(["v1"], "v1", ["v1"]), []),
    ],
    ids=["new", "same", "changes", "left half way", "drops what was stored", "drops and changes", "cannot be"],
)
def test_migrations(wished: Body, live: Body | None, migration: object) -> None:
    assert found(wished, live) == migration


@pytest.mark.slow
def test_the_platforms_upgrade() -> None:
    """From Kubeflow 1.10.2 to 26.03 ten CRDs of Istio change; without a mirror one of our own does."""
    if not (MIRROR / "kubeflow-v1.10.2.yaml.gz").exists():
        assert found(definition(["v1", "v2"], "v2"), definition(["v1"], "v1", ["v1"]))
        return
    old, new = (
        normalise(document_file(name), estate="pit", set_name="ml", resources=None)
        for name in ("kubeflow-v1.10.2", "kubeflow-26.03")
    )
    live = {}
    for wish in old:
        if wish.key.kind == "CustomResourceDefinition":
            stored = [one["name"] for one in wish.body["spec"]["versions"] if one["storage"]]
            live[wish.key] = Live(wish.key, {**wish.body, "status": {"storedVersions": stored}}, Owner.OURS)
    changed: list[Migration] = migrations(new, Observed(live, {}, Resources([])))
    assert {(one.old, one.storage, one.first) for one in changed} == {(("v1beta1",), "v1", False)}
    assert len(changed) == 10
    assert all(one.crd.name.endswith(".istio.io") for one in changed)
