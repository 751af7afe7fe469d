# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Clusters of EKS Anywhere through the engine: foreseen, made, kept, changed, removed, and killed in between."""

from __future__ import annotations

import copy
import json
from typing import Any

import pytest

from ansible_collections.kubeops.hybrid.plugins.module_utils._engine.errors import Conflict, EstateError
from ansible_collections.kubeops.hybrid.plugins.module_utils._engine.plan import PlanErrors
from ansible_collections.kubeops.hybrid.plugins.module_utils._engine.reconcile import Report, Request, reconcile
from ansible_collections.kubeops.hybrid.plugins.module_utils._engine.wishes import parse
from ansible_collections.kubeops.hybrid.plugins.module_utils._kinds.eksa import documents
from ansible_collections.kubeops.hybrid.plugins.module_utils._kinds.eksa.registry import KINDS
from ansible_collections.kubeops.hybrid.plugins.module_utils._kinds.kubernetes.objects import Key
from tests.unit.eksa.memory import PRINT, MemoryEksa
from tests.unit.eksa.samples import changed, sample
from tests.unit.eksa.test_vcenter_rules import Vcenter
from tests.unit.kinds_support import ALLOWED, AT_ONCE

Resource = dict[str, Any]
ESTATE = "lab"


def cluster(name: str = "demo", *changes: dict[str, Any], manager: str = "") -> Resource:
    """A cluster as a resource, from the sample."""
    listed = json.loads(json.dumps(changed(sample(), changes)).replace('"demo', f'"{name}'))
    options = documents.split(listed)
    options["datacenter"] = {key: value for key, value in options["datacenter"].items() if key != "name"}
    if manager:
        options["management_cluster"] = manager
    return {"kind": "eksa_cluster", "name": name, **copy.deepcopy(options)}


def whole(*resources: Resource) -> list[Resource]:
    """Each cluster with its kubeconfig."""
    return [
        entry
        for one in resources
        for entry in (one, {"kind": "eksa_kubeconfig", "name": one["name"], "cluster": one["name"]})
    ]


def run(port: MemoryEksa, resources: list[Resource], **rest: Any) -> Report:
    """The engine's way."""
    absent = bool(rest.get("absent"))
    request = Request(ESTATE, parse(resources, KINDS, absent=absent), timing=AT_ONCE, consent=ALLOWED, **rest)
    return reconcile(request, KINDS, port, lambda _line: None)


def verbs(report: Report) -> dict[str, str]:
    """Address to verb of what is not kept."""
    return {entry.address: entry.verb.value for entry in report.plan.active}


def done(port: MemoryEksa, resources: list[Resource], **rest: Any) -> Report:
    """Run, and nothing went wrong."""
    report = run(port, resources, **rest)
    assert report.error is None, report.error
    return report


def two() -> list[Resource]:
    """A management cluster and one that it manages."""
    return whole(cluster(), cluster("jobs", manager="demo"))


@pytest.fixture
def port() -> MemoryEksa:
    return MemoryEksa()


def test_foreseen_without_a_write(port: MemoryEksa) -> None:
    report = done(port, two(), dry_run=True)
    assert set(verbs(report).values()) == {"create"}
    assert len(verbs(report)) == 4
    assert port.writes == 0


def test_made_in_order_and_kept(port: MemoryEksa) -> None:
    done(port, two())
    assert port.machine.started == ["create demo"]
    assert {name: text for name, (text, _mode) in port.files.items()} == {
        "demo": "kubeconfig of demo",
        "jobs": "kubeconfig of jobs",
    }
    spec = port.apis["demo"].objects[_key("jobs")]["spec"]
    assert spec["managementCluster"] == {"name": "demo"}
    writes = port.writes
    assert verbs(done(port, two())) == {}
    assert port.writes == writes


def _key(name: str, kind: str = documents.CLUSTER) -> Key:
    return Key(documents.GROUP, kind, "default", name)


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"path": "spec.workerNodeGroupConfigurations[0].count", "value": 4}, "workers"),
        ({"path": "spec.kubernetesVersion", "value": "1.36"}, "kubernetes_version"),
        ({"path": "spec.externalEtcdConfiguration.count", "value": 3}, ""),
        ({"path": "spec.registryMirrorConfiguration", "value": {"endpoint": "harbor", "port": "443"}}, "settings"),
        ({"document": "VSphereDatacenterConfig/demo", "path": "spec.insecure", "value": True}, "datacenter"),
    ],
)
def test_changed_through_the_api_and_kept(port: MemoryEksa, change: dict[str, Any], field: str) -> None:
    done(port, two())
    changes = [change]
    if field == "kubernetes_version":
        changes += [
            {"document": f"VSphereMachineConfig/demo-{one}", "path": "spec.template", "value": "/pit/vm/new-1-36"}
            for one in ("cp", "etcd", "general", "gpu")
        ]
        # YAML anchors make the sample's configurations one object each of its own only after a copy.
    wanted = whole(cluster("demo", *changes), cluster("jobs", manager="demo"))
    foreseen = done(port, wanted, dry_run=True)
    report = done(port, wanted)
    assert verbs(report) == verbs(foreseen) == ({"eksa_cluster/demo": "update"} if field else {})
    if field:
        (entry,) = report.plan.active
        assert field in [one.field for one in entry.changes]
    assert port.machine.started == ["create demo"]
    assert verbs(done(port, wanted)) == {}


def test_a_new_release_is_brought_by_the_cli(port: MemoryEksa) -> None:
    done(port, two())
    wanted = whole(cluster("demo", {"path": "spec.eksaVersion", "value": "v0.27.0"}), cluster("jobs", manager="demo"))
    done(port, wanted)
    assert port.machine.started == ["create demo", "upgrade demo"]
    assert verbs(done(port, wanted)) == {}


