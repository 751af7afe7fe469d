# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""From the shape of a cluster's base to its objects, and what a run has to know of each cluster."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from .base import Manage
from .cluster_base import BaseNamespace, BaseStorageClass, ClusterBase, Holders
from .eks import EksCluster
from .estate import Estate
from .layers_network import Resource
from .problems import InvalidEstate
from .validation import validated

SET = "cluster-base"
"""Name of the set of objects in the cluster."""
KUBEFLOW = "kubeflow"
# What AWS's add-ons run in kube-system.
_ADDONS: Mapping[str, Sequence[tuple[str, str]]] = {
    "aws-ebs-csi-driver": (("Deployment", "ebs-csi-controller"), ("DaemonSet", "ebs-csi-node")),
    "coredns": (("Deployment", "coredns"),),
    "eks-pod-identity-agent": (("DaemonSet", "eks-pod-identity-agent"),),
    "kube-proxy": (("DaemonSet", "kube-proxy"),),
    "metrics-server": (("Deployment", "metrics-server"),),
    "vpc-cni": (("DaemonSet", "aws-node"),),
}
_DEFAULT = "storageclass.kubernetes.io/is-default-class"


def shaped_base(value: Any) -> ClusterBase:
    """Plain data of variable cluster_base as its model. Raises InvalidEstate."""
    shape, problems = validated("cluster_base", ClusterBase, value)
    if problems:
        raise InvalidEstate(problems)
    checked: ClusterBase = shape
    return checked


def cluster_base_resources(base: Any, *, manage: Manage = "managed") -> list[Resource]:
    """The entries of a cluster's base, as kube_resources takes them.

    base: shape (cluster_base.ClusterBase) as plain data. manage: how far the layer is ours; reference and ignore give
    nothing, since there is nothing to apply. Raises InvalidEstate.
    """
    shape = shaped_base(base)
    return list(_entries(shape)) if manage == "managed" else []


def cluster_base_milestones(base: Any, *, cluster: str, facts: dict[str, Any] | None = None) -> list[Resource]:
    """Expectations {milestone, cluster, ...} about a cluster's base. Raises InvalidEstate.

    facts: of the cluster, as cluster_facts has them; without them nothing is said about its version and nodes.
    """
    shape, facts = shaped_base(base), facts or {}
    known = {name: facts[name] for name in ("version", "nodes", "workloads") if facts.get(name)}
    found: list[Resource] = [{"milestone": "2.a.i", "cluster": cluster, **known}]
    for one in shape.storage_classes:
        if one.default and one.manage != "ignore":
            about = {"storage_class": one.name, "provisioner": one.provisioner, "default": True}
            found.append({"milestone": "2.a.ii", "cluster": cluster, **about})
    return found


def _entries(shape: ClusterBase) -> Iterator[Resource]:
    for namespace in shape.namespaces:
        if namespace.manage == "managed":
            yield _namespace(namespace)
    for storage_class in shape.storage_classes:
        if storage_class.manage == "managed":
            yield _storage_class(storage_class)
    for name in shape.no_longer_default:
        metadata = {"name": name, "annotations": {_DEFAULT: "false"}}
        manifest = {"apiVersion": "storage.k8s.io/v1", "kind": "StorageClass", "metadata": metadata}
        yield {"kind": "manifest", "manifest": manifest}
    yield from _binding("kubeops-administrators", "cluster-admin", shape.administrators)
    yield from _binding("kubeops-viewers", "view", shape.viewers)


def _namespace(one: BaseNamespace) -> Resource:
    fields = one.model_dump(exclude={"manage", "limits"}, exclude_none=True)
    limits = [limit.model_dump(exclude_none=True) for limit in one.limits]
    entry: Resource = {"kind": "namespace", **fields, "limits": limits}
    return {name: value for name, value in entry.items() if value not in ({}, [])}


def _storage_class(one: BaseStorageClass) -> Resource:
    return {"kind": "storage_class", **one.model_dump(exclude={"manage", "parameters"}), "parameters": one.volumes}


def _binding(name: str, role: str, holders: Holders) -> Iterator[Resource]:
    if holders.anybody:
        whom = {who: listed for who, listed in holders.model_dump().items() if listed}
        yield {"kind": "role_binding", "name": name, "cluster_role": role, **whom}


def cluster_facts(estate: Estate) -> dict[str, dict[str, Any]]:
    """Inventory host of a cluster to {cluster, kubeconfig, version, nodes, workloads, layer, sets}.

    layer: the layer that makes it, as "us-east-2.eks", or '' of one that no layer of this version makes. sets: names
    of the sets of objects that the estate declares in it.
    """
    made = _eks(estate) if estate.identity.manages("eks") != "ignore" else {}
    on_site = _on_site(estate)
    unknown: dict[str, Any] = {"version": None, "nodes": None, "workloads": [], "layer": ""}
    return {
        host: {
            "cluster": endpoint.cluster,
            "kubeconfig": endpoint.kubeconfig,
            **unknown,
            **on_site.get(endpoint.cluster, {}),
            **made.get(endpoint.cluster, {}),
            "sets": declared_sets(estate, endpoint.cluster),
        }
        for host, endpoint in estate.kubernetes.items()
    }


def declared_sets(estate: Estate, cluster: str) -> list[str]:
    """Names of the sets of objects that the estate declares in a cluster."""
    kubeflow = estate.platform.kubeflow
    carries = kubeflow is not None and kubeflow.manage == "managed" and cluster in kubeflow.clusters
    return [SET, *([KUBEFLOW] if carries else [])]


def _on_site(estate: Estate) -> dict[str, dict[str, Any]]:
    """EKS Anywhere makes them, as soon as there is a machine to make the first one from."""
    hosts = len(estate.live_hosts)
    ours = estate.identity.manages("eks_anywhere") != "ignore" and estate.admin_machine is not None
    layer = f"{estate.vcenter.host}.eks_anywhere" if ours and estate.vcenter is not None else ""
    found: dict[str, dict[str, Any]] = {}
    for one in estate.clusters:
        workers = sum(one.worker_count(group, hosts) for group in one.workers)
        made = {"layer": layer, "nodes": one.control_plane_count(hosts) + workers} if layer else {}
        found[one.name] = {"version": one.kubernetes_version, **(made if one.manage != "ignore" else {})}
    return found


def _eks(estate: Estate) -> dict[str, dict[str, Any]]:
    return {
        cluster.name: {
            "version": cluster.version,
            "nodes": sum(group.min for group in cluster.node_groups if group.manage != "ignore"),
            "workloads": _workloads(cluster),
            "layer": f"{region.host}.eks",
        }
        for region in estate.regions
        for cluster in region.clusters
        if cluster.manage != "ignore"
    }


def _workloads(cluster: EksCluster) -> list[str]:
    """What the cluster's add-ons run, as "Deployment kube-system/coredns"."""
    names = [addon.name for addon in cluster.addons if addon.manage != "ignore"]
    return [f"{kind} kube-system/{name}" for addon in names for kind, name in _ADDONS.get(addon, ())]
