# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Fills a mirror: the files of an artifact in the layout that they are looked for in, and the images to copy."""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import pathlib
import shutil
import tempfile

from .catalogue import Artifact
from .source import LISTING


def fill(artifact: Artifact, files: pathlib.Path, images: pathlib.Path, folder: pathlib.Path, write: bool) -> bool:
    """Make folder/root what files are, and folder/images hold the list; returns whether that is a change.

    files: directory or file of the artifact. images: its list. write: False only tells. The listing of the mirror is
    kept with it, so that it can be served by any web server.
    """
    target = folder / artifact.root
    listed = folder / "images" / f"{artifact.name}-{artifact.version}.json"
    same = _contents(target) == _contents(files) and _contents(listed) == _contents(images)
    if same or not write:
        return not same
    folder.mkdir(parents=True, exist_ok=True)
    with open(folder / f".{LISTING}.lock", "a", encoding="utf-8") as guard:
        fcntl.flock(guard, fcntl.LOCK_EX)
        _replace(files, target)
        _replace(images, listed)
        _list(folder)
    return True


def _contents(path: pathlib.Path) -> dict[str, str] | None:
    """Name to sha256 of each file below a directory, or of one; None when it is not there."""
    if path.is_file():
        return {"": _sha256(path)}
    if not path.is_dir():
        return None
    return {one.relative_to(path).as_posix(): _sha256(one) for one in path.rglob("*") if one.is_file()}


def _sha256(path: pathlib.Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _replace(source: pathlib.Path, target: pathlib.Path) -> None:
    """Put a copy where another one may be; whoever reads finds all of one of them, or for a moment nothing."""
    target.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=target.parent, prefix=".new-") as name:
        made = pathlib.Path(name, "made")
        if source.is_dir():
            # What a run may not change in its cache, others may in their mirror.
            shutil.copytree(source, made, copy_function=shutil.copyfile)
        else:
            shutil.copyfile(source, made)
        if target.is_dir():
            os.rename(target, pathlib.Path(name, "old"))
        os.replace(made, target)


def _list(folder: pathlib.Path) -> None:
    found = {name: digest for name, digest in (_contents(folder) or {}).items() if not name.startswith(".")}
    found.pop(LISTING, None)
    made = folder / f".{LISTING}"
    made.write_text(json.dumps({"files": dict(sorted(found.items()))}, indent=0) + "\n", encoding="utf-8")
    os.replace(made, folder / LISTING)
