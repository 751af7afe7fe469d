# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Filter from the shape of Kubeflow to the entries of its set of objects."""

from __future__ import annotations

DOCUMENTATION = r"""
name: kubeflow_resources
short_description: Derive the objects of Kubeflow from its shape
version_added: 0.1.0
author:
  - KubeOps Hybrid contributors (@kubeops-hybrid)
description:
  - Turns the shape of Kubeflow and the path of its rendered manifests into the list of resources that
    M(kubeops.hybrid.kube_resources) takes.
  - Published credentials are left out of the manifests and made anew; logins, volumes, profiles and administrators
    follow from the shape.
  - Nothing is read, neither a cluster nor the manifests. The same shape always gives the same list.
requirements:
  - pydantic >= 2.10
options:
  _input:
    description:
      - Shape of Kubeflow. Its fields are described in the schema of the estate, C(docs/schema/estate.json), under
        C(Kubeflow).
    type: dict
    required: true
  stream:
    description: Path of the rendered manifests.
    type: path
    required: true
  provided:
    description: Names of the secrets that have a value. The others are generated once and kept in the cluster.
    type: list
    elements: str
    default: []
  manage:
    description: How far the whole layer is ours. V(reference) and V(ignore) give an empty list.
    type: str
    choices: [managed, reference, ignore]
    default: managed
seealso:
  - plugin: kubeops.hybrid.kubeflow_milestones
    plugin_type: filter
"""

EXAMPLES = r"""
- name: Kubeflow with one profile
  ansible.builtin.debug:
    msg: "{{ kubeflow | kubeops.hybrid.kubeflow_resources(stream='kubeflow.jsonl') }}"
  vars:
    kubeflow:
      version: "26.03"
      clusters: [lab-eks]
      components: [pipelines, notebooks, dashboard]
      storage_class: kubeflow
      profiles:
        - {name: team-a, owner: a@example.com, gpus: 2}
"""

RETURN = r"""
_value:
  description: Resources, each with C(kind) and the options of its kind.
  type: list
  elements: dict
"""

from collections.abc import Callable, Collection, Mapping
from typing import Any

from ansible.errors import AnsibleError, AnsibleFilterError

from ansible_collections.kubeops.hybrid.plugins.plugin_utils.estate import layers_kubeflow
from ansible_collections.kubeops.hybrid.plugins.plugin_utils.estate.base import Manage


def kubeflow_resources(
    kubeflow: Mapping[str, Any], stream: str, provided: Collection[str] = (), manage: Manage = "managed"
) -> list[dict[str, Any]]:
    """See DOCUMENTATION. Raises AnsibleFilterError with path, value and remedy of every problem."""
    try:
        return layers_kubeflow.kubeflow_resources(kubeflow, stream=stream, provided=provided, manage=manage)
    except AnsibleError as error:
        raise AnsibleFilterError(f"kubeflow_resources: {error}") from error


class FilterModule:
    """The filter, as Ansible finds it."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        """Name to function."""
        return {"kubeflow_resources": kubeflow_resources}
