# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The unit tests' account of kinds, in the twin: its time passes with every look, so that nobody sleeps."""

from __future__ import annotations

from typing import Any

from ansible_collections.kubeops.hybrid.plugins.module_utils._clients.aws import AwsClient, Connection
from tests.contract.aws_account import Account as Twin
from tests.unit.kinds_support import REGION, Account, SerialPort


class PassingTime:
    """A port on which the twin's time passes: much with a look at how something is, a second with everything else."""

    def __init__(self, port: AwsClient, twin: Twin, seconds_a_look: float) -> None:
        self._port, self._twin, self._look = port, twin, seconds_a_look
        self.region, self.partition = port.region, port.partition

    def call(self, service: str, operation: str, **parameters: Any) -> dict[str, Any]:
        """See Port."""
        self._twin.advance(self._look if operation.startswith("describe_") else 1)
        return self._port.call(service, operation, **parameters)

    def pages(self, service: str, operation: str, key: str, **parameters: Any) -> list[Any]:
        """See Port."""
        self._twin.advance(self._look if operation.startswith("describe_") else 0)
        return self._port.pages(service, operation, key, **parameters)


class TwinAccount(Account):
    """The runner's account, in the twin."""

    def __init__(self, twin: Twin, seconds_a_look: float) -> None:
        self.writes = 0
        self.limit = None
        self.twin = twin
        access_key, secret_key = twin.keys()
        connection = Connection(REGION, endpoint_url=twin.url, access_key=access_key, secret_key=secret_key)
        self.port = SerialPort(PassingTime(AwsClient(connection, self._count), twin, seconds_a_look))
