# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Filter that picks the secrets that a layer of vSphere refers to."""

from __future__ import annotations

DOCUMENTATION = r"""
name: vsphere_secrets
short_description: Pick the secrets that a layer of vSphere refers to
version_added: 0.1.0
author:
  - KubeOps Hybrid contributors (@kubeops-hybrid)
description:
  - Gives those of the secrets that the layer refers to by name and that have a value. The others are not even looked
    up.
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
    choices: [vsphere_cluster, vsphere_hosts, vcenter]
    required: true
  secrets:
    description: Secrets, name to value, as C(kubeops_secrets) has them.
    type: dict
    required: true
  password:
    description: Password of the vCenter, where it does not come from its secret.
    type: str
"""

EXAMPLES = r"""
- name: The secrets of one call
  ansible.builtin.set_fact:
    credentials: "{{ vcenter_shape | kubeops.hybrid.vsphere_secrets('vcenter', kubeops_secrets) }}"
  no_log: true
"""

RETURN = r"""
_value:
  description: Name to value.
  type: dict
"""

from collections.abc import Callable, Mapping
from typing import Any

from ansible.errors import AnsibleError, AnsibleFilterError

from ansible_collections.kubeops.hybrid.plugins.plugin_utils.estate import layers_vsphere
from ansible_collections.kubeops.hybrid.plugins.plugin_utils.estate.identity import Layer


def vsphere_secrets(
    shape: Mapping[str, Any], layer: Layer, secrets: Mapping[str, Any], password: str | None = None
) -> dict[str, str]:
    """See DOCUMENTATION. Raises AnsibleFilterError with path, value and remedy of every problem."""
    try:
        return layers_vsphere.credentials(layer, shape, secrets, password)
    except AnsibleError as error:
        raise AnsibleFilterError(f"vsphere_secrets: {error}") from error


class FilterModule:
    """The filter, as Ansible finds it."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        """Name to function."""
        return {"vsphere_secrets": vsphere_secrets}
