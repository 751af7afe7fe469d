#!/usr/bin/python
# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Module iam_roles. Written by tools/generate from the options of its kind."""

from __future__ import annotations

DOCUMENTATION = r"""
module: iam_roles
short_description: IAM roles with their trust and policies in one call
version_added: 0.1.0
author: KubeOps Hybrid contributors (@kubeops)
description:
  - An IAM role with its trust policy, managed and inline policies.
  - This is M(kubeops.hybrid.aws_resources) for the kind C(iam_role) alone. References name objects of the same
    estate.
  - Made from IAM CreateRole, UpdateRole, UpdateAssumeRolePolicy, AttachRolePolicy, PutRolePolicy.
extends_documentation_fragment:
  - kubeops.hybrid.estate
  - kubeops.hybrid.estate.purge
  - kubeops.hybrid.aws
options:
  roles:
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
      path:
        description:
          - Path, V(/) unless given.
          - It cannot change in place.
        type: str
      description:
        description:
          - What the role is for.
        type: str
      trust_policy:
        description:
          - Who may assume the role, as a policy document.
          - A change is brief.
        type: dict
      service_account:
        description:
          - Service account of a cluster that may assume the role, in place of C(trust_policy), which is made from
            it once the cluster is known.
          - A change is brief.
        type: dict
        suboptions:
          provider:
            description:
              - OIDC provider of the cluster.
            type: str
            required: true
          namespace:
            description:
              - Namespace. V(*) stands for any text in it.
            type: str
            required: true
          name:
            description:
              - Name. V(*) stands for any text in it.
            type: str
            required: true
      managed_policies:
        description:
          - 'All attached managed policies: AWS'' own by name (V(AmazonEKSClusterPolicy), with its path if it has
            one, as in V(service-role/AmazonEBSCSIDriverPolicy)), others by ARN.'
          - A change is brief.
        type: list
        elements: str
      inline_policies:
        description:
          - 'All inline policies: name to policy document.'
          - A change is brief.
        type: dict
      permissions_boundary:
        description:
          - ARN of the policy that bounds the role. An empty text removes it.
        type: str
      max_session_duration:
        description:
          - Longest session in seconds, V(3600) to V(43200).
        type: int
      tags:
        description:
          - Tags. Other people's tags are left alone; C({}) removes all but the marks of ownership.
        type: dict
seealso:
  - module: kubeops.hybrid.aws_resources
"""

EXAMPLES = r"""
- name: Nodes may join and pull images
  kubeops.hybrid.iam_roles:
    region: us-east-2
    estate: example
    roles:
      - name: example-node
        trust_policy:
          Version: "2012-10-17"
          Statement:
            - Effect: Allow
              Principal: {Service: ec2.amazonaws.com}
              Action: sts:AssumeRole
        managed_policies: [AmazonEKSWorkerNodePolicy, AmazonEC2ContainerRegistryPullOnly]

- name: A role for a service account, whose trust is written once the cluster is known
  kubeops.hybrid.iam_roles:
    region: us-east-2
    estate: example
    roles:
      - name: example-pipelines
        service_account: {provider: example, namespace: kubeflow, name: pipeline-runner}
        managed_policies: [AmazonS3ReadOnlyAccess]
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
    shape = Many(KINDS["iam_role"], "roles")
    module = AnsibleModule(argument_spec={**shape.argument_spec, **OPTIONS}, supports_check_mode=True)
    shape.run(module, KINDS, connect)


if __name__ == "__main__":
    main()
