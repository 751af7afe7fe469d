# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A vCenter of the twin's with our client: steps of kinds are planned, done and compared, and killed between calls."""

from __future__ import annotations

import contextlib
import dataclasses
import threading
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

from ansible_collections.kubeops.hybrid.plugins.module_utils._clients.vsphere import Connection, VsphereClient
from ansible_collections.kubeops.hybrid.plugins.module_utils._engine import errors
from ansible_collections.kubeops.hybrid.plugins.module_utils._engine.compare import same
from ansible_collections.kubeops.hybrid.plugins.module_utils._engine.guards import Consent
from ansible_collections.kubeops.hybrid.plugins.module_utils._engine.plan import Entry
from ansible_collections.kubeops.hybrid.plugins.module_utils._engine.reconcile import Report, Request, reconcile
from ansible_collections.kubeops.hybrid.plugins.module_utils._engine.script import Timing
from ansible_collections.kubeops.hybrid.plugins.module_utils._engine.secrets import Secrets
from ansible_collections.kubeops.hybrid.plugins.module_utils._engine.wishes import parse
from ansible_collections.kubeops.hybrid.plugins.module_utils._kinds.vsphere.registry import KINDS
from tests.unit.kinds_support_vsphere import wish
from tests.unit.plan_tables import ESTATE
from twin.vcenter import VcenterHost
from twin.vcenter_hosts import example_hosts

Row = Mapping[str, Any]
AT_ONCE = Timing(poll_interval=0.01, settle_timeout=1, wait_timeout=20)
# Not the one that the twin gives hosts of its own, which everybody knows: kinds refuse that.
HOST_PASSWORD = "Rehearsed-only-7"
ALLOWED = Consent(addresses=frozenset({"disruptive", "irreversible"}), deletes=dict.fromkeys(KINDS, 100), teardown=True)


class Center:
    """One vCenter.

    writes: how many writing requests were made; beyond limit each is refused before it is sent. secrets: by name;
    root is the password of the hosts that could join. timing: how long is waited. between: what happens before the
    write of that number is sent.
    """

    def __init__(self, started: Row) -> None:
        self.started = started
        self.writes = 0
        self.limit: int | None = None
        self.secrets: dict[str, Any] = {"root": HOST_PASSWORD}
        self.timing = AT_ONCE
        self.between: dict[int, Callable[[], None]] = {}
        self._lock = threading.Lock()
        self.port = VsphereClient(connection(started), self._count)

    def _count(self) -> None:
        with self._lock:
            if self.limit is not None and self.writes >= self.limit:
                raise errors.Unavailable("the connection is gone")
            self.writes += 1
            happens = self.between.pop(self.writes, None)
        if happens is not None:
            happens()

    def reconcile(self, *resources: Row, absent: bool = False, dry_run: bool = False, **rest: Any) -> Report:
        """The engine's whole way for these resources, without waiting and with every consent."""
        wishes = parse(resources, KINDS, absent=absent)
        request = Request(
            ESTATE,
            wishes,
            absent=absent,
            dry_run=dry_run,
            timing=self.timing,
            consent=ALLOWED,
            secrets=Secrets(self.secrets),
            **rest,
        )
        report = reconcile(request, KINDS, self.port, lambda line: None)
        if report.error:
            raise report.error
        return report

    def foreseen_and_done(self, before: list[Row], resource: Row, **rest: Any) -> tuple[Entry, Report]:
        """The entry of a resource from a dry run, and the report of the real one that did exactly that."""
        address = wish(resource).address
        resources = [resource] if rest.get("absent") else [*before, resource]
        writes = self.writes
        foreseen = self.reconcile(*resources, dry_run=True, **rest)
        assert self.writes == writes, "a dry run wrote"
        report = self.reconcile(*resources, **rest)
        told = [(e.address, e.verb, e.impact, e.changes) for e in foreseen.plan.entries]
        assert told == [(e.address, e.verb, e.impact, e.changes) for e in report.plan.entries]
        return next(e for e in report.plan.entries if e.address == address), report

    def assert_holds(self, before: list[Row], resource: Row) -> None:
        """The world shows every field of the resource, and another run keeps everything without a write."""
        writes = self.writes
        report = self.reconcile(*before, resource)
        assert [(e.address, e.verb, e.changes) for e in report.plan.active] == []
        assert (self.writes, report.changed) == (writes, False)
        wanted = wish(resource)
        seen = report.world.get(wanted.kind, wanted.name)
        assert seen is not None
        for field, value in report.world.filled(wanted.options, wanted.kind, {}).items():
            option = KINDS[wanted.kind].options[field]
            assert not option.compared or same(value, seen.state.get(field), option), field


def connection(started: Row, **other: Any) -> Connection:
    """How one that was started is reached."""
    given = {name: started[name] for name in ("address", "port", "username", "password", "ca_bundle")}
    return Connection(**{**given, **other})


@contextlib.contextmanager
def served(directory: Path) -> Iterator[Center]:
    """A vCenter with other people's things in it and none of ours."""
    host = VcenterHost(directory)
    try:
        hosts = [dataclasses.replace(one, password=HOST_PASSWORD) for one in example_hosts()]
        center = Center(host.start("vcsa", hosts=hosts))
        yield center
        center.port.close()
    finally:
        host.stop_all()
