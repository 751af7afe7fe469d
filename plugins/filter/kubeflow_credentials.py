# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Filter from the shape of Kubeflow to the secrets that it refers to."""

from __future__ import annotations

DOCUMENTATION = r"""
name: kubeflow_credentials
short_description: Pick the secrets that Kubeflow refers to
version_added: 0.1.0
author:
  - KubeOps Hybrid contributors (@kubeops-hybrid)
description:
  - Gives those of the secrets that the shape of Kubeflow refers to by name and that have a value. The others are not
    even looked up.
  - What has no value is generated once and kept in the cluster.
requirements:
  - pydantic >= 2.10
options:
  _input:
    description: Shape of Kubeflow, as P(kubeops.hybrid.kubeflow_resources#filter) takes it.
    type: dict
    required: true
  secrets:
    description: Secrets, name to value, as C(kubeops_secrets) has them.
    type: dict
    required: true
"""

EXAMPLES = r"""
- name: The secrets of one call
  ansible.builtin.set_fact:
    credentials: "{{ kubeflow | kubeops.hybrid.kubeflow_credentials(kubeops_secrets) }}"
  no_log: true
"""

RETURN = r"""
_value:
  description: Name to value.
  type: dict
"""

from collections.abc import Callable, Mapping
from typing import Any

from ansible.errors import AnsibleError, AnsibleFilterError

from ansible_collections.kubeops.hybrid.plugins.plugin_utils.estate import layers_kubeflow


def kubeflow_credentials(kubeflow: Mapping[str, Any], secrets: Mapping[str, Any]) -> dict[str, str]:
    """See DOCUMENTATION. Raises AnsibleFilterError with path, value and remedy of every problem."""
    try:
        return layers_kubeflow.credentials(kubeflow, secrets)
    except AnsibleError as error:
        raise AnsibleFilterError(f"kubeflow_credentials: {error}") from error


class FilterModule:
    """The filter, as Ansible finds it."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        """Name to function."""
        return {"kubeflow_credentials": kubeflow_credentials}
