# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The artifact lock: what was used once is what is used ever after, or somebody has to say so."""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import pathlib
import tempfile
from typing import Any

from ansible_collections.kubeops.hybrid.plugins.module_utils._engine.errors import Conflict, Invalid


class ArtifactLock:
    """A JSON file: {"artifacts": {"kubeflow 26.03": {"digest": "sha256:...", "from": ...}}}, to be committed."""

    def __init__(self, path: pathlib.Path, write: bool = True) -> None:
        self._path = path
        self._write = write

    def digest(self, title: str) -> str | None:
        """What an artifact is locked to."""
        entry = self._read()["artifacts"].get(title)
        return str(entry["digest"]) if entry else None

    def hold(self, title: str, digest: str, where: str) -> bool:
        """Record a digest at its first use, hold every other to it. where: it was found. Returns whether it is new."""
        if self._settled(self._read(), title, digest, where):
            return False
        if self._write:
            self._path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            with open(f"{self._path}.lock", "a", encoding="utf-8") as guard:
                fcntl.flock(guard, fcntl.LOCK_EX)
                content = self._read()
                if self._settled(content, title, digest, where):
                    return False
                content["artifacts"][title] = {"digest": digest, "from": where}
                self._replace(content)
        return True

    def _settled(self, content: dict[str, Any], title: str, digest: str, where: str) -> bool:
        entry = content["artifacts"].get(title)
        if entry and entry["digest"] != digest:
            raise Conflict(
                f"{title} of {where} is {digest}, but {self._path} locks it to {entry['digest']}",
                remedy=f"Find out what changed. If it is wanted, remove {title!r} from the lock and run again.",
            )
        return entry is not None

    def _read(self) -> dict[str, Any]:
        try:
            content = json.loads(self._path.read_text(encoding="utf-8"))
            if not isinstance(content["artifacts"], dict):
                raise ValueError("no artifacts")
        except FileNotFoundError:
            return {"artifacts": {}}
        except (ValueError, KeyError, TypeError) as error:
            raise Invalid(
                f"{self._path} is no artifact lock: {error}", remedy="Restore it from the repository."
            ) from error
        return dict(content)

    def _replace(self, content: dict[str, Any]) -> None:
        descriptor, temporary = tempfile.mkstemp(dir=self._path.parent, prefix=".new-")
        try:
            with os.fdopen(descriptor, "w", encoding="utf-8") as file:
                file.write(json.dumps(content, indent=1, sort_keys=True) + "\n")
            os.replace(temporary, self._path)
        except BaseException:
            with contextlib.suppress(FileNotFoundError):
                os.unlink(temporary)
            raise
