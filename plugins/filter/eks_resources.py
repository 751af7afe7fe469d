# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Filter from shapes of EKS clusters to the resources that make them."""

from __future__ import annotations

DOCUMENTATION = r"""
name: eks_resources
short_description: Derive the resources of EKS clusters from their shape
version_added: 0.1.0
author:
  - KubeOps Hybrid contributors (@kubeops-hybrid)
description:
  - Turns a list of cluster shapes into the flat list of resources that M(kubeops.hybrid.aws_resources) takes.
  - IAM roles, instance profiles, launch templates, node groups, access entries and the kubeconfig follow from it.
  - Nothing is read from AWS. The same shape always gives the same list.
requirements:
  - pydantic >= 2.10
options:
  _input:
    description:
      - Shapes of the EKS clusters of one region. Their fields are described in the schema of the estate,
        C(docs/schema/estate.json), under C(EksCluster).
    type: list
    elements: dict
    required: true
  estate:
    description: Name of the estate.
    type: str
    required: true
  region:
    description: Name of the AWS region.
    type: str
    required: true
  vpcs:
    description:
      - Shapes of the VPCs of the region, as P(kubeops.hybrid.aws_network_resources#filter) takes them. Zones are taken
        from them and references into them are checked.
      - Without it every cluster lists its zones.
    type: list
    elements: dict
  manage:
    description:
      - How far the whole layer is ours. V(reference) makes every resource one that must exist and is only referred to,
        V(ignore) gives an empty list.
    type: str
    choices: [managed, reference, ignore]
    default: managed
  kubeconfigs:
    description:
      - How the kubeconfigs of the clusters get a token, with C(directory) (what relative paths start from), C(command)
        (a list) and C(connection) (options of the AWS connection, from which the command's arguments are made).
      - Without it no kubeconfig is written.
    type: dict
seealso:
  - plugin: kubeops.hybrid.aws_network_resources
    plugin_type: filter
"""

EXAMPLES = r"""
- name: A cluster with one node group
  ansible.builtin.debug:
    msg: "{{ clusters | kubeops.hybrid.eks_resources(estate='lab', region='us-east-2') }}"
  vars:
    clusters:
      - name: lab-eks
        version: "1.35"
        vpc: lab
        zones: [us-east-2a, us-east-2b]
        node_groups:
          - {name: workers, instance_types: [m5.large], min: 1, max: 3}
"""

RETURN = r"""
_value:
  description: Resources, each with C(kind), C(name) and the options of its kind, after those that it refers to.
  type: list
  elements: dict
"""

import os
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from ansible.errors import AnsibleError, AnsibleFilterError

from ansible_collections.kubeops.hybrid.plugins.plugin_utils.estate import layers
from ansible_collections.kubeops.hybrid.plugins.plugin_utils.estate.base import Manage

# Options of a connection that the token command takes as arguments of the same name.
_ARGUMENTS = ("profile", "shared_credentials_file", "endpoint_url", "ca_bundle", "assume_role")


def eks_resources(
    clusters: Sequence[Any],
    estate: str,
    region: str,
    vpcs: Sequence[Any] | None = None,
    kubeconfigs: Mapping[str, Any] | None = None,
    manage: Manage = "managed",
) -> list[dict[str, Any]]:
    """See DOCUMENTATION. Raises AnsibleFilterError with path, value and remedy of every problem."""
    try:
        entries = layers.eks_resources(clusters, estate=estate, region=region, vpcs=vpcs, manage=manage)
    except AnsibleError as error:
        raise AnsibleFilterError(f"eks_resources: {error}") from error
    if kubeconfigs is None:
        return [entry for entry in entries if entry["kind"] != "eks_kubeconfig"]
    return [_completed(entry, kubeconfigs) if entry["kind"] == "eks_kubeconfig" else entry for entry in entries]


def _completed(entry: dict[str, Any], how: Mapping[str, Any]) -> dict[str, Any]:
    connection = how.get("connection") or {}
    arguments = [
        text
        for name in _ARGUMENTS
        if connection.get(name)
        for text in (f"--{name.replace('_', '-')}", str(connection[name]))
    ]
    path = os.path.join(how["directory"], entry["path"])
    return {**entry, "path": path, "command": [*how["command"], *arguments]}


class FilterModule:
    """The filter, as Ansible finds it."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        """Name to function."""
        return {"eks_resources": eks_resources}
