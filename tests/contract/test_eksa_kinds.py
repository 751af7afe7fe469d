# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Kinds of EKS Anywhere against the twin's management cluster: real API server, real definitions, controllers."""

from __future__ import annotations

import copy
import shutil
import subprocess
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.kubeops.hybrid.plugins.module_utils._clients.eksa import EksaPort
from ansible_collections.kubeops.hybrid.plugins.module_utils._clients.eksa_cli import Admin, AdminMachine
from ansible_collections.kubeops.hybrid.plugins.module_utils._clients.kube import KubeClient
from ansible_collections.kubeops.hybrid.plugins.module_utils._clients.kube_config import load
from ansible_collections.kubeops.hybrid.plugins.module_utils._engine.errors import EstateError
from ansible_collections.kubeops.hybrid.plugins.module_utils._engine.guards import Consent
from ansible_collections.kubeops.hybrid.plugins.module_utils._engine.reconcile import Report, Request, reconcile
from ansible_collections.kubeops.hybrid.plugins.module_utils._engine.script import Timing
from ansible_collections.kubeops.hybrid.plugins.module_utils._engine.wishes import parse
from ansible_collections.kubeops.hybrid.plugins.module_utils._kinds.eksa import documents, milestones
from ansible_collections.kubeops.hybrid.plugins.module_utils._kinds.eksa.registry import KINDS
from tests.contract.eksa_clusters import Management, managing, workload
from twin.eksa.planes import plane_name

pytestmark = pytest.mark.slow

Resource = dict[str, Any]
PROMPT = Timing(poll_interval=0.2, settle_timeout=20, wait_timeout=120)
ALLOWED = Consent(addresses=frozenset({"disruptive", "irreversible"}), teardown=True)


class Place:
    """A management cluster, and the collection's way to it. limit: writes after which every further one is refused."""

    def __init__(self, management: Management, directory: Path) -> None:
        directory.mkdir()
        shutil.copy(management.host.admin_kubeconfig(plane_name("mgmt")), directory / "kubeconfig-mgmt")
        self.management = management
        self.writes = 0
        self.limit: int | None = None
        machine = AdminMachine(Admin(str(directory / "eksa")), _execute, self._count)
        self.port = EksaPort(
            str(directory), machine, lambda path: KubeClient(load(path, None), guard=self._count), guard=self._count
        )

    def _count(self) -> None:
        if self.writes == self.limit:
            raise EstateError("the connection is gone")
        self.writes += 1

    def run(self, *resources: Resource, absent: bool = False, dry_run: bool = False) -> Report:
        """The engine's whole way."""
        wishes = parse(resources, KINDS, absent=absent)
        request = Request("lab", wishes, absent=absent, dry_run=dry_run, timing=PROMPT, consent=ALLOWED)
        return reconcile(request, KINDS, self.port, lambda _line: None)

    def done(self, *resources: Resource, **rest: Any) -> dict[str, str]:
        """The same, and nothing went wrong: address to verb of what was not kept."""
        report = self.run(*resources, **rest)
        assert report.error is None, report.error
        return {entry.address: entry.verb.value for entry in report.plan.active}


def _execute(arguments: Sequence[str], script: str) -> tuple[int, str, str]:
    done = subprocess.run(list(arguments), input=script, capture_output=True, text=True, check=False)
    return done.returncode, done.stdout, done.stderr


def cluster(**changes: Any) -> tuple[Resource, ...]:
    """A workload cluster of `mgmt` with its kubeconfig, as resources."""
    options = copy.deepcopy(documents.split(workload(**{"planes": 3, "etcd": 3, "workers": 2, **changes})))
    for machine in options["machines"]:
        version = options["kubernetes_version"].replace(".", "-")
        machine["template"] = f"/pittsburgh/vm/templates/ubuntu-{version.replace('-', '.')}"
    return (
        {"kind": "eksa_kubeconfig", "name": "mgmt", "manage": "reference"},
        {"kind": "eksa_cluster", "name": "onprem", **options, "management_cluster": "mgmt"},
        {"kind": "eksa_kubeconfig", "name": "onprem", "cluster": "onprem"},
    )


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    directory = tmp_path_factory.mktemp("twin")
    with managing(directory) as management:
        yield Place(management, directory / "private")


def test_the_life_of_a_cluster(place: Place) -> None:
    made = {"eksa_cluster/onprem": "create", "eksa_kubeconfig/onprem": "create"}
    assert place.done(*cluster(), dry_run=True) == made
    assert place.writes == 0
    assert place.done(*cluster()) == made
    writes = place.writes
    assert place.done(*cluster()) == {}
    assert place.writes == writes

    _evidence_is_there(place)

    changed = {"eksa_cluster/onprem": "update"}
    assert place.done(*cluster(workers=3), dry_run=True) == changed
    assert place.done(*cluster(workers=3)) == changed
    assert place.done(*cluster(workers=3)) == {}
    assert place.done(*cluster(workers=3, version="1.35")) == changed
    assert place.done(*cluster(workers=3, version="1.35")) == {}
    with pytest.raises(EstateError, match=r"upgrade\.back"):
        place.run(*cluster(workers=3, version="1.34"))

    gone = {"eksa_cluster/onprem": "delete", "eksa_kubeconfig/onprem": "delete"}
    assert place.done(*cluster(), absent=True, dry_run=True) == gone
    assert place.done(*cluster(), absent=True) == gone
    assert place.done(*cluster(), absent=True) == {}
    left = [one for kind in ("Cluster", "VSphereMachineConfig") for one in _objects(place, kind)]
    assert left == []


def _objects(place: Place, kind: str) -> list[Any]:
    api = place.port.api("mgmt")
    assert api is not None
    resource = api.resources().find(documents.GROUP, kind)
    assert resource is not None
    return api.listed(resource)


def _evidence_is_there(place: Place) -> None:
    report = place.run(*cluster(), dry_run=True)
    workers = {"gpu": 2}
    expected = {"milestone": "1.b.v", "cluster": "onprem", "version": "1.34", "control_plane": 3, "workers": workers}
    (evidence,) = milestones.gather(report.world, place.port, [expected], lambda: None)
    assert evidence.met, evidence.reason


def test_what_a_webhook_refuses_is_found_before(place: Place) -> None:
    with pytest.raises(EstateError, match=r"control_plane\.odd"):
        place.run(*cluster(planes=2, etcd=0))


@pytest.mark.parametrize("limit", [1, 2, 3, 4])
def test_a_kill_is_continued(place: Place, limit: int) -> None:
    place.limit = place.writes + limit
    place.run(*cluster(planes=1, etcd=1, workers=1))
    place.limit = None
    place.done(*cluster(planes=1, etcd=1, workers=1))
    assert place.done(*cluster(planes=1, etcd=1, workers=1)) == {}
    place.done(*cluster(planes=1, etcd=1, workers=1), absent=True)
