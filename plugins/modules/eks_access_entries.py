#!/usr/bin/python
# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Module eks_access_entries. Written by tools/generate from the options of its kind."""

from __future__ import annotations

DOCUMENTATION = r"""
module: eks_access_entries
short_description: Who may use EKS clusters, in one call
version_added: 0.1.0
author: KubeOps Hybrid contributors (@kubeops)
description:
  - Access of an IAM principal to an EKS cluster. Unique by cluster and name.
  - This is M(kubeops.hybrid.aws_resources) for the kind C(eks_access_entry) alone. References name objects of the
    same estate.
  - Made from EKS CreateAccessEntry, UpdateAccessEntry, AssociateAccessPolicy.
extends_documentation_fragment:
  - kubeops.hybrid.estate
  - kubeops.hybrid.estate.purge
  - kubeops.hybrid.aws
options:
  access_entries:
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
          - Cluster to get access to.
          - It cannot change in place.
        type: str
        required: true
      principal:
        description:
          - Role as V(iam_role/name), or the ARN of any principal.
          - It cannot change in place.
        type: str
        required: true
      type:
        description:
          - Sort of access, V(STANDARD) for people and programs.
          - It cannot change in place.
        type: str
      kubernetes_groups:
        description:
          - All groups in Kubernetes, for rules of its own.
          - A change is brief.
        type: list
        elements: str
      username:
        description:
          - Name in Kubernetes. Made from the principal unless given.
          - A change is brief.
        type: str
      policies:
        description:
          - All access policies.
          - A change is brief.
        type: list
        elements: dict
        suboptions:
          policy:
            description:
              - Name of the policy, as V(AmazonEKSClusterAdminPolicy).
            type: str
            required: true
          scope:
            description:
              - Where it holds, V(cluster) unless given.
            type: str
            choices:
              - cluster
              - namespace
          namespaces:
            description:
              - Namespaces it holds in, for scope V(namespace).
            type: list
            elements: str
      tags:
        description:
          - Tags. Other people's tags are left alone; C({}) removes all but the marks of ownership.
        type: dict
seealso:
  - module: kubeops.hybrid.aws_resources
"""

EXAMPLES = r"""
- name: The bastion's role administers the cluster
  kubeops.hybrid.eks_access_entries:
    region: us-east-2
    estate: example
    access_entries:
      - name: bastion
        cluster: example
        principal: iam_role/example-bastion
        policies:
          - {policy: AmazonEKSClusterAdminPolicy, scope: cluster}
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
    shape = Many(KINDS["eks_access_entry"], "access_entries")
    module = AnsibleModule(argument_spec={**shape.argument_spec, **OPTIONS}, supports_check_mode=True)
    shape.run(module, KINDS, connect)


if __name__ == "__main__":
    main()
