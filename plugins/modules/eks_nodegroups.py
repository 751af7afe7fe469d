#!/usr/bin/python
# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Module eks_nodegroups. Written by tools/generate from the options of its kind."""

from __future__ import annotations

DOCUMENTATION = r"""
module: eks_nodegroups
short_description: All managed node groups of EKS clusters in one call
version_added: 0.1.0
author: KubeOps Hybrid contributors (@kubeops)
description:
  - A managed node group of an EKS cluster. Unique by cluster and name.
  - This is M(kubeops.hybrid.aws_resources) for the kind C(eks_nodegroup) alone. References name objects of the
    same estate.
  - Made from EKS CreateNodegroup, UpdateNodegroupConfig, UpdateNodegroupVersion, DescribeUpdate.
extends_documentation_fragment:
  - kubeops.hybrid.estate
  - kubeops.hybrid.estate.purge
  - kubeops.hybrid.aws
options:
  nodegroups:
    description:
      - The objects.
    type: list
    elements: dict
    required: true
    suboptions:
      name:
        description:
          - Name of the object.
        type: str
        required: true
      cluster:
        description:
          - Cluster of the nodes.
          - It cannot change in place.
        type: str
        required: true
      role:
        description:
          - Role of the nodes.
          - It cannot change in place.
        type: str
        required: true
      subnets:
        description:
          - Subnets of the nodes.
          - It cannot change in place.
        type: list
        required: true
        elements: str
      instance_types:
        description:
          - Instance types, the preferred one first.
          - It cannot change in place.
        type: list
        elements: str
      ami_type:
        description:
          - Image family in EKS' words, as V(AL2023_x86_64_STANDARD).
          - It cannot change in place.
        type: str
      capacity_type:
        description:
          - How capacity is bought.
          - It cannot change in place.
        type: str
        choices:
          - ON_DEMAND
          - SPOT
      disk_size:
        description:
          - Root volume in GiB. Not together with C(launch_template).
          - It cannot change in place.
        type: int
      scaling:
        description:
          - Size of the group in nodes.
          - A change is brief.
        type: dict
        suboptions:
          min:
            description:
              - Smallest size.
            type: int
          max:
            description:
              - Largest size.
            type: int
          desired:
            description:
              - Size now. Leave it out where an autoscaler decides.
            type: int
      labels:
        description:
          - Kubernetes labels of the nodes. Undeclared ones are left alone, C({}) removes all.
        type: dict
      taints:
        description:
          - All Kubernetes taints of the nodes.
          - A change is brief.
        type: list
        elements: dict
        suboptions:
          key:
            description:
              - Key.
            type: str
            required: true
          value:
            description:
              - Value.
            type: str
          effect:
            description:
              - What happens to pods that do not tolerate it.
            type: str
            required: true
            choices:
              - NO_SCHEDULE
              - NO_EXECUTE
              - PREFER_NO_SCHEDULE
      launch_template:
        description:
          - Launch template of the instances.
          - It cannot change in place.
        type: str
      launch_template_version:
        description:
          - Version of it, as a number. A change replaces the nodes one after the other.
          - A change is disruptive.
        type: str
      update:
        description:
          - 'How many nodes may be missing while nodes are replaced: one of the two.'
        type: dict
        suboptions:
          max_unavailable:
            description:
              - Number of nodes.
            type: int
          max_unavailable_percentage:
            description:
              - Share of the nodes in percent.
            type: int
      tags:
        description:
          - Tags. Other people's tags are left alone; C({}) removes all but the marks of ownership.
        type: dict
seealso:
  - module: kubeops.hybrid.aws_resources
"""

EXAMPLES = r"""
- name: Workers and an empty group of GPU nodes
  kubeops.hybrid.eks_nodegroups:
    region: us-east-2
    estate: example
    nodegroups:
      - name: workers
        cluster: example
        role: example-node
        subnets: [example-private-us-east-2a, example-private-us-east-2b]
        instance_types: [m5.xlarge]
        scaling: {min: 1, max: 10}
      - name: gpu
        cluster: example
        role: example-node
        subnets: [example-private-us-east-2a]
        instance_types: [p3.2xlarge]
        scaling: {min: 0, max: 4}
        taints:
          - {key: nvidia.com/gpu, effect: NO_SCHEDULE}
"""

RETURN = r"""
plan:
  description: What was or would be done, without what stays as it is. The full plan is in the store of the run.
  returned: always
  type: list
  elements: dict
  contains:
    kind: {description: Kind of the resource., type: str}
    name: {description: Name of the resource., type: str}
    verb: {description: 'One of create, update, continue, delete.', type: str}
    impact: {description: 'What it does to users: none, brief, disruptive or irreversible.', type: str}
    outcome: {description: 'One of planned, done, failed, not_tried, waiting.', type: str}
    fields: {description: 'What changes, of updates.', type: list, elements: str}
    reason: {description: Why it ended so., type: str}
counts:
  description: How many entries there are, by verb and by outcome.
  returned: always
  type: dict
waiting:
  description: Resources for which somebody else must act, with C(kind), C(name), C(since), C(for) and C(do).
  returned: always
  type: list
  elements: dict
undeclared:
  description: What carries the estate's mark and is declared nowhere, with C(kind), C(name) and C(id).
  returned: when O(purge)
  type: list
  elements: dict
"""

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.kubeops.hybrid.plugins.module_utils._clients.aws_module import OPTIONS, connect
from ansible_collections.kubeops.hybrid.plugins.module_utils._engine.one_kind import Many
from ansible_collections.kubeops.hybrid.plugins.module_utils._kinds.aws.registry import KINDS


def main() -> None:
    """The one-kind form of aws_resources."""
    shape = Many(KINDS["eks_nodegroup"], "nodegroups")
    module = AnsibleModule(argument_spec={**shape.argument_spec, **OPTIONS}, supports_check_mode=True)
    shape.run(module, KINDS, connect)


if __name__ == "__main__":
    main()
