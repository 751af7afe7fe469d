# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""plugins/modules: the modules of one kind, from the kind's options."""

from __future__ import annotations

import dataclasses
import typing as t
from pathlib import Path

import yaml

from ansible_collections.kubeops.hybrid.plugins.module_utils._engine.kind import Kind
from ansible_collections.kubeops.hybrid.plugins.module_utils._engine.options import Option, Options
from ansible_collections.kubeops.hybrid.plugins.module_utils._kinds.aws.registry import KINDS
from tools._generate import Files

Values = dict[str, t.Any]


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

_HEAD = '''\
#!/usr/bin/python
# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Module {name}. Written by tools/generate from the options of kind {kind}."""

from __future__ import annotations

DOCUMENTATION = r"""
{documentation}"""

EXAMPLES = r"""
{example}"""

RETURN = r"""
{returned}"""

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.kubeops.hybrid.plugins.module_utils._clients.aws_module import OPTIONS, connect
from ansible_collections.kubeops.hybrid.plugins.module_utils._engine.one_kind import {shape}
from ansible_collections.kubeops.hybrid.plugins.module_utils._kinds.aws.registry import KINDS


def main() -> None:
    """The one-kind form of aws_resources."""
    shape = {shape}({arguments})
    module = AnsibleModule(argument_spec={{**shape.argument_spec, **OPTIONS}}, supports_check_mode=True)
    shape.run(module, KINDS, connect)


if __name__ == "__main__":
    main()
'''


def generate(root: Path) -> Files:
    """Return the source of each module of one kind."""
    returned = (root / "plugins/modules/aws_resources.py").read_text(encoding="utf-8")
    returned = returned.partition('RETURN = r"""\n')[2].partition('"""')[0].partition("evidence:\n")[0]
    returned = returned.replace("when O(sweep) or O(purge)", "when O(purge)")
    return {f"plugins/modules/{module.name}.py": _source(module, returned) for module in MODULES}


def _source(module: OneKind, returned: str) -> str:
    kind = KINDS[module.kind]
    arguments = f'KINDS["{kind.name}"]' + (f', "{module.items}"' if module.items else "")
    text = yaml.dump(_documentation(module, kind), sort_keys=False, width=110, allow_unicode=True, Dumper=_Indented)
    return _HEAD.format(
        name=module.name,
        kind=kind.name,
        documentation=text,
        example=module.example,
        returned=returned,
        shape="Many" if module.items else "One",
        arguments=arguments,
    )


class _Indented(yaml.SafeDumper):
    """Lists inside mappings are indented, as ansible-lint wants them."""

    def increase_indent(self, flow: bool = False, indentless: bool = False) -> None:
        """Never without indentation."""
        super().increase_indent(flow, False)


def _documentation(module: OneKind, kind: Kind[t.Any]) -> Values:
    fields = {
        "name": {"description": ["Name of the object."], "type": "str", "required": True},
        **documented(kind.options),
    }
    many = {
        module.items: {
            "description": ["The objects."],
            "type": "list",
            "elements": "dict",
            "required": True,
            "suboptions": fields,
        },
    }
    return {
        "module": module.name,
        "short_description": module.short,
        "version_added": "0.1.0",
        "author": "KubeOps Hybrid contributors (@kubeops)",
        "description": [
            kind.description,
            f"This is M(kubeops.hybrid.aws_resources) for the kind C({kind.name}) alone. "
            "References name objects of the same estate.",
            f"Made from {kind.source}.",
        ],
        "extends_documentation_fragment": ["kubeops.hybrid.estate", "kubeops.hybrid.estate.purge", "kubeops.hybrid.aws"],
        "options": many if module.items else _optional(fields),
        "seealso": [{"module": "kubeops.hybrid.aws_resources"}],
    }


def _optional(fields: Values) -> Values:
    # A single object is removed by its name alone, so what only its creation needs is asked for later.
    return {
        name: {key: value for key, value in field.items() if key != "required" or name in ("name", "cluster")}
        for name, field in fields.items()
    }


def documented(options: Options) -> Values:
    """Options as DOCUMENTATION has them."""
    return {name: _option(option) for name, option in options.items()}


def _option(option: Option) -> Values:
    told: Values = {"description": [option.description, *_notes(option)], "type": option.type}
    if option.needed:
        told["required"] = True
    if option.elements:
        told["elements"] = option.elements
    if option.choices:
        told["choices"] = list(option.choices)
    if option.options:
        told["suboptions"] = documented(option.options)
    return told


def _notes(option: Option) -> list[str]:
    notes = []
    if option.immutable:
        notes.append("It cannot change in place.")
    elif option.impact.value:
        notes.append(f"A change is {option.impact.label}.")
    return notes
