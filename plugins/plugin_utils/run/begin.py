# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This file is private to the collection: its content may change in any release.
"""The beginning of a run: the inventory is checked before anything else happens, then the lease is taken."""

from __future__ import annotations

import dataclasses
import typing as t

from ansible_collections.kubeops.hybrid.plugins.module_utils._engine.errors import Denied, Invalid
from ansible_collections.kubeops.hybrid.plugins.module_utils._engine.saved import digest
from ansible_collections.kubeops.hybrid.plugins.module_utils._engine.store import DirectoryStore
from ansible_collections.kubeops.hybrid.plugins.plugin_utils.estate.milestones import EXPECTED
from ansible_collections.kubeops.hybrid.plugins.plugin_utils.run import clusters, plans, vcenters
from ansible_collections.kubeops.hybrid.plugins.plugin_utils.run import inventory as inventories
from ansible_collections.kubeops.hybrid.plugins.plugin_utils.run.record import (
    LeaseTerms,
    Record,
    new_id,
    owner,
    take_lease,
)

VERBS = ("site", "plan", "verify", "drift", "preflight", "teardown")
WRITING = frozenset({"site", "teardown"})
SWEEPING = frozenset({"plan", "drift", "teardown"})
Values = dict[str, t.Any]


@dataclasses.dataclass(frozen=True)
class Order:
    """What the person who starts a run asks for."""

    verb: str
    store: str
    plan: str | None = None
    teardown: str | None = None
    allow_delete: t.Mapping[str, int] = dataclasses.field(default_factory=dict)
    consent: tuple[str, ...] = ()
    lease_wait: float = 0
    partial: bool = False
    check_mode: bool = False


def allowances(listed: t.Sequence[str]) -> dict[str, int]:
    """["subnet:3"] as {"subnet": 3}."""
    found: dict[str, int] = {}
    for text in listed:
        kind, _colon, count = text.partition(":")
        if not count.isdigit():
            raise Invalid(f"kubeops_allow_delete: {text!r} is not kind:count", remedy="Write for example subnet:3.")
        found[kind] = int(count)
    return found


def begin(order: Order, variables: t.Mapping[str, t.Any], loader: t.Any) -> tuple[Values, str]:
    """Check everything, then begin. Returns what later tasks are given, and what the reader is told."""
    inventory = inventories.of_task(variables, loader)
    estate = inventories.estate_of(inventory)
    identity = estate.identity
    if order.verb == "teardown":
        _agreed(order, identity)
    inputs = digest(inventories.inputs(inventory))
    store = DirectoryStore(order.store)
    plan = plans.find(store, order.plan, identity.name, inputs) if order.plan else None
    run = new_id()
    ttl = float(estate.timing.lease_ttl)
    writes = order.verb in WRITING and not order.check_mode
    lease = take_lease(store, run, LeaseTerms(ttl, order.lease_wait)) if writes else None
    Record(store, run).begin(order.verb, identity.name, inputs)
    declared = f"runs/{run}/declared.json"
    store.write(declared, inventories.declared(estate))
    reached = clusters.facts(estate)
    answer: Values = {
        "id": run,
        "estate": identity.name,
        "verb": order.verb,
        "store": order.store,
        "declared": declared,
        "owner": owner(),
        "token": lease.token if lease else None,
        "ttl": ttl,
        "plan": plan["id"] if plan else None,
        "partial": order.partial,
        "teardown": order.teardown if order.verb == "teardown" else None,
        "allow_delete": dict(order.allow_delete),
        "consent": list(order.consent),
        "sweep": order.verb in SWEEPING,
        "quotas": inventories.quota_needs(estate) if order.verb == "preflight" else {},
        "expected_milestones": list(EXPECTED),
        "clusters": reached,
        "vcenters": vcenters.facts(estate),
        "dependents": clusters.dependents(reached),
        "ignored": [layer for layer, manage in identity.layers.items() if manage == "ignore"],
    }
    held = f", held to plan {plan['id']}" if plan else ""
    return answer, f"run {run}: {order.verb} of estate {identity.name}{held}; progress in {store.path(f'runs/{run}')}"


def _agreed(order: Order, identity: t.Any) -> None:
    if order.partial:
        raise Denied("a teardown is never partial", remedy="Leave out --limit, --tags and --skip-tags.")
    if order.teardown != identity.name:
        raise Denied(
            f"a teardown of estate {identity.name} needs consent", remedy=f"Say -e kubeops_teardown={identity.name}."
        )
    if identity.protected:
        raise Denied(f"estate {identity.name} is protected", remedy="Set kubeops_estate.protected: false first.")


def told(failure: t.Any) -> str:
    """The message of a failed task's result."""
    if isinstance(failure, dict):
        return str(failure.get("msg") or failure.get("exception") or failure)
    return str(failure)


def verdict(verb: str, answer: t.Mapping[str, t.Any]) -> list[str]:
    """What makes a run of that verb fail although every layer went well."""
    left = [f"{entry['kind']} {entry['name']} ({entry['id']})" for entry in answer["undeclared"]]
    if verb == "drift":
        told_ = [f"differs: {line}" for line in answer["differences"]]
        return told_ + [f"undeclared: {line}" for line in left]
    if verb == "teardown":
        return [f"left over: {line}" for line in left]
    return []


def praise(verb: str, answer: t.Mapping[str, t.Any]) -> str:
    """One line on a run that went well."""
    counts = answer["counts"]
    changes = ", ".join(f"{counts.get(name, 0)} {name}" for name in ("create", "update", "delete", "keep"))
    if verb == "plan":
        return f"plan {answer['plan']['id']} (digest {answer['plan']['digest'][:12]}): {changes}{_passed(answer)}"
    if verb == "verify":
        met = sum(entry["state"] == "met" for entry in answer["milestones"].values())
        return f"{met} of {len(answer['milestones'])} milestones met, the others have no check yet{_passed(answer)}"
    waits = f"; waiting for {len(answer['waiting'])}" if answer["waiting"] else ""
    return f"{verb}: {changes}{waits}{_passed(answer)}"


def _passed(answer: t.Mapping[str, t.Any]) -> str:
    """What no layer looked at, so that nobody takes silence for success."""
    told_ = "; ".join(f"{entry['place']} ({entry['reason']})" for entry in answer["passed_over"])
    return f"; passed over: {told_}" if told_ else ""
