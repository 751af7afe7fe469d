# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What documentation shows is what modules take: examples of modules, the README, the guides and the roles' READMEs."""

from __future__ import annotations

import copy
import re
import textwrap
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from ansible.module_utils.common.arg_spec import ArgumentSpecValidator

from ansible_collections.kubeops.hybrid.plugins.module_utils._engine.wishes import parse
from ansible_collections.kubeops.hybrid.plugins.module_utils._engine.world import Kinds
from ansible_collections.kubeops.hybrid.plugins.module_utils._kinds.aws.registry import KINDS
from ansible_collections.kubeops.hybrid.plugins.module_utils._kinds.eksa.registry import KINDS as EKSA_KINDS
from ansible_collections.kubeops.hybrid.plugins.module_utils._kinds.kubernetes.registry import expand
from ansible_collections.kubeops.hybrid.plugins.module_utils._kinds.vsphere.registry import KINDS as VSPHERE_KINDS
from tests.unit.documented import MODULES, ROOT, Spec, calls, spec, text
from tools._generate.one_kind_modules import MODULES as OF_ONE_KIND

_MARKDOWN = re.compile(r"^```ya?ml\n(.*?)^```", re.MULTILINE | re.DOTALL)
_RST = re.compile(r"^\.\. code-block:: yaml\n((?:\n|[ \t]+.*\n)+)", re.MULTILINE)
PAGES = sorted(
    [ROOT / "README.md", *ROOT.glob("roles/*/README.md"), *ROOT.glob("docs/**/*.md"), *ROOT.glob("docs/**/*.rst")]
)
ROLES = {path.parents[1].name: path for path in sorted(ROOT.glob("roles/*/meta/argument_specs.yml"))}


def blocks(page: Path) -> Iterator[str]:
    """The YAML that a page shows of our modules and roles; the rest may be excerpts that nobody can read alone."""
    pattern = _RST if page.suffix == ".rst" else _MARKDOWN
    found = pattern.findall(page.read_text(encoding="utf-8"))
    yield from (textwrap.dedent(block) for block in found if "kubeops.hybrid." in block)


def documents() -> Iterator[tuple[str, Any]]:
    """Where it stands, and what: every YAML document that a reader might copy."""
    for module in MODULES:
        yield module, yaml.safe_load(text(module, "EXAMPLES"))
    for page in PAGES:
        for block in blocks(page):
            yield str(page.relative_to(ROOT)), yaml.safe_load(block)


EXAMPLES = [
    pytest.param(module, arguments, id=f"{place}-{module}")
    for place, document in documents()
    for module, arguments in calls(document)
]


def complaints(options: Spec, arguments: dict[str, Any]) -> list[str]:
    """What is wrong with arguments; only a run of the playbook could tell it of those that are templates."""
    templates = {name for name, value in arguments.items() if isinstance(value, str) and "{{" in value}
    told = {name: {"type": "raw"} if name in templates else option for name, option in options.items()}
    # The validator fills defaults in place.
    return list(ArgumentSpecValidator(copy.deepcopy(told)).validate(arguments).error_messages)


@pytest.mark.parametrize(("module", "arguments"), EXAMPLES)
def test_a_module_takes_what_an_example_shows(module: str, arguments: dict[str, Any]) -> None:
    assert complaints(spec(module), arguments) == []


@pytest.mark.parametrize(("module", "arguments"), EXAMPLES)
def test_kinds_take_what_an_example_shows(module: str, arguments: dict[str, Any]) -> None:
    """The resources of an example hold as well as its options; how a module of one kind lists them is in its table."""
    resources = list(arguments.get("resources", ()))
    if module == "kube_resources":
        # Files that an example names are the reader's.
        assert all(expand([one]) for one in resources if one["kind"] != "stream")
        return
    of: dict[str, Kinds] = {"eksa": EKSA_KINDS, "vsphere": VSPHERE_KINDS}
    kinds = of.get(module.partition("_")[0], KINDS)
    if module in EKSA_KINDS:
        resources.append({"kind": module, **{k: arguments[k] for k in arguments if k in EKSA_KINDS[module].options}})
        resources[-1]["name"] = arguments["name"]
    for one in (one for one in OF_ONE_KIND if one.name == module):
        kind = KINDS[one.kind]
        rows = (
            arguments[one.items]
            if one.items
            else [{k: v for k, v in arguments.items() if k in {"name", *kind.options}}]
        )
        resources += [{"kind": one.kind, **row} for row in rows]
    absent = arguments.get("state") == "absent"
    assert len(parse(resources, kinds, absent=absent)) == len(resources)


def test_the_readme_has_an_example() -> None:
    assert [call for block in blocks(ROOT / "README.md") for call in calls(yaml.safe_load(block))]


@pytest.mark.parametrize("role", ROLES)
def test_a_role_readme_shows_variables_that_the_role_has(role: str) -> None:
    specs = yaml.safe_load(ROLES[role].read_text(encoding="utf-8"))["argument_specs"]
    shown = [task for block in blocks(ROOT / "roles" / role / "README.md") for task in yaml.safe_load(block)]
    entries = {task["ansible.builtin.include_role"].get("tasks_from", "main"): task["vars"] for task in shown}
    assert set(entries) == set(specs)
    for entry, variables in entries.items():
        assert complaints(specs[entry]["options"], variables) == [], entry
