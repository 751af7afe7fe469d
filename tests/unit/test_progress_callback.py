# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the progress callback shows of a run: everything of small steps, of large ones what matters."""

from __future__ import annotations

import json
from pathlib import Path
from types import SimpleNamespace

import pytest

from ansible_collections.kubeops.hybrid.plugins.callback.progress import CallbackModule


class Shown(CallbackModule):
    """With the options that a configuration would give it."""

    def get_option(self, option: str, hostvars: object = None) -> object:
        """See the plugin's documentation."""
        return {"lines": 4, "repeat": 15.0, "recap": None}[option]


def shown(directory: Path, events: list[dict[str, object]], capsys: pytest.CaptureFixture[str]) -> list[str]:
    """The lines for a run with those events."""
    callback = Shown()
    folder = directory / "runs" / "one"
    folder.mkdir(parents=True)
    (folder / "progress.jsonl").write_text("".join(json.dumps(event) + "\n" for event in events))
    begun = {"ansible_facts": {"kubeops_run": {"store": str(directory), "id": "one"}}}
    task = SimpleNamespace(action="kubeops.hybrid.estate_run")
    callback.v2_runner_on_ok(SimpleNamespace(task=task, result=begun))
    callback.v2_playbook_on_stats(SimpleNamespace(processed={}))
    return [line.strip() for line in capsys.readouterr().out.splitlines()]


def event(number: int, what: str, text: str = "", step: str = "kubeflow.eks") -> dict[str, object]:
    """One event of an object."""
    address = f"ConfigMap/kubeflow/{number}"
    return {"time": 0, "step": step, "address": address, "verb": "create", "event": what, "text": text, "since": 0}


def test_a_small_step_is_told_object_by_object(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    lines = shown(tmp_path, [event(1, "started"), event(1, "done")], capsys)
    assert lines == [
        "kubeflow.eks | create ConfigMap/kubeflow/1: started",
        "kubeflow.eks | create ConfigMap/kubeflow/1: done",
    ]


def test_a_large_step_tells_its_number_and_whatever_waits_or_fails(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    events = [event(number, what) for number in range(120) for what in ("started", "done")]
    events += [event(7, "waiting", "no endpoints"), event(7, "failed", "no endpoints after 60 s")]
    events += [event(1, "started", step="cluster_base.eks")]
    lines = shown(tmp_path, events, capsys)
    assert len(lines) == 4 + 2 + 2 + 1
    assert lines[4:6] == ["kubeflow.eks | 50 done so far", "kubeflow.eks | 100 done so far"]
    assert lines[6].endswith("ConfigMap/kubeflow/7: waiting (no endpoints)")
    assert lines[7].endswith("failed (no endpoints after 60 s)")
    assert lines[8] == "cluster_base.eks | create ConfigMap/kubeflow/1: started"
