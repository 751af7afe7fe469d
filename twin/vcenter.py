# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""vCenters on loopback: one program for each, which lives no longer than the twin."""

from __future__ import annotations

import secrets
import shutil
import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any

import urllib3

from twin import pki
from twin.build import BuiltVsphere, build_vsphere
from twin.calls import VsphereCall
from twin.contract import TwinError
from twin.ports import free_ports
from twin.processes import Program, wait_until
from twin.state import write_json
from twin.vcenter_hosts import FOREIGN, Foreign, KnownHost, example_hosts

_START_DEADLINE = 60.0  # real seconds; 0.3 are usual
USERNAME = "administrator@vsphere.local"


@dataclass(frozen=True)
class Vcenter:
    """A running vCenter. `control_url` is the twin's own side of it."""

    name: str
    address: str
    port: int
    username: str
    password: str
    ca_bundle: str
    control_url: str
    instance_uuid: str
    program: Program

    def describe(self) -> dict[str, Any]:
        """How a client reaches it, and the twin steers it."""
        return {each.name: getattr(self, each.name) for each in fields(self) if each.name != "program"}


class VcenterHost:
    """Starts vCenters under `directory`/<name> and ends them."""

    def __init__(self, directory: Path, *, programs: Callable[[], BuiltVsphere] = build_vsphere) -> None:
        """`programs` is asked when the first one is started, so that a twin without a vCenter builds none."""
        self._directory = directory.absolute()
        self._programs = programs
        self._running: dict[str, Vcenter] = {}
        self._taken: dict[str, int] = {}

    def start(
        self,
        name: str,
        *,
        hosts: Sequence[KnownHost] | None = None,
        foreign: Foreign | None = FOREIGN,
        username: str = USERNAME,
        password: str | None = None,
        dhcp: Sequence[str] = ("10.33.0.16", "10.33.3.250"),
    ) -> dict[str, Any]:
        """Start one and wait until it answers; how it is reached. Raises TwinError, and then leaves nothing running.

        `hosts` are the ESXi hosts that could join (nine examples by default), `foreign` what other people already run
        in it, `dhcp` the first and last address that machines are given.
        """
        if name in self._running:
            raise TwinError(f"a vCenter {name} runs already")
        directory = self._directory / name
        shutil.rmtree(directory, ignore_errors=True)
        (directory / "scratch").mkdir(parents=True)
        known = example_hosts() if hosts is None else hosts
        listen, control = (f"127.0.0.1:{port}" for port in free_ports(2))
        authority, given = pki.Authority(f"{name}-ca"), password or secrets.token_urlsafe(18)
        certificate, key = pki.write_pair(
            directory, "server", authority.issue(name, server_names=["127.0.0.1", "localhost", name])
        )
        bundle = directory / "ca.crt"
        bundle.write_bytes(authority.keypair.certificate)
        instance = str(uuid.uuid5(uuid.NAMESPACE_DNS, name))
        settings: Mapping[str, Any] = {
            "name": name, "instance_uuid": instance, "listen": listen, "control": control,
            "certificate": str(certificate), "key": str(key), "username": username, "password": given,
            "scratch": str(directory / "scratch"), "hosts": [asdict(host) for host in known], "dhcp": list(dhcp),
            "foreign": asdict(foreign) if foreign else {},
        }  # fmt: skip
        # Passwords stand in it, so it is nobody else's from its first byte on.
        file = pki.write_private(directory / "settings.json", b"")
        write_json(file, settings)
        file.chmod(0o600)
        # The simulator makes directories of its own where temporary things go, and nobody removes them there.
        place = ["env", f"TMPDIR={directory / 'scratch'}"]
        program = Program("vsphere", [*place, str(self._programs().program), str(file)], directory=directory)
        running = Vcenter(
            name=name, address="127.0.0.1", port=int(listen.rpartition(":")[2]), username=username, password=given,
            ca_bundle=str(bundle), control_url=f"http://{control}", instance_uuid=instance, program=program,
        )  # fmt: skip
        program.start()
        try:
            wait_until(lambda: _answers(running), seconds=_START_DEADLINE, interval=0.02, what=f"vCenter {name}")
        except TwinError:
            program.end()
            raise
        self._running[name] = running
        return running.describe()

    def describe(self) -> dict[str, dict[str, Any]]:
        """What runs, without its passwords."""
        return {
            name: {key: value for key, value in running.describe().items() if key != "password"}
            | {"state": "running" if running.program.alive() else "dead"}
            for name, running in self._running.items()
        }

    def new_calls(self) -> list[VsphereCall]:
        """What they have answered since this was asked last; not safe for several threads."""
        found: list[VsphereCall] = []
        for name, running in self._running.items():
            for call in _ask(running.control_url, "GET", f"/calls?since={self._taken.get(name, 0)}") or []:
                self._taken[name] = call.pop("sequence")
                found.append(VsphereCall(**call))
        return found

    def control_urls(self) -> dict[str, str]:
        """Where the twin steers each of them."""
        return {name: running.control_url for name, running in self._running.items()}

    def stop_all(self) -> None:
        """End all of them and drop what they held, keeping the logs."""
        for name, running in self._running.items():
            running.program.end()
            for part in ("scratch", "settings.json", "server.key"):
                path = self._directory / name / part
                shutil.rmtree(path) if path.is_dir() else path.unlink(missing_ok=True)
        self._running.clear()
        self._taken.clear()


def _answers(running: Vcenter) -> bool | None:
    if not running.program.alive():
        raise TwinError(f"vCenter {running.name} ended:\n{running.program.last_lines()}")
    return True if _ask(running.control_url, "GET", "/health") else None


def _ask(url: str, method: str, path: str) -> Any:
    """What the program answers, None when it does not."""
    try:
        answer = urllib3.request(method, url + path, timeout=2.0, retries=False)
    except urllib3.exceptions.HTTPError:
        return None
    return answer.json() if answer.status == 200 else None
