# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This file is private to the collection: its content may change in any release.
"""Rules about a cluster's name, versions and groups of machines: counts, taints, labels, rollouts."""

from __future__ import annotations

import re
import typing as t

from . import documents
from .documents import Row
from .rule import Cluster, Failure, is_number, rule

_NAME = re.compile(r"[a-zA-Z][a-zA-Z0-9-]*")
_MOST = 35
_MINOR = re.compile(r"1\.\d{1,2}")
_SEMVER = re.compile(r"v\d+\.\d+\.\d+([-+][0-9A-Za-z.+-]+)?")
_LABEL_NAME = re.compile(r"[A-Za-z0-9]([A-Za-z0-9._-]{0,61}[A-Za-z0-9])?")
_LABEL_VALUE = re.compile(r"([A-Za-z0-9]([A-Za-z0-9._-]{0,61}[A-Za-z0-9])?)?")
_PREFIX = re.compile(r"[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?")
_REPELLING = frozenset({"NoSchedule", "NoExecute"})


@rule
def name(cluster: Cluster) -> t.Iterator[Failure]:
    """Names become names of machines and of hosts."""
    if not _NAME.fullmatch(cluster.name):
        message = "begins with no letter, or holds something else than letters, digits and '-'"
        yield cluster.at("name.form", "metadata.name", cluster.name, message, "for example ml-onprem")
    if len(cluster.name) > _MOST:
        message = f"has {len(cluster.name)} characters"
        yield cluster.at("name.length", "metadata.name", cluster.name, message, f"use {_MOST} at most")


@rule
def version(cluster: Cluster) -> t.Iterator[Failure]:
    """YAML reads 1.30 without quotes as 1.3."""
    places = [("spec.kubernetesVersion", cluster.spec.get("kubernetesVersion"))]
    places += [
        (f"spec.workerNodeGroupConfigurations[{index}].kubernetesVersion", group.get("kubernetesVersion"))
        for index, group in enumerate(cluster.workers)
        if group.get("kubernetesVersion") is not None
    ]
    for path, value in places:
        if not isinstance(value, str):
            message = "is no text: YAML reads 1.30 without quotes as the number 1.3"
            yield cluster.at("version.quoted", path, value, message, "put the version in quotes")
        elif not _MINOR.fullmatch(value):
            message = "is not a minor version"
            yield cluster.at("version.form", path, value, message, "write it as '1.35', without a patch")


@rule
def releases(cluster: Cluster) -> t.Iterator[Failure]:
    """One of the two says which release of EKS Anywhere it is."""
    spec = cluster.spec
    value = spec.get("eksaVersion")
    if spec.get("bundlesRef") and value:
        message = "is given together with bundlesRef"
        yield cluster.at("eksa_version.one", "spec.eksaVersion", value, message, "leave bundlesRef out")
    if value is not None and not _SEMVER.fullmatch(str(value)):
        message = "is no version of EKS Anywhere"
        yield cluster.at("eksa_version.form", "spec.eksaVersion", value, message, "write it as v0.26.1")


@rule
def control_plane_count(cluster: Cluster) -> t.Iterator[Failure]:
    """With stacked etcd every control-plane machine is a member."""
    path, count = "spec.controlPlaneConfiguration.count", cluster.control_plane.get("count")
    if not is_number(count) or t.cast(int, count) < 1:
        yield cluster.at("control_plane.count", path, count, "is not one or more", "give 1, 3 or 5")
    elif cluster.etcd is None and t.cast(int, count) % 2 == 0:
        message = "is even, and etcd runs on these machines: an even number survives no more failures than one less"
        yield cluster.at("control_plane.odd", path, count, message, "give an odd number, or use external etcd")
    elif cluster.etcd is None and t.cast(int, count) > 7:
        message = "makes as many members of etcd, and every write waits for more than half of them"
        yield cluster.at("control_plane.members", path, count, message, "use external etcd with 3 or 5 members")


@rule
def etcd_count(cluster: Cluster) -> t.Iterator[Failure]:
    """Members agree by majority."""
    if cluster.etcd is None:
        return
    path, count = "spec.externalEtcdConfiguration.count", cluster.etcd.get("count")
    if not is_number(count) or t.cast(int, count) < 1:
        yield cluster.at("etcd.count", path, count, "is not one or more", "give 3 or 5")
    elif t.cast(int, count) % 2 == 0:
        message = "is even: it survives no more failures than one member less"
        yield cluster.at("etcd.odd", path, count, message, "give 3 or 5")


@rule
def worker_names(cluster: Cluster) -> t.Iterator[Failure]:
    """Names tell groups apart in every later change."""
    told: set[str] = set()
    for index, group in enumerate(cluster.workers):
        path = f"spec.workerNodeGroupConfigurations[{index}].name"
        value = str(group.get("name") or "")
        if not value:
            yield cluster.at("workers.name", path, None, "is missing", "name every group")
        elif value in told:
            yield cluster.at("workers.unique", path, value, "is the name of another group", "name each differently")
        told.add(value)


