# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Filter from the shape of Kubeflow to the part of its manifests that a cluster gets."""

from __future__ import annotations

DOCUMENTATION = r"""
name: kubeflow_selection
short_description: Tell which part of Kubeflow's manifests a cluster gets
version_added: 0.1.0
author:
  - KubeOps Hybrid contributors (@kubeops-hybrid)
description:
  - Gives version, components and owners as M(kubeops.hybrid.artifacts) takes them, from the shape of Kubeflow.
  - What others own, as the Istio of a mesh, is left out of what is rendered.
requirements:
  - pydantic >= 2.10
options:
  _input:
    description: Shape of Kubeflow, as P(kubeops.hybrid.kubeflow_resources#filter) takes it.
    type: dict
    required: true
  owners:
    description: Owners in this cluster, C(istio) and C(cert_manager), where they differ from those of the shape.
    type: dict
"""

EXAMPLES = r"""
- name: What is rendered
  ansible.builtin.debug:
    msg: "{{ kubeflow | kubeops.hybrid.kubeflow_selection(owners={'istio': 'mesh'}) }}"
"""

RETURN = r"""
_value:
  description: C(version), C(components) and C(owners).
  type: dict
"""

from collections.abc import Callable, Mapping
from typing import Any

from ansible.errors import AnsibleError, AnsibleFilterError

from ansible_collections.kubeops.hybrid.plugins.plugin_utils.estate import layers_kubeflow


def kubeflow_selection(kubeflow: Mapping[str, Any], owners: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """See DOCUMENTATION. Raises AnsibleFilterError with path, value and remedy of every problem."""
    try:
        return layers_kubeflow.selection(kubeflow, owners)
    except AnsibleError as error:
        raise AnsibleFilterError(f"kubeflow_selection: {error}") from error


class FilterModule:
    """The filter, as Ansible finds it."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        """Name to function."""
        return {"kubeflow_selection": kubeflow_selection}
