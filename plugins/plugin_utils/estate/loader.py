# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""An inventory as Ansible reads it, turned into what the estate model takes."""

from __future__ import annotations

import dataclasses
import pathlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from ansible.errors import AnsibleError
from ansible.inventory.manager import InventoryManager
from ansible.parsing.dataloader import DataLoader
from ansible.template import Templar
from ansible.vars.manager import VariableManager

from .estate import HOST_VARIABLES, VARIABLES, Estate
from .load import load
from .plain import plain
from .problems import InvalidEstate, Problem
from .sources import SourceMap

# Where secrets come from must stay untold until one is used.
_NEVER_TEMPLATED = frozenset({"kubeops_secrets"})
_OURS = ("kubeops_", "aws_network_", "eks_")


@dataclasses.dataclass(frozen=True)
class Inventory:
    """What load() takes: variables of all hosts, those of each endpoint, groups, and where all this is written."""

    variables: dict[str, Any]
    hosts: dict[str, dict[str, Any]]
    groups: dict[str, list[str]]
    sources: SourceMap

    def estate(self) -> Estate:
        """The estate. Raises InvalidEstate."""
        return load(self.variables, hosts=self.hosts, groups=self.groups, sources=self.sources)


def from_inventory(
    paths: str | pathlib.Path | Sequence[str | pathlib.Path], extra: Mapping[str, Any] | None = None
) -> Inventory:
    """Read inventory sources (directories or files, the later ones override the earlier).

    extra: variables above all others, as ansible-playbook takes them with -e. Raises InvalidEstate for variables that
    cannot be templated, AnsibleError for sources that cannot be read.
    """
    sources = [str(path) for path in ([paths] if isinstance(paths, str | pathlib.Path) else paths)]
    loader = DataLoader()
    inventory = InventoryManager(loader=loader, sources=sources)
    manager = VariableManager(loader=loader, inventory=inventory)
    groups = {name: [host.name for host in inventory.groups[name].get_hosts()] for name in inventory.groups}
    where = SourceMap(sources, groups)

    def of_host(name: str) -> tuple[Mapping[str, Any], Callable[[Any], Any]]:
        raw: dict[str, Any] = {**manager.get_vars(host=inventory.get_host(name)), **(extra or {})}
        return raw, Templar(loader=loader, variables=raw).template

    return collect(of_host, groups, where)


Source = Callable[[str], tuple[Mapping[str, Any], Callable[[Any], Any]]]


def collect(of_host: Source, groups: Mapping[str, list[str]], where: SourceMap) -> Inventory:
    """The parts of an inventory that the model is about.

    of_host: inventory host to its raw variables and a function that templates with them; localhost stands for what all
    hosts share. Raises InvalidEstate for variables that cannot be templated.
    """
    problems: list[Problem] = []
    raw, template = of_host("localhost")
    variables = _templated(raw, VARIABLES, template, "", problems)
    hosts: dict[str, dict[str, Any]] = {}
    for group, table in HOST_VARIABLES.items():
        for host in groups.get(group, []):
            raw, template = of_host(host)
            hosts.setdefault(host, {}).update(_templated(raw, table, template, host, problems))
    if problems:
        raise InvalidEstate(where.locate(problem) for problem in problems)
    return Inventory(variables, hosts, dict(groups), where)


def _templated(
    raw: Mapping[str, Any], names: Iterable[str], template: Callable[[Any], Any], host: str, problems: list[Problem]
) -> dict[str, Any]:
    """The named variables with their values. Other variables of ours are kept by name, to find misspelt ones."""
    result: dict[str, Any] = {name: None for name in raw if name.startswith(_OURS)}
    for name in names:
        if name not in raw:
            continue
        try:
            result[name] = dict(raw[name]) if name in _NEVER_TEMPLATED else plain(template(raw[name]))
        except AnsibleError as error:
            problems.append(Problem((name,), "", f"cannot be templated: {error}", "correct the expression", host))
    return result
