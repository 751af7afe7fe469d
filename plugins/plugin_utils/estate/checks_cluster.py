# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Endpoints of Kubernetes clusters, and what each cluster has before anything is installed on it."""

from __future__ import annotations

import os
from collections.abc import Iterator

from .check import known, needs
from .eks import EksCluster
from .endpoints import KubernetesEndpoint
from .estate import Estate
from .layers_eks import kubeconfig_context, kubeconfig_path
from .problems import Path, Problem


@needs("kubeops_clusters", "eks_clusters", "kubeops_aws", "kubeops_kubernetes")
def endpoints(estate: Estate) -> Iterator[Problem]:
    """They lead to clusters that there are."""
    for host, endpoint in estate.kubernetes.items():
        path: Path = ("kubeops_kubernetes", "cluster")
        yield from known(path, endpoint.cluster, estate.cluster_names, "cluster of this estate", host)
        if endpoint.via is not None and endpoint.via.kind != "direct":
            message = "is a way to a cluster that this version does not go"
            remedy = "put the proxy into the kubeconfig (proxy-url), or leave via out"
            yield Problem(("kubeops_kubernetes", "via", "kind"), endpoint.via.kind, message, remedy, host)


@needs("kubeops_clusters", "eks_clusters", "kubeops_aws", "kubeops_kubernetes", sound=True)
def kubeconfigs(estate: Estate) -> Iterator[Problem]:
    """Clusters are reached by the kubeconfig that their layer writes."""
    eks = {cluster.name: cluster for region in estate.regions for cluster in region.clusters}
    for host, endpoint in estate.kubernetes.items():
        if endpoint.cluster in eks:
            yield from _kubeconfig(host, endpoint, eks[endpoint.cluster])
        elif estate.admin_machine is not None and endpoint.cluster in {one.name for one in estate.clusters}:
            written = f".kubeops/private/kubeconfig-{endpoint.cluster}"
            if os.path.normpath(endpoint.kubeconfig) != written:
                message = f"is not where the kubeconfig of cluster {endpoint.cluster} is written"
                path: Path = ("kubeops_kubernetes", "kubeconfig")
                yield Problem(path, endpoint.kubeconfig, message, f"write {written}", host)


def _kubeconfig(host: str, endpoint: KubernetesEndpoint, cluster: EksCluster) -> Iterator[Problem]:
    if cluster.kubeconfig is None:
        return
    written, context = kubeconfig_path(cluster), kubeconfig_context(cluster)
    if os.path.normpath(endpoint.kubeconfig) != os.path.normpath(written):
        message = f"is not where the kubeconfig of cluster {cluster.name} is written"
        path: Path = ("kubeops_kubernetes", "kubeconfig")
        yield Problem(path, endpoint.kubeconfig, message, f"write {written}, or set kubeconfig.path there", host)
    if endpoint.context not in (None, context):
        message = f"is no context of the kubeconfig of cluster {cluster.name}"
        yield Problem(("kubeops_kubernetes", "context"), endpoint.context or "", message, f"write {context}", host)


@needs("kubeops_platform", "kubeops_kubernetes", "cluster_base")
def storage(estate: Estate) -> Iterator[Problem]:
    """Kubeflow's volumes are of a class that its clusters have."""
    kubeflow = estate.platform.kubeflow
    if kubeflow is None or kubeflow.manage == "ignore":
        return
    for host, base in estate.bases.items():
        endpoint = estate.kubernetes.get(host)
        if endpoint is None or endpoint.cluster not in kubeflow.clusters:
            continue
        names = [one.name for one in base.storage_classes]
        what = f"StorageClass of cluster {endpoint.cluster} (cluster_base.storage_classes of host {host})"
        yield from known(("kubeops_platform", "kubeflow", "storage_class"), kubeflow.storage_class, names, what)
