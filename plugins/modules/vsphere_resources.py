#!/usr/bin/python
# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Module vsphere_resources."""

from __future__ import annotations

DOCUMENTATION = r"""
module: vsphere_resources
short_description: Everything that an estate has in a vCenter, in one call
version_added: 0.1.0
author: KubeOps Hybrid contributors (@kubeops)
description:
  - Takes the whole list of resources, looks at what is there with one call a type, plans once, and makes what is
    missing or different in the order that the resources need, everything at once that can go at once.
  - Resources refer to each other by name. Nothing has to be looked up, registered or handed from task to task.
  - A resource that another run left half made is continued.
  - What belongs to the estate carries custom attributes that begin with C(kubeops.io/). Nothing without them is ever
    changed or removed, and their definitions stay in the vCenter.
extends_documentation_fragment:
  - kubeops.hybrid.vsphere
  - kubeops.hybrid.estate
  - kubeops.hybrid.estate.purge
options:
  resources:
    description:
      - The resources, each with C(kind), C(name), the options of its kind, and optionally C(manage).
      - With C(manage=reference) it must exist and is only referred to; with C(manage=ignore) it is left out.
      - The kinds and their options are listed in the guide R(Kinds, ansible_collections.kubeops.hybrid.docsite.kinds).
    type: list
    elements: dict
    required: true
  sweep:
    description: Also report what carries the estate's mark and is declared nowhere.
    type: bool
    default: false
  milestones:
    description: Milestones to give evidence for, each C({milestone, ...}) with what its check expects.
    type: list
    elements: dict
    default: []
  outputs:
    description: Attributes to return, as C(kind/name#attribute).
    type: list
    elements: str
    default: []
"""

EXAMPLES = r"""
- name: A cluster with DRS and HA and a folder of machines
  kubeops.hybrid.vsphere_resources:
    address: vcsa.example.com
    username: kubeops@vsphere.local
    password_file: /run/secrets/vcenter
    estate: example
    resources:
      - kind: datacenter
        name: onprem
      - kind: folder
        name: eksa
        datacenter: onprem
        type: vm
      - kind: cluster
        name: compute
        datacenter: onprem
        drs: {enabled: true, default_vm_behavior: fully_automated, vmotion_rate: 3}
        ha: {enabled: true, admission_control: true, cpu_failover_percent: 4, memory_failover_percent: 4}
"""

RETURN = r"""
plan:
  description: What was or would be done, without what stays as it is. The full plan is in the store of the run.
  returned: always
  type: list
  elements: dict
  contains:
    kind: {description: Kind of the resource., type: str}
    name: {description: Name of the resource., type: str}
    verb: {description: 'One of create, update, continue, delete.', type: str}
    impact: {description: 'What it does to users: none, brief, disruptive or irreversible.', type: str}
    outcome: {description: 'One of planned, done, failed, not_tried, waiting.', type: str}
    fields: {description: 'What changes, of updates.', type: list, elements: str}
    reason: {description: Why it ended so., type: str}
counts:
  description: How many entries there are, by verb and by outcome.
  returned: always
  type: dict
waiting:
  description: Resources for which somebody else must act, with C(kind), C(name), C(since), C(for) and C(do).
  returned: always
  type: list
  elements: dict
undeclared:
  description: What carries the estate's mark and is declared nowhere, with C(kind), C(name) and C(id).
  returned: when O(sweep) or O(purge)
  type: list
  elements: dict
evidence:
  description: The answers of the checks of O(milestones).
  returned: success
  type: list
  elements: dict
outputs:
  description: The attributes that O(outputs) asked for.
  returned: success
  type: dict
seconds:
  description: Time between the start of the work and the answer.
  returned: success
  type: float
"""

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.kubeops.hybrid.plugins.module_utils._clients.vsphere_module import OPTIONS, connect
from ansible_collections.kubeops.hybrid.plugins.module_utils._engine.module import GRAPH, run_module
from ansible_collections.kubeops.hybrid.plugins.module_utils._kinds.vsphere.milestones import gather
from ansible_collections.kubeops.hybrid.plugins.module_utils._kinds.vsphere.registry import KINDS


def main() -> None:
    """All kinds of a vCenter, whatever the list holds."""
    module = AnsibleModule(argument_spec={**GRAPH, **OPTIONS}, supports_check_mode=True)
    run_module(module, KINDS, connect, gather)


if __name__ == "__main__":
    main()
