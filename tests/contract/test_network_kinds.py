# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The unit tests' tables of the network's kinds against the twin's AWS, whose states take time, and what moto lacks."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.contract.aws_account import served
from tests.contract.passing_time import TwinAccount
from tests.unit.kinds_support import STEPS
from tests.unit.plan_tables import table
from tests.unit.steps import assert_holds, foreseen_and_done

# What passes in the twin with every look: gateways and endpoints take minutes, and nobody sleeps.
SECONDS_A_LOOK = 120.0
TABLES = sorted(path.stem for path in STEPS.glob("*.yml") if not path.stem.startswith("iam_"))
MORE: dict[str, list[dict[str, Any]]] = {
    "vpc_endpoint": [
        {"private_dns": False},
        {"policy": {}},
        {"private_dns": True, "subnets": ["net-a"]},
    ],
}


@pytest.fixture
def account(tmp_path: Path) -> Iterator[TwinAccount]:
    """An empty account."""
    with served(tmp_path) as twin:
        yield TwinAccount(twin, SECONDS_A_LOOK)


@pytest.mark.parametrize("name", TABLES)
def test_five_steps(name: str, account: TwinAccount) -> None:
    steps = table(STEPS / f"{name}.yml")
    before = steps.get("before", [])
    resource = {"kind": name.partition(".")[0], **steps["make"]}
    account.reconcile(*before)
    foreseen_and_done(account, before, resource)
    assert_holds(account, before, resource)

    for change in steps.get("changes", []) + MORE.get(name, []):
        resource = {**resource, **change}
        entry, _report = foreseen_and_done(account, before, resource)
        assert {c.field for c in entry.changes} == set(change)
        assert_holds(account, before, resource)

    foreseen_and_done(account, before, resource, absent=True)
    account.reconcile(*before, absent=True)
    assert account.reconcile(sweep=True).undeclared == []
    assert account.twin.calls.count()["unsupported"] == []
