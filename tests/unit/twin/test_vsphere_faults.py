# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Rules that vCenters keep: what they take, and to which of them they go."""

from __future__ import annotations

from typing import Any

import pytest

from twin.vsphere_faults import VsphereFault, VsphereFaults, is_for_vcenters, parse


@pytest.mark.parametrize(
    ("rule", "theirs"),
    [
        ({"kind": "site-lost"}, True),
        ({"kind": "throttle"}, False),
        ({"kind": "throttle", "service": "vsphere"}, True),
        ({"kind": "throttle", "service": "kubernetes"}, False),
        ({"kind": "stay"}, False),
        ({}, False),
    ],
)
def test_whose_rule_it_is(rule: dict[str, Any], theirs: bool) -> None:
    assert is_for_vcenters(rule) is theirs


def test_a_rule_from_data() -> None:
    rule = {"kind": "error", "service": "vsphere", "operation": "AddHost_Task", "code": "NoHost", "params": {}}
    fault = VsphereFault("f1", "error", operation="AddHost_Task", code="NoHost")
    assert parse(rule, default_id="f1") == fault


@pytest.mark.parametrize(
    ("rule", "reason"),
    [
        ({"kind": "site-lost"}, "site-lost needs a name"),
        ({"kind": "deny", "rate": 2}, "rate is above 0"),
        ({"kind": "deny", "service": "vsphere", "factor": 3}, "has no factor"),
        ({"kind": "deny", "service": "vsphere", "params": {"a": "b"}}, "has no params"),
    ],
)
def test_what_is_wrong_is_named(rule: dict[str, Any], reason: str) -> None:
    with pytest.raises(ValueError, match=reason):
        parse(rule, default_id="f1")


def test_rules_without_a_vcenter() -> None:
    faults = VsphereFaults()
    assert faults.add({"kind": "dhcp-empty"}).id == "vsphere-fault-1"
    assert [(each["kind"], each["hits"]) for each in faults.describe()] == [("dhcp-empty", 0)]
    assert (faults.clear(), faults.describe()) == (1, [])
