# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This file is private to the collection: its content may change in any release.
"""Rules about machine configurations and the datacenter: sizes, operating system, users, networks, paths, GPUs."""

from __future__ import annotations

import re
import typing as t

from . import documents
from .documents import MACHINE, Row
from .rule import Cluster, Failure, is_number, rule

SYSTEMS = ("bottlerocket", "ubuntu", "redhat")
GPU_LABEL = "kubeops.io/gpus"
"""Label of the nodes whose machines are to get GPUs, with the number of them."""
_LEAST = {"numCPUs": 1, "memoryMiB": 2048, "diskGiB": 20}
_ETCD_MEMORY = 8192
_URN = re.compile(r"urn:vmomi:InventoryServiceTag:[0-9a-f-]+:GLOBAL")
_SHA1 = re.compile(r"([0-9A-F]{2}:){19}[0-9A-F]{2}")
_PLACES = {"datastore": "datastore", "folder": "vm", "template": "vm", "resourcePool": "host"}


@rule
def sizes(cluster: Cluster) -> t.Iterator[Failure]:
    """Less is refused, or is too little to start."""
    for name, spec in cluster.machines.items():
        for field, least in _LEAST.items():
            value = spec.get(field)
            if value is not None and (not is_number(value) or value < least):
                message = f"is less than {least}"
                yield cluster.of(
                    "machines.size", MACHINE, name, f"spec.{field}", value, message, f"give {least} or more"
                )
        memory: t.Any = spec.get("memoryMiB")
        if "etcd" in cluster.group_of(name) and is_number(memory) and memory < _ETCD_MEMORY:
            message = f"is less than {_ETCD_MEMORY}, which members of etcd need"
            remedy = f"give {_ETCD_MEMORY}"
            yield cluster.of("machines.etcd_memory", MACHINE, name, "spec.memoryMiB", memory, message, remedy)


@rule
def systems(cluster: Cluster) -> t.Iterator[Failure]:
    """All machines of a cluster run one operating system."""
    first = ""
    for name, spec in cluster.machines.items():
        value = spec.get("osFamily")
        first = first or str(value)
        if value not in SYSTEMS:
            message, remedy = "is no operating system of EKS Anywhere on vSphere", f"use {', '.join(SYSTEMS)}"
            yield cluster.of("machines.os", MACHINE, name, "spec.osFamily", value, message, remedy)
        elif value != first:
            message = f"differs from {first} of another machine configuration"
            yield cluster.of("machines.one_os", MACHINE, name, "spec.osFamily", value, message, "use one for all")
        if value in ("ubuntu", "redhat") and not spec.get("template"):
            message = f"is missing, and there is none to import for {value}"
            yield cluster.of("machines.template", MACHINE, name, "spec.template", None, message, "name a template")


@rule
def template_names(cluster: Cluster) -> t.Iterator[Failure]:
    """A template of another Kubernetes version makes nodes that never join."""
    for path, group in documents.groups(cluster.spec):
        name = documents.machine_of(group)
        template = (cluster.machines.get(name) or {}).get("template")
        version = group.get("kubernetesVersion") or cluster.spec.get("kubernetesVersion")
        if template and isinstance(version, str) and not names_version(str(template), version):
            message = f"does not name Kubernetes {version}, which {path.partition('.')[2]} runs"
            spelt = ", ".join(spellings(version))
            remedy = f"use a template whose name contains one of {spelt}"
            yield cluster.of("template.version", MACHINE, name, "spec.template", template, message, remedy)


def spellings(version: str) -> tuple[str, ...]:
    """The ways in which a template's name may hold a version: 1.36, 1_36, 1-36, 136."""
    return tuple(version.replace(".", between) for between in (".", "_", "-", ""))


def names_version(template: str, version: str) -> bool:
    """Whether a template's name holds a Kubernetes version, and not only as the beginning of a longer number."""
    name = template.rpartition("/")[2]
    return any(re.search(rf"(?<!\d){re.escape(spelt)}(?!\d)", name) for spelt in spellings(version))


@rule
def users(cluster: Cluster) -> t.Iterator[Failure]:
    """At most one user, whose name the operating system decides, with one key."""
    for name, spec in cluster.machines.items():
        listed = spec.get("users") or []
        if len(listed) > 1:
            message = f"has {len(listed)} users"
            yield cluster.of("users.one", MACHINE, name, "spec.users", None, message, "give one")
        for user in listed[:1]:
            yield from _user(cluster, name, spec, user)


