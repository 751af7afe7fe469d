# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What EKS Anywhere looks up in vCenter before it makes a machine. Pure: it reads a survey."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from twin.cluster.objects import Object
from twin.eksa import versions
from twin.eksa.groups import Group
from twin.eksa.machines import Survey, Template, named

type Configs = Mapping[str, Object]


def problems(
    cluster: Object, datacenter: Object, configs: Configs, groups: Sequence[Group], survey: Survey,
    releases: Mapping[str, versions.Distro],
) -> Iterator[str]:  # fmt: skip
    """Everything that vCenter lacks, in the order in which it is looked for; the real one ends at the first."""
    yield from datacenter_problems(datacenter, survey)
    for name in {group.config: None for group in groups}:
        yield from _config_problems(name, configs[name]["spec"], survey)
    minor = str(cluster["spec"]["kubernetesVersion"])
    for group in groups:
        own = group.version.removeprefix("v").rsplit("-eks-", 1)[0].split(".") if group.version else minor.split(".")
        yield from _template_problems(configs[group.config]["spec"], survey, ".".join(own[:2]), releases)
    yield from _space_problems(groups, survey)


def datacenter_problems(datacenter: Object, survey: Survey) -> Iterator[str]:
    """What a VSphereDatacenterConfig says and vCenter has not."""
    spec = datacenter["spec"]
    if not spec.get("insecure") and survey.thumbprint:
        if not spec.get("thumbprint"):
            yield "thumbprint is required for secure mode with self-signed certificates"
        elif spec["thumbprint"] != survey.thumbprint:
            yield f"thumbprint mismatch detected, expected: {spec['thumbprint']}, actual: {survey.thumbprint}"
    if named(survey.datacenters, spec["datacenter"]) is None:
        yield f"datacenter {spec['datacenter']} not found"
    if named(survey.networks, spec["network"]) is None:
        yield f"network {spec['network']} not found"


def _config_problems(name: str, spec: Object, survey: Survey) -> Iterator[str]:
    prefix = f"validating vCenter setup for VSphereMachineConfig {name}: "
    for field, known in (
        ("datastore", list(survey.datastores)), ("folder", survey.folders), ("resourcePool", survey.pools),
    ):  # fmt: skip
        wanted = spec.get(field)
        if wanted and named(known, wanted) is None:
            yield f"{prefix}failed to get {field.lower()}: {field.lower()} '{wanted}' not found"


def _template_problems(
    spec: Object, survey: Survey, minor: str, releases: Mapping[str, versions.Distro]
) -> Iterator[str]:
    wanted = spec.get("template") or ""
    if not wanted:
        if spec.get("osFamily") != "bottlerocket":
            yield "template field is required"
        return
    path = named([template.path for template in survey.templates], wanted)
    found = next((template for template in survey.templates if template.path == path), None)
    if found is None:
        yield f"template <{wanted}> not found. Has the template been imported?"
        return
    yield from _tag_problems(wanted, found, spec, minor, releases)


def _tag_problems(
    wanted: str, found: Template, spec: Object, minor: str, releases: Mapping[str, versions.Distro]
) -> Iterator[str]:
    for tag in (f"os:{spec['osFamily']}", versions.tag(minor, releases)):
        if tag not in found.tags:
            yield f"template {wanted} is missing tag {tag}"
    if spec.get("cloneMode") == "linkedClone" and not found.snapshots:
        yield f"template {wanted} has no snapshots: linkedClone needs one"
    if spec.get("cloneMode") == "linkedClone" and found.disk_gib and spec.get("diskGiB", 25) != found.disk_gib:
        yield f"diskGiB cannot be customized for clone mode linkedClone: template {wanted} has {found.disk_gib}"


def _space_problems(groups: Sequence[Group], survey: Survey) -> Iterator[str]:
    needed: dict[str, int] = {}
    for group in groups:
        needed[group.wish.datastore] = needed.get(group.wish.datastore, 0) + group.wish.disk_gib * group.count
    for store, gib in needed.items():
        path = named(list(survey.datastores), store)
        if path is not None and gib > survey.datastores[path]:
            yield f"not enough space in datastore {store} for given diskGiB and count for respective machine groups"
