# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the tables of AWS kinds need: a port that only answers, a port over moto, wishes from plain resources."""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from ansible_collections.kubeops.hybrid.plugins.module_utils._clients.aws import READS, AwsClient, Connection, Port
from ansible_collections.kubeops.hybrid.plugins.module_utils._engine import errors
from ansible_collections.kubeops.hybrid.plugins.module_utils._engine.guards import Consent
from ansible_collections.kubeops.hybrid.plugins.module_utils._engine.kind import Kind, Owner, Seen, Wish
from ansible_collections.kubeops.hybrid.plugins.module_utils._engine.reconcile import Report, Request, reconcile
from ansible_collections.kubeops.hybrid.plugins.module_utils._engine.script import Timing
from ansible_collections.kubeops.hybrid.plugins.module_utils._engine.wishes import parse
from ansible_collections.kubeops.hybrid.plugins.module_utils._kinds.aws.registry import KINDS
from tests.unit.plan_tables import ESTATE

Row = Mapping[str, Any]
REGION = "us-east-2"
ACCOUNT = "123456789012"
PLANS = Path(__file__).parent / "plans"
STEPS = Path(__file__).parent / "five_steps"
AT_ONCE = Timing(poll_interval=0.01, settle_timeout=1, wait_timeout=10)
ALLOWED = Consent(addresses=frozenset({"disruptive", "irreversible"}), teardown=True)


class AnsweringPort:
    """A port that answers reads from a table and remembers writes.

    observed: operation ("describe_vpcs", or "eks.list_clusters" where two services share a name) to the
    API's answer, or to a list of {when: {parameter: value}, answer: {...}} / {when, error: NotFound,
    message} of which the first that fits the parameters counts.
    """

    account = ACCOUNT
    region = REGION
    partition = "aws"

    def __init__(self, observed: Row) -> None:
        self._observed = observed
        self.writes: list[str] = []

    def call(self, service: str, operation: str, **parameters: Any) -> dict[str, Any]:
        """The answer of the table; a write is only remembered."""
        if not operation.startswith(READS):
            self.writes.append(f"{service}:{operation}")
            return {}
        found = self._observed.get(f"{service}.{operation}", self._observed.get(operation))
        if isinstance(found, list):
            found = next((entry for entry in found if _fits(entry.get("when", {}), parameters)), None)
            if found and "error" in found:
                raise getattr(errors, found["error"])(found.get("message", found["error"]))
            found = found and found["answer"]
        if found is None:
            raise AssertionError(f"the case observes nothing for {service}.{operation} {parameters}")
        return dict(found)

    def pages(self, service: str, operation: str, key: str, **parameters: Any) -> list[Any]:
        """The list under key; the table's answers have one page."""
        return list(self.call(service, operation, **parameters).get(key, ()))


def _fits(when: Row, parameters: Row) -> bool:
    return all(parameters.get(name) == value for name, value in when.items())


class SerialPort:
    """A port for one call at a time, for moto says that it is not safe with threads."""

    def __init__(self, port: Port) -> None:
        self._port = port
        self._lock = threading.Lock()
        self.region, self.partition = port.region, port.partition

    def call(self, service: str, operation: str, **parameters: Any) -> dict[str, Any]:
        """See Port."""
        with self._lock:
            return self._port.call(service, operation, **parameters)

    def pages(self, service: str, operation: str, key: str, **parameters: Any) -> list[Any]:
        """See Port."""
        with self._lock:
            return self._port.pages(service, operation, key, **parameters)


class Account:
    """An AWS account of moto's, in this process; only useful inside mock_aws().

    writes: how many writing requests were made; beyond limit each is refused before it is sent.
    """

    kinds = KINDS

    def __init__(self) -> None:
        self.writes = 0
        self.limit: int | None = None
        self.port = SerialPort(
            AwsClient(Connection(REGION, access_key="testing-access", secret_key="testing-secret"), self._count)
        )

    def _count(self) -> None:
        if self.writes == self.limit:
            raise errors.Unavailable("the connection is gone")
        self.writes += 1

    def reconcile(self, *resources: Row, absent: bool = False, dry_run: bool = False, **rest: Any) -> Report:
        """The engine's whole way for these resources, without waiting and with every consent."""
        wishes = parse(resources, KINDS, absent=absent)
        request = Request(ESTATE, wishes, absent=absent, dry_run=dry_run, timing=AT_ONCE, consent=ALLOWED, **rest)
        report = reconcile(request, KINDS, self.port, lambda line: None)
        if report.error:
            raise report.error
        return report


def wish(resource: Row, *, absent: bool = False) -> Wish:
    """A resource {kind, name, ...options} as a wish; raises PlanErrors as the modules do."""
    (only,) = parse([resource], KINDS, absent=absent)
    return only


def known(world: Row) -> dict[str, list[Seen]]:
    """{kind: {name: id, or [id, alias...]}} as observed objects without any state."""
    return {
        kind: [_known(KINDS.get(kind), name, ids if isinstance(ids, list) else [ids]) for name, ids in names.items()]
        for kind, names in world.items()
    }


def _known(kind: Kind[Port] | None, name: str, ids: Sequence[str]) -> Seen:
    assert kind is not None, f"a case names a kind for {name} that the registry does not have"
    attributes = {"arn": next((text for text in ids if text.startswith("arn:")), None)}
    return Seen(name, ids[0], {}, Owner.OURS, aliases=tuple(ids[1:]), attributes=attributes)
