# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""SIGKILL to all processes of a playbook that fills a cluster, changes it or empties it: the next one finishes."""

from __future__ import annotations

import json
import os
import random
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import yaml

from ansible_collections.kubeops.hybrid.plugins.module_utils._clients.kube import KubeClient
from ansible_collections.kubeops.hybrid.plugins.module_utils._clients.kube_config import load
from ansible_collections.kubeops.hybrid.plugins.module_utils._kinds.kubernetes.observe import of_estate
from ansible_collections.kubeops.hybrid.plugins.module_utils._kinds.kubernetes.sorts import PROTECTED
from ansible_collections.kubeops.hybrid.plugins.module_utils._kinds.kubernetes.sweep import sweep
from tests.contract import kube_accounts
from tests.contract.cluster_of_streams import NAME, running
from tests.contract.kube_sets import config_map, deployment, namespace
from tests.contract.upstream_stream import stream
from tests.system.processes import Running
from twin.audit import AuditLogs
from twin.kube_api import KubeApi
from twin.processes import wait_until

pytestmark = pytest.mark.slow
ROOT = Path(__file__).resolve().parent.parent.parent
ESTATE = "killed"
SET = "queues"
SPACE = "shop"
TIMING = {"poll_interval": 0.2, "settle_timeout": 20.0, "wait_timeout": 120.0}
MAPS = 60
DROPPED = 15
LEFT_BEHIND = (
    "/api/v1/namespaces",
    "/apis/admissionregistration.k8s.io/v1/mutatingwebhookconfigurations",
    "/apis/admissionregistration.k8s.io/v1/validatingwebhookconfigurations",
    "/apis/apiextensions.k8s.io/v1/customresourcedefinitions",
    "/apis/apiregistration.k8s.io/v1/apiservices",
    "/apis/rbac.authorization.k8s.io/v1/clusterroles",
    "/apis/rbac.authorization.k8s.io/v1/clusterrolebindings",
    "/apis/rbac.authorization.k8s.io/v1/namespaces/kube-system/rolebindings",
)
Body = dict[str, Any]


def flavor(number: int, **labels: str) -> Body:
    """What kueue's webhooks, which come in the same stream, are asked about."""
    kind = {"apiVersion": "kueue.x-k8s.io/v1beta2", "kind": "ResourceFlavor"}
    return {**kind, "metadata": {"name": f"flavor-{number}"}, "spec": {"nodeLabels": labels} if labels else {}}


def wishes(*, changed: bool = False) -> list[Body]:
    """Some 190 objects, the needed ones last; changed: most of our own look otherwise, some are not wished any more."""
    colour = "green" if changed else "blue"
    maps = [config_map(SPACE, f"settings-{number}", colour=colour) for number in range(MAPS)]
    labels = {"zone": colour} if changed else {}
    return [
        *(maps[DROPPED:] if changed else maps),
        *(flavor(number, **labels) for number in range(5, 10) if changed or number < 9),
        *(deployment(SPACE, f"web-{number}", f"example.com/app:{colour}") for number in range(4)),
        *stream("keda"),
        *stream("kueue"),
        *(namespace(name) for name in (SPACE, "keda", "kueue-system")),
    ]


