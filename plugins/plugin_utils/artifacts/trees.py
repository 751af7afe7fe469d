# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Digests of directories, remembered until a file changes."""

from __future__ import annotations

import hashlib
import os
import pathlib

from ansible_collections.kubeops.hybrid.plugins.module_utils._engine.errors import Invalid
from ansible_collections.kubeops.hybrid.plugins.module_utils._engine.store import DirectoryStore


def digest(root: pathlib.Path, store: DirectoryStore) -> str:
    """sha256 over names and contents of all files below a directory, or of one file.

    store: where it is remembered with size and time of every file, so that an unchanged tree is not read again.
    Symbolic links must stay within.
    """
    files = sorted(_listed(root))
    signature = hashlib.sha256(repr([(name, *stamp) for name, _path, stamp in files]).encode()).hexdigest()
    record = f"artifacts/digests/{hashlib.sha256(str(root).encode()).hexdigest()[:32]}.json"
    known = store.read(record)
    if known and known["signature"] == signature:
        return str(known["digest"])
    found = f"sha256:{_content([(name, path) for name, path, _stamp in files])}"
    store.write(record, {"root": str(root), "signature": signature, "digest": found})
    return found


def _listed(root: pathlib.Path) -> list[tuple[str, str, tuple[int, ...]]]:
    """Name relative to the root, path, and what changes with the content."""
    if root.is_file():
        return [(root.name, str(root), _stamp(root.stat()))]
    if not root.is_dir():
        raise Invalid(f"{root} is not there", remedy="Is the mirror complete? Its layout is in the documentation.")
    found: list[tuple[str, str, tuple[int, ...]]] = []
    open_ = [("", str(root))]
    while open_:
        below, folder = open_.pop()
        with os.scandir(folder) as entries:
            for entry in entries:
                if entry.is_symlink() and not pathlib.Path(entry.path).resolve().is_relative_to(root.resolve()):
                    raise Invalid(f"{entry.path} is a link that leads out of {root}", remedy="Replace it by the file.")
                if entry.is_dir():
                    open_.append((f"{below}{entry.name}/", entry.path))
                else:
                    found.append((f"{below}{entry.name}", entry.path, _stamp(entry.stat())))
    return found


def _stamp(status: os.stat_result) -> tuple[int, ...]:
    return status.st_size, status.st_mtime_ns, status.st_ino


def _content(files: list[tuple[str, str]]) -> str:
    whole = hashlib.sha256()
    for name, path in files:
        with open(path, "rb") as file:
            whole.update(f"{name}\0{hashlib.file_digest(file, 'sha256').hexdigest()}\n".encode())
    return whole.hexdigest()
