# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This file is private to the collection: its content may change in any release.
"""Taking a set away again: what is ours goes, in an order in which everything can still be cleaned up."""

from __future__ import annotations

import typing as t

from ..._clients.kube import Port
from ..._engine import guards, saved
from ..._engine.compare import Change
from ..._engine.errors import EstateError
from ..._engine.kind import Owner, Seen, Status
from ..._engine.plan import Entry, Outcome, Plan, PlanErrors, Verb
from ..._engine.progress import Line
from ..._engine.reconcile import Report
from ..._engine.script import Timing
from ..._engine.secrets import Secrets
from ..._engine.world import World
from .contents import mounted
from .inventory import MOUNTED, Inventory, Stored, with_mounts, without_mounts
from .objects import ADOPTED_LABEL, ESTATE_LABEL, MANAGER, SET_LABEL, Key, Live
from .observe import observe, of_estate
from .opened_by import keys_of
from .plan import deletions, prunable
from .removal import order as removal_order
from .remove import Remover
from .sorts import Sorts, count_ours
from .steps import Step

if t.TYPE_CHECKING:
    from .install import Order

Tell = t.Callable[[Line], None]
_MARKS = (ESTATE_LABEL, SET_LABEL, ADOPTED_LABEL)


def seen_of(live: Live) -> tuple[str, Seen]:
    """An object as reports name it."""
    status = Status.DELETING if live.deleting else Status.READY
    return live.key.sort, Seen(live.key.place, str(live.metadata.get("uid", "")), {}, live.owner, status)


def finish_deletes(
    steps: t.Sequence[Step],
    port: Port,
    timing: Timing,
    tell: Tell,
    agreed: t.Collection[str] = (),
    mounts: t.Collection[Key] = (),
) -> EstateError | None:
    """Delete in the order in which finalizers can still run. Outcomes are written into the entries.

    agreed: addresses of namespaces that go although others have something in them. mounts: see remember_mounts.
    """
    lives = [step.live for step in steps if step.live]
    entries = {step.key: step.entry for step in steps}
    whole = [key.name for key in entries if key.sort == "Namespace" and key.address in agreed]
    resources = port.resources()
    Remover(
        removal_order(lives),
        lives,
        entries,
        port,
        resources,
        timing=timing,
        tell=tell,
        with_contents=whole,
        mounts=mounts,
    ).run()
    errors = [step.entry.error for step in steps if step.entry.error]
    return PlanErrors(errors) if len(errors) > 1 else errors[0] if errors else None


def remember_mounts(steps: t.Sequence[Step], inventory: Inventory, stored: Stored) -> tuple[Stored, set[Key]]:
    """Before the first delete: what workloads in namespaces that go have made for themselves.

    A run that is killed takes the workloads along that tell, and the next one must not take it for somebody else's.
    """
    spaces = {step.key.name for step in steps if step.key.sort == "Namespace"}
    mounts = {key for key in mounted(step.live for step in steps if step.live) if key.namespace in spaces}
    if stored.records and mounts - stored.records.keys():
        stored = inventory.write(stored, with_mounts(stored.records, mounts))
    return stored, mounts | {key for key, record in stored.records.items() if record.digest == MOUNTED}


def removal(order: Order, port: Port | None, inventory: Inventory | None, stored: Stored, tell: Tell) -> Report:
    """Remove the set: everything of it that is ours. What was adopted loses its marks and stays."""
    if port is None or inventory is None:
        return Report(Plan([]), World({}, Secrets({})), [])
    live = _of_set(order, port, stored)
    # What an earlier call already told to go counts too: whoever has to clean up after it must not go before it.
    ours = [one for one in live.values() if one.owner is Owner.OURS]
    kept = [one for one in ours if order.keep_data and prunable(one) and not one.deleting]
    # What opens kept data stays with it.
    keys = keys_of(kept)
    kept += [one for one in ours if one.key in keys and one not in kept]
    going = deletions([one for one in ours if one not in kept])
    unmarked = [_unmarking(one) for one in live.values() if one.owner is Owner.ADOPTED]
    report = Report(
        Plan([step.entry for step in (*unmarked, *going)]), World({}, Secrets({})), [seen_of(one) for one in kept]
    )
    report.error = _refusal(order, report.plan, live)
    if report.error:
        for entry in report.plan.active:
            entry.outcome, entry.reason = Outcome.NOT_TRIED, "the whole step was refused before its first write"
    elif not order.dry_run:
        stored, mounts = remember_mounts(going, inventory, stored)
        report.error = finish_deletes(going, port, order.timing, tell, order.consent.addresses, mounts)
        _unmark(unmarked, port)
        gone = {step.key for step in (*unmarked, *going) if step.entry.outcome is Outcome.DONE}
        there = live.keys() | mounts
        left = without_mounts({key: one for key, one in stored.records.items() if key in there and key not in gone})
        try:
            if left:
                inventory.write(stored, left)
            else:
                inventory.remove(stored)
        except EstateError as error:
            # What became of the objects is told all the same; the next run finds the inventory too long.
            report.error = report.error or error
    return report


def _of_set(order: Order, port: Port, stored: Stored) -> dict[Key, Live]:
    versions = {key: record.version for key, record in stored.records.items()}
    if not versions:
        # Without an inventory the labels tell what was ours.
        versions = {
            key: str(live.body["apiVersion"]).rpartition("/")[2]
            for key, live in of_estate(port, order.estate).items()
            if (live.metadata.get("labels") or {}).get(SET_LABEL) == order.set_name
        }
    found = observe(port, order.estate, versions.keys(), versions)
    return {
        key: live
        for key, live in found.items()
        if (live.metadata.get("labels") or {}).get(SET_LABEL) == order.set_name and live.owner is not Owner.FOREIGN
    }


def _refusal(order: Order, plan: Plan, live: t.Mapping[Key, Live]) -> EstateError | None:
    going = {key.address for key, one in live.items() if one.deleting}
    try:
        # Whoever told an object to go was asked then.
        asked = [entry for entry in plan.entries if entry.address not in going]
        guards.allow_deletes(asked, count_ours(live), Sorts(), order.consent)
        if order.approved is not None:
            saved.validate(order.approved, plan, Sorts(), order.started)
    except EstateError as error:
        return error
    return None


def _unmarking(live: Live) -> Step:
    marks = {name: value for name, value in (live.metadata.get("labels") or {}).items() if name in _MARKS}
    change = Change("metadata.labels", marks, {})
    return Step(live.key, Entry(live.key.sort, live.key.place, Verb.UPDATE, changes=(change,)), live=live)


def _unmark(steps: t.Sequence[Step], port: Port) -> None:
    for step in steps:
        resource = port.resources().find(step.key.group, step.key.kind)
        if resource is None:
            continue
        step.entry.begun = True
        change = {"metadata": {"labels": dict.fromkeys(_MARKS)}}
        try:
            port.merge(resource, step.key.namespace, step.key.name, change, manager=MANAGER)
            step.entry.outcome = Outcome.DONE
        except EstateError as error:
            step.entry.outcome = Outcome.FAILED
            step.entry.error = error.during("unmark", step.key.sort, step.key.place)
