# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Inventories are read as Ansible reads them, and problems lead to the line that causes them."""

from __future__ import annotations

import pathlib

import pytest

from ansible_collections.kubeops.hybrid.plugins.module_utils._engine.secrets import is_known_default
from ansible_collections.kubeops.hybrid.plugins.plugin_utils.estate.loader import from_inventory
from ansible_collections.kubeops.hybrid.plugins.plugin_utils.estate.plain import plain
from ansible_collections.kubeops.hybrid.plugins.plugin_utils.estate.problems import InvalidEstate, Problem, path_text
from ansible_collections.kubeops.hybrid.plugins.plugin_utils.estate.secrets import is_reference
from ansible_collections.kubeops.hybrid.plugins.plugin_utils.estate.sources import SourceMap

_HOSTS = """\
all:
  vars:
    kubeops_estate: {name: small, account_id: "{{ numbers.account }}"}
  children:
    aws_regions:
      vars:
        region_name: us-east-2
      hosts:
        east:
          kubeops_aws:
            region: "{{ region_name }}"
            account_id: "{{ numbers.account }}"
"""
_NUMBERS = """\
# Chosen once.
numbers:
  account: "123456789012"
secret_of_ours: hunter2
kubeops_secrets:
  one: "{{ undefined_until_used }}"
"""


@pytest.fixture
def folder(tmp_path: pathlib.Path) -> pathlib.Path:
    (tmp_path / "group_vars").mkdir()
    (tmp_path / "hosts.yml").write_text(_HOSTS, encoding="utf-8")
    (tmp_path / "group_vars" / "all.yml").write_text(_NUMBERS, encoding="utf-8")
    return tmp_path


def test_variables_are_templated_but_secrets_are_not(folder: pathlib.Path) -> None:
    inventory = from_inventory(folder)
    assert inventory.variables["kubeops_estate"]["account_id"] == "123456789012"
    assert inventory.hosts["east"]["kubeops_aws"]["region"] == "us-east-2"
    assert inventory.variables["kubeops_secrets"] == {"one": "{{ undefined_until_used }}"}
    assert inventory.estate().regions[0].name == "us-east-2"


def test_a_later_source_overrides_an_earlier_one(
    folder: pathlib.Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    overlay = tmp_path_factory.mktemp("overlay")
    (overlay / "hosts.yml").write_text("all: {vars: {region_name: us-west-2}}\n", encoding="utf-8")
    (overlay / "host_vars").mkdir()
    (overlay / "host_vars" / "east.yml").write_text("region_name: eu-west-1\n", encoding="utf-8")
    assert from_inventory([folder, overlay]).hosts["east"]["kubeops_aws"]["region"] == "eu-west-1"


def test_extra_variables_are_above_all_others(folder: pathlib.Path) -> None:
    inventory = from_inventory(folder, {"numbers": {"account": "000000000001"}})
    assert inventory.hosts["east"]["kubeops_aws"]["account_id"] == "000000000001"


def test_an_expression_that_fails_is_told_with_its_place(folder: pathlib.Path) -> None:
    (folder / "group_vars" / "all.yml").write_text("numbers: {}\n", encoding="utf-8")
    with pytest.raises(InvalidEstate) as caught:
        from_inventory(folder)
    places = {(problem.where, problem.host, problem.line) for problem in caught.value.problems}
    assert places == {("kubeops_estate", "", 3), ("kubeops_aws", "east", 10)}
    assert "cannot be templated" in str(caught.value)


def test_a_place_is_followed_to_where_the_value_is_chosen(folder: pathlib.Path) -> None:
    where = SourceMap([folder], {"aws_regions": ["east"]})
    assert where.find(("kubeops_estate", "name")) == (str(folder / "hosts.yml"), 3)
    assert where.find(("kubeops_estate", "account_id")) == (str(folder / "group_vars" / "all.yml"), 3)
    assert where.find(("kubeops_aws", "region"), "east") == (str(folder / "hosts.yml"), 7)
    assert where.find(("kubeops_aws", "region"), "west") is None
    assert where.find(("kubeops_aws", "unknown"), "east") == (str(folder / "hosts.yml"), 10)
    assert where.find(("kubeops_nowhere",)) is None


def test_a_file_that_is_no_yaml_tells_no_lines(folder: pathlib.Path) -> None:
    (folder / "group_vars" / "other.yml").write_text("$ANSIBLE_VAULT;1.1;AES256\n\t{", encoding="utf-8")
    assert SourceMap([folder], {}).find(("kubeops_estate",)) == (str(folder / "hosts.yml"), 3)


def test_a_problem_reads_as_one_sentence() -> None:
    problem = Problem(("kubeops_networks", 3, "vlan"), "5000", "is no VLAN id", "write less", "h", "f.yml", 7)
    assert str(problem) == "f.yml:7: kubeops_networks[3].vlan (host h) = 5000: is no VLAN id. Remedy: write less"
    assert path_text(("a", 0, 1, "b")) == "a[0][1].b"


def test_several_problems_are_counted() -> None:
    problem = Problem(("a",), "", "is wrong", "")
    assert str(InvalidEstate([problem])).startswith("The inventory has 1 problem:\n- a: is wrong.")
    assert str(InvalidEstate([problem, problem])).startswith("The inventory has 2 problems:")


def test_plain_values_keep_their_meaning() -> None:
    value = {"a": [1, 2.5, True, None, "x"], 1: ("y",)}
    assert plain(value) == {"a": [1, 2.5, True, None, "x"], "1": ["y"]}


def test_secrets_are_templates_or_encrypted() -> None:
    assert is_reference("{{ lookup('env', 'X') }}")
    assert is_reference(object())
    assert not is_reference("hunter2")
    assert not is_reference(12341234)
    assert is_known_default(" Admin ")
    assert not is_known_default("correct horse")
