#!/usr/bin/python
# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Module eks_cluster. Written by tools/generate from the options of its kind."""

from __future__ import annotations

DOCUMENTATION = r"""
module: eks_cluster
short_description: An EKS cluster that can also be changed
version_added: 0.1.0
author: KubeOps Hybrid contributors (@kubeops)
description:
  - 'An EKS cluster: a Kubernetes control plane that AWS manages.'
  - This is M(kubeops.hybrid.aws_resources) for the kind C(eks_cluster) alone. References name objects of the same
    estate.
  - Made from EKS CreateCluster, UpdateClusterConfig, DescribeUpdate.
extends_documentation_fragment:
  - kubeops.hybrid.estate
  - kubeops.hybrid.estate.purge
  - kubeops.hybrid.aws
options:
  name:
    description:
      - Name of the object.
    type: str
    required: true
  version:
    description:
      - Kubernetes version, as V(1.35). An upgrade in place is not offered by this release.
    type: str
  role:
    description:
      - Role that the control plane acts as.
      - It cannot change in place.
    type: str
  subnets:
    description:
      - Subnets of its network interfaces, in two zones at least.
      - A change is disruptive.
    type: list
    elements: str
  security_groups:
    description:
      - Further security groups of its network interfaces.
      - A change is disruptive.
    type: list
    elements: str
  endpoint_public_access:
    description:
      - Whether the API is reached from outside.
      - A change is disruptive.
    type: bool
  endpoint_private_access:
    description:
      - Whether the API is reached inside the VPC.
      - A change is disruptive.
    type: bool
  public_access_cidrs:
    description:
      - Who may reach the public endpoint.
      - A change is disruptive.
    type: list
    elements: str
  logging:
    description:
      - 'Control plane logs to keep: V(api), V(audit), V(authenticator), V(controllerManager), V(scheduler).'
    type: list
    elements: str
  authentication_mode:
    description:
      - Where access is declared. It changes towards V(API) only, never back.
      - A change is irreversible.
    type: str
    choices:
      - CONFIG_MAP
      - API_AND_CONFIG_MAP
      - API
  bootstrap_cluster_creator_admin_permissions:
    description:
      - Whether the creator becomes an administrator of the cluster.
      - It cannot change in place.
    type: bool
  service_ipv4_cidr:
    description:
      - Range of service addresses.
      - It cannot change in place.
    type: str
  ip_family:
    description:
      - Family of pod and service addresses.
      - It cannot change in place.
    type: str
    choices:
      - ipv4
      - ipv6
  tags:
    description:
      - Tags. Other people's tags are left alone; C({}) removes all but the marks of ownership.
    type: dict
seealso:
  - module: kubeops.hybrid.aws_resources
"""

EXAMPLES = r"""
- name: The cluster's API is private, its audit log is kept
  kubeops.hybrid.eks_cluster:
    region: us-east-2
    estate: example
    name: example
    version: "1.35"
    role: example-cluster
    subnets: [example-private-us-east-2a, example-private-us-east-2b]
    endpoint_public_access: false
    endpoint_private_access: true
    logging: [audit]
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
from ansible_collections.kubeops.hybrid.plugins.module_utils._engine.one_kind import One
from ansible_collections.kubeops.hybrid.plugins.module_utils._kinds.aws.registry import KINDS


def main() -> None:
    """The one-kind form of aws_resources."""
    shape = One(KINDS["eks_cluster"])
    module = AnsibleModule(argument_spec={**shape.argument_spec, **OPTIONS}, supports_check_mode=True)
    shape.run(module, KINDS, connect)


if __name__ == "__main__":
    main()
