# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Filter from the shape of a cluster's base to the objects that make it."""

from __future__ import annotations

DOCUMENTATION = r"""
name: cluster_base_resources
short_description: Derive the objects of a cluster's base from its shape
version_added: 0.1.0
author:
  - KubeOps Hybrid contributors (@kubeops-hybrid)
description:
  - Turns what every cluster has - StorageClasses, namespaces, and who may do what - into the list of resources that
    M(kubeops.hybrid.kube_resources) takes.
  - Nothing is read from the cluster. The same shape always gives the same list.
requirements:
  - pydantic >= 2.10
options:
  _input:
    description:
      - Shape of the base. Its fields are described in the schema of the estate, C(docs/schema/estate.json), under
        C(ClusterBase).
    type: dict
    required: true
  manage:
    description:
      - How far the whole layer is ours. V(reference) and V(ignore) give an empty list, since there is nothing to make.
    type: str
    choices: [managed, reference, ignore]
    default: managed
"""

EXAMPLES = r"""
- name: A default StorageClass and a namespace with a quota
  ansible.builtin.debug:
    msg: "{{ base | kubeops.hybrid.cluster_base_resources }}"
  vars:
    base:
      storage_classes:
        - {name: fast, default: true}
      namespaces:
        - {name: batch, quota: {pods: 20}}
"""

RETURN = r"""
_value:
  description: Resources, each with C(kind) and the options of its kind.
  type: list
  elements: dict
"""

from collections.abc import Callable
from typing import Any

from ansible.errors import AnsibleError, AnsibleFilterError

from ansible_collections.kubeops.hybrid.plugins.plugin_utils.estate import layers_cluster
from ansible_collections.kubeops.hybrid.plugins.plugin_utils.estate.base import Manage


def cluster_base_resources(base: Any, manage: Manage = "managed") -> list[dict[str, Any]]:
    """See DOCUMENTATION. Raises AnsibleFilterError with path, value and remedy of every problem."""
    try:
        return layers_cluster.cluster_base_resources(base, manage=manage)
    except AnsibleError as error:
        raise AnsibleFilterError(f"cluster_base_resources: {error}") from error


class FilterModule:
    """The filter, as Ansible finds it."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        """Name to function."""
        return {"cluster_base_resources": cluster_base_resources}
