# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Nothing gets in without what everything of its sort has: modules, kinds, roles."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from ansible_collections.kubeops.hybrid.plugins.action import artifacts, estate_run
from ansible_collections.kubeops.hybrid.plugins.module_utils._clients.aws_module import OPTIONS
from ansible_collections.kubeops.hybrid.plugins.module_utils._clients.eksa_module import OPTIONS as EKSA
from ansible_collections.kubeops.hybrid.plugins.module_utils._clients.vsphere_module import OPTIONS as VCENTER
from ansible_collections.kubeops.hybrid.plugins.module_utils._engine.module import GRAPH
from ansible_collections.kubeops.hybrid.plugins.module_utils._engine.one_kind import Many, One
from ansible_collections.kubeops.hybrid.plugins.module_utils._kinds.aws.registry import KINDS
from ansible_collections.kubeops.hybrid.plugins.module_utils._kinds.eksa.call import ONE as EKSA_CLUSTER
from ansible_collections.kubeops.hybrid.plugins.module_utils._kinds.eksa.gpu_call import OPTIONS as EKSA_GPUS
from ansible_collections.kubeops.hybrid.plugins.module_utils._kinds.kubernetes import call as kubernetes
from ansible_collections.kubeops.hybrid.plugins.module_utils._kinds.vsphere.registry import KINDS as VSPHERE_KINDS
from ansible_collections.kubeops.hybrid.plugins.modules.aws_quotas_info import NEED
from tests.unit.documented import MODULES, ROOT, Spec, calls, spec, text
from tests.unit.kinds_support import PLANS
from tests.unit.kinds_support_vsphere import PLANS as VSPHERE_PLANS
from tests.unit.plan_tables import table
from tools._generate.one_kind_modules import MODULES as OF_ONE_KIND

# A file on the controller is no object of an API: its steps need another place than a table's.
FIVE_STEPS_ELSEWHERE = {
    "eks_kubeconfig": "tests/unit/test_eks_kubeconfig.py",
    "host_settings": "tests/contract/test_vsphere_settings.py",
    "vm_override": "tests/contract/test_vsphere_settings.py",
}
ENTRIES = {"main", "verify", "absent"}
ROLES = sorted(path.name for path in (ROOT / "roles").iterdir() if path.is_dir())

TAKEN: dict[str, Spec] = {
    "artifacts": artifacts._SPEC,
    "aws_quotas_info": {"needs": {"type": "list", "elements": "dict", "required": True, "options": NEED}, **OPTIONS},
    "aws_resources": {**GRAPH, **OPTIONS},
    "eksa_cluster": {**EKSA_CLUSTER.argument_spec, **EKSA},
    "eksa_gpus": EKSA_GPUS,
    "eksa_resources": {**GRAPH, **EKSA},
    "estate_run": estate_run._SPEC,
    "kube_apply": kubernetes.EVERYDAY,
    "kube_resources": kubernetes.OPTIONS,
    "vsphere_resources": {**GRAPH, **VCENTER},
    **{
        one.name: {**(Many(KINDS[one.kind], one.items) if one.items else One(KINDS[one.kind])).argument_spec, **OPTIONS}
        for one in OF_ONE_KIND
    },
}
"""Module to the argument spec that it is built with."""


def visible(options: Spec) -> dict[str, Any]:
    """An argument spec as far as documentation tells it, a missing default being null."""
    return {
        name: {
            "type": option.get("type", "str"),
            "required": option.get("required", False),
            "elements": option.get("elements"),
            "choices": list(option.get("choices") or ()),
            "aliases": list(option.get("aliases") or ()),
            "default": option.get("default"),
            "options": visible(option.get("options") or {}),
        }
        for name, option in options.items()
    }


@pytest.mark.parametrize("module", MODULES)
def test_a_module_has_an_integration_target(module: str) -> None:
    target = ROOT / "tests/integration/targets" / module
    assert (target / "aliases").is_file()
    done = list(calls(yaml.safe_load((target / "tasks/main.yml").read_text(encoding="utf-8"))))
    assert module in {name for name, _arguments in done}, f"the target of {module} never calls it"


@pytest.mark.parametrize("module", MODULES)
def test_a_module_has_an_example(module: str) -> None:
    assert module in {name for name, _arguments in calls(yaml.safe_load(text(module, "EXAMPLES")))}


@pytest.mark.parametrize("module", MODULES)
def test_a_module_takes_exactly_what_it_documents(module: str) -> None:
    assert module in TAKEN, f"add the argument spec of {module} to TAKEN"
    assert visible(spec(module)) == visible(TAKEN[module])


@pytest.mark.parametrize(
    ("plans", "kind"), [*((PLANS, k) for k in KINDS), *((VSPHERE_PLANS, k) for k in VSPHERE_KINDS)]
)
def test_a_kind_has_a_plan_table(plans: Path, kind: str) -> None:
    path = plans / f"{kind}.yml"
    assert path.is_file(), f"{kind} has no plan table"
    assert len(table(path)) >= 8, f"{kind} has too few cases"


@pytest.mark.parametrize("kind", [*KINDS, *VSPHERE_KINDS])
def test_a_kind_has_five_steps(kind: str) -> None:
    if elsewhere := FIVE_STEPS_ELSEWHERE.get(kind):
        assert "def test_five_steps(" in (ROOT / elsewhere).read_text(encoding="utf-8")
        return
    tables = {path.stem.partition(".")[0] for path in ROOT.glob("tests/*/five_steps*/*.yml")}
    assert kind in tables, f"{kind} has no table in a five_steps directory"


@pytest.mark.parametrize("role", ROLES)
def test_a_role_has_entries_specs_readme_and_scenario(role: str) -> None:
    home = ROOT / "roles" / role
    assert {path.stem for path in (home / "tasks").glob("*.yml")} >= ENTRIES
    specs = yaml.safe_load((home / "meta/argument_specs.yml").read_text(encoding="utf-8"))["argument_specs"]
    assert set(specs) == ENTRIES
    assert (home / "README.md").is_file()
    scenario = ROOT / "molecule" / role
    plays = {path.stem for path in scenario.glob("*.yml")}
    assert plays >= {"molecule", "converge", "verify", "cleanup"}
    # The scenario goes through the role's own entries.
    for play, entry in (("verify", "verify"), ("cleanup", "absent")):
        assert f"tasks_from: {entry}" in (scenario / f"{play}.yml").read_text(encoding="utf-8")
