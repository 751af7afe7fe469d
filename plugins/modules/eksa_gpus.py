#!/usr/bin/python
# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Module eksa_gpus."""

from __future__ import annotations

DOCUMENTATION = r"""
module: eksa_gpus
short_description: Whole GPUs for workers of EKS Anywhere on vSphere
version_added: 0.1.0
author: KubeOps Hybrid contributors (@kubeops)
description:
  - EKS Anywhere knows no GPUs on vSphere. This gives each machine of a group of workers as many PCI devices as are
    wished, with all its memory reserved and 64-bit MMIO, and keeps DRS from moving it.
  - A machine that needs them is cordoned and drained, its remediation by Cluster API is skipped for a limited time, and
    it is off while it is changed. New machines carry a taint from their first moment, so nobody is disturbed there.
  - Each step is decided by what there is, so a run that was killed is continued by the next one. Machines change their
    names with every rollout, so it is run after each, or by a schedule.
  - Hosts have to hand their GPUs through already. A machine is never interrupted if there is no free device for it.
extends_documentation_fragment:
  - kubeops.hybrid.eksa
  - kubeops.hybrid.estate
options:
  groups:
    description: Groups of workers. With O(state=absent) their machines lose their GPUs.
    type: list
    elements: dict
    required: true
    suboptions:
      cluster:
        description: Cluster, by name. Its kubeconfig is in O(directory).
        type: str
        required: true
      group:
        description: Group of workers, by name.
        type: str
        required: true
      management_cluster:
        description: Cluster that manages it, itself unless given.
        type: str
      count:
        description: Number of GPUs of each machine.
        type: int
        required: true
      vendor:
        description: PCI vendor, V(4318) for NVIDIA.
        type: int
        default: 4318
      devices:
        description: PCI devices of that vendor that will do. Any unless given.
        type: list
        elements: int
        default: []
  at_once:
    description: Number of machines of a group that may be out of service at the same time.
    type: int
    default: 1
  skip_seconds:
    description: Seconds for which Cluster API is told not to replace a machine.
    type: float
    default: 1800
seealso:
  - module: kubeops.hybrid.eksa_resources
"""

EXAMPLES = r"""
- name: One V100 for each worker of group gpu
  kubeops.hybrid.eksa_gpus:
    directory: .kubeops/private
    estate: example
    vcenter:
      address: vcenter.example.com
      username: automation@vsphere.local
    groups:
      - cluster: ml
        group: gpu
        count: 1
        devices: [7606]
"""

RETURN = r"""
plan:
  description: What was or would be done, without what stays as it is. The full plan is in the store of the run.
  returned: always
  type: list
  elements: dict
  contains:
    kind: {description: 'Always eksa_gpu.', type: str}
    name: {description: Name of the machine., type: str}
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
seconds:
  description: Time between the start of the work and the answer.
  returned: success
  type: float
"""

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.kubeops.hybrid.plugins.module_utils._kinds.eksa.gpu_call import OPTIONS, give


def main() -> None:
    """GPUs of all groups."""
    give(AnsibleModule(argument_spec=OPTIONS, supports_check_mode=True))


if __name__ == "__main__":
    main()
