# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""roles/<role>/meta/argument_specs.yml: the interface of a role, from the models of its shapes."""

from __future__ import annotations

import dataclasses
import types
import typing as t
from pathlib import Path

import yaml
from pydantic import BaseModel, BeforeValidator

from ansible_collections.kubeops.hybrid.plugins.plugin_utils.estate.aws_network import Vpc
from ansible_collections.kubeops.hybrid.plugins.plugin_utils.estate.cluster_base import ClusterBase
from ansible_collections.kubeops.hybrid.plugins.plugin_utils.estate.eks import EksCluster
from ansible_collections.kubeops.hybrid.plugins.plugin_utils.estate.kubeflow import Kubeflow
from ansible_collections.kubeops.hybrid.plugins.plugin_utils.estate.onprem import OnPremises
from tools._generate import Files

Spec = dict[str, t.Any]
_SIMPLE = {str: "str", int: "int", float: "float", bool: "bool", dict: "dict"}


@dataclasses.dataclass(frozen=True)
class Role:
    """What a role is told. shapes: variable to the model of its list's elements. plain: other variables.
    only_main: those of plain that verify and absent do not take. single: variable to the model of what it holds.
    flat: only the fields of single are written out, since each is a variable of the inventory with a schema."""

    subject: str
    shapes: t.Mapping[str, type[BaseModel]]
    plain: t.Mapping[str, Spec]
    only_main: t.Collection[str] = ()
    single: t.Mapping[str, type[BaseModel]] = dataclasses.field(default_factory=dict)
    flat: bool = False


def _text(description: str, kind: str = "str", **rest: t.Any) -> Spec:
    return {"description": description, "type": kind, **rest}


_MANAGE = _text(
    "Whether the layer is ours as a whole: managed, reference (it exists and is only referred to) or ignore.",
    choices=["managed", "reference", "ignore"],
)


def _of_vsphere(role: str, subject: str) -> Role:
    """A role of vSphere: all three are told the whole site and take their part of it."""
    return Role(
        subject,
        {},
        {
            f"{role}_estate": _text("Name of the estate; everything made carries it."),
            f"{role}_manage": _MANAGE,
            f"{role}_secrets": _text("Secrets by name, those that the shape refers to.", "dict"),
            f"{role}_purge": _text("Kinds of which what is not declared any more is deleted.", "list", elements="str"),
        },
        {f"{role}_purge"},
        {f"{role}_shape": OnPremises},
        flat=True,
    )


ROLES: dict[str, Role] = {
    "vsphere_cluster": _of_vsphere(
        "vsphere_cluster", "A datacenter's cluster, hosts, networks, datastores and resource pools"
    ),
    "vsphere_hosts": _of_vsphere("vsphere_hosts", "Settings and VMkernel adapters of ESXi hosts"),
    "vcenter": _of_vsphere("vcenter", "A vCenter's licences, roles, permissions, tags and pair of appliances"),
    "eks_anywhere": Role(
        "Clusters of EKS Anywhere with their kubeconfigs",
        {},
        {
            "eks_anywhere_estate": _text("Name of the estate; everything made carries it."),
            "eks_anywhere_manage": _MANAGE,
            "eks_anywhere_directory": _text(
                "Private directory of this machine: kubeconfig-<cluster> of each cluster is in it.", "path"
            ),
            "eks_anywhere_admin": _text(
                "The admin machine, from which the first cluster is made: ssh, directory, command and flags, as module "
                "eksa_resources takes them. This machine unless given.",
                "dict",
            ),
            "eks_anywhere_vcenter": _text(
                "The vCenter as module eksa_resources takes it; its user is that of EKS Anywhere too.", "dict"
            ),
            "eks_anywhere_environment": _text(
                "Environment variables of eksctl anywhere besides: name to value.", "dict", no_log=True
            ),
            "eks_anywhere_gpus": _text(
                "Groups of workers that are to have whole GPUs, as module eksa_gpus takes them.",
                "list",
                elements="dict",
            ),
            "eks_anywhere_gpus_at_once": _text(
                "Number of machines of such a group that may be out of service at the same time.", "int"
            ),
            "eks_anywhere_purge": _text(
                "Kinds of which what is not declared any more is deleted.", "list", elements="str"
            ),
        },
        {"eks_anywhere_purge"},
        {"eks_anywhere_shape": OnPremises},
        flat=True,
    ),
    "aws_network": Role(
        "VPCs with everything in them",
        {"aws_network_vpcs": Vpc},
        {
            "aws_network_estate": _text("Name of the estate; everything made carries it."),
            "aws_network_region": _text("Region of AWS."),
            "aws_network_manage": _MANAGE,
            "aws_network_purge": _text(
                "Kinds of which what is not declared any more is deleted.", "list", elements="str"
            ),
        },
        {"aws_network_purge"},
    ),
    "eks": Role(
        "EKS clusters with their roles, nodes, access and kubeconfig",
        {"eks_clusters": EksCluster},
        {
            "eks_estate": _text("Name of the estate; everything made carries it."),
            "eks_region": _text("Region of AWS."),
            "eks_manage": _MANAGE,
            "eks_purge": _text("Kinds of which what is not declared any more is deleted.", "list", elements="str"),
            "eks_vpcs": _text(
                "Shapes of the region's VPCs, as role aws_network takes them; zones are taken from them.",
                "list",
                elements="dict",
            ),
            "eks_connection": _text("Options of the connection to AWS, for the command that makes tokens.", "dict"),
            "eks_kubeconfigs": _text(
                "Where relative paths of kubeconfigs start (directory), and the command by which clients get a token "
                "(command, connection). Null: no kubeconfigs.",
                "dict",
            ),
        },
        {"eks_purge"},
    ),
    "cluster_base": Role(
        "What every cluster has (storage, namespaces, access)",
        {},
        {
            "cluster_base_estate": _text("Name of the estate; every object carries it as a label."),
            "cluster_base_cluster": _text("Name of the cluster as the estate declares it."),
            "cluster_base_manage": _MANAGE,
            "cluster_base_facts": _text(
                "What else is declared of the cluster, for its milestones: version, nodes (the least number) and "
                "workloads (what runs in kube-system).",
                "dict",
            ),
            "cluster_base_prune": _text("Whether objects that are not declared any more are deleted.", "bool"),
        },
        {"cluster_base_prune"},
        {"cluster_base": ClusterBase},
    ),
    "kubeflow": Role(
        "Kubeflow with its users and what they may use",
        {},
        {
            "kubeflow_estate": _text("Name of the estate; everything made carries it."),
            "kubeflow_cluster": _text("Name of the cluster."),
            "kubeflow_manage": _MANAGE,
            "kubeflow_owners": _text(
                "Owners of Istio and cert-manager in this cluster, where they differ from those of the shape.", "dict"
            ),
            "kubeflow_secrets": _text(
                "Secrets by name. Only those that the shape refers to are looked up; what has no value is generated.",
                "dict",
            ),
            "kubeflow_artifacts": _text(
                "How manifests are found and rendered: mirror, store, lock, registry, stand_ins, kubernetes_version, "
                "ca_bundle and programs, as module artifacts takes them.",
                "dict",
            ),
            "kubeflow_adopt": _text(
                "Addresses of objects of others that become ours to change.", "list", elements="str"
            ),
            "kubeflow_take_over": _text("Whether fields that others set may be taken from them.", "bool"),
            "kubeflow_keep_data": _text(
                "Whether a removal leaves CRDs, namespaces, claims and Profiles where they are.", "bool"
            ),
            "kubeflow_prune": _text(
                "Whether objects that are not declared any more are deleted, as those of an older release.", "bool"
            ),
        },
        {"kubeflow_prune"},
        {"kubeflow": Kubeflow},
    ),
}
_ENTRIES = {
    "main": "{} match their declaration",
    "verify": "{} give evidence for milestones; nothing is changed",
    "absent": "{} are gone; what the estate does not own stays",
}

