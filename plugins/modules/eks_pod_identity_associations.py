#!/usr/bin/python
# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Module eks_pod_identity_associations. Written by tools/generate from the options of its kind."""

from __future__ import annotations

DOCUMENTATION = r"""
module: eks_pod_identity_associations
short_description: Roles for service accounts of EKS clusters by EKS Pod Identity, in one call
version_added: 0.1.0
author: KubeOps Hybrid contributors (@kubeops)
description:
  - A role for the pods of a service account, by EKS Pod Identity. The role has to allow V(pods.eks.amazonaws.com)
    both V(sts:AssumeRole) and V(sts:TagSession). The cluster needs the add-on V(eks-pod-identity-agent). Unique
    by cluster and name.
  - This is M(kubeops.hybrid.aws_resources) for the kind C(eks_pod_identity_association) alone. References name
    objects of the same estate.
  - Made from EKS CreatePodIdentityAssociation, UpdatePodIdentityAssociation.
extends_documentation_fragment:
  - kubeops.hybrid.estate
  - kubeops.hybrid.estate.purge
  - kubeops.hybrid.aws
options:
  associations:
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
          - Cluster of the service account.
          - It cannot change in place.
        type: str
        required: true
      namespace:
        description:
          - Namespace of the service account.
          - It cannot change in place.
        type: str
        required: true
      service_account:
        description:
          - Service account. It need not exist yet.
          - It cannot change in place.
        type: str
        required: true
      role:
        description:
          - Role that its pods get.
          - A change is brief.
        type: str
        required: true
      target_role:
        description:
          - ARN of a role, often of another account, that C(role) takes for them.
          - A change is brief.
        type: str
      disable_session_tags:
        description:
          - Whether credentials go without the tags that name cluster, namespace and service account.
          - A change is brief.
        type: bool
      tags:
        description:
          - Tags. Other people's tags are left alone; C({}) removes all but the marks of ownership.
        type: dict
seealso:
  - module: kubeops.hybrid.aws_resources
"""

EXAMPLES = r"""
- name: Pipelines may use their bucket
  kubeops.hybrid.eks_pod_identity_associations:
    region: us-east-2
    estate: example
    associations:
      - name: pipelines
        cluster: example
        namespace: kubeflow
        service_account: pipeline-runner
        role: example-pipelines
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
    shape = Many(KINDS["eks_pod_identity_association"], "associations")
    module = AnsibleModule(argument_spec={**shape.argument_spec, **OPTIONS}, supports_check_mode=True)
    shape.run(module, KINDS, connect)


if __name__ == "__main__":
    main()
