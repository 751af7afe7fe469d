# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Filter from the shape of Kubeflow to what the checks of milestones have to find."""

from __future__ import annotations

DOCUMENTATION = r"""
name: kubeflow_milestones
short_description: Derive what milestones expect of Kubeflow
version_added: 0.1.0
author:
  - KubeOps Hybrid contributors (@kubeops-hybrid)
description:
  - Gives the O(kubeops.hybrid.kube_resources#module:milestones) that the shape is about.
requirements:
  - pydantic >= 2.10
options:
  _input:
    description: Shape of Kubeflow, as P(kubeops.hybrid.kubeflow_resources#filter) takes it.
    type: dict
    required: true
  estate:
    description: Name of the estate.
    type: str
    required: true
  cluster:
    description: Name of the cluster.
    type: str
    required: true
  manage:
    description: How far the whole layer is ours. V(ignore) gives an empty list.
    type: str
    choices: [managed, reference, ignore]
    default: managed
"""

EXAMPLES = r"""
- name: What has to be found
  ansible.builtin.debug:
    msg: "{{ kubeflow | kubeops.hybrid.kubeflow_milestones(estate='lab', cluster='lab-eks') }}"
"""

RETURN = r"""
_value:
  description: Expectations, each with C(milestone) and what its check compares.
  type: list
  elements: dict
"""

from collections.abc import Callable, Mapping
from typing import Any

from ansible.errors import AnsibleError, AnsibleFilterError

from ansible_collections.kubeops.hybrid.plugins.plugin_utils.estate import layers_kubeflow
from ansible_collections.kubeops.hybrid.plugins.plugin_utils.estate.base import Manage


def kubeflow_milestones(
    kubeflow: Mapping[str, Any], estate: str, cluster: str, manage: Manage = "managed"
) -> list[dict[str, Any]]:
    """See DOCUMENTATION. Raises AnsibleFilterError with path, value and remedy of every problem."""
    try:
        return layers_kubeflow.kubeflow_milestones(kubeflow, estate=estate, cluster=cluster, manage=manage)
    except AnsibleError as error:
        raise AnsibleFilterError(f"kubeflow_milestones: {error}") from error


class FilterModule:
    """The filter, as Ansible finds it."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        """Name to function."""
        return {"kubeflow_milestones": kubeflow_milestones}
