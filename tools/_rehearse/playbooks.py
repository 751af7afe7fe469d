# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs of playbooks, with their output passed through and their results read from the store."""

from __future__ import annotations

import dataclasses
import json
import os
import subprocess
import sys
import time
import typing as t
from collections.abc import Mapping, Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
MIRROR = ROOT.parent / "shared" / "upstream"
Document = dict[str, t.Any]


def manifests() -> list[str]:
    """Options of a run whose inventory names no mirror: the one beside the checkout, else stand-ins."""
    return ["-e", f"kubeops_mirror={MIRROR}"] if MIRROR.is_dir() else ["-e", "kubeops_stand_ins=allow"]


@dataclasses.dataclass(frozen=True)
class Result:
    """One playbook run. seconds: of the whole command. code: its exit status. summary: what the run says of itself
    ({} when it ended before it could). steps: what each of its steps left behind."""

    verb: str
    seconds: float
    code: int
    summary: Document
    recap: Mapping[str, int]
    steps: Sequence[Document] = ()

    def row(self) -> Document:
        """The run as the report holds it: tasks by outcome, and how many resources wait for somebody."""
        return {
            "verb": self.verb,
            "seconds": round(self.seconds, 2),
            "ok": self.recap.get("ok", 0),
            "changed": self.recap.get("changed", 0),
            "failed": self.recap.get("failures", 0) + self.recap.get("unreachable", 0) + int(self.code not in (0, 2)),
            "waiting": len(self.summary.get("waiting", ())),
        }

    @property
    def well(self) -> bool:
        """True when nothing failed and nothing waits."""
        return self.code == 0 and not self.summary.get("waiting")


@dataclasses.dataclass(frozen=True)
class Playbooks:
    """How playbooks are run here. store: of the rehearsal. options: passed to each (inventories)."""

    store: Path
    options: Sequence[str]

    def run(self, verb: str, *extra: str) -> Result:
        """Run playbooks/<verb>.yml from the checkout, as a user would."""
        print(f"\n=== {verb} ===", flush=True)
        before = self._newest()
        recap = self.store.parent / "recap.json"
        recap.unlink(missing_ok=True)
        environment = {
            **os.environ,
            "ANSIBLE_CONFIG": str(ROOT / "ansible.cfg"),
            "ANSIBLE_FORCE_COLOR": "1" if sys.stdout.isatty() else "0",
            "KUBEOPS_PROGRESS_RECAP": str(recap),
        }
        command = [
            str(ROOT / ".venv" / "bin" / "ansible-playbook"),
            f"playbooks/{verb}.yml",
            *self.options,
            "-e",
            f"kubeops_store={self.store}",
            *extra,
        ]
        began = time.monotonic()
        code = subprocess.run(command, cwd=ROOT, env=environment, check=False).returncode
        seconds = time.monotonic() - began
        newest = self._newest()
        if not newest or newest == before:
            return Result(verb, seconds, code, {}, self._read(recap))
        home = self.store / "runs" / newest
        steps = [self._read(path) for path in sorted(home.glob("steps/*.json"))]
        return Result(verb, seconds, code, self._read(home / "summary.json"), self._read(recap), steps)

    def _newest(self) -> str | None:
        runs = sorted(path.name for path in (self.store / "runs").glob("*") if path.is_dir())
        return runs[-1] if runs else None

    @staticmethod
    def _read(path: Path) -> Document:
        return t.cast(Document, json.loads(path.read_text(encoding="utf-8"))) if path.is_file() else {}
