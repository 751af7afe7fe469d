# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Every invalid inventory tells exactly its problems, with value, place and remedy."""

from __future__ import annotations

import pathlib
from typing import Any

import pytest
import yaml

from ansible_collections.kubeops.hybrid.plugins.plugin_utils.estate.problems import InvalidEstate, Problem
from tests.unit.estate.inventories import ROOT, changed

# Together they take seconds: not for the inner loop.
pytestmark = pytest.mark.slow

CASES = sorted((ROOT / "tests" / "unit" / "invalid_inventories").glob("*.yml"))


def _fits(problem: Problem, wanted: dict[str, Any]) -> bool:
    return (
        problem.where == wanted["path"]
        and problem.value == wanted["value"]
        and wanted["message"] in problem.message
        and wanted["remedy"] in problem.remedy
    )


@pytest.mark.parametrize("file", CASES, ids=lambda file: file.stem)
def test_an_invalid_inventory_tells_its_problems(file: pathlib.Path) -> None:
    case = yaml.safe_load(file.read_text(encoding="utf-8"))
    with pytest.raises(InvalidEstate) as caught:
        changed(case["based_on"], case["change"]).estate()
    problems = list(caught.value.problems)
    told = "\n".join(str(problem) for problem in problems)
    for wanted in case["problems"]:
        found = [problem for problem in problems if _fits(problem, wanted)]
        assert len(found) == 1, f"expected once: {wanted}\ntold:\n{told}"
        problems.remove(found[0])
        if "file" in wanted:
            assert pathlib.Path(found[0].file).name == wanted["file"]
            assert found[0].line > 0
    assert not problems, f"told besides:\n{problems}"
    assert "correct-horse-battery" not in str(caught.value)
    assert "VMware1!" not in str(caught.value)


def test_there_are_enough_of_them() -> None:
    assert len(CASES) >= 25
