#!/usr/bin/python
# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Module eks_addons. Written by tools/generate from the options of its kind."""

from __future__ import annotations

DOCUMENTATION = r"""
module: eks_addons
short_description: All add-ons of EKS clusters in one call
version_added: 0.1.0
author: KubeOps Hybrid contributors (@kubeops)
description:
  - An add-on of an EKS cluster. Its name is the add-on's, as V(vpc-cni); unique by cluster and name.
  - This is M(kubeops.hybrid.aws_resources) for the kind C(eks_addon) alone. References name objects of the same
    estate.
  - Made from EKS CreateAddon, UpdateAddon, DescribeAddonVersions, DescribeAddonConfiguration.
extends_documentation_fragment:
  - kubeops.hybrid.estate
  - kubeops.hybrid.estate.purge
  - kubeops.hybrid.aws
options:
  addons:
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
          - Cluster that it is installed in.
          - It cannot change in place.
        type: str
        required: true
      version:
        description:
          - 'Version: one that EKS offers, as V(v1.20.4-eksbuild.1), V(default) for EKS'' choice for the cluster''s
            Kubernetes, which is kept as long as EKS offers it, or V(latest) for the newest, which follows EKS.
            EKS chooses at the creation, and nothing is compared later, unless it is given.'
          - A change is brief.
        type: str
      kubernetes_version:
        description:
          - Kubernetes version that C(version) is checked against before the cluster exists.
        type: str
      configuration:
        description:
          - The whole configuration, checked against the add-on's own schema. C({}) is EKS' own.
          - A change is brief.
        type: dict
      role:
        description:
          - Role for the add-on's service account by the cluster's OIDC provider. C(pod_identity_associations) in
            its place take it away, and so does an empty text. With neither the add-on acts with the role of the
            nodes.
          - A change is brief.
        type: str
      pod_identity_associations:
        description:
          - All roles that service accounts of the add-on get by EKS Pod Identity.
          - A change is brief.
        type: list
        elements: dict
        suboptions:
          service_account:
            description:
              - Service account of the add-on.
            type: str
            required: true
          role:
            description:
              - Role that it gets.
            type: str
            required: true
      resolve_conflicts_on_create:
        description:
          - 'What becomes of objects in the cluster that somebody else installed and that differ: V(OVERWRITE) takes
            them over, with V(NONE) the creation fails, which is EKS'' own choice.'
        type: str
        choices:
          - NONE
          - OVERWRITE
      resolve_conflicts_on_update:
        description:
          - 'What becomes of values that somebody changed in the cluster: V(PRESERVE) leaves them, V(OVERWRITE)
            sets them back, with V(NONE) the update fails, which is EKS'' own choice.'
        type: str
        choices:
          - NONE
          - OVERWRITE
          - PRESERVE
      namespace:
        description:
          - Namespace of the add-on, its own unless given.
          - It cannot change in place.
        type: str
      preserve:
        description:
          - Leave the software in the cluster when the add-on goes.
        type: bool
      tags:
        description:
          - Tags. Other people's tags are left alone; C({}) removes all but the marks of ownership.
        type: dict
seealso:
  - module: kubeops.hybrid.aws_resources
"""

EXAMPLES = r"""
- name: What every cluster needs, taken over from what EKS put there by itself
  kubeops.hybrid.eks_addons:
    region: us-east-2
    estate: example
    addons:
      - {name: vpc-cni, cluster: example, version: default, resolve_conflicts_on_create: OVERWRITE}
      - {name: kube-proxy, cluster: example, version: default, resolve_conflicts_on_create: OVERWRITE}
      - name: coredns
        cluster: example
        version: latest
        configuration:
          replicaCount: 3
        resolve_conflicts_on_create: OVERWRITE
        resolve_conflicts_on_update: PRESERVE

- name: Volumes of EBS, with a role of the driver's own
  kubeops.hybrid.eks_addons:
    region: us-east-2
    estate: example
    addons:
      - {name: eks-pod-identity-agent, cluster: example}
      - name: aws-ebs-csi-driver
        cluster: example
        pod_identity_associations:
          - {service_account: ebs-csi-controller-sa, role: example-ebs-csi}
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
    shape = Many(KINDS["eks_addon"], "addons")
    module = AnsibleModule(argument_spec={**shape.argument_spec, **OPTIONS}, supports_check_mode=True)
    shape.run(module, KINDS, connect)


if __name__ == "__main__":
    main()
