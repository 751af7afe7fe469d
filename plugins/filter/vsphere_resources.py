# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Filter from the shape of a site to the resources that make it."""

from __future__ import annotations

DOCUMENTATION = r"""
name: vsphere_resources
short_description: Derive the resources of a layer of vSphere from the shape of a site
version_added: 0.1.0
author:
  - KubeOps Hybrid contributors (@kubeops-hybrid)
description:
  - Turns the shape of what is on site into the flat list of resources that the module C(vsphere_resources) takes.
  - Ranges are expanded. Percentages of pools become MHz and MiB of the declared capacity, so that an outage never
    lowers what is reserved.
  - Nothing is read from vSphere. The same shape always gives the same list.
requirements:
  - pydantic >= 2.10
options:
  _input:
    description:
      - Shape of what is on site behind one vCenter. Its fields are described in the schema of the estate,
        C(docs/schema/estate.json); each is the variable C(kubeops_) of its name.
    type: dict
    required: true
  layer:
    description: The layer.
    type: str
    choices: [vsphere_cluster, vsphere_hosts, vcenter]
    required: true
  estate:
    description: Name of the estate.
    type: str
    required: true
  manage:
    description:
      - How far the whole layer is ours. V(reference) makes every resource one that must exist and is only referred to,
        V(ignore) gives an empty list.
    type: str
    choices: [managed, reference, ignore]
    default: managed
"""

EXAMPLES = r"""
- name: What a cluster consists of
  ansible.builtin.debug:
    msg: "{{ shape | kubeops.hybrid.vsphere_resources('vsphere_cluster', estate='lab') }}"
  vars:
    shape:
      vcenter:
        host: vcsa.lab.example.com
        version: "8.0.3"
        datacenter: lab
        switch: lab
        cluster: {name: lab}
"""

RETURN = r"""
_value:
  description: Resources, each with C(kind), C(name) and the options of its kind, after those that it refers to.
  type: list
  elements: dict
"""

from collections.abc import Callable, Mapping
from typing import Any

from ansible.errors import AnsibleError, AnsibleFilterError

from ansible_collections.kubeops.hybrid.plugins.plugin_utils.estate import layers_vsphere
from ansible_collections.kubeops.hybrid.plugins.plugin_utils.estate.base import Manage
from ansible_collections.kubeops.hybrid.plugins.plugin_utils.estate.identity import Layer


def vsphere_resources(
    shape: Mapping[str, Any], layer: Layer, estate: str, manage: Manage = "managed"
) -> list[dict[str, Any]]:
    """See DOCUMENTATION. Raises AnsibleFilterError with path, value and remedy of every problem."""
    try:
        return layers_vsphere.vsphere_resources(layer, shape, estate=estate, manage=manage)
    except AnsibleError as error:
        raise AnsibleFilterError(f"vsphere_resources: {error}") from error


class FilterModule:
    """The filter, as Ansible finds it."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        """Name to function."""
        return {"vsphere_resources": vsphere_resources}
