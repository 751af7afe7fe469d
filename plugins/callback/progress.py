# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Callback progress: what the run waits for, since when."""

from __future__ import annotations

DOCUMENTATION = r"""
name: progress
type: notification
short_description: Show what a run over an estate is doing and waiting for
version_added: 0.1.0
author: KubeOps Hybrid contributors (@kubeops)
description:
  - A task that makes a hundred things would be silent until all are done. This callback shows each as it is begun,
    waited for and done.
requirements:
  - enable it in C(callbacks_enabled)
options:
  repeat:
    description: Seconds after which something that is still being waited for is shown again.
    type: float
    default: 15
    env:
      - name: KUBEOPS_PROGRESS_REPEAT
    ini:
      - section: kubeops_progress
        key: repeat
  lines:
    description:
      - Lines that tell of a step what was begun and done. Of steps with more objects than that only their number is
        shown from then on; what waits or fails is always told.
    type: int
    default: 100
    env:
      - name: KUBEOPS_PROGRESS_LINES
    ini:
      - section: kubeops_progress
        key: lines
  recap:
    description: File to write a count of tasks by outcome, and of module processes, to when the playbook ends.
    type: path
    env:
      - name: KUBEOPS_PROGRESS_RECAP
"""

import json
import threading
import typing as t

from ansible.plugins.callback import CallbackBase

_POLL = 0.2
# Of what is not told one by one, how often the number is.
_EVERY = 50
# Actions that Ansible runs in its own process: they start no module.
_IN_PROCESS = frozenset({"assert", "debug", "fail", "include_role", "include_tasks", "meta", "set_fact", "estate_run"})


class CallbackModule(CallbackBase):
    """Follows the progress file of the run that estate_run began."""

    CALLBACK_VERSION = 2.0
    CALLBACK_TYPE = "notification"
    CALLBACK_NAME = "kubeops.hybrid.progress"
    CALLBACK_NEEDS_ENABLED = True

    def __init__(self) -> None:
        super().__init__()
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None
        self._shown: dict[str, float] = {}
        self._told: dict[str, int] = {}
        self._done: dict[str, int] = {}
        self._modules = 0

    def v2_runner_on_ok(self, result: t.Any) -> None:
        """Count it; when the run has begun, follow it."""
        self._count(result)
        run = (self._content(result).get("ansible_facts") or {}).get("kubeops_run")
        if run and self._thread is None:
            path = f"{run['store']}/runs/{run['id']}/progress.jsonl"
            self._thread = threading.Thread(target=self._follow, args=(path,), name="progress", daemon=True)
            self._thread.start()

    def v2_runner_on_failed(self, result: t.Any, ignore_errors: bool = False) -> None:
        """Count it."""
        self._count(result)

    def _count(self, result: t.Any) -> None:
        task = getattr(result, "task", None) or result._task
        self._modules += str(task.action).rpartition(".")[2] not in _IN_PROCESS

    @staticmethod
    def _content(result: t.Any) -> dict[str, t.Any]:
        content = getattr(result, "result", None)
        return dict(content if content is not None else result._result)

    def v2_playbook_on_stats(self, stats: t.Any) -> None:
        """Show what is left and stop."""
        self._stop.set()
        if self._thread:
            self._thread.join()
        if path := t.cast(t.Any, self).get_option("recap"):
            hosts = [stats.summarize(host) for host in stats.processed]
            totals = {name: sum(host[name] for host in hosts) for name in ("ok", "changed", "failures", "unreachable")}
            with open(path, "w", encoding="utf-8") as file:
                json.dump({**totals, "modules": self._modules}, file)

    def _follow(self, path: str) -> None:
        offset, stopping = 0, False
        while not stopping:
            stopping = self._stop.wait(_POLL)
            try:
                with open(path, encoding="utf-8") as file:
                    file.seek(offset)
                    lines = file.readlines()
            except FileNotFoundError:
                continue
            for line in lines:
                if line.endswith("\n"):
                    offset += len(line.encode())
                    self._show(json.loads(line))

    def _show(self, event: dict[str, t.Any]) -> None:
        address = event["address"]
        if event["event"] == "waiting" and self._recent(address, event):
            return
        if not event["text"] and event["event"] in ("started", "done") and self._plenty(event):
            return
        words = f"{event['step']} | {event['verb']} {address}: {event['event']}"
        if event["since"] >= 1:
            words += f" after {event['since']:.0f} s" if event["event"] != "waiting" else f" for {event['since']:.0f} s"
        if event["text"]:
            words += f" ({event['text']})"
        self._display.display(f"  {words}", color="red" if event["event"] == "failed" else "cyan")

    def _recent(self, address: str, event: dict[str, t.Any]) -> bool:
        key = f"{address} {event['text']}"
        last = self._shown.get(key)
        if last is not None and event["time"] - last < t.cast(t.Any, self).get_option("repeat"):
            return True
        self._shown[key] = event["time"]
        return False

    def _plenty(self, event: dict[str, t.Any]) -> bool:
        """Of a step with hundreds of objects every one that goes well is not told, only how many did."""
        step, done = event["step"], event["event"] == "done"
        self._done[step] = self._done.get(step, 0) + done
        self._told[step] = self._told.get(step, 0) + 1
        if self._told[step] <= t.cast(t.Any, self).get_option("lines"):
            return False
        if done and self._done[step] % _EVERY == 0:
            self._display.display(f"  {step} | {self._done[step]} done so far", color="cyan")
        return True
