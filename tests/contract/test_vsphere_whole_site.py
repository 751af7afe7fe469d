# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A whole site beside what others run: made, kept and removed; hosts and sites that fall silent; sessions that end.

Others' things are compared by what they would notice. Machines of others are on hosts of theirs only.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from pathlib import Path

import pytest

from ansible_collections.kubeops.hybrid.plugins.module_utils._engine.errors import EstateError
from tests.contract.vsphere_center import AT_ONCE
from tests.contract.vsphere_whole_site import Site, neighbours, served_site

# Of a run that changes nothing, over all layers; an inventory of full size has no more, for reading is by type.
MOST_CALLS = 100


@pytest.fixture
def lab(tmp_path: Path) -> Iterator[Site]:
    """The smallest inventory that has every layer."""
    with served_site(tmp_path, "lab") as started:
        yield started


def assert_kept(site: Site) -> None:
    """Another run writes nothing."""
    writes = site.center.writes
    assert [entry.address for report in site.make() for entry in report.plan.active] == []
    assert site.center.writes == writes


def test_others_notice_nothing(lab: Site) -> None:
    before = neighbours(lab.center)
    assert {"erp-01", "legacy-pool", "finance"} <= {one["name"] for one in before.values() if "name" in one}

    def same_as_before() -> bool:
        after = neighbours(lab.center)
        return {key: after.get(key) for key in before} == before

    lab.make()
    assert same_as_before()
    calls = lab.calls()
    assert_kept(lab)
    assert lab.calls() - calls < MOST_CALLS
    assert same_as_before()
    for layer in reversed(lab.layers):
        lab.center.reconcile(*layer, absent=True)
    assert lab.center.reconcile(sweep=True).undeclared == []
    assert neighbours(lab.center) == before


@pytest.mark.parametrize("kind", ["host-lost", "site-lost"])
def test_what_falls_silent_is_named_and_the_next_run_converges(lab: Site, kind: str) -> None:
    """Cause: a host, or a site, answers no more before its settings are made. Expected: the run names it and why, and
    the same run converges once it is back."""
    cluster, *_rest = lab.layers
    lab.center.reconcile(*cluster)
    host = next(one for one in cluster if one["kind"] == "esxi_host")
    site = next(one.site for one in lab.racks if one.name == host["name"])
    lab.center.timing = dataclasses.replace(AT_ONCE, wait_timeout=2)
    lab.fault(kind, name=host["name"] if kind == "host-lost" else site)
    with pytest.raises(EstateError) as told:
        lab.make()
    assert host["name"] in str(told.value)
    assert "notResponding" in str(told.value)
    lab.heal()
    lab.center.timing = AT_ONCE
    lab.make()
    assert_kept(lab)


def test_a_session_that_ends_in_the_middle_is_opened_again(lab: Site) -> None:
    """Cause: the vCenter ends every session between two writes. Expected: the run goes on with a new one."""
    lab.center.between[lab.center.writes + 5] = lambda: lab.fault("session-expired")
    lab.make()
    assert_kept(lab)
