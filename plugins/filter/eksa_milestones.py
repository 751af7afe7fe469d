# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Filter: derive what milestones expect of clusters on site."""

from __future__ import annotations

DOCUMENTATION = r"""
name: eksa_milestones
short_description: Derive what milestones expect of clusters on site
version_added: 0.1.0
author:
  - KubeOps Hybrid contributors (@kubeops-hybrid)
description:
  - Turns the shape of what is on site into expectations for M(kubeops.hybrid.eksa_resources).
requirements:
  - pydantic >= 2.10
options:
  _input:
    description:
      - Shape of what is on site behind one vCenter. Its fields are described in the schema of the estate,
        C(docs/schema/estate.json); each is the variable C(kubeops_) of its name.
    type: dict
    required: true
"""

EXAMPLES = r"""
- name: What there is on site
  ansible.builtin.debug:
    msg: "{{ eks_anywhere_shape | kubeops.hybrid.eksa_milestones }}"
"""

RETURN = r"""
_value:
  description: Expectations, each with C(milestone) and what its check expects.
  type: list
  elements: dict
"""

from collections.abc import Callable, Mapping
from typing import Any

from ansible.errors import AnsibleError, AnsibleFilterError

from ansible_collections.kubeops.hybrid.plugins.plugin_utils.estate import layers_eksa


def eksa_milestones(shape: Mapping[str, Any]) -> list[dict[str, Any]]:
    """See DOCUMENTATION. Raises AnsibleFilterError with path, value and remedy of every problem."""
    try:
        return layers_eksa.eksa_milestones(shape)
    except AnsibleError as error:
        raise AnsibleFilterError(f"eksa_milestones: {error}") from error


class FilterModule:
    """The filter, as Ansible finds it."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        """Name to function."""
        return {"eksa_milestones": eksa_milestones}
