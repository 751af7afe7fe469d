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
from ansible_collections.kubeops.hybrid.plugins.module_utils._engine.guards import Consent
from ansible_collections.kubeops.hybrid.plugins.module_utils._engine.reconcile import Report, Request, reconcile
from ansible_collections.kubeops.hybrid.plugins.module_utils._engine.script import Timing
from ansible_collections.kubeops.hybrid.plugins.module_utils._engine.secrets import Secrets
from ansible_collections.kubeops.hybrid.plugins.module_utils._engine.wishes import parse
from ansible_collections.kubeops.hybrid.plugins.module_utils._kinds.vsphere.registry import KINDS
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

    kinds = KINDS

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
