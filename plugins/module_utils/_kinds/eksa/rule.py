# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This file is private to the collection: its content may change in any release.
"""The frame of EKS Anywhere's rules: each looks at the documents of one cluster, and says what would be refused.

Nothing here asks anybody. EKS Anywhere itself finds most of this after minutes, some of it after an hour, and some
never (facts of its issues): here all of it is told at once, with place, value and remedy.
"""

from __future__ import annotations

import dataclasses
import ipaddress
import typing as t

from . import documents
from .documents import Document, Row


@dataclasses.dataclass(frozen=True)
class Failure:
    """A rule that does not hold.

    rule: its id. path: document and field, as "Cluster/demo spec.kubernetesVersion". value: what stands there.
    """

    rule: str
    path: str
    value: str
    message: str
    remedy: str

    def __str__(self) -> str:
        value = f" = {self.value}" if self.value else ""
        return f"[{self.rule}] {self.path}{value}: {self.message}. Remedy: {self.remedy}."


@dataclasses.dataclass(frozen=True)
class Site:
    """What the estate knows beside the documents. dhcp: first and last leased address of the machines' network."""

    dhcp: t.Optional[tuple[str, str]] = None
    network: str = ""
    """CIDR of the machines' network, or ''."""
    bootstrap: bool = True
    """False: the cluster is there already, so that rules about a first creation are left out."""


class Cluster:
    """The documents of one cluster, with ways to its parts."""

    def __init__(self, listed: t.Sequence[Document], site: Site) -> None:
        self.documents = listed
        self.site = site
        self.document = documents.find(listed, documents.CLUSTER) or {}
        self.name = documents.name_of(self.document)
        self.spec = documents.spec_of(self.document)
        self.datacenter = documents.spec_of(documents.find(listed, documents.DATACENTER))
        self.machines = {
            documents.name_of(one): documents.spec_of(one) for one in listed if one.get("kind") == documents.MACHINE
        }
        self.control_plane: Row = self.spec.get("controlPlaneConfiguration") or {}
        self.etcd: t.Optional[Row] = self.spec.get("externalEtcdConfiguration")
        self.workers: t.Sequence[Row] = self.spec.get("workerNodeGroupConfigurations") or ()
        self.network: Row = self.spec.get("clusterNetwork") or {}

    @property
    def manages_itself(self) -> bool:
        """Whether it is a management cluster."""
        return (self.spec.get("managementCluster") or {}).get("name") in (None, self.name)

    def at(self, rule: str, field: str, value: t.Any, message: str, remedy: str) -> Failure:
        """A failure in a field of the Cluster."""
        return Failure(rule, f"{documents.CLUSTER}/{self.name} {field}", shown(value), message, remedy)

    def of(self, rule: str, kind: str, name: str, field: str, value: t.Any, message: str, remedy: str) -> Failure:
        """A failure in a field of another document."""
        return Failure(rule, f"{kind}/{name} {field}", shown(value), message, remedy)

    def group_of(self, machine: str) -> t.Iterator[str]:
        """Sorts of groups that use a machine configuration: control_plane, etcd, worker."""
        if documents.machine_of(self.control_plane) == machine:
            yield "control_plane"
        if documents.machine_of(self.etcd or {}) == machine:
            yield "etcd"
        if any(documents.machine_of(group) == machine for group in self.workers):
            yield "worker"


Rule = t.Callable[[Cluster], t.Iterator[Failure]]
RULES: list[Rule] = []


def rule(function: Rule) -> Rule:
    """Register a rule."""
    RULES.append(function)
    return function


def shown(value: t.Any) -> str:
    """A value in one line."""
    if value is None:
        return ""
    return ", ".join(map(str, value)) if isinstance(value, (list, tuple)) else str(value)


def is_number(value: t.Any) -> bool:
    """Whether it is a whole number, which a bool is not."""
    return isinstance(value, int) and not isinstance(value, bool)


def network_of(text: t.Any) -> t.Optional[t.Union[ipaddress.IPv4Network, ipaddress.IPv6Network]]:
    """A CIDR block, or None if it is none."""
    try:
        return ipaddress.ip_network(str(text)) if "/" in str(text) else None
    except ValueError:
        return None


def address_of(text: t.Any) -> t.Optional[t.Union[ipaddress.IPv4Address, ipaddress.IPv6Address]]:
    """An address, or None if it is none."""
    try:
        return ipaddress.ip_address(str(text))
    except ValueError:
        return None
