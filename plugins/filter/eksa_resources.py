# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Filter: derive the clusters of EKS Anywhere from the shape of a site."""

from __future__ import annotations

DOCUMENTATION = r"""
name: eksa_resources
short_description: Derive the clusters of EKS Anywhere from the shape of a site
version_added: 0.1.0
author:
  - KubeOps Hybrid contributors (@kubeops-hybrid)
description:
  - Turns the shape of what is on site into the list that M(kubeops.hybrid.eksa_resources) takes.
  - Nothing is read from anywhere. The same shape always gives the same list.
requirements:
  - pydantic >= 2.10
options:
  _input:
    description:
      - Shape of what is on site behind one vCenter. Its fields are described in the schema of the estate,
        C(docs/schema/estate.json); each is the variable C(kubeops_) of its name.
    type: dict
    required: true
  manage:
    description:
      - How far the whole layer is ours. V(reference) makes every cluster one that must exist and is only referred to,
        V(ignore) gives an empty list.
    type: str
    choices: [managed, reference, ignore]
    default: managed
"""

EXAMPLES = r"""
- name: What there is on site
  ansible.builtin.debug:
    msg: "{{ eks_anywhere_shape | kubeops.hybrid.eksa_resources }}"
"""

RETURN = r"""
_value:
  description: Resources, each with C(kind), C(name) and the options of its kind, after those that it refers to.
  type: list
  elements: dict
"""

from collections.abc import Callable, Mapping
from typing import Any

from ansible.errors import AnsibleError, AnsibleFilterError

from ansible_collections.kubeops.hybrid.plugins.plugin_utils.estate import layers_eksa
from ansible_collections.kubeops.hybrid.plugins.plugin_utils.estate.base import Manage


def eksa_resources(shape: Mapping[str, Any], manage: Manage = "managed") -> list[dict[str, Any]]:
    """See DOCUMENTATION. Raises AnsibleFilterError with path, value and remedy of every problem."""
    try:
        return layers_eksa.eksa_resources(shape, manage=manage)
    except AnsibleError as error:
        raise AnsibleFilterError(f"eksa_resources: {error}") from error


class FilterModule:
    """The filter, as Ansible finds it."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        """Name to function."""
        return {"eksa_resources": eksa_resources}
