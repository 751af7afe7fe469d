# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Filter: derive which groups of workers are to have GPUs."""

from __future__ import annotations

DOCUMENTATION = r"""
name: eksa_gpus
short_description: Derive which groups of workers are to have GPUs
version_added: 0.1.0
author:
  - KubeOps Hybrid contributors (@kubeops-hybrid)
description:
  - Turns the shape of what is on site into the list of groups whose machines get GPUs.
  - Only whole GPUs are handed to machines in this way; shares of one (vGPU) are not.
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
    msg: "{{ eks_anywhere_shape | kubeops.hybrid.eksa_gpus }}"
"""

RETURN = r"""
_value:
  description: Groups, each with C(cluster), C(group), C(count), C(vendor) and C(devices).
  type: list
  elements: dict
"""

from collections.abc import Callable, Mapping
from typing import Any

from ansible.errors import AnsibleError, AnsibleFilterError

from ansible_collections.kubeops.hybrid.plugins.plugin_utils.estate import layers_eksa


def eksa_gpus(shape: Mapping[str, Any]) -> list[dict[str, Any]]:
    """See DOCUMENTATION. Raises AnsibleFilterError with path, value and remedy of every problem."""
    try:
        return layers_eksa.eksa_gpus(shape)
    except AnsibleError as error:
        raise AnsibleFilterError(f"eksa_gpus: {error}") from error


class FilterModule:
    """The filter, as Ansible finds it."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        """Name to function."""
        return {"eksa_gpus": eksa_gpus}
