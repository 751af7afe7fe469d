#!/usr/bin/python
# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Module eksa_resources."""

from __future__ import annotations

DOCUMENTATION = r"""
module: eksa_resources
short_description: Clusters of EKS Anywhere on vSphere with their kubeconfigs, in one call
version_added: 0.1.0
author: KubeOps Hybrid contributors (@kubeops)
description:
  - A cluster that manages itself is made by C(eksctl anywhere) on the admin machine. That process is detached - a lost
    connection does not matter, and the next run finds it again. After a failure nothing is cleaned up, for the
    bootstrap cluster is all there is then.
  - Everything else goes through the API of the management cluster, by server-side apply. It is waited for, and a cause
    that the controller tells ends the waiting at once.
  - What EKS Anywhere would refuse is found before anything is written, also what it finds only after an hour; with
    O(vcenter) just before the first machine also what the vCenter would refuse.
extends_documentation_fragment:
  - kubeops.hybrid.eksa
  - kubeops.hybrid.estate
  - kubeops.hybrid.estate.purge
options:
  resources:
    description:
      - The resources, each with C(kind), C(name), the options of its kind, and optionally C(manage).
      - C(eksa_cluster) takes the options of M(kubeops.hybrid.eksa_cluster).
      - C(eksa_kubeconfig) takes C(cluster), which is its name as well.
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
seealso:
  - module: kubeops.hybrid.eksa_cluster
"""

EXAMPLES = r"""
- name: A workload cluster with its kubeconfig
  kubeops.hybrid.eksa_resources:
    directory: .kubeops/private
    estate: example
    resources:
      - kind: eksa_kubeconfig
        name: manager
        manage: reference
      - kind: eksa_cluster
        name: jobs
        management_cluster: manager
        kubernetes_version: "1.35"
        control_plane:
          count: 3
          endpoint: {host: 10.33.0.20}
          machineGroupRef: {kind: VSphereMachineConfig, name: jobs}
        workers:
          - name: general
            count: 3
            machineGroupRef: {kind: VSphereMachineConfig, name: jobs}
        cluster_network:
          cniConfig: {cilium: {}}
          pods: {cidrBlocks: [10.48.0.0/16]}
          services: {cidrBlocks: [10.52.0.0/16]}
        datacenter:
          server: vcenter.example.com
          datacenter: pit
          network: /pit/network/kubernetes
          insecure: false
        machines:
          - name: jobs
            datastore: /pit/datastore/ds-1
            folder: /pit/vm/jobs
            resourcePool: /pit/host/pit/Resources/compute
            template: /pit/vm/Templates/ubuntu-2404-kube-1-35
            osFamily: ubuntu
            numCPUs: 4
            memoryMiB: 16384
            users: [{name: capv, sshAuthorizedKeys: ["ssh-ed25519 AAAA ops"]}]
      - kind: eksa_kubeconfig
        name: jobs
        cluster: jobs
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

from ansible_collections.kubeops.hybrid.plugins.module_utils._clients.eksa_module import OPTIONS
from ansible_collections.kubeops.hybrid.plugins.module_utils._engine.module import GRAPH
from ansible_collections.kubeops.hybrid.plugins.module_utils._kinds.eksa.call import run_eksa


def main() -> None:
    """Clusters and kubeconfigs, whatever the list holds."""
    run_eksa(AnsibleModule(argument_spec={**GRAPH, **OPTIONS}, supports_check_mode=True))


if __name__ == "__main__":
    main()
