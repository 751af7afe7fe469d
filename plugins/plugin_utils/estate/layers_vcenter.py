# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""From the shape of a vCenter to its licences, roles, permissions, tags and its pair of appliances."""

from __future__ import annotations

from collections.abc import Iterator

from .layers_network import Resource
from .onprem import OnPremises, netmask
from .vcenter import Appliance, Permission, VcenterHa


def vcenter_parts(shape: OnPremises) -> Iterator[Resource]:
    """All resources of the layer, each after those that it refers to."""
    vcenter = shape.vcenter
    hosts = [host.name for host in shape.all_hosts]
    for license_ in vcenter.licenses:
        yield {
            "kind": "license",
            "name": license_.name,
            "key": {"$secret": license_.key.secret},
            **({"vcenter": True} if license_.assign_to == "vcenter" else {"hosts": hosts}),
        }
    for role in vcenter.roles:
        yield {"kind": "vsphere_role", "name": role.name, "manage": role.manage, "privileges": list(role.privileges)}
    yield from (_permission(shape, permission) for permission in vcenter.permissions)
    for category in vcenter.tags:
        yield {
            "kind": "tag_category",
            "name": category.name,
            "manage": category.manage,
            "description": category.description,
            "cardinality": "multiple" if category.multiple else "single",
            "associable_types": list(category.types),
        }
        for tag in category.tags:
            yield {"kind": "tag", "name": tag, "category": category.name, "manage": category.manage}
    if vcenter.ha is not None:
        yield from _pair(shape, vcenter.ha)
        yield from _places(shape, vcenter.ha)


def _permission(shape: OnPremises, permission: Permission) -> Resource:
    entities = {"datacenter": shape.vcenter.datacenter, "cluster": shape.vcenter.cluster.name}
    resource: Resource = {
        "kind": "vsphere_permission",
        "name": permission.principal,
        "manage": permission.manage,
        "group": permission.group,
        "role": permission.role,
        "propagate": permission.propagate,
    }
    if permission.on in entities:
        resource["entity"] = f"{permission.on}/{entities[permission.on]}"
    return resource


def appliance_group(appliance: Appliance) -> str:
    """Name of the group of hosts that carry an appliance."""
    return f"{appliance.name}-hosts"


def _pair(shape: OnPremises, pair: VcenterHa) -> Iterator[Resource]:
    resource: Resource = {"kind": "vcenter_ha", "name": "vcenter-ha", "mode": "enabled"}
    mask = next((netmask(one.cidr) for one in shape.all_networks if one.name == pair.network and one.cidr), None)
    for one in pair.appliances:
        resource[one.role] = {"address": one.ha_address, **({"subnet_mask": mask} if mask else {})}
        if one.role != "active":
            resource[f"{one.role}_node"] = _node(pair, one)
        elif shape.endpoint is not None:
            resource["active_node"] = {
                "vm": one.name,
                "cluster_network": pair.network,
                "url": f"https://{shape.endpoint.address}:{shape.endpoint.port}/sdk",
                "username": shape.endpoint.username,
                "password": {"$secret": shape.endpoint.password.secret},
            }
    yield resource


def _node(pair: VcenterHa, appliance: Appliance) -> Resource:
    """Where a node is deployed; the first of its hosts, between which DRS moves it afterwards."""
    node: Resource = {"node_name": appliance.name, "folder": pair.folder, "cluster_network": pair.network}
    if appliance.hosts:
        node["esxi_host"] = appliance.hosts[0]
    if appliance.datastore is not None:
        node["datastore"] = appliance.datastore
    return node


def _places(shape: OnPremises, pair: VcenterHa) -> Iterator[Resource]:
    """Each appliance stays on its hosts, by a rule that HA may break."""
    cluster = shape.vcenter.cluster.name
    ours = {host.name for host in shape.all_hosts}
    for one in pair.appliances:
        # Appliances on hosts of their own are not this cluster's to place.
        if one.hosts and ours.issuperset(one.hosts):
            yield {"kind": "drs_group", "name": appliance_group(one), "cluster": cluster, "hosts": list(one.hosts)}
            yield {"kind": "drs_group", "name": one.name, "cluster": cluster, "vm_prefixes": [one.name]}
            yield {
                "kind": "drs_rule",
                "name": one.name,
                "cluster": cluster,
                "type": "vm_host",
                "vm_group": one.name,
                "affine_host_group": appliance_group(one),
                "mandatory": False,
                "enabled": True,
            }
