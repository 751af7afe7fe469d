# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Where a twin keeps what, and the settings it was started with."""

from __future__ import annotations

import json
import shutil
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from twin.contract import TwinError

ACCOUNT_ID = "123456789012"


@dataclass(frozen=True)
class Settings:
    """What a twin is. `scale`: its seconds in a real one.

    `programs` is the directory of the built control planes, None for a twin without them; `vsphere` that of the built
    vCenter, None for a twin without `vcenters`.
    """

    account_id: str
    regions: Sequence[str]
    scale: float
    programs: str | None
    vcenters: Sequence[str] = ()
    vsphere: str | None = None


@dataclass(frozen=True)
class State:
    """The state directory of one twin."""

    directory: Path

    @property
    def settings(self) -> Path:
        """What the daemon shall be (JSON); also the mark that this directory is a twin's."""
        return self.directory / "settings.json"

    @property
    def pidfile(self) -> Path:
        """The daemon's process."""
        return self.directory / "daemon.pid"

    @property
    def listening(self) -> Path:
        """Written by the daemon when it answers: its addresses (JSON)."""
        return self.directory / "daemon.json"

    @property
    def twin(self) -> Path:
        """The summary for people and programs: addresses, settings, how long building and starting took (JSON)."""
        return self.directory / "twin.json"

    @property
    def lock(self) -> Path:
        """Held by the daemon as long as it lives."""
        return self.directory / "lock"

    @property
    def logs(self) -> Path:
        """The daemon's log and the log of calls; each control plane's are beside its own state."""
        return self.directory / "logs"

    @property
    def inventory(self) -> Path:
        """The overlay: a second inventory source."""
        return self.directory / "inventory"

    @property
    def private(self) -> Path:
        """Files that hold a secret."""
        return self.directory / "private"

    @property
    def control_planes(self) -> Path:
        """A directory for each control plane."""
        return self.directory / "control-planes"

    @property
    def vcenters(self) -> Path:
        """A directory for each vCenter."""
        return self.directory / "vcenters"

    @property
    def racks(self) -> Path:
        """What stands behind each vCenter, with the passwords of its hosts (JSON)."""
        return self.private / "racks.json"

    def vcenter_password(self, name: str) -> Path:
        """The file that holds a vCenter's password."""
        return self.private / f"{name}.password"

    def hosts_password(self, name: str) -> Path:
        """The file that holds the password of root on a vCenter's hosts."""
        return self.private / f"{name}.hosts.password"

    def refuse_foreign(self) -> None:
        """Raises TwinError when the directory holds something and no twin has made it: it would be overwritten."""
        if self.directory.exists() and any(self.directory.iterdir()) and not self.settings.exists():
            raise TwinError(f"{self.directory} holds files that are no twin's: give --state a directory of its own")

    def prepare(self, settings: Settings) -> None:
        """Mark the directory, store the settings for the daemon, make what everything else relies on."""
        self.directory.mkdir(parents=True, exist_ok=True)
        write_json(self.settings, asdict(settings))
        self.logs.mkdir(exist_ok=True)
        self.private.mkdir(mode=0o700, exist_ok=True)

    def read_settings(self) -> Settings:
        """What `prepare` stored."""
        data = json.loads(self.settings.read_text())
        lists = {name: tuple(data[name]) for name in ("regions", "vcenters")}
        return Settings(**{**data, **lists})

    def summary(self) -> dict[str, Any]:
        """The content of twin.json; raises TwinError when no twin was started here."""
        try:
            return dict(json.loads(self.twin.read_text()))
        except FileNotFoundError as error:
            raise TwinError(f"no twin runs in {self.directory}: start one with `python -m twin up`") from error

    def clear(self, *, keep_logs: bool) -> None:
        """Remove what a twin made here and nothing else; the directory goes only when it is empty then."""
        if not self.settings.exists():
            return
        for path in (self.pidfile, self.listening, self.twin, self.lock):
            path.unlink(missing_ok=True)
        for path in (
            self.inventory,
            self.private,
            *(() if keep_logs else (self.logs, self.control_planes, self.vcenters)),
        ):
            shutil.rmtree(path, ignore_errors=True)
        if keep_logs:
            return
        self.settings.unlink()
        if not any(self.directory.iterdir()):
            self.directory.rmdir()


def write_json(path: Path, content: object) -> None:
    """Write a file that a reader sees whole or not at all."""
    temporary = path.with_suffix(".new")
    temporary.write_text(json.dumps(content, indent=2) + "\n")
    temporary.replace(path)
