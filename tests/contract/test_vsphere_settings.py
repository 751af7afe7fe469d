# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Kinds that go with something else, against the twin's vCenter: a host's settings, a machine's override."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from pyVmomi import vim

from ansible_collections.kubeops.hybrid.plugins.module_utils._engine.plan import Outcome
from ansible_collections.kubeops.hybrid.plugins.module_utils._kinds.vsphere.registry import KINDS
from tests.contract.vcenter_client import VcenterClient
from tests.contract.vsphere_center import Center, served
from tests.unit.steps import assert_holds, foreseen_and_done
from twin.vcenter_hosts import thumbprint

Resource = dict[str, Any]
HOST = "esx-pit1-01"
SITE: list[Resource] = [
    {"kind": "datacenter", "name": "onprem"},
    {"kind": "cluster", "name": "ml", "datacenter": "onprem", "drs": {"enabled": True}},
    {
        "kind": "esxi_host",
        "name": HOST,
        "cluster": "ml",
        "address": HOST,
        "password": {"$secret": "root"},
        "thumbprint": thumbprint(HOST),
    },
]
SETTINGS: list[Resource] = [
    {"ntp_servers": ["ntp1.example.com", "ntp2.example.com"]},
    {"dns_servers": ["10.32.1.2"], "dns_domain": "example.com", "dns_search_domains": ["example.com"]},
    {"log_host": "tcp://log.example.com:1514"},
    {"services": {"ssh": {"running": False, "policy": "off"}, "ntp": {"running": True, "policy": "on"}}},
    {"firewall": {"sshServer": {"enabled": True, "allowed": ["10.32.9.0/24"]}}},
    {"advanced_options": {"UserVars.SuppressShellWarning": 1}},
    {"power_policy": "static"},
    {"local_users": {"auditor": "read_only"}},
    {"lockdown_exceptions": ["root"]},
    {"lockdown_mode": "normal"},
    {"passthrough": {"10de:1db6": True}},
    {"passthrough": {"10de:1db6": False}},
]


@pytest.fixture
def center(tmp_path: Path) -> Iterator[Center]:
    """A vCenter with one host of ours."""
    with served(tmp_path) as started:
        started.secrets["auditor"] = "only-for-this-test-8"
        started.reconcile(*SITE)
        yield started


def machine_of_others(center: Center, name: str) -> VcenterClient:
    """They make one on the host; their client."""
    others = VcenterClient(center.started)
    others.machine(name, others.find(vim.HostSystem, HOST))
    return others


def test_five_steps(center: Center) -> None:
    """host_settings: foreseen, set, kept, field by field; they end with their host and never before it."""
    passwords = {"local_user_passwords": {"auditor": {"$secret": "auditor"}}}
    whole: Resource = {"kind": "host_settings", "name": HOST, **passwords}
    for change in SETTINGS:
        whole = {**whole, **change}
        entry, _report = foreseen_and_done(center, SITE, whole)
        assert (entry.verb.value, entry.outcome) == ("update", Outcome.DONE), change
        assert {one.field for one in entry.changes} <= set(change), change
        assert_holds(center, SITE, whole)
    options = KINDS["host_settings"].options
    assert {field for change in SETTINGS for field in change} == {f for f, o in options.items() if o.compared}
    assert center.reconcile(whole, absent=True).plan.active == []
    center.reconcile(*SITE, absent=True)
    assert center.reconcile(sweep=True).undeclared == []


def test_settings_of_a_host_with_machines_wait_for_a_window(center: Center) -> None:
    """Cause: a device is to be switched over and a machine of others is on the host. Expected: disruptive, for the
    host restarts; without any machine it is brief."""
    whole: Resource = {"kind": "host_settings", "name": HOST, "passthrough": {"10de:1db6": True}}
    assert center.reconcile(*SITE, whole, dry_run=True).plan.active[0].impact.label == "brief"
    machine_of_others(center, "erp-09")
    assert center.reconcile(*SITE, whole, dry_run=True).plan.active[0].impact.label == "disruptive"


def test_five_steps_of_an_override(center: Center) -> None:
    """vm_override: foreseen, made, changed, removed; the machine stays as it was."""
    others = machine_of_others(center, "wl-gpu-1")
    resource: Resource = {"kind": "vm_override", "name": "wl-gpu-1", "cluster": "ml", "drs_enabled": False}
    entry, _report = foreseen_and_done(center, SITE, resource)
    assert (entry.verb.value, entry.outcome) == ("create", Outcome.DONE)
    assert_holds(center, SITE, resource)
    for change in (
        {"drs_enabled": True}, {"drs_behavior": "manual"}, {"restart_priority": "high"},
        {"restart_priority_timeout": 300}, {"isolation_response": "none"},
    ):  # fmt: skip
        resource = {**resource, **change}
        entry, _report = foreseen_and_done(center, SITE, resource)
        assert (entry.verb.value, {one.field for one in entry.changes}) == ("update", set(change))
        assert_holds(center, SITE, resource)
    entry, _report = foreseen_and_done(center, SITE, resource, absent=True)
    assert (entry.verb.value, entry.outcome) == ("delete", Outcome.DONE)
    assert center.reconcile(resource, absent=True).plan.active == []
    assert others.find(vim.VirtualMachine, "wl-gpu-1") is not None
