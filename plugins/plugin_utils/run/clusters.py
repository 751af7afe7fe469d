# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This file is private to the collection: its content may change in any release.
"""Kubernetes clusters in a run: how each is reached, and which are passed over because nothing builds them yet."""

from __future__ import annotations

import os
import typing as t

from ansible_collections.kubeops.hybrid.plugins.plugin_utils.estate.layers_cluster import cluster_facts

if t.TYPE_CHECKING:
    from ansible_collections.kubeops.hybrid.plugins.plugin_utils.estate.estate import Estate

Document = dict[str, t.Any]
LAST = "cluster_base"
"""The layer of a cluster that a teardown removes last."""
NOT_COVERED = "not_covered"
IGNORED = "ignored"


def facts(estate: Estate) -> dict[str, Document]:
    """Inventory host to what is declared of its cluster; see cluster_facts. Paths of kubeconfigs are absolute."""
    directory = os.environ.get("PWD") or os.getcwd()
    return {
        host: {**cluster, "kubeconfig": os.path.join(directory, os.path.expanduser(cluster["kubeconfig"]))}
        for host, cluster in cluster_facts(estate).items()
    }


def dependents(clusters: t.Mapping[str, Document]) -> dict[str, list[str]]:
    """Layer that makes clusters, as "us-east-2.eks", to what has to be removed before it."""
    found: dict[str, list[str]] = {}
    for host, cluster in clusters.items():
        if cluster["layer"]:
            found.setdefault(cluster["layer"], []).append(f"{host}.{LAST}")
    return found


def passed_over(run: t.Mapping[str, t.Any], place: str, layer: str) -> tuple[str, str]:
    """Outcome and reason of a layer that is not for this run, or two empty texts.

    run: what the begin of the run returned. place: inventory host. Only layers of clusters are ever passed over.
    """
    cluster = (run.get("clusters") or {}).get(place)
    if cluster is None:
        return "", ""
    if layer in (run.get("ignored") or ()):
        return IGNORED, f"kubeops_estate.layers.{layer} is ignore"
    if os.path.exists(cluster["kubeconfig"]):
        return "", ""
    missing = f"there is no kubeconfig {cluster['kubeconfig']}"
    if not cluster["layer"]:
        return NOT_COVERED, f"no layer of this version makes cluster {cluster['cluster']}, and {missing}"
    if run.get("verb") == "teardown":
        return NOT_COVERED, f"cluster {cluster['cluster']} is not there any more: {missing}"
    return "", ""
