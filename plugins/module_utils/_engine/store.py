# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This file is private to the collection: its content may change in any release.
"""The store holds what the world cannot: lease, journal of runs, saved plans. Here: a directory."""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import pathlib
import tempfile
import typing as t

from .errors import Invalid, NotFound


class Store(t.Protocol):
    """Small JSON documents by name; swap() is what makes a lease safe."""

    def read(self, name: str) -> t.Any:
        """The document, or None."""

    def write(self, name: str, content: t.Any) -> None:
        """Create or replace it; readers see the old one or the new one, never a part."""

    def swap(self, name: str, change: t.Callable[[t.Any], t.Any]) -> t.Any:
        """Replace it by change(what is there) with nobody in between; an error in change keeps it."""

    def append(self, name: str, record: t.Any) -> None:
        """Add one record to a log, on the disk when this returns."""

    def records(self, name: str) -> list[t.Any]:
        """All whole records of a log, in order."""

    def path(self, name: str) -> str:
        """Where a local reader finds it."""


class DirectoryStore:
    """A directory of this machine; private to its user, for plans show how an estate is built."""

    def __init__(self, root: str) -> None:
        self._root = pathlib.Path(root)
        self._root.mkdir(mode=0o700, parents=True, exist_ok=True)

    def listed(self, folder: str) -> list[str]:
        """Names of the documents in a folder, in order; none when there is no such folder."""
        return sorted(f"{folder}/{file.name}" for file in (self._root / folder).glob("*.json"))

    def path(self, name: str) -> str:
        """Absolute path of a document, its folder made."""
        target = (self._root / name).resolve()
        if self._root.resolve() not in target.parents:
            raise Invalid(f"{name!r} is no name of a document of the store")
        target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        return str(target)

    def read(self, name: str) -> t.Any:
        """The document, or None."""
        try:
            with open(self.path(name), encoding="utf-8") as file:
                return json.load(file)
        except FileNotFoundError:
            return None
        except ValueError as error:
            raise Invalid(f"{self.path(name)} is no JSON: {error}", remedy="Move it away and run again.") from error

    def require(self, name: str, remedy: str) -> t.Any:
        """The document, or NotFound with the remedy."""
        content = self.read(name)
        if content is None:
            raise NotFound(f"the store {self._root} has no {name}", remedy=remedy)
        return content

    def write(self, name: str, content: t.Any) -> None:
        """Create or replace it; readers see the old one or the new one, never a part."""
        target = self.path(name)
        descriptor, temporary = tempfile.mkstemp(dir=os.path.dirname(target), prefix=".new-")
        try:
            with os.fdopen(descriptor, "w", encoding="utf-8") as file:
                json.dump(content, file, indent=1, sort_keys=True, default=str)
                file.flush()
                os.fsync(file.fileno())
            os.replace(temporary, target)
        except BaseException:
            with contextlib.suppress(FileNotFoundError):
                os.unlink(temporary)
            raise

    def swap(self, name: str, change: t.Callable[[t.Any], t.Any]) -> t.Any:
        """Replace it by change(what is there) with nobody in between; an error in change keeps it."""
        held = os.open(self.path(f"{name}.lock"), os.O_RDWR | os.O_CREAT, 0o600)
        with os.fdopen(held, "r+", encoding="utf-8") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            content = change(self.read(name))
            self.write(name, content)
            return content

    def append(self, name: str, record: t.Any) -> None:
        """Add one record to a log, on the disk when this returns."""
        descriptor = os.open(self.path(name), os.O_RDWR | os.O_APPEND | os.O_CREAT, 0o600)
        try:
            size = os.fstat(descriptor).st_size
            # After the torn line of a killed writer a new one begins.
            torn = size > 0 and os.pread(descriptor, 1, size - 1) != b"\n"
            os.write(descriptor, ("\n" * torn + json.dumps(record, default=str) + "\n").encode())
            os.fsync(descriptor)
        finally:
            os.close(descriptor)

    def records(self, name: str) -> list[t.Any]:
        """All whole records of a log; the torn lines of killed writers are left out."""
        records = []
        with contextlib.suppress(FileNotFoundError), open(self.path(name), encoding="utf-8", errors="replace") as file:
            for line in file:
                with contextlib.suppress(ValueError):
                    records.append(json.loads(line))
        return records
