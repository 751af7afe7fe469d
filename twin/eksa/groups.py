# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which machines a cluster's objects wish: one group for etcd, one for the control plane, one for each worker group."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from twin.cluster.objects import Object
from twin.contract import Taint
from twin.eksa import versions
from twin.eksa.machines import VmWish

Role = Literal["etcd", "control-plane", "worker"]
CONTROL_PLANE_LABEL = "node-role.kubernetes.io/control-plane"


@dataclass(frozen=True)
class Health:
    """When a machine is given up, in seconds of the twin's time; `most` is a count or a share ("40%")."""

    startup: float
    unhealthy: float
    most: str | int


@dataclass(frozen=True)
class Group:
    """`name` is that of the object that owns the machines; `digest` tells machines of an older wish apart."""

    role: Role
    name: str
    prefix: str
    count: int
    config: str
    wish: VmWish
    version: str
    digest: str
    labels: Mapping[str, str]
    taints: Sequence[Taint]
    surge: int
    unavailable: int
    health: Health | None
    template: Object


class MissingError(ValueError):
    """The cluster refers to an object that is not there."""


def groups_of(
    cluster: Object, datacenter: Object, configs: Mapping[str, Object], releases: Mapping[str, versions.Distro]
) -> list[Group]:
    """In the order in which they are made. `configs` are VSphereMachineConfigs by name. Raises MissingError."""
    return _Groups(cluster, datacenter, configs, releases).all()


class _Groups:
    def __init__(
        self, cluster: Object, datacenter: Object, configs: Mapping[str, Object], releases: Mapping[str, Any]
    ) -> None:
        self._name = cluster["metadata"]["name"]
        self._spec = cluster["spec"]
        self._datacenter = datacenter["spec"]
        self._configs = configs
        self._releases = releases

    def all(self) -> list[Group]:
        etcd = self._spec.get("externalEtcdConfiguration")
        workers = self._spec.get("workerNodeGroupConfigurations") or []
        return [*([self._etcd(etcd)] if etcd else []), self._control_plane(), *(self._worker(each) for each in workers)]

    def _etcd(self, part: Object) -> Group:
        name = f"{self._name}-etcd"
        return self._group(part, role="etcd", name=name, prefix=name, minor=None, health=None)

    def _control_plane(self) -> Group:
        part = self._spec["controlPlaneConfiguration"]
        taint = {"key": CONTROL_PLANE_LABEL, "effect": "NoSchedule"}
        workers = self._spec.get("workerNodeGroupConfigurations")
        taints = part.get("taints") or ([taint] if workers else [])
        return self._group(
            {**part, "taints": taints, "labels": {**(part.get("labels") or {}), CONTROL_PLANE_LABEL: ""}},
            role="control-plane", name=self._name, prefix=self._name, minor=self._minor(part),
            health=self._health(part, most="100%"),
        )  # fmt: skip

    def _worker(self, part: Object) -> Group:
        name = f"{self._name}-{part['name']}"
        if "count" not in part:
            part = {**part, "count": (part.get("autoscalingConfiguration") or {}).get("minCount", 1)}
        return self._group(
            part, role="worker", name=name, prefix=name, minor=self._minor(part), health=self._health(part, most="40%")
        )

    def _minor(self, part: Object) -> str:
        return str(part.get("kubernetesVersion") or self._spec["kubernetesVersion"])

    def _health(self, part: Object, *, most: str) -> Health:
        said = {**(self._spec.get("machineHealthCheck") or {}), **(part.get("machineHealthCheck") or {})}
        return Health(
            seconds(said.get("nodeStartupTimeout", "10m")), seconds(said.get("unhealthyMachineTimeout", "5m")),
            said.get("maxUnhealthy", most),
        )  # fmt: skip

    def _group(
        self, part: Object, *, role: Role, name: str, prefix: str, minor: str | None, health: Health | None
    ) -> Group:
        reference = (part.get("machineGroupRef") or {}).get("name", "")
        if reference not in self._configs:
            raise MissingError(f'vspheremachineconfigs.anywhere.eks.amazonaws.com "{reference}" not found')
        config = self._configs[reference]["spec"]
        strategy = (part.get("upgradeRolloutStrategy") or {}).get("rollingUpdate") or {}
        rolled = [config, minor, part.get("labels"), part.get("taints"), part.get("kubeletConfiguration")]
        rolled += [self._datacenter["network"]]
        return Group(
            role=role, name=name, prefix=prefix, count=int(part.get("count", 0)), config=reference,
            wish=self._wish(config), version=versions.machine_version(minor, self._releases) if minor else "",
            digest=hashlib.sha256(json.dumps(rolled, sort_keys=True).encode()).hexdigest()[:10],
            labels=part.get("labels") or {},
            taints=[Taint(t["key"], t.get("value", ""), t["effect"]) for t in part.get("taints") or []],
            surge=strategy.get("maxSurge", 1), unavailable=strategy.get("maxUnavailable", 0), health=health,
            template=_template(config, self._datacenter),
        )  # fmt: skip

    def _wish(self, config: Object) -> VmWish:
        network = (config.get("networks") or [self._datacenter["network"]])[0]
        return VmWish(
            "", self._datacenter["datacenter"], config.get("template", ""), config.get("folder", ""),
            config["resourcePool"], config["datastore"], network, config.get("numCPUs") or 2,
            config.get("memoryMiB") or 8192, config.get("diskGiB") or 25, config.get("cloneMode") == "linkedClone",
        )  # fmt: skip


def _template(config: Object, datacenter: Object) -> Object:
    """The spec of the VSphereMachines, as CAPV has it."""
    optional = {
        "storagePolicyName": config.get("storagePolicyName"), "tagIDs": config.get("tags"),
        "folder": config.get("folder"), "thumbprint": datacenter.get("thumbprint"),
    }  # fmt: skip
    networks = config.get("networks") or [datacenter["network"]]
    return {
        "cloneMode": config.get("cloneMode") or "fullClone", "datacenter": datacenter["datacenter"],
        "datastore": config["datastore"], "diskGiB": config.get("diskGiB") or 25,
        "memoryMiB": config.get("memoryMiB") or 8192, "numCPUs": config.get("numCPUs") or 2,
        "network": {"devices": [{"networkName": name, "dhcp4": True} for name in networks]},
        "resourcePool": config["resourcePool"], "server": datacenter["server"],
        "template": config.get("template") or "bottlerocket", **{key: it for key, it in optional.items() if it},
    }  # fmt: skip


def seconds(duration: str) -> float:
    """A duration as Go writes it ("1h5m0s") in seconds."""
    total, number = 0.0, ""
    for letter in str(duration):
        if letter.isdigit() or letter == ".":
            number += letter
        elif number:
            total += float(number) * {"h": 3600, "m": 60, "s": 1}.get(letter, 1)
            number = ""
    return total
