# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The layers of vSphere as lists of resources: pure functions from the shape that roles take as a variable."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from .base import Manage
from .checks_ranges import host_ranges, network_ranges, storage_ranges
from .identity import Layer
from .layers_network import Resource
from .layers_vcenter import vcenter_parts
from .layers_vsphere_cluster import cluster_parts
from .layers_vsphere_hosts import host_parts
from .onprem import OnPremises, narrower
from .problems import InvalidEstate
from .validation import validated

# Kinds whose names hold only within something else: kind to the option that names it.
_WITHIN = {
    "resource_pool": "cluster",
    "drs_group": "cluster",
    "drs_rule": "cluster",
    "vm_override": "cluster",
    "tag": "category",
    "vmkernel_adapter": "host",
    "standard_switch": "host",
    "standard_port_group": "host",
}


def shape_of(variable: str, value: Any) -> OnPremises:
    """Plain data of a variable as the shape, with ranges that stand for something. Raises InvalidEstate."""
    shape: OnPremises
    shape, problems = validated(variable, OnPremises, value)
    if not problems:
        problems = [*host_ranges(shape.hosts), *network_ranges(shape.networks)]
        problems += storage_ranges(shape.storage) if shape.storage is not None else ()
    if problems:
        raise InvalidEstate(problems)
    return shape


def cluster_entries(shape: OnPremises, manage: Manage = "managed") -> list[Resource]:
    """Layer vsphere_cluster: datacenter, folders, cluster, hosts, switch, port groups, datastores, pools, groups."""
    return _limited(shape, list(cluster_parts(shape)), manage)


def host_entries(shape: OnPremises, manage: Manage = "managed") -> list[Resource]:
    """Layer vsphere_hosts: settings and VMkernel adapters of all hosts."""
    return _limited(shape, list(host_parts(shape)), manage)


def vcenter_entries(shape: OnPremises, manage: Manage = "managed") -> list[Resource]:
    """Layer vcenter: licences, roles, permissions, tags, vCenter HA and where its appliances run."""
    return _limited(shape, list(vcenter_parts(shape)), manage)


LAYERS: Mapping[Layer, Callable[[OnPremises, Manage], list[Resource]]] = {
    "vsphere_cluster": cluster_entries,
    "vsphere_hosts": host_entries,
    "vcenter": vcenter_entries,
}


def vsphere_resources(layer: Layer, shape: Any, *, estate: str, manage: Manage = "managed") -> list[Resource]:
    """The resources of one layer of a vCenter.

    layer: one of LAYERS. shape: onprem.OnPremises as plain data. estate: name of the estate. manage: how far the whole
    layer is ours; it limits what each object says. Returns entries {kind, name, ...options of the kind}, each after
    those that it refers to. Raises InvalidEstate.
    """
    return LAYERS[layer](shape_of(f"{layer}_shape", shape), manage)


def address(entry: Resource) -> tuple[str, str]:
    """Kind and name of an entry as references write them."""
    kind, name = entry["kind"], entry["name"]
    if kind == "vsphere_permission":
        return kind, f"{entry.get('entity', 'vcenter')}/{name}"
    within = _WITHIN.get(kind)
    return kind, name if within is None or "/" in name else f"{entry[within]}/{name}"


def credentials(layer: Layer, shape: Any, secrets: Mapping[str, Any], password: str | None = None) -> dict[str, str]:
    """Name to value of the secrets that one layer refers to; those without a value are left out.

    secrets: as kubeops_secrets; others than those are not even looked at. password: the one of the vCenter, instead of
    what its secret says. Raises InvalidEstate.
    """
    checked = shape_of(f"{layer}_shape", shape)
    given = {}
    if password and checked.endpoint is not None:
        given[checked.endpoint.password.secret] = password
    names = secrets_of(LAYERS[layer](checked, "managed"))
    values = {name: given.get(name) or secrets.get(name) for name in names}
    return {name: str(value) for name, value in values.items() if value}


def secrets_of(entries: Any) -> list[str]:
    """Names of the secrets that entries refer to, in their order and each once."""
    found: dict[str, None] = {}
    _collect(entries, found)
    return list(found)


def _collect(value: Any, found: dict[str, None]) -> None:
    if isinstance(value, dict):
        if set(value) == {"$secret"}:
            found[str(value["$secret"])] = None
            return
        value = list(value.values())
    if isinstance(value, list):
        for item in value:
            _collect(item, found)


def _limited(shape: OnPremises, entries: list[Resource], manage: Manage) -> list[Resource]:
    """The entries of a layer that is ours only so far."""
    if "ignore" in (manage, shape.vcenter.manage):
        return []
    kept = []
    for entry in entries:
        how = narrower(manage, entry.pop("manage", "managed"))
        if how != "ignore":
            kept.append(entry if how == "managed" else {**entry, "manage": how})
    return kept