@dataclass
class Site:
    """A cluster, and the playbook that cares for one set in it."""

    directory: Path
    kubeconfig: Path
    api: KubeApi
    logs: AuditLogs
    client: KubeClient = field(init=False)

    def __post_init__(self) -> None:
        self.client = KubeClient(load(str(self.kubeconfig)))
        self.answer = self.directory / "answer.json"
        for name in ("first", "second"):
            text = yaml.safe_dump_all(wishes(changed=name == "second"))
            (self.directory / f"{name}.yml").write_text(text, encoding="utf-8")

    def start(self, verb: str) -> Running:
        """Play it. verb: first, second (changed, and with prune), absent."""
        self.answer.unlink(missing_ok=True)
        allowed: Body = {"allow_delete": dict.fromkeys(sorted({*PROTECTED, "ConfigMap"}), 100)}
        source = {"src": [str(self.directory / f"{verb}.yml")], "prune": verb == "second"}
        task = {
            "kubeops.hybrid.kube_apply": {
                "estate": ESTATE,
                "name": SET,
                "kubeconfig": str(self.kubeconfig),
                "timing": TIMING,
                "run": {**allowed, **({"teardown": ESTATE} if verb == "absent" else {})},
                **({"state": "absent"} if verb == "absent" else source),
            },
            "register": "answer",
        }
        save = {"ansible.builtin.copy": {"content": "{{ answer | to_json }}", "dest": str(self.answer)}}
        play = {
            "hosts": "localhost",
            "connection": "local",
            "gather_facts": False,
            "tasks": [{"block": [task], "always": [save]}],
        }
        book = self.directory / f"{verb}-play.yml"
        book.write_text(yaml.safe_dump([play]), encoding="utf-8")
        programs = ROOT / ".venv" / "bin"
        environment = {
            **os.environ,
            "ANSIBLE_CONFIG": str(ROOT / "ansible.cfg"),
            "PATH": f"{programs}{os.pathsep}{os.environ.get('PATH', '')}",
        }
        command = [str(programs / "ansible-playbook"), "-i", "localhost,", str(book)]
        return Running(command, self.directory, environment, verb, frozenset())

    def well(self, verb: str) -> int:
        """The same, to its end, which must be good; how many entries of its plan are no kept ones."""
        run = self.start(verb)
        code = run.wait(300)
        assert self.answer.is_file(), run.output()
        answer = json.loads(self.answer.read_text(encoding="utf-8"))
        assert code == 0, answer["msg"]
        counts = answer["counts"]
        return sum(counts.get(name, 0) for name in ("create", "update", "delete", "continue"))

    def writes(self) -> int:
        """Writing calls of ours since the last look."""
        return sum(call.write and call.principal == kube_accounts.PRINCIPAL for call in self.logs.new())

    def killed(self, verb: str, writes: int) -> None:
        """Play it and kill it after so many writing calls. Whatever it had applied is in its inventory."""
        self.writes()
        run = self.start(verb)
        seen = 0

        def look() -> bool | None:
            nonlocal seen
            seen += self.writes()
            return run.over() or seen >= writes or None

        wait_until(look, seconds=200, interval=0.02, what=f"{writes} writing calls of {verb}")
        assert not run.over(), f"{verb} ended before {writes} writing calls:\n{run.output()}"
        run.kill()
        assert sweep(self.client, ESTATE, [SET]) == []

    def names(self) -> dict[str, set[str]]:
        """What a set may leave behind outside of namespaces, whoever's it is."""
        return {
            path: {one["metadata"]["name"] for one in self.api.request("GET", path)["items"]} for path in LEFT_BEHIND
        }


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """A cluster in which others have a namespace with something in it."""
    directory = tmp_path_factory.mktemp("killed")
    with running(directory / "twin") as host:
        plane = host.planes()[NAME]
        api = plane.api()
        api.request("POST", "/api/v1/namespaces", namespace("theirs"))
        api.request("POST", "/api/v1/namespaces/theirs/configmaps", config_map("theirs", "theirs", a="b"))
        yield Site(directory, kube_accounts.kubeconfig(plane, directory), api, AuditLogs(plane.directory.parent))


def converges(site: Site, verb: str) -> None:
    """The next run ends well, a further one finds nothing to do and writes nothing."""
    site.well(verb)
    site.writes()
    assert (site.well(verb), site.writes()) == (0, 0)
    assert sweep(site.client, ESTATE, [SET]) == []


def killed_and_healed(site: Site, seed: int) -> None:
    """Kill the installation, the change with its prune, and the removal, each healed by the next run."""
    chance = random.Random(seed)
    before = site.names()
    site.killed("first", chance.randint(1, 180))
    converges(site, "first")
    site.killed("second", chance.randint(1, 65))
    converges(site, "second")
    maps = site.api.request("GET", f"/api/v1/namespaces/{SPACE}/configmaps")["items"]
    ours = {one["metadata"]["name"]: one["data"]["colour"] for one in maps if "colour" in one.get("data", {})}
    assert ours == {f"settings-{number}": "green" for number in range(DROPPED, MAPS)}
    site.killed("absent", chance.randint(1, 150))
    site.well("absent")
    assert site.well("absent") == 0
    # The namespace of the inventories is told to go, and not waited for.
    wait_until(lambda: not of_estate(site.client, ESTATE) or None, seconds=30, what="the end of all objects of the set")
    assert site.names() == before


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_a_killed_run_is_finished_by_the_next_and_nothing_is_forgotten(site: Site, seed: int) -> None:
    """Cause: SIGKILL to all processes of the playbook after a random number of writing calls, in installation, change
    with prune, and removal. Expected: what was applied is known right after each kill; the next run converges, one
    more writes nothing; after removal nothing of the set is left, and what others have is there."""
    killed_and_healed(site, seed)


@pytest.mark.long
@pytest.mark.parametrize("seed", range(4, 24))
def test_a_killed_run_is_finished_by_the_next_20_times(site: Site, seed: int) -> None:
    """As above, at 20 more times three points."""
    killed_and_healed(site, seed)
