# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Every integration target on one twin, as ansible-test would run it: ansible-test itself could not start a twin."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from twin import supervisor
from twin.build import build
from twin.control_plane import ControlPlane

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
INVENTORY = HERE / "hosts.yml"
TARGETS = sorted(path.parent.name for path in (HERE / "targets").glob("*/aliases"))
SCALE = 6000.0
_RECAP = re.compile(r"^(\w+) +: ok=(\d+) .*unreachable=(\d+) +failed=(\d+) ", re.MULTILINE)

Played = tuple[Mapping[str, tuple[int, ...]], str]


@pytest.fixture(scope="module")
def played(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Played]:
    """Target to (tasks that went well, unreachable, failed tasks), and all output of the one playbook run."""
    state = tmp_path_factory.mktemp("twin")
    supervisor.up(state, inventories=[INVENTORY], scale=SCALE, control_planes=False)
    plane = ControlPlane("targets", tmp_path_factory.mktemp("plane"), programs=build(), kubernetes_version="1.35")
    try:
        plane.start()
        cluster = {"integration_cluster": {"kubeconfig": str(plane.admin_kubeconfig)}}
        environment = {
            **os.environ,
            "ANSIBLE_CONFIG": str(ROOT / "ansible.cfg"),
            "ANSIBLE_ROLES_PATH": str(HERE / "targets"),
            "ANSIBLE_NOCOLOR": "1",
        }
        command = [
            str(Path(sys.executable).parent / "ansible-playbook"),
            *("--inventory", str(INVENTORY), "--inventory", str(state / "inventory")),
            *("--extra-vars", json.dumps(cluster)),
            str(HERE / "targets.yml"),
        ]
        run = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
        said = run.stdout + run.stderr
        yield {name: tuple(map(int, numbers)) for name, *numbers in _RECAP.findall(said)}, said
        assert supervisor.status(state)["unsupported_calls"] == []
    finally:
        plane.stop()
        supervisor.down(state)


@pytest.mark.parametrize("target", TARGETS)
def test_target(target: str, played: Played) -> None:
    recap, said = played
    assert target in recap, said
    done, unreachable, failed = recap[target]
    assert (bool(done), unreachable, failed) == (True, 0, 0), said
