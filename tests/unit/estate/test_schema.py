# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The schema is complete, fresh, and says of each field what it means; the model can be imported without pydantic."""

from __future__ import annotations

import importlib
import inspect
import json
import pathlib
import pkgutil
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import pytest

import ansible_collections.kubeops.hybrid.plugins.plugin_utils.estate as package
from ansible_collections.kubeops.hybrid.plugins.plugin_utils.estate import schema
from ansible_collections.kubeops.hybrid.plugins.plugin_utils.estate.base import Model
from tests.unit.estate.inventories import NAMES, ROOT, read

# The package ships no types.
jsonschema: Any = importlib.import_module("jsonschema")

_WITHOUT = """
import importlib, sys

class Missing:
    def find_spec(self, name, path=None, target=None):
        if name.split(".")[0] in ("pydantic", "pydantic_core"):
            raise ImportError(name)

sys.meta_path.insert(0, Missing())
base = "ansible_collections.kubeops.hybrid.plugins."
for name in sys.argv[1:]:
    importlib.import_module(base + "plugin_utils.estate." + name)
for name in ("aws_network_resources", "eks_resources"):
    module = importlib.import_module(base + "filter." + name)
    try:
        module.FilterModule().filters()[name]([], estate="e", region="us-east-2")
    except module.AnsibleFilterError as error:
        print(error)
"""


def _models(model: type[Model] = Model) -> Iterator[type[Model]]:
    for child in model.__subclasses__():
        yield child
        yield from _models(child)


def _given(variables: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in variables.items() if value is not None}


def test_the_committed_schema_is_fresh() -> None:
    assert (ROOT / "docs" / "schema" / "estate.json").read_text(encoding="utf-8") == schema.text()


def test_the_schema_is_one() -> None:
    jsonschema.Draft202012Validator.check_schema(schema.document())


@pytest.mark.parametrize("name", NAMES)
def test_inventories_of_the_repository_fit_the_schema(name: str) -> None:
    document = schema.document()
    inventory = read(name)
    jsonschema.Draft202012Validator(document).validate(_given(inventory.variables))
    for group, part in document["$defs"]["groups"].items():
        validator = jsonschema.Draft202012Validator({**part, "$defs": document["$defs"]})
        for host in inventory.groups[group]:
            validator.validate(_given(inventory.hosts[host]))


def test_every_field_says_what_it_means() -> None:
    fields = [(model.__name__, name, field) for model in _models() for name, field in model.model_fields.items()]
    silent = [f"{model}.{name}" for model, name, field in fields if not field.description]
    assert not silent


def test_every_model_says_what_it_is() -> None:
    assert not [model.__name__ for model in _models() if not inspect.getdoc(model)]


def test_the_schema_is_written_as_the_file_holds_it(tmp_path: pathlib.Path) -> None:
    schema.write(tmp_path / "estate.json")
    assert json.loads((tmp_path / "estate.json").read_text(encoding="utf-8")) == schema.document()


@pytest.mark.slow
def test_without_pydantic_everything_imports_and_use_names_the_requirement() -> None:
    names = [module.name for module in pkgutil.iter_modules(package.__path__)]
    answer = subprocess.run(
        [sys.executable, "-c", _WITHOUT, *names],
        env={"PYTHONPATH": str(ROOT / ".collections")},
        capture_output=True,
        text=True,
        check=False,
    )
    assert answer.returncode == 0, answer.stderr
    assert answer.stdout.count("needs the Python library pydantic") == 2