_DESCRIPTIONS = {
    "main": "Makes what is missing and changes what differs, in one call; in check mode it tells what it would do.",
    "verify": "Looks at the world as it is and compares it with what the milestones expect.",
    "absent": "Deletes what the shapes declare, each object after those that need it.",
}


def generate(_root: Path) -> Files:
    """Return one file for each role."""
    return {f"roles/{name}/meta/argument_specs.yml": _file(role) for name, role in ROLES.items()}


def _file(role: Role) -> str:
    shapes = {
        variable: {
            "description": (model.__doc__ or "").strip().split("\n")[0],
            "type": "list",
            "elements": "dict",
            "required": True,
            "options": _options(model),
        }
        for variable, model in role.shapes.items()
    }
    shapes |= {
        variable: {
            "description": (model.__doc__ or "").strip().split("\n")[0],
            "type": "dict",
            "required": True,
            "options": _flat(_options(model)) if role.flat else _options(model),
        }
        for variable, model in role.single.items()
    }
    specs = {
        entry: {
            "short_description": text.format(role.subject),
            "description": [_DESCRIPTIONS[entry]],
            "options": {
                **shapes,
                **{name: spec for name, spec in role.plain.items() if entry == "main" or name not in role.only_main},
            },
        }
        for entry, text in _ENTRIES.items()
    }
    body = yaml.dump({"argument_specs": specs}, sort_keys=False, width=110, allow_unicode=True, Dumper=_Indented)
    return f"---\n# Written by tools/generate from the models of the shapes.\n{body}"


class _Indented(yaml.SafeDumper):
    """Lists are indented and nothing is an alias, as people write YAML."""

    def increase_indent(self, flow: bool = False, indentless: bool = False) -> None:
        """Never without indentation."""
        super().increase_indent(flow, False)

    def ignore_aliases(self, data: t.Any) -> bool:
        """Every entry is written out."""
        return True


def _options(model: type[BaseModel]) -> Spec:
    options: Spec = {}
    for name, field in model.model_fields.items():
        described = _typed(field.annotation)
        options[field.alias or name] = {
            "description": field.description or name,
            **described,
            **({"required": True} if field.is_required() else {}),
        }
    return options


def _flat(options: Spec) -> Spec:
    return {name: {key: value for key, value in option.items() if key != "options"} for name, option in options.items()}


def _typed(annotation: t.Any) -> Spec:
    """type, elements, choices and options of an annotation."""
    origin, arguments = t.get_origin(annotation), t.get_args(annotation)
    if origin is t.Annotated and any(isinstance(part, BeforeValidator) for part in arguments):
        # It takes more than its type says, a word for a whole shape say: the model checks it, Ansible must not.
        return {"type": "raw"}
    if origin is t.Annotated or isinstance(annotation, t.TypeAliasType):
        return _typed(arguments[0] if arguments else annotation.__value__)
    if origin in (t.Union, types.UnionType):
        rest = [argument for argument in arguments if argument is not type(None)]
        return _typed(rest[0]) if len(rest) == 1 else {"type": "raw"}
    if origin is t.Literal:
        return {"type": "str", "choices": list(arguments)} if isinstance(arguments[0], str) else {"type": "raw"}
    if origin in (list, tuple, set):
        return _listed(_typed(arguments[0]))
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return {"type": "dict", "options": _options(annotation)}
    return {"type": _SIMPLE.get(origin or annotation, "raw")}


def _listed(element: Spec) -> Spec:
    kind = element.pop("type")
    return {"type": "list", "elements": kind, **element}
