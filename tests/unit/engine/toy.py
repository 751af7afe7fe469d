# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Toy kinds: between them they use everything that a kind may do."""

from __future__ import annotations

import threading
from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any, ClassVar

from ansible_collections.kubeops.hybrid.plugins.module_utils._engine import wishes
from ansible_collections.kubeops.hybrid.plugins.module_utils._engine.errors import EstateError
from ansible_collections.kubeops.hybrid.plugins.module_utils._engine.guards import Consent
from ansible_collections.kubeops.hybrid.plugins.module_utils._engine.kind import (
    Kind,
    Owner,
    Query,
    Seen,
    Status,
    Watch,
)
from ansible_collections.kubeops.hybrid.plugins.module_utils._engine.options import (
    Collection as Compared,
)
from ansible_collections.kubeops.hybrid.plugins.module_utils._engine.options import (
    Impact,
    Option,
    Options,
    document,
    leaves,
    names,
    setting,
    table,
)
from ansible_collections.kubeops.hybrid.plugins.module_utils._engine.progress import Line
from ansible_collections.kubeops.hybrid.plugins.module_utils._engine.reconcile import Report, Request, reconcile
from ansible_collections.kubeops.hybrid.plugins.module_utils._engine.script import Timing
from tests.unit.engine.cloud import Cloud, Record

ESTATE = "toy"
Values = Mapping[str, Any]
AT_ONCE = Timing(poll_interval=0, settle_timeout=2, wait_timeout=5)
ALLOWED = Consent(
    deletes={kind: 99 for kind in ("net", "part", "gate", "table", "host", "vault")},
    addresses=frozenset({"disruptive", "irreversible"}),
)
TAGS = leaves("Tags.")


class Toy(Kind[Cloud]):
    """What all have in common."""

    source = "Create, Set, Delete"

    def observe(self, port: Cloud, query: Query) -> Sequence[Seen]:
        """All of ours, and others' that wishes name."""
        asked = {wish.name for wish in query.wishes}
        return [self._seen(r, query.estate) for r in port.list(self.name) if self._about(r, query, asked)]

    @staticmethod
    def _about(record: Record, query: Query, asked: set[str]) -> bool:
        if query.ids:
            return record.id in query.ids
        return record.estate == query.estate or record.name in asked

    @staticmethod
    def _seen(record: Record, estate: str) -> Seen:
        owner = Owner.FOREIGN if record.estate != estate else Owner.ADOPTED if record.adopted else Owner.OURS
        status, reason = Status.READY, ""
        if record.deleting is not None:
            status = Status.DELETING
        elif record.failed:
            status, reason = Status.FAILED, record.failed
        elif record.waits:
            status, reason = Status.WAITING, record.waits
        elif record.creating or record.updating:
            status, reason = Status.PENDING, f"{record.creating + record.updating} looks to go"
        arn = f"arn:toy/{record.id}"
        attributes = {"arn": arn}
        return Seen(record.name, record.id, dict(record.fields), owner, status, reason, (arn,), attributes)

    def create(self, port: Cloud, estate: str, name: str, options: Values) -> Seen:
        """The creating call."""
        return self._seen(port.create(self.name, name, estate, options), estate)

    def update(self, port: Cloud, seen: Seen, options: Values, fields: Collection[str]) -> Iterator[Watch]:
        """One field after the other, each awaited."""
        for field in sorted(fields):
            port.set(seen.id, {field: options[field]})
            yield Watch(f"{field} of {seen.id}", lambda: _settled(port, seen.id))

    def delete(self, port: Cloud, seen: Seen) -> Iterator[Watch]:
        """One call."""
        port.delete(seen.id)
        yield from ()


def _settled(port: Cloud, identifier: str) -> tuple[Status, str]:
    return (Status.PENDING, "the change is going on") if port.busy(identifier) else (Status.READY, "")


class Net(Toy):
    """Scalars, a set, leaves, a document."""

    name = "net"
    description = "A network."
    options: ClassVar[Options] = {
        "cidr": setting("Range.", needed=True, immutable=True),
        "dns": setting("Names?", type="bool"),
        "note": setting("Text."),
        "extra": names("More ranges."),
        "policy": document("Who may."),
        "tags": TAGS,
    }


