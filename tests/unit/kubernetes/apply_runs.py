# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs of the installer over a small set of objects in a cluster in memory."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from ansible_collections.kubeops.hybrid.plugins.module_utils._engine.kind import Owner
from ansible_collections.kubeops.hybrid.plugins.module_utils._engine.plan import Entry, Outcome, Verb
from ansible_collections.kubeops.hybrid.plugins.module_utils._engine.progress import Line
from ansible_collections.kubeops.hybrid.plugins.module_utils._engine.script import Timing
from ansible_collections.kubeops.hybrid.plugins.module_utils._kinds.kubernetes.apply import Installer
from ansible_collections.kubeops.hybrid.plugins.module_utils._kinds.kubernetes.objects import Live
from ansible_collections.kubeops.hybrid.plugins.module_utils._kinds.kubernetes.steps import Step
from tests.unit.kubernetes.memory_cluster import MemoryCluster
from tests.unit.kubernetes.samples import (
    definition,
    key,
    manifest,
    namespace,
    thing,
    workload,
)

type Body = dict[str, Any]
FAST = Timing(poll_interval=0.002, settle_timeout=0.05, wait_timeout=0.3)
SET = [
    workload("web", volumes=[{"name": "v", "configMap": {"name": "settings"}}]),
    thing("example.com/v1", "Shop", "shop", "app"),
    definition("Shop"),
    thing("v1", "ConfigMap", "settings", "app"),
    namespace("app"),
]
WEB, SHOP, SETTINGS = "Deployment.apps/app/web", "Shop.example.com/app/shop", "ConfigMap/app/settings"
CRD, APP = "CustomResourceDefinition.apiextensions.k8s.io/shops.example.com", "Namespace/app"


def step(body: Body, verb: Verb = Verb.CREATE, **rest: Any) -> Step:
    one = manifest(body)
    return Step(one.key, Entry(one.key.sort, one.key.place, verb), one, **rest)


class Run:
    """One run and what it came to."""

    def __init__(
        self,
        cluster: MemoryCluster,
        bodies: Sequence[Body] = SET,
        steps: Sequence[Step] = (),
        on_line: Callable[[Line], None] = lambda _line: None,
        **rest: Any,
    ) -> None:
        steps = steps or [step(body) for body in bodies]
        self._on_line = on_line
        self.lines: list[Line] = []
        self.answered: list[str] = []
        self.steps = {one.key.address: one for one in steps}
        self.installer = Installer(
            steps,
            [manifest(body) for body in bodies],
            cluster,
            cluster.resources(),
            timing=FAST,
            tell=self._tell,
            applied=lambda one, _body: self.answered.append(one.key.address),
            **rest,
        )

    def _tell(self, line: Line) -> None:
        self.lines.append(line)
        self._on_line(line)

    def go(self) -> Run:
        self.installer.run()
        return self

    def outcome(self, address: str) -> Outcome:
        return self.steps[address].entry.outcome

    def reason(self, address: str) -> str:
        return self.steps[address].entry.reason

    @property
    def all_done(self) -> bool:
        return all(one.entry.outcome is Outcome.DONE for one in self.steps.values())


def made(cluster: MemoryCluster, body: Body) -> Live:
    return Live(key(body), cluster.put(body), Owner.OURS)
