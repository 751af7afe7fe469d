# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Filter from shapes to what the checks of milestones have to find."""

from __future__ import annotations

DOCUMENTATION = r"""
name: eks_milestones
short_description: Derive what milestones expect from a shape
version_added: 0.1.0
author:
  - KubeOps Hybrid contributors (@kubeops-hybrid)
description:
  - Gives the O(kubeops.hybrid.aws_resources#module:milestones) that the shapes are about.
requirements:
  - pydantic >= 2.10
options:
  _input:
    description: Shapes of EKS clusters, as P(kubeops.hybrid.eks_resources#filter) takes them.
    type: list
    elements: dict
    required: true
  vpcs:
    description: Shapes of the VPCs of the region, from which zones are taken.
    type: list
    elements: dict
"""

EXAMPLES = r"""
- name: What has to be found
  ansible.builtin.debug:
    msg: "{{ eks_clusters | kubeops.hybrid.eks_milestones(vpcs=aws_network_vpcs) }}"
"""

RETURN = r"""
_value:
  description: Expectations, each with C(milestone) and what its check compares.
  type: list
  elements: dict
"""

from collections.abc import Callable, Sequence
from typing import Any

from ansible.errors import AnsibleError, AnsibleFilterError

from ansible_collections.kubeops.hybrid.plugins.plugin_utils.estate import expectations


def eks_milestones(clusters: Sequence[Any], vpcs: Sequence[Any] | None = None) -> list[dict[str, Any]]:
    """See DOCUMENTATION. Raises AnsibleFilterError with path, value and remedy of every problem."""
    try:
        return expectations.eks_milestones(clusters, vpcs)
    except AnsibleError as error:
        raise AnsibleFilterError(f"eks_milestones: {error}") from error


class FilterModule:
    """The filter, as Ansible finds it."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        """Name to function."""
        return {"eks_milestones": eks_milestones}
