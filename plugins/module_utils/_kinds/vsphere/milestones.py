# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This file is private to the collection: its content may change in any release.
"""Evidence for all milestones that a vCenter knows about."""

from __future__ import annotations

import typing as t

from ..._clients.vsphere import Port
from ..._engine.errors import EstateError
from ..._engine.evidence import Evidence, Expectation
from ..._engine.world import World
from . import milestones_appliances, milestones_capacity, milestones_facts
from .milestones_facts import Facts, Judgement

_CHECKS: t.Mapping[str, tuple[str, t.Callable[[Expectation, Facts], Judgement]]] = {
    "1.b.i": (
        "vCenter HA is enabled and healthy, and its three nodes are up on three different sites",
        milestones_appliances.pair,
    ),
    "1.b.ii": (
        "each appliance has two ESXi hosts of its own, runs on one of them, and a rule keeps it there",
        milestones_appliances.hosts_of_appliances,
    ),
    "1.b.iii": (
        "each ESXi host carries at least one control-plane machine and two worker machines that are switched on",
        milestones_capacity.nodes_of_hosts,
    ),
    "1.b.iv": (
        "DRS of the cluster is fully automated, the nodes are in pools limited to their part of the declared capacity, "
        "and the part of business-critical machines is reserved",
        milestones_capacity.resources,
    ),
}


def gather(_world: World, port: Port, expected: t.Sequence[Expectation]) -> list[Evidence]:
    """One answer for each expectation that this knows; an unmet one says what is missing."""
    asked = [one for one in expected if one["milestone"] in _CHECKS]
    if not asked:
        return []
    try:
        facts = milestones_facts.read(port, {one["milestone"] for one in asked})
    except EstateError as error:
        return [Evidence(one["milestone"], False, _CHECKS[one["milestone"]][0], None, (), str(error)) for one in asked]
    return [judged(one, facts) for one in asked]


def judged(expected: Expectation, facts: Facts) -> Evidence:
    """One expectation's answer. Pure."""
    sentence, judge = _CHECKS[expected["milestone"]]
    try:
        value, missing, ids = judge(expected, facts)
    except EstateError as error:
        return Evidence(expected["milestone"], False, sentence, None, (), str(error))
    return Evidence(expected["milestone"], not missing, sentence, value, tuple(ids), "; ".join(missing))
