# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This file is private to the collection: its content may change in any release.
"""The inventory of a running playbook as an estate, and what a run has to know of it."""

from __future__ import annotations

import dataclasses
import pathlib
import typing as t

import yaml
from ansible.template import Templar

from ansible_collections.kubeops.hybrid.plugins.module_utils._engine.errors import Invalid
from ansible_collections.kubeops.hybrid.plugins.plugin_utils.estate.declared import cluster_sets, vcenter_declared
from ansible_collections.kubeops.hybrid.plugins.plugin_utils.estate.declared import declared as declared_names
from ansible_collections.kubeops.hybrid.plugins.plugin_utils.estate.loader import Inventory, collect
from ansible_collections.kubeops.hybrid.plugins.plugin_utils.estate.problems import InvalidEstate
from ansible_collections.kubeops.hybrid.plugins.plugin_utils.estate.quotas import quotas
from ansible_collections.kubeops.hybrid.plugins.plugin_utils.estate.sources import SourceMap

if t.TYPE_CHECKING:
    from ansible_collections.kubeops.hybrid.plugins.plugin_utils.estate.estate import Estate

Variables = t.Mapping[str, t.Any]
_FLEETING = frozenset({"kubeops_secrets", "kubeops_aws", "kubeops_vsphere", "kubeops_admin_machine", "kubeops_timing"})
_GALAXY = pathlib.Path(__file__).resolve().parents[3]


def of_task(variables: Variables, loader: t.Any) -> Inventory:
    """The inventory that a task sees. variables: the task's. loader: the action's."""
    hostvars = variables["hostvars"]
    groups = {name: list(hosts) for name, hosts in variables["groups"].items()}
    where = SourceMap([str(source) for source in variables.get("ansible_inventory_sources") or ()], groups)

    def of_host(name: str) -> tuple[Variables, t.Callable[[t.Any], t.Any]]:
        raw: dict[str, t.Any] = dict(variables) if name == "localhost" else dict(hostvars.raw_get(name))
        return raw, Templar(loader=loader, variables=raw).template

    return collect(of_host, groups, where)


def estate_of(inventory: Inventory) -> Estate:
    """The estate. Raises Invalid that tells all problems at once."""
    try:
        return inventory.estate()
    except InvalidEstate as error:
        raise Invalid(str(error)) from error


def declared(estate: Estate) -> dict[str, dict[str, list[str]]]:
    """Endpoint to kind to the names that the estate declares behind it."""
    found: dict[str, dict[str, list[str]]] = {**cluster_sets(estate), **vcenter_declared(estate)}
    for region in estate.regions:
        found[region.host] = declared_names(dataclasses.replace(estate, regions=[region]))
    return found


def quota_needs(estate: Estate) -> dict[str, list[dict[str, t.Any]]]:
    """Endpoint to what is needed of which quota."""
    return {
        region.host: [
            {"service": need.service, "code": need.code, "name": need.name, "needed": need.needed}
            for need in quotas(dataclasses.replace(estate, regions=[region]))
        ]
        for region in estate.regions
    }


def inputs(inventory: Inventory) -> dict[str, t.Any]:
    """What a plan depends on: the model and the collection's version. Neither secrets nor how endpoints are reached."""
    hosts = {host: _lasting(values) for host, values in inventory.hosts.items()}
    return {"variables": _lasting(inventory.variables), "hosts": hosts, "collection": version()}


def _lasting(variables: Variables) -> dict[str, t.Any]:
    # What a run is told (the verb, the plan, the store) is known by name only, without a value.
    return {name: value for name, value in variables.items() if value is not None and name not in _FLEETING}


def version() -> str:
    """Of this collection, from a checkout's galaxy.yml or an installation's manifest."""
    galaxy, manifest = _GALAXY / "galaxy.yml", _GALAXY / "MANIFEST.json"
    if galaxy.is_file():
        return str(yaml.safe_load(galaxy.read_text(encoding="utf-8"))["version"])
    return str(yaml.safe_load(manifest.read_text(encoding="utf-8"))["collection_info"]["version"])