def test_a_group_goes_with_its_configuration(port: MemoryEksa) -> None:
    done(port, two())
    small = cluster("jobs", manager="demo")
    small["workers"] = [one for one in small["workers"] if one["name"] != "gpu"]
    small["machines"] = [one for one in small["machines"] if one["name"] != "jobs-gpu"]
    done(port, whole(cluster(), small))
    spec = port.apis["demo"].objects[_key("jobs")]["spec"]
    assert [one["name"] for one in spec["workerNodeGroupConfigurations"]] == ["general"]
    assert _key("jobs-gpu", documents.MACHINE) not in port.apis["demo"].objects
    assert _key("demo-gpu", documents.MACHINE) in port.apis["demo"].objects


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"path": "spec.controlPlaneConfiguration.endpoint.host", "value": "10.33.0.99"}, "change.fixed"),
        ({"path": "spec.kubernetesVersion", "value": "1.38"}, "upgrade.one"),
        ({"path": "spec.externalEtcdConfiguration.count", "value": 5}, "change.etcd_count"),
        ({"path": "spec.controlPlaneConfiguration.count", "value": 0}, "control_plane.count"),
    ],
)
def test_what_would_be_refused_is_found_before_any_write(
    port: MemoryEksa, change: dict[str, Any], message: str
) -> None:
    done(port, whole(cluster()))
    writes = port.writes
    with pytest.raises(EstateError, match=message):
        run(port, whole(cluster("demo", change)))
    assert port.writes == writes


def test_a_vcenter_that_is_not_ready_is_found_before_the_first_machine(port: MemoryEksa) -> None:
    port.center = Vcenter({"gone": ["Datastore:datastore-1"]})
    foreseen = done(port, whole(cluster()), dry_run=True)
    assert set(verbs(foreseen).values()) == {"create"}
    report = run(port, whole(cluster()))
    assert "[vcenter.datastore] VSphereMachineConfig/demo-cp spec.datastore = /pit/datastore/ds-1" in str(report.error)
    assert port.machine.started == []
    port.center = Vcenter({})
    done(port, whole(cluster()))


def test_a_vcenter_to_come_is_asked_for_its_fingerprint_later(port: MemoryEksa) -> None:
    wanted = cluster()
    del wanted["datacenter"]["thumbprint"]
    port.away = True
    assert set(verbs(done(port, whole(wanted), dry_run=True)).values()) == {"create"}
    report = run(port, whole(wanted))
    assert "cannot be reached" in str(report.error)
    port.away = False
    done(port, whole(wanted))
    spec = port.apis["demo"].objects[_key("demo", documents.DATACENTER)]["spec"]
    assert spec["thumbprint"] == PRINT
    assert verbs(done(port, whole(wanted))) == {}


def test_a_failed_creation_tells_its_last_line_and_leaves_the_bootstrap_cluster(port: MemoryEksa) -> None:
    port.machine.ends["create"] = 255
    report = run(port, whole(cluster()))
    told = str(report.error)
    assert "ended with status 255: Error: no free address" in told
    assert "/work/demo" in told
    with pytest.raises(PlanErrors, match="in a failed state"):
        run(port, whole(cluster()))
    report = run(port, whole(cluster()), absent=True)
    assert isinstance(report.plan.active[0].error, Conflict)
    assert "bootstrap cluster demo-eks-a-cluster" in str(report.error)
    assert port.machine.started == ["create demo"]


def test_a_cause_is_told_at_once_and_a_better_wish_mends_it(port: MemoryEksa) -> None:
    done(port, two())
    api = port.apis["demo"]

    def failing(body: dict[str, Any]) -> str:
        few = body["spec"]["workerNodeGroupConfigurations"][0]["count"] < 10
        return "" if few else "datastore ds-1 is full"

    api.failing = failing
    path = "spec.workerNodeGroupConfigurations[0].count"
    report = run(port, whole(cluster(), cluster("jobs", {"path": path, "value": 20}, manager="demo")))
    assert "MachineConfigInvalid: datastore ds-1 is full" in str(report.error)
    done(port, whole(cluster(), cluster("jobs", {"path": path, "value": 3}, manager="demo")))


def test_others_clusters_are_never_touched(port: MemoryEksa) -> None:
    done(port, whole(cluster()))
    theirs = copy.deepcopy(port.apis["demo"].objects[_key("demo")])
    theirs["metadata"]["name"] = "jobs"
    theirs["metadata"]["labels"] = {"kubeops.io/estate": "another"}
    port.apis["demo"].put(theirs)
    with pytest.raises(EstateError, match="carries no mark of this estate"):
        run(port, two())
    report = run(port, whole(cluster()), absent=True)
    assert "by it jobs are managed" in str(report.error)
    assert "demo" in port.apis


def test_removed_in_order_and_kept_removed(port: MemoryEksa) -> None:
    done(port, two())
    report = done(port, two(), absent=True)
    assert set(verbs(report).values()) == {"delete"}
    assert (port.apis, port.files) == ({}, {})
    assert port.machine.started == ["create demo", "delete demo"]
    assert verbs(done(port, two(), absent=True)) == {}


@pytest.mark.slow
def test_a_kill_anywhere_is_continued() -> None:
    limit = 0
    while True:
        port = MemoryEksa()
        port.limit = limit
        first = run(port, two())
        port.limit = None
        done(port, two())
        assert verbs(done(port, two())) == {}
        assert port.machine.started == ["create demo"]
        port.limit = port.writes + limit
        run(port, two(), absent=True)
        port.limit = None
        done(port, two(), absent=True)
        assert (port.apis, port.files) == ({}, {})
        if first.error is None:
            break
        limit += 1
    assert limit > 4