class Part(Toy):
    """Refers to a net for good."""

    name = "part"
    description = "A part of a network."
    options: ClassVar[Options] = {
        "net": setting("Its network.", ref="net", needed=True, immutable=True),
        "public": setting("To be reached?", type="bool"),
        "tags": TAGS,
    }
    delete_impact = Impact.DISRUPTIVE


class Gate(Toy):
    """May be moved to another net; its mode disturbs."""

    name = "gate"
    description = "A way out."
    options: ClassVar[Options] = {
        "net": setting("Its network.", ref="net"),
        "order": Option("Preference.", type="list", elements="str", collection=Compared.ORDERED),
        "mode": setting("How.", choices=("fast", "safe"), impact=Impact.DISRUPTIVE),
    }


class Table(Toy):
    """Rows by key with targets of several kinds; made in several calls."""

    name = "table"
    description = "Where things go."
    options: ClassVar[Options] = {
        "net": setting("Its network.", ref="net", needed=True, immutable=True),
        "routes": table(
            "Routes.",
            {"to": setting("Destination."), "via": setting("Target.", ref="*"), "metric": setting("Cost.", type="int")},
            keys=("to",),
        ),
        "parts": names("Parts that use it.", ref="part"),
    }
    later = ("routes", "parts")


class Host(Toy):
    """Made in bulk, holds a secret, asks for an ARN."""

    name = "host"
    description = "A machine."
    bulk = True
    after = ("gate",)
    options: ClassVar[Options] = {
        "part": setting("Where.", ref="part", needed=True),
        "net_arn": setting("Its network's ARN.", ref="net", ref_attribute="arn"),
        "size": leaves("Numbers.", {"cpus": setting("Cores.", type="int"), "memory": setting("GiB.", type="int")}),
        "rules": table("Rules.", {"port": setting("Port.", type="int"), "from_part": setting("Source.", ref="part")}),
        "password": setting("Root's.", compared=False),
    }

    def create_many(self, port: Cloud, estate: str, wishes: Mapping[str, Values]) -> Mapping[str, Seen | EstateError]:
        """One call."""
        made = port.create_many(self.name, estate, wishes)
        return {n: r if isinstance(r, EstateError) else self._seen(r, estate) for n, r in made.items()}


class Vault(Toy):
    """Data: deleted only with consent."""

    name = "vault"
    description = "Data."
    protected = True
    options: ClassVar[Options] = {"tags": TAGS}


class Pass(Toy):
    """Our own access."""

    name = "pass"
    description = "Access."
    access = True
    options: ClassVar[Options] = {"net": setting("Its network.", ref="net", needed=True, immutable=True), "tags": TAGS}

    def key(self, options: Values) -> str:
        """Unique by its net and name."""
        return f"{options['net']}/{options['name']}"


KINDS: Mapping[str, Toy] = {kind.name: kind for kind in (Net(), Part(), Gate(), Table(), Host(), Vault(), Pass())}


class Told:
    """Remembers progress lines."""

    def __init__(self) -> None:
        self.lines: list[Line] = []
        self._lock = threading.Lock()

    def __call__(self, line: Line) -> None:
        """See Progress."""
        with self._lock:
            self.lines.append(line)

    def events(self, event: str) -> list[str]:
        """Addresses in order."""
        return [line.address for line in self.lines if line.event == event]


def run(cloud: Cloud, resources: Sequence[Values], **rest: Any) -> Report:
    """The whole way of the engine; with every consent unless told otherwise."""
    tell = rest.pop("tell", Told())
    wanted = wishes.parse(resources, KINDS, absent=rest.get("absent", False))
    defaults: dict[str, Any] = {"timing": AT_ONCE, "consent": ALLOWED}
    return reconcile(Request(ESTATE, wanted, **{**defaults, **rest}), KINDS, cloud, tell)


def done(cloud: Cloud, resources: Sequence[Values], **rest: Any) -> Report:
    """A run that has to go well."""
    report = run(cloud, resources, **rest)
    if report.error:
        raise report.error
    return report


def verbs(report: Report) -> dict[str, str]:
    """Address to verb of all that is active."""
    return {entry.address: entry.verb.value for entry in report.plan.active}


def outcomes(report: Report) -> dict[str, str]:
    """Address to outcome of all that is active."""
    return {entry.address: entry.outcome.value for entry in report.plan.active}
