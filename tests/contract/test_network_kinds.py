# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The unit tests' tables of the network's kinds against the twin's AWS, whose states take time, and what moto lacks."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.kubeops.hybrid.plugins.module_utils._clients.aws import AwsClient, Connection
from tests.contract.aws_account import Account as Twin
from tests.contract.aws_account import served
from tests.unit.kinds_support import REGION, STEPS, Account, SerialPort, table
from tests.unit.test_kinds_apply import assert_holds, foreseen_and_done

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


class PassingTime:
    """A port on which the twin's time passes with every look."""

    def __init__(self, port: AwsClient, twin: Twin) -> None:
        self._port, self._twin = port, twin
        self.account, self.region, self.partition = port.account, port.region, port.partition

    def call(self, service: str, operation: str, **parameters: Any) -> dict[str, Any]:
        """See Port."""
        self._twin.advance(1)
        return self._port.call(service, operation, **parameters)

    def pages(self, service: str, operation: str, key: str, **parameters: Any) -> list[Any]:
        """See Port."""
        self._twin.advance(SECONDS_A_LOOK)
        return self._port.pages(service, operation, key, **parameters)


class TwinAccount(Account):
    """The runner's account, in the twin."""

    def __init__(self, twin: Twin) -> None:
        self.writes = 0
        self.limit = None
        self.twin = twin
        access_key, secret_key = twin.keys()
        connection = Connection(REGION, endpoint_url=twin.url, access_key=access_key, secret_key=secret_key)
        self.port = SerialPort(PassingTime(AwsClient(connection, self._count), twin))


@pytest.fixture
def account(tmp_path: Path) -> Iterator[TwinAccount]:
    """An empty account."""
    with served(tmp_path) as twin:
        yield TwinAccount(twin)


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
