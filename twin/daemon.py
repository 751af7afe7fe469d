# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The one process of a twin: it serves the simulators and the twin's own API, and owns the control planes."""

from __future__ import annotations

import argparse
import fcntl
import logging
import os
import signal
import threading
from pathlib import Path
from typing import Any

from werkzeug.middleware.dispatcher import DispatcherMiddleware

from twin.audit import AuditLogs
from twin.aws import app as aws
from twin.aws import tokens
from twin.aws.platform import Platform
from twin.build import Built, BuiltVsphere
from twin.calls import CallLog
from twin.clock import ScaledClock
from twin.contract import TwinConfig, TwinError
from twin.control_api import ControlApi
from twin.faults import FaultRules
from twin.host import LocalClusterHost
from twin.kube_faults import KubeFaults
from twin.platform_api import PREFIX, PlatformApi
from twin.processes import write_pidfile
from twin.serving import LoopbackServer
from twin.state import Settings, State, write_json
from twin.vcenter import VcenterHost
from twin.vcenter_racks import start_all
from twin.vsphere_faults import VsphereFaults

_log = logging.getLogger(__name__)


class Daemon:
    """Everything that lives as long as the twin."""

    def __init__(self, state: State) -> None:
        self._state = state
        self._settings = state.read_settings()
        audited = AuditLogs(state.control_planes)
        self._vcenters = VcenterHost(state.vcenters, programs=self._vsphere)
        log = state.logs / "calls.jsonl"
        self._calls = CallLog(log, reported=audited.new, vsphere=self._vcenters.new_calls)
        self._faults = FaultRules()
        self._clock = ScaledClock(self._settings.scale)
        self._began = self._clock.now()
        # These come later: they need the address of the server that is made here, and it needs them.
        self._host: LocalClusterHost
        self._platform: PlatformApi
        self._kube_faults = KubeFaults(lambda: self._host.planes(), self._clock)
        self._vsphere_faults = VsphereFaults(self._vcenters.control_urls)
        control = ControlApi(
            self.status, self._calls, self._faults, tokens.review, self._kube_faults, self._vsphere_faults
        )
        inside = {PREFIX: lambda environ, start: self._platform(environ, start)}
        self._control = LoopbackServer(DispatcherMiddleware(control, inside))
        self._host = LocalClusterHost(
            state.directory,
            programs=self._programs,
            tokens_url=f"{self._control.url}/twin/tokens",
            scale=self._settings.scale,
        )
        account = aws.create(self._config())
        self._platform = PlatformApi(Platform(account.world))
        self._aws = LoopbackServer(account)

    def run(self, ended: threading.Event) -> None:
        """Serve until `ended` is set, then end the control planes."""
        self._control.start()
        self._aws.start()
        self._kube_faults.start()
        vcenters = start_all(self._vcenters, self._state)
        addresses = {"aws_url": self._aws.url, "control_url": self._control.url, "vcenters": vcenters}
        write_json(self._state.listening, addresses)
        _log.info("AWS at %s, control at %s", self._aws.url, self._control.url)
        ended.wait()
        self._kube_faults.stop()
        self._aws.stop()
        self._host.stop_all()
        self._vcenters.stop_all()
        self._control.stop()

    def status(self) -> dict[str, Any]:
        """What `python -m twin status --json` shows."""
        settings = self._settings
        calls = self._calls.count()
        return {
            "running": True,
            "pid": os.getpid(),
            "state_dir": str(self._state.directory),
            "account_id": settings.account_id,
            "regions": list(settings.regions),
            "scale": settings.scale,
            "uptime_seconds": round(self._clock.now() - self._began, 3),
            "aws_url": self._aws.url,
            "control_url": self._control.url,
            "control_planes": self._host.describe(),
            "vcenters": self._vcenters.describe(),
            "faults": [*self._faults.describe(), *self._kube_faults.describe(), *self._vsphere_faults.describe()],
            "calls": calls,
            "unsupported_calls": calls["unsupported"],
        }

    def _programs(self) -> Built:
        if self._settings.programs is None:
            raise TwinError("this twin was started without control planes")
        return Built(Path(self._settings.programs), 0.0)

    def _vsphere(self) -> BuiltVsphere:
        if self._settings.vsphere is None:
            raise TwinError("this twin was started without vCenters")
        return BuiltVsphere(Path(self._settings.vsphere), 0.0)

    def _config(self) -> TwinConfig:
        settings: Settings = self._settings
        return TwinConfig(
            account_id=settings.account_id,
            regions=settings.regions,
            scale=settings.scale,
            state_dir=self._state.directory,
            control_planes=settings.programs is not None,
            host=self._host,
            faults=self._faults,
            calls=self._calls,
            clock=self._clock,
        )


def main() -> None:
    """`python -m twin.daemon STATE`: what `python -m twin up` starts."""
    parser = argparse.ArgumentParser()
    parser.add_argument("state", type=Path)
    state = State(parser.parse_args().state)
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(name)s: %(message)s")
    ended = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: ended.set())
    with state.lock.open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise SystemExit(f"another twin holds {state.lock}") from error
        write_pidfile(state.pidfile, os.getpid())
        Daemon(state).run(ended)


if __name__ == "__main__":
    main()
