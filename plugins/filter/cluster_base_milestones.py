# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Filter from the shape of a cluster's base to what the checks of milestones have to find."""

from __future__ import annotations

DOCUMENTATION = r"""
name: cluster_base_milestones
short_description: Derive what milestones expect of a cluster and its base
version_added: 0.1.0
author:
  - KubeOps Hybrid contributors (@kubeops-hybrid)
description:
  - Gives the O(kubeops.hybrid.kube_resources#module:milestones) that a cluster and its base are about.
requirements:
  - pydantic >= 2.10
options:
  _input:
    description: Shape of the base, as P(kubeops.hybrid.cluster_base_resources#filter) takes it.
    type: dict
    required: true
  cluster:
    description: Name of the cluster.
    type: str
    required: true
  facts:
    description:
      - What else is declared of the cluster, C(version) (of Kubernetes), C(nodes) (the least number) and C(workloads)
        (what runs in kube-system, as C(Deployment kube-system/coredns)). What is left out is not expected.
    type: dict
"""

EXAMPLES = r"""
- name: What has to be found
  ansible.builtin.debug:
    msg: "{{ cluster_base | kubeops.hybrid.cluster_base_milestones(cluster='lab-eks', facts={'version': '1.35'}) }}"
"""

RETURN = r"""
_value:
  description: Expectations, each with C(milestone) and what its check compares.
  type: list
  elements: dict
"""

from collections.abc import Callable
from typing import Any

from ansible.errors import AnsibleError, AnsibleFilterError

from ansible_collections.kubeops.hybrid.plugins.plugin_utils.estate import layers_cluster


def cluster_base_milestones(base: Any, cluster: str, facts: dict[str, Any] | None = None) -> list[dict[str, Any]]:
    """See DOCUMENTATION. Raises AnsibleFilterError with path, value and remedy of every problem."""
    try:
        return layers_cluster.cluster_base_milestones(base, cluster=cluster, facts=facts)
    except AnsibleError as error:
        raise AnsibleFilterError(f"cluster_base_milestones: {error}") from error


class FilterModule:
    """The filter, as Ansible finds it."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        """Name to function."""
        return {"cluster_base_milestones": cluster_base_milestones}
