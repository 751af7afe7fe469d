# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Steps of the installer run by themselves on a real control plane, for tests: no plan, no inventory."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ansible_collections.kubeops.hybrid.plugins.module_utils._clients.kube import KubeClient
from ansible_collections.kubeops.hybrid.plugins.module_utils._clients.kube_config import load
from ansible_collections.kubeops.hybrid.plugins.module_utils._engine.kind import Owner
from ansible_collections.kubeops.hybrid.plugins.module_utils._engine.plan import Entry, Outcome, Verb
from ansible_collections.kubeops.hybrid.plugins.module_utils._engine.script import Timing
from ansible_collections.kubeops.hybrid.plugins.module_utils._kinds.kubernetes.apply import Installer
from ansible_collections.kubeops.hybrid.plugins.module_utils._kinds.kubernetes.normal import normalise
from ansible_collections.kubeops.hybrid.plugins.module_utils._kinds.kubernetes.objects import (
    Key,
    Live,
    Manifest,
    key_of,
)
from ansible_collections.kubeops.hybrid.plugins.module_utils._kinds.kubernetes.removal import order as removal_order
from ansible_collections.kubeops.hybrid.plugins.module_utils._kinds.kubernetes.remove import Remover
from ansible_collections.kubeops.hybrid.plugins.module_utils._kinds.kubernetes.steps import Step
from tests.contract.kube_sets import config_map, custom, definition, deployment, namespace
from twin.host import LocalClusterHost

type Body = dict[str, Any]
TIMING = Timing(poll_interval=0.2, settle_timeout=5, wait_timeout=60)
SHORT = Timing(poll_interval=0.1, settle_timeout=2, wait_timeout=4)


class Cluster:
    """A control plane and our client of it."""

    def __init__(self, host: LocalClusterHost) -> None:
        self.client = KubeClient(load(str(host.planes()["installer"].admin_kubeconfig)))

    def wishes(self, bodies: Sequence[Body]) -> list[Manifest]:
        documents = [(body, f"test, object {number}") for number, body in enumerate(bodies)]
        return normalise(documents, estate="lab", set_name="test", resources=self.client.resources(fresh=True))

    def apply(self, bodies: Sequence[Body], timing: Timing = TIMING, **changes: Any) -> dict[str, Entry]:
        """One run over all of them. changes: fields of every step."""
        wishes = self.wishes(bodies)
        steps = [
            Step(one.key, Entry(one.key.sort, one.key.place, Verb.CREATE), one, self.live(one.key), **changes)
            for one in wishes
        ]
        resources = self.client.resources()
        Installer(steps, wishes, self.client, resources, timing=timing, tell=lambda _line: None).run()
        return {step.key.address: step.entry for step in steps}

    def well(self, bodies: Sequence[Body]) -> dict[str, Entry]:
        entries = self.apply(bodies)
        bad = [entry.reason for entry in entries.values() if entry.outcome is not Outcome.DONE]
        assert bad == []
        return entries

    def live(self, key: Key) -> Live | None:
        resource = self.client.resources().find(key.group, key.kind)
        row = self.client.get(resource, key.namespace, key.name) if resource else None
        return Live(key, row, Owner.OURS) if row else None

    def body(self, wish: Body) -> Body:
        live = self.live(key_of(wish))
        assert live
        return dict(live.body)

    def remove(self, bodies: Sequence[Body], timing: Timing = TIMING, **rest: Any) -> dict[str, Entry]:
        self.client.resources(fresh=True)
        lives = [live for wish in self.wishes(bodies) if (live := self.live(wish.key))]
        entries = {live.key: Entry(live.key.sort, live.key.place, Verb.DELETE) for live in lives}
        resources = self.client.resources()
        Remover(
            removal_order(lives), lives, entries, self.client, resources, timing=timing, tell=lambda _line: None, **rest
        ).run()
        return {key.address: entry for key, entry in entries.items()}


def shop(name: str, number: int = 1) -> list[Body]:
    """A namespace with a kind of its own, an object of it and a workload, in the wrong order."""
    group = f"{name}.example.com"
    return [
        *(custom(name, "Shop", f"shop-{one}", group=group) for one in range(number)),
        deployment(name, "web"),
        config_map(name, "settings"),
        definition("shops", "Shop", group=group),
        namespace(name),
    ]


def guard(name: str) -> Body:
    """A webhook for that namespace's ConfigMaps, with nothing behind its Service."""
    hook = {
        "name": f"{name}.example.com",
        "failurePolicy": "Fail",
        "sideEffects": "None",
        "admissionReviewVersions": ["v1"],
        "timeoutSeconds": 1,
        "clientConfig": {"service": {"namespace": name, "name": "guard"}, "caBundle": "LS0t"},
        "rules": [{"apiGroups": [""], "apiVersions": ["v1"], "operations": ["CREATE"], "resources": ["configmaps"]}],
        "namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": name}},
    }
    metadata = {"name": f"guard-{name}"}
    hook["clientConfig"] = {"service": {"namespace": name, "name": "guard"}}
    api_version = "admissionregistration.k8s.io/v1"
    return {
        "apiVersion": api_version,
        "kind": "ValidatingWebhookConfiguration",
        "metadata": metadata,
        "webhooks": [hook],
    }
