# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Filter from the shape of a site to what the checks of milestones have to find."""

from __future__ import annotations

DOCUMENTATION = r"""
name: vsphere_milestones
short_description: Derive what milestones expect from the shape of a site
version_added: 0.1.0
author:
  - KubeOps Hybrid contributors (@kubeops-hybrid)
description:
  - Gives the milestones that a layer of the shape is about, as the module C(vsphere_resources) takes them.
requirements:
  - pydantic >= 2.10
options:
  _input:
    description: Shape of a site, as P(kubeops.hybrid.vsphere_resources#filter) takes it.
    type: dict
    required: true
  layer:
    description: The layer.
    type: str
    choices: [vsphere_cluster, vsphere_hosts, vcenter, eks_anywhere]
    required: true
"""

EXAMPLES = r"""
- name: What has to be found
  ansible.builtin.debug:
    msg: "{{ vcenter_shape | kubeops.hybrid.vsphere_milestones('vcenter') }}"
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

from ansible_collections.kubeops.hybrid.plugins.plugin_utils.estate import expectations_vsphere


def vsphere_milestones(shape: Mapping[str, Any], layer: str) -> list[dict[str, Any]]:
    """See DOCUMENTATION. Raises AnsibleFilterError with path, value and remedy of every problem."""
    try:
        return expectations_vsphere.vsphere_milestones(layer, shape)
    except AnsibleError as error:
        raise AnsibleFilterError(f"vsphere_milestones: {error}") from error


class FilterModule:
    """The filter, as Ansible finds it."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        """Name to function."""
        return {"vsphere_milestones": vsphere_milestones}
