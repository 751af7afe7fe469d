# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This file is private to the collection: its content may change in any release.
"""How a module's parameters become a connection to a Kubernetes cluster, which may still be to come."""

from __future__ import annotations

import os
import typing as t

from ansible.module_utils.basic import AnsibleModule

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


def connect(module: AnsibleModule, run: Run) -> KubeClient | None:
    """The cluster's client, or None of a cluster that the estate declares and that is not there yet.

    In check mode a write is a defect and refused. A cluster to come is an answer for plans only: whoever is to
    write, or has no run that declares it, is told what is missing.
    """
    params: dict[str, t.Any] = module.params
    read_only = bool(module.check_mode)

    def execute(command: t.Sequence[str], environment: t.Mapping[str, str]) -> tuple[int, str, str]:
        answer: tuple[int, str, str] = module.run_command(
            list(command), data="", environ_update=dict(environment), handle_exceptions=False
        )
        return answer

    path, cluster = params["kubeconfig"], str(params.get("cluster") or "")
    if read_only and run.to_come(_CLUSTERS, cluster):
        # A kubeconfig that is there is that of one before it.
        return None
    if not os.path.exists(path):
        declared = run.declares(_CLUSTERS, cluster)
        if read_only and declared:
            return None
        raise NotFound(
            f"there is no kubeconfig {path}",
            remedy="The layer that makes the cluster writes it; run that first." if declared else "Is the path right?",
        )
    agent = f"kubeops-hybrid run/{run.id}" if run.id else "kubeops-hybrid"
    guard = refuse_writes if read_only else run.guard
    return KubeClient(load(path, params.get("context")), guard=guard, agent=agent, execute=execute)
