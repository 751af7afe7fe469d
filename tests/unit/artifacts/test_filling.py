# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A mirror that is filled is one that artifacts are found in."""

from __future__ import annotations

import json
import pathlib

import pytest

from ansible_collections.kubeops.hybrid.plugins.module_utils._engine.errors import Conflict, Invalid
from ansible_collections.kubeops.hybrid.plugins.plugin_utils.artifacts import Request, render
from tests.unit.artifacts.small import Small, names
from tests.unit.artifacts.test_fetching import Served

pytestmark = pytest.mark.slow


def test_a_mirror_is_filled_once_and_found_again(small: Small, tmp_path: pathlib.Path) -> None:
    target = tmp_path / "filled"
    small.render("chart")
    assert small.render("chart", copy_to=str(target), write=False).changed
    assert not target.exists()
    first = small.render("chart", copy_to=str(target))
    again = small.render("chart", copy_to=str(target))
    assert (first.changed, again.changed) == (True, False)
    small.render("stream", copy_to=str(target))
    found = small.render("chart", mirror=str(target), store=str(tmp_path / "other"))
    assert (found.digest, names(found)) == (first.digest, names(first))
    listed = json.loads((target / "images" / "chart-1.0.json").read_text())
    assert [one["from"] for one in listed] == ["ghcr.io/o/b:v2", "quay.io/o/a:v1"]


def test_what_is_left_of_other_files_goes(small: Small, tmp_path: pathlib.Path) -> None:
    target = tmp_path / "filled"
    small.render("files", copy_to=str(target))
    (target / "files" / "stale.yaml").write_text("x")
    assert small.render("files", copy_to=str(target)).changed
    assert not (target / "files" / "stale.yaml").exists()


def test_a_filled_mirror_is_served_and_held_to_its_listing(small: Small, tmp_path: pathlib.Path) -> None:
    target = tmp_path / "filled"
    for name in ("files", "chart", "stream"):
        small.render(name, copy_to=str(target))
    server = Served(target)
    try:
        fresh = {"mirror": server.address, "store": str(tmp_path / "other")}
        assert names(small.render("files", **fresh)) == ["a", "b"]
        (target / "charts" / "chart" / "values.yaml").write_text("{tag: forged}")
        with pytest.raises(
            Conflict, match=r"values\.yaml has sha256 [0-9a-f]{64} and not [0-9a-f]{64}\. Fill the mirror"
        ):
            small.render("chart", **fresh)
    finally:
        server.stop()


def test_stand_ins_never_fill_a_mirror(tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("https_proxy", "http://127.0.0.1:9")
    with pytest.raises(Invalid, match="stand-ins are no content for a mirror"):
        render(Request("kubeflow", str(tmp_path / "store"), stand_ins=True, version="26.03", copy_to=str(tmp_path)))
