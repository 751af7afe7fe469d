# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This file is private to the collection: its content may change in any release.
"""Rules about places in vCenter that documents name: they are there, and can be used from every host."""

from __future__ import annotations

import difflib
import typing as t

from . import documents
from .documents import DATACENTER, MACHINE, Row
from .rule import Cluster, Failure
from .rules_machines import GPU_LABEL
from .vcenter_facts import Facts

_FIELDS = ("datastore", "folder", "resourcePool", "template")
_GPU_HARDWARE = 17
_GIB = 1024 * 1024  # KiB


def places(cluster: Cluster, facts: Facts) -> t.Iterator[Failure]:
    """Everything that is named is there."""
    config = documents.find(cluster.documents, DATACENTER)
    name, spec = documents.name_of(config or {}), cluster.datacenter
    for field, path in (("datacenter", f"/{spec.get('datacenter')}"), ("network", spec.get("network"))):
        if spec.get(field) and facts.at(path) is None:
            remedy = _nearest(path, facts)
            yield cluster.of(f"vcenter.{field}", DATACENTER, name, f"spec.{field}", path, "is not there", remedy)
    for name, spec in cluster.machines.items():
        listed = [(field, spec.get(field)) for field in _FIELDS]
        listed += [(f"networks[{index}]", path) for index, path in enumerate(spec.get("networks") or ())]
        for field, path in listed:
            if path and facts.at(path) is None:
                rule = f"vcenter.{field.partition('[')[0]}"
                yield cluster.of(rule, MACHINE, name, f"spec.{field}", path, "is not there", _nearest(path, facts))


def _nearest(path: t.Any, facts: Facts) -> str:
    near = difflib.get_close_matches(str(path), list(facts.paths), n=1, cutoff=0.8)
    return f"did you mean {near[0]}?" if near else "give its whole path, or make it first"


def templates(cluster: Cluster, facts: Facts) -> t.Iterator[Failure]:
    """Templates are templates, tagged for the operating system and the release, and fit for how they are cloned."""
    for path, group in documents.groups(cluster.spec):
        name = documents.machine_of(group)
        spec = cluster.machines.get(name) or {}
        row = facts.at(spec.get("template"))
        if row is not None:
            version = str(group.get("kubernetesVersion") or cluster.spec.get("kubernetesVersion") or "")
            yield from _template(cluster, name, spec, row, facts.tags.get(str(row["ref"])) or (), version)
            if path.startswith("spec.worker") and GPU_LABEL in (group.get("labels") or {}):
                yield from _gpu_template(cluster, name, spec, row)


def _template(
    cluster: Cluster, name: str, spec: Row, row: Row, tags: t.Sequence[str], version: str
) -> t.Iterator[Failure]:
    template = spec.get("template")
    if row.get("config.template") is False:
        message, remedy = "is a machine, not a template", "mark it as a template"
        yield cluster.of("template.is_template", MACHINE, name, "spec.template", template, message, remedy)
    wanted = f"os:{spec.get('osFamily')}"
    if wanted not in tags:
        message, remedy = f"lacks the tag {wanted}", "attach it, in category os"
        yield cluster.of("template.os_tag", MACHINE, name, "spec.template", template, message, remedy)
    release = f"eksdRelease:kubernetes-{version.replace('.', '-')}-eks-"
    if not any(tag.startswith(release) for tag in tags):
        message, remedy = f"lacks a tag {release}<number>", "attach that of its release, in category eksdRelease"
        yield cluster.of("template.release_tag", MACHINE, name, "spec.template", template, message, remedy)
    yield from _disks(cluster, name, spec, row)


def _disks(cluster: Cluster, name: str, spec: Row, row: Row) -> t.Iterator[Failure]:
    disks = [
        int(device["capacityInKB"]) // _GIB
        for device in row.get("config.hardware.device") or ()
        if device.get("_type") == "VirtualDisk" and device.get("capacityInKB")
    ]
    template, size = spec.get("template"), spec.get("diskGiB") or 25
    if spec.get("cloneMode") == "linkedClone":
        if not row.get("snapshot"):
            message, remedy = "has no snapshot to make linked clones from", "make one, or use cloneMode fullClone"
            yield cluster.of("template.snapshot", MACHINE, name, "spec.template", template, message, remedy)
        if disks and disks[0] != size:
            message = f"is not the size of the template's disk ({disks[0]}), which linked clones keep"
            remedy = f"give {disks[0]}, or use cloneMode fullClone"
            yield cluster.of("template.linked_disk", MACHINE, name, "spec.diskGiB", size, message, remedy)
    elif disks and disks[0] > size and spec.get("osFamily") != "bottlerocket":
        message = f"is less than the template's disk ({disks[0]})"
        yield cluster.of("template.disk", MACHINE, name, "spec.diskGiB", size, message, f"give {disks[0]} or more")
    if spec.get("osFamily") == "bottlerocket" and disks and disks not in ([2, 20], [22]):
        message = f"has disks of {', '.join(map(str, disks))} GiB"
        remedy = "import it again: Bottlerocket has 2 and 20 GiB, or 22"
        yield cluster.of("template.bottlerocket", MACHINE, name, "spec.template", template, message, remedy)


