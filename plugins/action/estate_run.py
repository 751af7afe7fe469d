# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Action of module estate_run: runs on the controller, where the inventory and the store are."""

from __future__ import annotations

import os
import typing as t

from ansible import context
from ansible.plugins.action import ActionBase

from ansible_collections.kubeops.hybrid.plugins.module_utils._engine.errors import EstateError, Invalid
from ansible_collections.kubeops.hybrid.plugins.module_utils._engine.lease import Lease
from ansible_collections.kubeops.hybrid.plugins.module_utils._engine.store import DirectoryStore
from ansible_collections.kubeops.hybrid.plugins.plugin_utils.run import begin, clusters, plans, summary, vcenters
from ansible_collections.kubeops.hybrid.plugins.plugin_utils.run.record import Record

Values = dict[str, t.Any]
_SPEC: Values = {
    "phase": {"type": "str", "choices": ["begin", "enter", "leave", "end"], "required": True},
    "verb": {"type": "str", "choices": list(begin.VERBS), "default": "site"},
    "store": {"type": "path"},
    "plan": {"type": "str"},
    "teardown": {"type": "str"},
    "allow_delete": {"type": "list", "elements": "str", "default": []},
    "consent": {"type": "list", "elements": "str", "default": []},
    "lease_wait": {"type": "float", "default": 0.0},
    "run": {"type": "dict", "default": {}},
    "layer": {"type": "str"},
    "needs": {"type": "list", "elements": "str", "default": []},
    "failure": {"type": "raw"},
}


class ActionModule(ActionBase):
    """Thin: reads the task's arguments, calls plugin_utils.run, answers."""

    TRANSFERS_FILES = False
    _requires_connection = False

    def run(self, tmp: str | None = None, task_vars: Values | None = None) -> Values:
        """One phase of a run."""
        super().run(tmp, task_vars)
        variables = task_vars or {}
        _result, args = t.cast(t.Any, self).validate_argument_spec(argument_spec=_SPEC)
        phases = {"begin": self._begin, "enter": self._enter, "leave": self._leave, "end": self._end}
        try:
            return {"changed": False, **phases[args["phase"]](args, variables)}
        except EstateError as error:
            return {"changed": False, "failed": True, "msg": str(error)}

    def _begin(self, args: Values, variables: Values) -> Values:
        options = context.CLIARGS
        partial = (
            bool(options.get("subset"))
            or list(options.get("tags") or ["all"]) != ["all"]
            or bool(options.get("skip_tags"))
        )
        order = begin.Order(
            verb=args["verb"],
            store=args["store"] or os.path.join(os.getcwd(), ".kubeops", "store"),
            plan=args["plan"],
            teardown=args["teardown"],
            allow_delete=begin.allowances(args["allow_delete"]),
            consent=tuple(args["consent"]),
            lease_wait=args["lease_wait"],
            partial=partial,
            check_mode=bool(self._task.check_mode),
        )
        run, told = begin.begin(order, variables, self._loader)
        return {"msg": told, "ansible_facts": {"kubeops_run": run}}

    @staticmethod
    def _record(args: Values) -> tuple[DirectoryStore, Record]:
        if not args["run"].get("id"):
            raise Invalid("there is no run", remedy="Begin one with phase: begin.")
        store = DirectoryStore(args["run"]["store"])
        return store, Record(store, args["run"]["id"])

    def _enter(self, args: Values, variables: Values) -> Values:
        _store, record = self._record(args)
        place = variables["inventory_hostname"]
        outcome, reason = clusters.passed_over(args["run"], place, args["layer"])
        if not outcome:
            outcome, reason = vcenters.passed_over(args["run"], place, args["layer"])
        if outcome:
            record.layer(place, args["layer"], outcome, reason)
            return {"ready": False, "covered": False, "msg": f"{args['layer']} is passed over: {reason}"}
        blockers = record.blockers(place, args["needs"])
        if blockers:
            record.layer(place, args["layer"], "not_tried", "; ".join(blockers))
        return {
            "ready": not blockers,
            "covered": True,
            "msg": f"{args['layer']} cannot start: {'; '.join(blockers)}" if blockers else "",
        }

    def _leave(self, args: Values, variables: Values) -> Values:
        store, record = self._record(args)
        place = variables["inventory_hostname"]
        failure = args["failure"]
        if failure:
            record.layer(place, args["layer"], "failed", begin.told(failure))
            return {}
        step = store.read(f"runs/{args['run']['id']}/steps/{args['layer']}.{place}.json") or {}
        held = step.get("waiting") or ()
        reason = "; ".join(f"{entry['kind']} {entry['name']} waits for {entry['for']}" for entry in held)
        record.layer(place, args["layer"], "waiting" if held else "done", reason)
        return {}

    def _end(self, args: Values, _variables: Values) -> Values:
        store, record = self._record(args)
        run = args["run"]
        document, steps = record.document(), record.steps()
        failures = summary.failures(document, steps)
        table = summary.milestones(steps, run["expected_milestones"] if run["verb"] == "verify" else ())
        answer: Values = {
            "run": run["id"],
            "counts": summary.totals(steps),
            "waiting": summary.waiting(steps),
            "undeclared": summary.undeclared(steps),
            "passed_over": summary.passed_over(document),
            "milestones": table,
            "differences": summary.differences(steps) if run["verb"] not in begin.WRITING else [],
        }
        unmet = [milestone for milestone, entry in table.items() if entry["state"] == "unmet"]
        failures += [f"milestone {milestone} is unmet: {_why(table[milestone])}" for milestone in unmet]
        if run["verb"] == "plan" and not failures:
            plan = plans.save(store, document, steps)
            answer["plan"] = {
                "id": plan["id"],
                "digest": plan["digest"],
                "file": store.path(f"plans/{plan['id']}.json"),
            }
        failures += begin.verdict(run["verb"], answer)
        lease = Lease(run["id"], run["owner"], int(run["token"]), run["ttl"]) if run.get("token") else None
        record.end(lease, "failed" if failures else "ok")
        store.write(f"runs/{run['id']}/summary.json", {**answer, "failures": failures})
        if failures:
            return {**answer, "failed": True, "msg": "\n".join(failures)}
        return {**answer, "msg": begin.praise(run["verb"], answer)}


def _why(entry: Values) -> str:
    return "; ".join(check["reason"] or check["check"] for check in entry["evidence"] if not check["met"])
