# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What tools/new-kind writes is where it is looked for, and fails until it is filled."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import pytest
import yaml

from ansible_collections.kubeops.hybrid.plugins.module_utils._engine.kind import Kind
from ansible_collections.kubeops.hybrid.plugins.module_utils._kinds.aws import registry
from tests.unit.plan_tables import KEYS
from tools._new_kind import REGISTRY, Refused, class_name, files, registry_lines
from tools._new_kind.__main__ import ROOT, main

NAME = "transit_gateway"


def kind(tmp_path: Path, base: str) -> type[Kind[object]]:
    """The class of a new kind, imported as if it lay beside the others."""
    source = tmp_path / f"{NAME}.py"
    source.write_text(files(NAME, base)[f"plugins/module_utils/_kinds/aws/{NAME}.py"], encoding="utf-8")
    spec = importlib.util.spec_from_file_location(f"{registry.__package__}.{NAME}", source)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    found: type[Kind[object]] = getattr(module, class_name(NAME))
    return found


def test_files_lie_where_those_of_other_kinds_do(tmp_path: Path) -> None:
    assert main([NAME], root=tmp_path) == 0
    written = {str(path.relative_to(tmp_path)) for path in tmp_path.rglob("*") if path.is_file()}
    places = {name.replace(NAME, "subnet") for name in written if not name.startswith("changelogs/")}
    assert len(places) == 3
    assert all((ROOT / name).is_file() for name in places)


def test_the_registry_has_lines_like_those_that_are_told() -> None:
    text = (ROOT / REGISTRY).read_text(encoding="utf-8").splitlines()
    assert set(registry_lines("subnet")) <= {line.strip() for line in text}


@pytest.mark.parametrize(
    ("base", "arguments"),
    [
        ("ec2", {"state": 2, "make": 4, "change": 4, "remove": 2}),
        ("kind", {"observe": 2, "create": 4, "update": 4, "delete": 2}),
    ],
)
def test_whoever_calls_an_unfilled_kind_is_told_what_is_missing(
    tmp_path: Path, base: str, arguments: dict[str, int]
) -> None:
    # An instance shows that no abstract method is left out.
    unfilled = kind(tmp_path, base)()
    for method, count in arguments.items():
        with pytest.raises(NotImplementedError, match=r"\w"):
            getattr(unfilled, method)(*[None] * count)


def test_the_plan_table_has_the_cases_that_every_kind_needs() -> None:
    cases = yaml.safe_load(files(NAME, "ec2")[f"tests/unit/plans/{NAME}.yml"])
    assert len(cases) >= 8
    assert {key for case in cases for key in case} <= KEYS
    assert {case.get("verb") for case in cases} == {"create", "keep", "update", "continue", None}


def test_an_empty_fragment_is_no_fragment() -> None:
    fragment = yaml.safe_load(files(NAME, "ec2")[f"changelogs/fragments/{NAME}.yml"])
    assert fragment == {"minor_changes": None}


@pytest.mark.parametrize("name", ["TransitGateway", "transit-gateway", "_x", "x_", "1x", "../x", ""])
def test_a_name_that_is_none(name: str) -> None:
    with pytest.raises(Refused, match="is no name of a kind"):
        files(name, "ec2")


def test_what_is_there_is_not_overwritten(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    table = tmp_path / f"tests/unit/plans/{NAME}.yml"
    table.parent.mkdir(parents=True)
    table.write_text("mine", encoding="utf-8")
    assert main([NAME], root=tmp_path) == 1
    assert f"begun already: tests/unit/plans/{NAME}.yml" in capsys.readouterr().err
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == [table]
