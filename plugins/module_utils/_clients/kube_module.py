# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This file is private to the collection: its content may change in any release.
"""How a module's parameters become a connection to a Kubernetes cluster, which may still be to come."""

from __future__ import annotations

import os
import typing as t

from .._engine.errors import NotFound
from .._engine.runs import Run
from .kube import KubeClient, refuse_writes
from .kube_config import load

# Kinds whose objects are clusters, each with a kubeconfig of its own once it is there.
_CLUSTERS = ("eks_cluster", "eksa_cluster")
OPTIONS: dict[str, dict[str, t.Any]] = {
    "kubeconfig": {"type": "path", "required": True},
    "context": {"type": "str"},
    "cluster": {"type": "str"},
    "kubernetes_version": {"type": "str"},
}


def connect(params: t.Mapping[str, t.Any], run: Run, read_only: bool) -> KubeClient | None:
    """The cluster's client, or None of a cluster that the estate declares and that is not there yet.

    read_only: a write is a defect and refused. A cluster to come is an answer for plans only: whoever is to
    write, or has no run that declares it, is told what is missing.
    """
    path = params["kubeconfig"]
    if not os.path.exists(path):
        declared = run.declares(_CLUSTERS, str(params.get("cluster") or ""))
        if read_only and declared:
            return None
        raise NotFound(
            f"there is no kubeconfig {path}",
            remedy="The layer that makes the cluster writes it; run that first." if declared else "Is the path right?",
        )
    agent = f"kubeops-hybrid run/{run.id}" if run.id else "kubeops-hybrid"
    return KubeClient(load(path, params.get("context")), guard=refuse_writes if read_only else run.guard, agent=agent)
