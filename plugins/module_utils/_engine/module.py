# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This file is private to the collection: its content may change in any release.
"""Between Ansible and the engine; the only file that knows exit_json and check mode."""

from __future__ import annotations

import time
import typing as t

from ansible.module_utils.basic import AnsibleModule

from . import wishes
from .errors import EstateError, Invalid
from .evidence import Evidence
from .kind import Wish
from .reconcile import Report, Request, reconcile
from .refs import parse
from .result import diff, result
from .runs import Run
from .saved import plain
from .script import Timing
from .world import Kinds, World

Values = t.Mapping[str, t.Any]
Connect = t.Callable[[Values, Run, bool], t.Any]
"""params, run, read only: answers the port."""
Gather = t.Callable[[World, t.Any, t.Sequence[Values]], t.Sequence[Evidence]]
"""world, port, expectations by milestone: answers evidence."""

COMMON: dict[str, dict[str, t.Any]] = {
    "estate": {"type": "str", "required": True},
    "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
    "purge": {"type": "list", "elements": "str", "default": []},
    "step": {"type": "str", "default": "step"},
    "endpoint": {"type": "str", "default": ""},
    "run": {"type": "dict", "default": {}},
    "timing": {
        "type": "dict",
        "default": {},
        "options": {name: {"type": "float"} for name in ("poll_interval", "settle_timeout", "wait_timeout")},
    },
    "secrets": {"type": "dict", "default": {}, "no_log": True},
    "maintenance_windows": {
        "type": "list",
        "elements": "dict",
        "default": [],
        "options": {
            "days": {"type": "list", "elements": "str"},
            "start": {"type": "str", "required": True},
            "hours": {"type": "float", "required": True},
            "time_zone": {"type": "str"},
        },
    },
}

GRAPH: dict[str, dict[str, t.Any]] = {
    **COMMON,
    "resources": {"type": "list", "elements": "dict", "required": True},
    "sweep": {"type": "bool", "default": False},
    "milestones": {"type": "list", "elements": "dict", "default": []},
    "outputs": {"type": "list", "elements": "str", "default": []},
}


def _nothing(_world: World, _port: t.Any, _expected: t.Sequence[Values]) -> t.Sequence[Evidence]:
    return ()


Work = t.Callable[[Run], tuple[Report, t.Callable[[], dict[str, t.Any]]]]
"""run: answers what became of the step, and how to find what else is returned (evidence, outputs)."""


def run_module(module: AnsibleModule, kinds: Kinds, connect: Connect, gather: Gather = _nothing) -> t.NoReturn:
    """Do what the parameters say for the resources among them, and leave with the one return shape."""
    params: dict[str, t.Any] = module.params

    def work(run: Run) -> tuple[Report, t.Callable[[], dict[str, t.Any]]]:
        wanted = wishes.parse(params["resources"], kinds, absent=params["state"] == "absent")
        port = connect(params, run, module.check_mode)
        report = reconcile(_request(module, run, wanted, kinds), kinds, port, run.teller())

        def more() -> dict[str, t.Any]:
            evidence = gather(report.world, port, params.get("milestones") or ())
            outputs = _outputs(params.get("outputs") or (), report)
            return {"evidence": [one.document() for one in evidence], "outputs": outputs}

        return report, more

    conduct(module, work)


def conduct(module: AnsibleModule, work: Work) -> t.NoReturn:
    """Do the work of one step within its run, record it, and leave with the one return shape."""
    began = time.monotonic()
    answer: dict[str, t.Any] = {"changed": False, "plan": [], "counts": {}, "waiting": [], "undeclared": []}
    try:
        run = Run(module.params["run"], module.params["step"])
        with run.heartbeat():
            report, more = work(run)
        answer = result(report)
        answer.update(more())
        answer["seconds"] = round(time.monotonic() - began, 3)
        run.record(report, {key: answer[key] for key in answer if key != "plan"} | {"error": _told(report.error)})
        if module._diff:
            answer["diff"] = diff(report)
        error = report.error
    except EstateError as caught:
        error = caught
    if error:
        module.fail_json(msg=str(error), safe_to_leave=error.safe_to_leave, **answer)
    module.exit_json(**answer)


def _told(error: EstateError | None) -> str:
    return str(error) if error else ""


def _request(module: AnsibleModule, run: Run, wanted: list[Wish], kinds: Kinds) -> Request:
    params = module.params
    purge = _purge(params["purge"], kinds, run)
    return Request(
        estate=params["estate"],
        wishes=wanted,
        declared=run.declared(params["endpoint"], kinds),
        absent=params["state"] == "absent",
        purge=purge,
        sweep=bool(params.get("sweep")),
        dry_run=module.check_mode,
        consent=run.consent(params["maintenance_windows"]),
        timing=timing_of(params),
        approved=None if module.check_mode else run.approved(),
        started=run.started(),
        secrets=run.secrets(params["secrets"]),
    )


def timing_of(params: Values) -> Timing:
    """What the caller says of seconds, and the engine's own for the rest."""
    return Timing(**{name: value for name, value in params["timing"].items() if value is not None})


def _purge(listed: t.Sequence[str], kinds: Kinds, run: Run) -> t.Sequence[str]:
    unknown = sorted(set(listed) - set(kinds))
    if unknown:
        raise Invalid(f"purge names no kinds of this endpoint: {', '.join(unknown)}")
    # Only a part of the estate is in sight under --limit or --tags.
    return () if run.partial else listed


def _outputs(listed: t.Sequence[str], report: Report) -> dict[str, t.Any]:
    known = {kind: [seen.name for seen in report.world.all(kind)] for kind in report.world.kinds()}
    for entry in report.plan.entries:
        known.setdefault(entry.kind, []).append(entry.name)
    found = {text: report.world.attribute(*parse(text), known) for text in listed}
    return {text: plain(value) for text, value in found.items()}