@rule
def worker_counts(cluster: Cluster) -> t.Iterator[Failure]:
    """A number, or bounds for the autoscaler, which must agree."""
    for index, group in enumerate(cluster.workers):
        path = f"spec.workerNodeGroupConfigurations[{index}]"
        count, bounds = group.get("count"), group.get("autoscalingConfiguration")
        if count is not None and (not is_number(count) or count < 0):
            yield cluster.at("workers.count", f"{path}.count", count, "is not zero or more", "give a number")
        if count is None and not bounds:
            message = "has neither count nor autoscalingConfiguration"
            yield cluster.at("workers.some", path, group.get("name"), message, "give one of the two")
        if bounds:
            yield from _bounds(cluster, f"{path}.autoscalingConfiguration", count, bounds)


def _bounds(cluster: Cluster, path: str, count: t.Any, bounds: Row) -> t.Iterator[Failure]:
    low, high = bounds.get("minCount", 0), bounds.get("maxCount", 0)
    if not is_number(low) or low < 0:
        yield cluster.at("workers.min", f"{path}.minCount", low, "is not zero or more", "give a number")
    elif not is_number(high) or low > high:
        yield cluster.at("workers.max", f"{path}.maxCount", high, f"is below minCount ({low})", "raise it")
    elif count is not None and is_number(count) and not low <= count <= high:
        message = f"lies outside of {low} to {high}"
        yield cluster.at("workers.within", path.rpartition(".")[0] + ".count", count, message, "bring it within")


@rule
def taints(cluster: Cluster) -> t.Iterator[Failure]:
    """Some machine takes what has no tolerations: CoreDNS and the rest of the cluster's own pods."""
    places = [("spec.controlPlaneConfiguration", cluster.control_plane)]
    places += [(f"spec.workerNodeGroupConfigurations[{i}]", group) for i, group in enumerate(cluster.workers)]
    for path, group in places:
        for number, taint in enumerate(group.get("taints") or ()):
            if taint.get("effect") not in ("NoSchedule", "NoExecute", "PreferNoSchedule"):
                message, remedy = "is no effect of a taint", "use NoSchedule, NoExecute or PreferNoSchedule"
                yield cluster.at(
                    "taints.effect", f"{path}.taints[{number}].effect", taint.get("effect"), message, remedy
                )
    if cluster.workers and all(_repels(group) for group in cluster.workers):
        message = "leave no group of workers without a taint of NoSchedule or NoExecute"
        remedy = "keep one group free of them: the cluster's own pods have nowhere to run"
        yield cluster.at("workers.free", "spec.workerNodeGroupConfigurations", None, message, remedy)
    if not cluster.workers and _repels(cluster.control_plane):
        message = "keep pods away although there are no workers"
        remedy = "leave the taints out, or add a group of workers"
        yield cluster.at("control_plane.taints", "spec.controlPlaneConfiguration.taints", None, message, remedy)


def _repels(group: Row) -> bool:
    return any(taint.get("effect") in _REPELLING for taint in group.get("taints") or ())


@rule
def labels(cluster: Cluster) -> t.Iterator[Failure]:
    """Labels of nodes have the form that Kubernetes asks for."""
    for path, group in documents.groups(cluster.spec):
        for key, value in (group.get("labels") or {}).items():
            prefix, slash, own = str(key).rpartition("/")
            if not _LABEL_NAME.fullmatch(own) or (slash and not _PREFIX.fullmatch(prefix)):
                yield cluster.at("labels.key", f"{path}.labels", key, "is no key of a label", "as example.com/name")
            if not isinstance(value, str) or not _LABEL_VALUE.fullmatch(value):
                message = f"is no value of label {key}"
                yield cluster.at(
                    "labels.value", f"{path}.labels.{key}", value, message, "quote it, 63 characters at most"
                )


@rule
def rollouts(cluster: Cluster) -> t.Iterator[Failure]:
    """How machines are replaced."""
    for path, group in documents.groups(cluster.spec):
        strategy = group.get("upgradeRolloutStrategy") or {}
        where = f"{path}.upgradeRolloutStrategy"
        if strategy.get("type") == "InPlace":
            message = "is not offered on vSphere"
            yield cluster.at("rollout.in_place", f"{where}.type", "InPlace", message, "use RollingUpdate")
        rolling = strategy.get("rollingUpdate")
        if rolling is None:
            continue
        surge, missing = rolling.get("maxSurge"), rolling.get("maxUnavailable")
        if "workerNode" not in path and surge not in (0, 1):
            message = "is neither 0 nor 1"
            yield cluster.at("rollout.surge", f"{where}.rollingUpdate.maxSurge", surge, message, "use 1")
        if "workerNode" in path and not surge and not missing:
            message = "is 0 as well as maxUnavailable, so that nothing could ever be replaced"
            yield cluster.at("rollout.both_zero", f"{where}.rollingUpdate.maxSurge", surge, message, "use 1")
