# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This file is private to the collection: its content may change in any release.
"""One call of module eksa_gpus: from its parameters to machines with GPUs."""

from __future__ import annotations

import dataclasses
import typing as t

from ansible.module_utils.basic import AnsibleModule

from ..._clients import vsphere
from ..._clients.eksa import EksaPort
from ..._clients.eksa_module import OPTIONS as CONNECTION
from ..._clients.eksa_module import connect
from ..._clients.kube import Port as KubePort
from ..._clients.vsphere_module import connect as connect_vsphere
from ..._engine.errors import Invalid, NotFound
from ..._engine.module import COMMON, conduct, timing_of
from ..._engine.plan import Plan
from ..._engine.reconcile import Report
from ..._engine.runs import Run
from ..._engine.secrets import Secrets
from ..._engine.world import World
from . import gpu_sight
from .gpu_hands import Hands
from .gpu_sight import Group
from .gpus import Giver

_GROUP: dict[str, dict[str, t.Any]] = {
    "cluster": {"type": "str", "required": True},
    "group": {"type": "str", "required": True},
    "management_cluster": {"type": "str"},
    "count": {"type": "int", "required": True},
    "vendor": {"type": "int", "default": 0x10DE},
    "devices": {"type": "list", "elements": "int", "default": []},
}
OPTIONS: dict[str, dict[str, t.Any]] = {
    **{name: entry for name, entry in COMMON.items() if name != "purge"},
    **CONNECTION,
    "groups": {"type": "list", "elements": "dict", "required": True, "options": _GROUP},
    "at_once": {"type": "int", "default": 1},
    "skip_seconds": {"type": "float", "default": 1800.0},
}


def give(module: AnsibleModule) -> t.NoReturn:
    """Do what the parameters say for all groups, cluster by cluster."""
    params: dict[str, t.Any] = module.params

    def work(run: Run) -> tuple[Report, t.Callable[[], dict[str, t.Any]]]:
        told = params["vcenter"] or {}
        if not told.get("address"):
            raise Invalid("vcenter: without its address nobody can attach a device")
        port, center = connect(module, run), _Center(module, run)
        reports = []
        for (manager, cluster), groups in _clusters(params).items():
            apis = [_api(port, run, name, dry_run=module.check_mode) for name in (manager, cluster)]
            if None not in apis:
                reports.append(_given(module, run, t.cast("list[KubePort]", apis), center.port(), groups))
        entries = [entry for report in reports for entry in report.plan.entries]
        whole = Report(Plan(entries), World({}, Secrets({})), [])
        whole.error = next((report.error for report in reports if report.error), None)
        return whole, dict

    conduct(module, work)


class _Center:
    """The vCenter, connected to when a cluster is there whose machines it holds."""

    def __init__(self, module: AnsibleModule, run: Run) -> None:
        self._module, self._run = module, run
        self._port: vsphere.Port | None = None

    def port(self) -> vsphere.Port:
        """Its port, one for the whole call."""
        if self._port is None:
            told = self._module.params["vcenter"]
            self._port = connect_vsphere(told, self._run, bool(self._module.check_mode))
        return self._port


def _clusters(params: t.Mapping[str, t.Any]) -> dict[tuple[str, str], list[Group]]:
    found: dict[tuple[str, str], list[Group]] = {}
    for one in params["groups"]:
        count = 0 if params["state"] == "absent" else int(one["count"])
        group = Group(one["cluster"], one["group"], count, int(one["vendor"]), tuple(one["devices"]))
        found.setdefault((one["management_cluster"] or one["cluster"], one["cluster"]), []).append(group)
    return found


def _api(port: EksaPort, run: Run, cluster: str, *, dry_run: bool) -> KubePort | None:
    api = port.api(cluster)
    if api is None and not (dry_run and run.declares(("eksa_cluster",), cluster)):
        remedy = "The layer that makes the cluster writes it; run that first."
        raise NotFound(f"there is no kubeconfig {port.path(cluster)}", remedy=remedy)
    return api


def _given(
    module: AnsibleModule, run: Run, apis: t.Sequence[KubePort], center: vsphere.Port, groups: t.Sequence[Group]
) -> Report:
    params = module.params
    manager, cluster = apis
    # Every step is seen in the next look, so looking often costs less than waiting.
    timing = timing_of(params)
    timing = dataclasses.replace(timing, poll_interval=min(timing.poll_interval, 5.0))
    giver = Giver(
        lambda: gpu_sight.look(manager, cluster, center, groups),
        Hands(manager, cluster, center, limit=params["skip_seconds"]),
        at_once=params["at_once"],
        timing=timing,
        tell=run.teller(),
        consent=run.consent(params["maintenance_windows"]),
    )
    return giver.run(dry_run=bool(module.check_mode))