def _gpu_template(cluster: Cluster, name: str, spec: Row, row: Row) -> t.Iterator[Failure]:
    """Whole GPUs need memory mapped above 4 GiB, which only UEFI and newer hardware offer."""
    hardware, firmware = str(row.get("config.version") or ""), row.get("config.firmware")
    template = spec.get("template")
    if hardware.startswith("vmx-") and int(hardware[4:]) < _GPU_HARDWARE:
        message, remedy = f"has virtual hardware {hardware}", f"upgrade it to vmx-{_GPU_HARDWARE} or newer"
        yield cluster.of("template.gpu_hardware", MACHINE, name, "spec.template", template, message, remedy)
    if firmware not in (None, "efi"):
        message, remedy = f"boots by {firmware}", "use a template with UEFI"
        yield cluster.of("template.gpu_firmware", MACHINE, name, "spec.template", template, message, remedy)


def reach(cluster: Cluster, facts: Facts) -> t.Iterator[Failure]:
    """Every host that may run a machine mounts its datastore and carries its network."""
    hosts = {str(row["ref"]): str(row.get("name")) for row in facts.hosts}
    told: set[str] = set()
    for name, spec in cluster.machines.items():
        path = str(spec.get("datastore") or "")
        row = facts.at(path)
        if row is None or path in told:
            continue
        told.add(path)
        there = {str(mount["key"]) for mount in row.get("host") or () if _mounted(mount)}
        lacking = _lacking(hosts, there)
        if lacking:
            message = f"is not mounted on {lacking}: a machine that is moved there cannot run"
            remedy = "mount it on every host of the cluster"
            yield cluster.of("datastore.hosts", MACHINE, name, "spec.datastore", path, message, remedy)
    path = str(cluster.datacenter.get("network") or "")
    network = facts.at(path)
    lacking = _lacking(hosts, {str(ref) for ref in network.get("host") or ()}) if network else ""
    if lacking:
        name = documents.name_of(documents.find(cluster.documents, DATACENTER) or {})
        message = f"is not carried by {lacking}: a machine that is moved there cannot be reached"
        remedy = "add these hosts to its switch"
        yield cluster.of("network.hosts", DATACENTER, name, "spec.network", path, message, remedy)


def _mounted(mount: Row) -> bool:
    info = mount.get("mountInfo") or {}
    return info.get("mounted") is not False and info.get("accessible") is not False


def _lacking(hosts: t.Mapping[str, str], there: set[str]) -> str:
    """Names of the hosts that are not there, a few of many, or ''."""
    lacking = sorted(hosts[ref] for ref in set(hosts) - there)
    more = f" and {len(lacking) - 5} more" if len(lacking) > 5 else ""
    return ", ".join(lacking[:5]) + more


def tags(cluster: Cluster, facts: Facts) -> t.Iterator[Failure]:
    """Tags that machines are to carry exist."""
    if facts.urns is None:
        return
    for name, spec in cluster.machines.items():
        for index, urn in enumerate(spec.get("tags") or ()):
            if urn not in facts.urns:
                field = f"spec.tags[{index}]"
                yield cluster.of(
                    "tags.exist", MACHINE, name, field, urn, "is no tag of this vCenter", "make the tag first"
                )


def rights(cluster: Cluster, facts: Facts) -> t.Iterator[Failure]:
    """Its user may do there what the controllers do."""
    by_ref = {ref: path for path, ref in facts.paths.items()}
    for ref, lacking in facts.missing.items():
        path = by_ref.get(ref, ref)
        message = f"gives the user of EKS Anywhere no {', '.join(lacking)}"
        remedy = "add the privileges to its role, or the role to this object"
        yield Failure("privileges", path, "", message, remedy)


def endpoint(cluster: Cluster, facts: Facts) -> t.Iterator[Failure]:
    """Nobody has the address of the Kubernetes API yet."""
    host = str((cluster.control_plane.get("endpoint") or {}).get("host") or "")
    if cluster.site.bootstrap and host in facts.addresses:
        message = f"is the address of machine {facts.addresses[host]}"
        path = "spec.controlPlaneConfiguration.endpoint.host"
        yield cluster.at("endpoint.taken", path, host, message, "choose a free address")
