# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How pods are played: when they start, and what they wait for."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from twin.cluster.cluster import CONFIG_MAPS, SECRETS
from twin.cluster.delays import SECONDS
from twin.cluster.mounts import mounts
from twin.egress import EgressSocket
from twin.stages import write_stages


def stage(name: str) -> dict[str, Any]:
    selector = {"matchExpressions": [{"key": ".status.phase", "operator": "In", "values": ["Pending"]}]}
    return {"kind": "Stage", "metadata": {"name": name}, "spec": {"selector": selector, "next": {"delete": True}}}


def test_pods_start_after_a_delay_and_either_at_once_or_when_their_mounts_exist(tmp_path: Path) -> None:
    source = tmp_path / "source.yaml"
    source.write_text(yaml.safe_dump_all([stage("pod-ready"), stage("pod-complete"), stage("pod-delete")]))
    written = list(yaml.safe_load_all(write_stages(source, tmp_path / "stages.yaml", scale=10).read_text()))
    assert [each["metadata"]["name"] for each in written] == [
        "pod-ready", "pod-ready-mounted", "pod-complete", "pod-delete"
    ]  # fmt: skip
    delays = [each["spec"].get("delay", {}).get("durationMilliseconds") for each in written]
    start, job = (round(SECONDS[what] * 100) for what in ("pod-start", "job"))
    assert delays == [start, start, job, None]
    at_once, mounted = (each["spec"]["selector"]["matchExpressions"] for each in written[:2])
    assert at_once[0] == mounted[0] == stage("x")["spec"]["selector"]["matchExpressions"][0]
    assert at_once[1]["operator"] == "DoesNotExist"
    assert mounted[1]["values"] == ["True"]


def test_optional_mounts_are_not_waited_for() -> None:
    volumes = [
        {"name": "a", "secret": {"secretName": "one"}},
        {"name": "b", "secret": {"secretName": "two", "optional": True}},
        {"name": "c", "configMap": {"name": "three"}},
        {"name": "d", "emptyDir": {}},
    ]
    assert mounts({"spec": {"volumes": volumes}}) == [(SECRETS, "one"), (CONFIG_MAPS, "three")]
    assert mounts({"spec": {}}) == []


@pytest.mark.parametrize("length", [3, 200])
def test_the_socket_s_path_is_short_enough_for_the_kernel(tmp_path: Path, length: int) -> None:
    directory = tmp_path / ("x" * length)
    directory.mkdir()
    egress = EgressSocket(directory)
    configuration = yaml.safe_load(egress.prepare().read_text())
    transport = configuration["egressSelections"][0]["connection"]["transport"]
    assert transport["uds"]["udsName"] == str(egress.path)
    assert len(bytes(egress.path)) <= 107
    assert egress.path.parent.is_dir()
    egress.remove()
    assert directory.is_dir()
    assert egress.path.parent == directory or not egress.path.parent.exists()
