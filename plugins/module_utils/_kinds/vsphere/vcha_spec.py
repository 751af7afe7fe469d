# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This file is private to the collection: its content may change in any release.
"""vCenter HA between our normal form and vCenter's. Pure."""

from __future__ import annotations

import typing as t

from ..._engine.kind import Status

Row = t.Mapping[str, t.Any]
NODES = ("active", "passive", "witness")
_TASK_STATES = {"queued": Status.PENDING, "running": Status.PENDING, "error": Status.FAILED, "success": Status.READY}


def state(config: Row, wished: Row) -> dict[str, t.Any]:
    """Addresses of a VchaClusterConfigInfo. The appliances are told as wished: they change places."""
    first = _settings((config.get("failoverNodeInfo1") or {}).get("clusterIpSettings"))
    second = _settings((config.get("failoverNodeInfo2") or {}).get("clusterIpSettings"))
    if second.get("address") == (wished.get("active") or {}).get("address"):
        first, second = second, first
    witness = _settings((config.get("witnessNodeInfo") or {}).get("ipSettings"))
    return {"active": first, "passive": second, "witness": witness}


def _settings(settings: Row | None) -> dict[str, t.Any]:
    found = settings or {}
    return {
        "address": (found.get("ip") or {}).get("ipAddress"),
        "subnet_mask": found.get("subnetMask"),
        "gateway": next(iter(found.get("gateway") or ()), None),
    }


def status(health: Row, mode: str) -> tuple[Status, str]:
    """A VchaClusterRuntimeInfo as a status: an enabled pair is ready once it would fail over."""
    if mode != "enabled" or health.get("clusterState") == "healthy":
        return Status.READY, ""
    down = [
        f"{node['nodeRole']} {node['nodeIp']}" for node in health.get("nodeInfo") or () if node["nodeState"] != "up"
    ]
    told = f"; down: {', '.join(sorted(down))}" if down else ""
    return Status.PENDING, f"the pair is {health.get('clusterState', 'in an unknown state')}{told}"


def attributes(health: Row) -> dict[str, t.Any]:
    """What evidence is made from: health, and each node's role, state and address."""
    nodes = [
        {"role": node["nodeRole"], "state": node["nodeState"], "address": node["nodeIp"]}
        for node in health.get("nodeInfo") or ()
    ]
    return {"health": health.get("clusterState"), "nodes": sorted(nodes, key=lambda node: str(node["role"]))}


def deployment(options: Row, machine: str, instance_uuid: str) -> dict[str, t.Any]:
    """A VchaClusterDeploymentSpec. machine: the active appliance's reference."""
    active = options["active_node"]
    locator = {
        "instanceUuid": instance_uuid,
        "url": active["url"],
        "credential": {
            "_type": "ServiceLocatorNamePassword",
            "username": active["username"],
            "password": active["password"],
        },
        **_given(sslThumbprint=active.get("thumbprint")),
    }
    spec: dict[str, t.Any] = {
        "passiveDeploymentSpec": _node("PassiveNodeDeploymentSpec", options["passive_node"], options["passive"]),
        "witnessDeploymentSpec": _node("NodeDeploymentSpec", options["witness_node"], options["witness"]),
        "activeVcSpec": {"managementVc": locator, "activeVc": machine},
    }
    if active.get("cluster_network"):
        spec["activeVcNetworkConfig"] = {
            "networkPortGroup": active["cluster_network"],
            "ipSettings": _ip_settings(options["active"]),
        }
    return spec


def _node(wsdl: str, place: Row, address: Row) -> dict[str, t.Any]:
    return {
        "_type": wsdl,
        "nodeName": place["node_name"],
        "folder": place["folder"],
        "ipSettings": _ip_settings(address),
        **_given(
            esxHost=place.get("esxi_host"),
            datastore=place.get("datastore"),
            resourcePool=place.get("resource_pool"),
            clusterNetworkPortGroup=place.get("cluster_network"),
            publicNetworkPortGroup=place.get("public_network"),
        ),
    }


def _ip_settings(address: Row) -> dict[str, t.Any]:
    gateway = address.get("gateway")
    return {
        "ip": {"_type": "CustomizationFixedIp", "ipAddress": address["address"]},
        **_given(subnetMask=address.get("subnet_mask"), gateway=[gateway] if gateway else None),
    }


def _given(**values: t.Any) -> dict[str, t.Any]:
    return {name: value for name, value in values.items() if value is not None}


def is_deployment(task: Row) -> bool:
    """Whether a task of vCenter's deploys a pair."""
    word = str(task.get("info.descriptionId", "")).lower()
    return task.get("info.name") == "deployVcha_Task" or ("failoverclusterconfigurator" in word and "deploy" in word)


def progress(task: Row) -> tuple[Status, str]:
    """How far such a task is."""
    error = task.get("info.error") or {}
    if error:
        return Status.FAILED, str(error.get("localizedMessage") or error.get("_type") or "its deployment failed")
    percent = task.get("info.progress")
    return _TASK_STATES.get(task.get("info.state", ""), Status.PENDING), f"deploying, {percent or 0} %"
