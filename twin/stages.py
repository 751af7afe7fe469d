# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How kwok plays pods: as slowly as real ones, and not before what they mount exists."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml

from twin.cluster.delays import SECONDS
from twin.cluster.mounts import MOUNTED

_MILLISECONDS = 1000


def write_stages(source: Path, target: Path, *, scale: float) -> Path:
    """kwok's stages from `source` with the twin's delays and its gate before readiness; the path of the result."""
    stages = [stage for stage in yaml.safe_load_all(source.read_text()) if stage]
    result: list[dict[str, Any]] = []
    for stage in stages:
        name = stage["metadata"]["name"]
        if name == "pod-ready":
            result += [_ready_at_once(stage, scale), _ready_when_mounted(stage, scale)]
        elif name == "pod-complete":
            result.append({**stage, "spec": {**stage["spec"], "delay": _delay(SECONDS["job"], scale)}})
        else:
            result.append(stage)
    target.write_text(yaml.safe_dump_all(result, sort_keys=False))
    return target


def _delay(seconds: float, scale: float) -> dict[str, int]:
    return {"durationMilliseconds": max(1, round(seconds / scale * _MILLISECONDS))}


def _ready_at_once(stage: dict[str, Any], scale: float) -> dict[str, Any]:
    return _gated(stage, "", scale, {"key": MOUNTED.needed, "operator": "DoesNotExist"})


def _ready_when_mounted(stage: dict[str, Any], scale: float) -> dict[str, Any]:
    return _gated(stage, "-mounted", scale, {"key": MOUNTED.done, "operator": "In", "values": ["True"]})


def _gated(stage: dict[str, Any], suffix: str, scale: float, expression: dict[str, Any]) -> dict[str, Any]:
    spec = stage["spec"]
    expressions = [*spec["selector"]["matchExpressions"], expression]
    return {
        **stage,
        "metadata": {"name": stage["metadata"]["name"] + suffix},
        "spec": {**spec, "selector": {"matchExpressions": expressions}, "delay": _delay(SECONDS["pod-start"], scale)},
    }