def _user(cluster: Cluster, name: str, spec: Row, user: Row) -> t.Iterator[Failure]:
    keys = user.get("sshAuthorizedKeys") or []
    if spec.get("osFamily") == "bottlerocket" and user.get("name") != "ec2-user":
        message = "is not the user of Bottlerocket"
        yield cluster.of(
            "users.bottlerocket", MACHINE, name, "spec.users[0].name", user.get("name"), message, "ec2-user"
        )
    if len([key for key in keys if key]) != 1 and not cluster.manages_itself:
        message = "has no key, and the controller makes none for a workload cluster" if not keys else "has several keys"
        remedy = "give exactly one public key"
        yield cluster.of("users.key", MACHINE, name, "spec.users[0].sshAuthorizedKeys", None, message, remedy)


@rule
def no_users(cluster: Cluster) -> t.Iterator[Failure]:
    """The CLI makes a key for whom it creates itself; the controller of a management cluster does not."""
    if cluster.manages_itself:
        return
    for name, spec in cluster.machines.items():
        if not spec.get("users"):
            message = "are missing, and the controller makes no key for a workload cluster"
            yield cluster.of("users.missing", MACHINE, name, "spec.users", None, message, "give a user with one key")


@rule
def networks(cluster: Cluster) -> t.Iterator[Failure]:
    """Further networks are for workers, two at most."""
    for name, spec in cluster.machines.items():
        listed = spec.get("networks") or []
        if len(listed) > 2:
            message = f"has {len(listed)} networks"
            yield cluster.of("networks.two", MACHINE, name, "spec.networks", listed, message, "give two at most")
        others = [sort for sort in cluster.group_of(name) if sort != "worker"]
        if listed and others:
            message = f"is given for {' and '.join(others)}, and only workers have networks of their own"
            remedy = "leave it out, or use another machine configuration for workers"
            yield cluster.of("networks.workers", MACHINE, name, "spec.networks", listed, message, remedy)


@rule
def paths(cluster: Cluster) -> t.Iterator[Failure]:
    """Whole paths: with several datacenters a bare name is ambiguous, and the CLI then fails or takes another one."""
    root = cluster.datacenter.get("datacenter")
    for name, spec in cluster.machines.items():
        for field, part in _PLACES.items():
            value = spec.get(field)
            if field != "template" and not value:
                yield cluster.of("paths.missing", MACHINE, name, f"spec.{field}", None, "is missing", "give its path")
            elif value and root and str(value).startswith("/") and not str(value).startswith(f"/{root}/{part}"):
                message = f"does not lie in datacenter {root}"
                remedy = f"begin with /{root}/{part}"
                yield cluster.of("paths.datacenter", MACHINE, name, f"spec.{field}", value, message, remedy)


@rule
def tags(cluster: Cluster) -> t.Iterator[Failure]:
    """Tags are named by the identifiers of vCenter."""
    for name, spec in cluster.machines.items():
        for index, value in enumerate(spec.get("tags") or ()):
            if not _URN.fullmatch(str(value)):
                message, remedy = "is no identifier of a tag", "as urn:vmomi:InventoryServiceTag:<uuid>:GLOBAL"
                yield cluster.of("tags.urn", MACHINE, name, f"spec.tags[{index}]", value, message, remedy)


@rule
def gpus(cluster: Cluster) -> t.Iterator[Failure]:
    """The GPU operator cannot install a driver on Bottlerocket."""
    for group in cluster.workers:
        name = documents.machine_of(group)
        system = (cluster.machines.get(name) or {}).get("osFamily")
        if GPU_LABEL in (group.get("labels") or {}) and system == "bottlerocket":
            message = f"is that of group {group.get('name')}, which is to have GPUs"
            remedy = "use ubuntu or redhat for all machines of the cluster"
            yield cluster.of("gpus.bottlerocket", MACHINE, name, "spec.osFamily", system, message, remedy)


@rule
def datacenter(cluster: Cluster) -> t.Iterator[Failure]:
    """How the machines' controllers reach vCenter."""
    config = documents.find(cluster.documents, documents.DATACENTER)
    if config is None:
        return
    name, spec = documents.name_of(config), documents.spec_of(config)
    for field in ("server", "datacenter", "network"):
        if not spec.get(field):
            path = f"spec.{field}"
            yield cluster.of("datacenter.field", documents.DATACENTER, name, path, None, "is missing", "give it")
    print_ = spec.get("thumbprint")
    if print_ and not _SHA1.fullmatch(str(print_)):
        message, remedy = "is no SHA-1 fingerprint", "write twenty pairs of capital hexadecimal digits with colons"
        yield cluster.of(
            "datacenter.thumbprint", documents.DATACENTER, name, "spec.thumbprint", print_, message, remedy
        )
    if not print_ and not spec.get("insecure"):
        message = "is missing, so that nothing tells whether the vCenter is the right one"
        remedy = "give the SHA-1 fingerprint of its certificate"
        yield cluster.of("datacenter.trust", documents.DATACENTER, name, "spec.thumbprint", None, message, remedy)
