# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which kinds have a module of their own, and what its documentation shows."""

from __future__ import annotations

import dataclasses


@dataclasses.dataclass(frozen=True)
class OneKind:
    """A module of one kind. items: the option that holds the list; None for a module of a single object."""

    name: str
    kind: str
    items: str | None
    short: str
    example: str


MODULES: tuple[OneKind, ...] = (
    OneKind(
        "eks_cluster",
        "eks_cluster",
        None,
        "An EKS cluster that can also be changed",
        """\
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
""",
    ),
    OneKind(
        "eks_nodegroups",
        "eks_nodegroup",
        "nodegroups",
        "All managed node groups of EKS clusters in one call",
        """\
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
""",
    ),
    OneKind(
        "eks_access_entries",
        "eks_access_entry",
        "access_entries",
        "Who may use EKS clusters, in one call",
        """\
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
""",
    ),
    OneKind(
        "eks_addons",
        "eks_addon",
        "addons",
        "All add-ons of EKS clusters in one call",
        """\
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
""",
    ),
    OneKind(
        "eks_pod_identity_associations",
        "eks_pod_identity_association",
        "associations",
        "Roles for service accounts of EKS clusters by EKS Pod Identity, in one call",
        """\
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
""",
    ),
    OneKind(
        "iam_oidc_providers",
        "iam_oidc_provider",
        "providers",
        "OIDC providers of IAM, by which service accounts take roles, in one call",
        """\
- name: Service accounts of the cluster can take roles
  kubeops.hybrid.iam_oidc_providers:
    region: us-east-2
    estate: example
    providers:
      - {name: example, cluster: example}
""",
    ),
    OneKind(
        "iam_roles",
        "iam_role",
        "roles",
        "IAM roles with their trust and policies in one call",
        """\
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
""",
    ),
)
