# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Filter from shapes of VPCs to the resources that make them."""

from __future__ import annotations

DOCUMENTATION = r"""
name: aws_network_resources
short_description: Derive the resources of VPCs from their shape
version_added: 0.1.0
author:
  - KubeOps Hybrid contributors (@kubeops-hybrid)
description:
  - Turns a list of VPC shapes into the flat list of resources that M(kubeops.hybrid.aws_resources) takes.
  - Subnets, gateways, route tables, endpoints and their security group follow from zones and tiers.
  - CIDRs of subnets are cut from the CIDR of the VPC in the order of the tiers, and stay when a tier is added at the
    end or a zone within C(zone_slots).
  - Nothing is read from AWS. The same shape always gives the same list.
requirements:
  - pydantic >= 2.10
options:
  _input:
    description:
      - Shapes of the VPCs of one region. Their fields are described in the schema of the estate,
        C(docs/schema/estate.json), under C(Vpc).
    type: list
    elements: dict
    required: true
  estate:
    description: Name of the estate.
    type: str
    required: true
  region:
    description: Name of the AWS region. Zones must belong to it.
    type: str
    required: true
  manage:
    description:
      - How far the whole layer is ours. V(reference) makes every resource one that must exist and is only referred to,
        V(ignore) gives an empty list.
    type: str
    choices: [managed, reference, ignore]
    default: managed
seealso:
  - plugin: kubeops.hybrid.eks_resources
    plugin_type: filter
"""

EXAMPLES = r"""
- name: A VPC over two zones
  ansible.builtin.debug:
    msg: "{{ vpcs | kubeops.hybrid.aws_network_resources(estate='lab', region='us-east-2') }}"
  vars:
    vpcs:
      - name: lab
        cidr: 10.80.0.0/20
        zones: [us-east-2a, us-east-2b]
        tiers:
          public: {prefix: 25, public: true}
          private: {prefix: 24}
        endpoints:
          gateway: [s3]
"""

RETURN = r"""
_value:
  description: Resources, each with C(kind), C(name) and the options of its kind, after those that it refers to.
  type: list
  elements: dict
"""

from collections.abc import Callable, Sequence
from typing import Any

from ansible.errors import AnsibleError, AnsibleFilterError

from ansible_collections.kubeops.hybrid.plugins.plugin_utils.estate import layers
from ansible_collections.kubeops.hybrid.plugins.plugin_utils.estate.base import Manage


def aws_network_resources(
    vpcs: Sequence[Any], estate: str, region: str, manage: Manage = "managed"
) -> list[dict[str, Any]]:
    """See DOCUMENTATION. Raises AnsibleFilterError with path, value and remedy of every problem."""
    try:
        return layers.aws_network_resources(vpcs, estate=estate, region=region, manage=manage)
    except AnsibleError as error:
        raise AnsibleFilterError(f"aws_network_resources: {error}") from error


class FilterModule:
    """The filter, as Ansible finds it."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        """Name to function."""
        return {"aws_network_resources": aws_network_resources}
