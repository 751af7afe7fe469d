# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This file is private to the collection: its content may change in any release.
"""One call of a Kubernetes module: from its parameters to an order, and from the report to evidence."""

from __future__ import annotations

import typing as t

from ansible.module_utils.basic import AnsibleModule

from ..._clients.kube import KubeClient
from ..._clients.kube_module import OPTIONS as CONNECTION
from ..._clients.kube_module import connect
from ..._engine.errors import Invalid
from ..._engine.module import COMMON, conduct, timing_of
from ..._engine.plan import Plan
from ..._engine.reconcile import Report
from ..._engine.runs import Run
from ..._engine.secrets import Secrets
from ..._engine.world import World
from .install import Order, install
from .milestones import gather
from .registry import expand
from .sweep import sweep

_SHARED: dict[str, dict[str, t.Any]] = {
    **{name: entry for name, entry in COMMON.items() if name != "purge"},
    **CONNECTION,
    "prune": {"type": "bool", "default": False},
    "keep_data": {"type": "bool", "default": False},
    "adopt": {"type": "list", "elements": "str", "default": []},
    "take_over": {"type": "bool", "default": False},
    "wait": {"type": "bool", "default": True},
}
OPTIONS: dict[str, dict[str, t.Any]] = {
    **_SHARED,
    "set": {"type": "str"},
    "resources": {"type": "list", "elements": "dict", "default": []},
    "sweep": {"type": "bool", "default": False},
    "milestones": {"type": "list", "elements": "dict", "default": []},
}
EVERYDAY: dict[str, dict[str, t.Any]] = {
    **_SHARED,
    "name": {"type": "str", "required": True},
    "src": {"type": "list", "elements": "path", "default": []},
    "definition": {"type": "list", "elements": "dict", "default": []},
}


def apply_manifests(module: AnsibleModule) -> t.NoReturn:
    """Do what the parameters of the everyday form say."""
    params: dict[str, t.Any] = module.params
    listed = [{"kind": "stream", "name": path, "path": path} for path in params["src"]]
    listed += [{"kind": "manifest", "manifest": body} for body in params["definition"]]

    def work(run: Run) -> tuple[Report, t.Callable[[], dict[str, t.Any]]]:
        port = connect(module, run)
        return install(_order(module, run, params["name"], listed), port, run.teller()), dict

    conduct(module, work)


def run_kubernetes(module: AnsibleModule) -> t.NoReturn:
    """Do what the parameters say for one set of objects in one cluster."""
    params: dict[str, t.Any] = module.params

    def work(run: Run) -> tuple[Report, t.Callable[[], dict[str, t.Any]]]:
        port = connect(module, run)
        if not params["set"] and (params["resources"] or not (params["sweep"] or params["milestones"])):
            remedy = "Say for example set: kubeflow."
            raise Invalid("set: the objects need the name of the set that they make up", remedy=remedy)
        order = _order(module, run, params["set"] or "", params["resources"])
        report = install(order, port, run.teller()) if order.set_name else Report(Plan([]), World({}, Secrets({})), [])
        if params["sweep"] and port:
            report.undeclared += sweep(port, order.estate, run.names(params["endpoint"], "kube_set"))

        def more() -> dict[str, t.Any]:
            return {"evidence": [one.document() for one in gather(_reachable(port, params), params["milestones"])]}

        return report, more

    conduct(module, work)


def _reachable(port: KubeClient | None, params: t.Mapping[str, t.Any]) -> KubeClient | None:
    if port is None and params["milestones"]:
        raise Invalid("there is no cluster yet, so nothing can be said about milestones")
    return port


def _order(module: AnsibleModule, run: Run, name: str, resources: t.Sequence[t.Mapping[str, t.Any]]) -> Order:
    params = module.params
    absent = params["state"] == "absent"
    return Order(
        estate=params["estate"],
        set_name=name,
        documents=() if absent else expand(resources),
        absent=absent,
        # Only a part of the estate is in sight under --limit or --tags.
        prune=params["prune"] and not run.partial,
        keep_data=params["keep_data"],
        adopt=frozenset(params["adopt"]),
        take_over=params["take_over"],
        wait=params["wait"],
        dry_run=module.check_mode,
        consent=run.consent(params["maintenance_windows"]),
        timing=timing_of(params),
        secrets=run.secrets(params["secrets"]),
        approved=None if module.check_mode else run.approved(),
        started=run.started(),
    )
