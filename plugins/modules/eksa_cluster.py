#!/usr/bin/python
# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Module eksa_cluster."""

from __future__ import annotations

DOCUMENTATION = r"""
module: eksa_cluster
short_description: A cluster of EKS Anywhere on vSphere
version_added: 0.1.0
author: KubeOps Hybrid contributors (@kubeops)
description:
  - A cluster with its datacenter and machine configurations. Words inside of its options are those of EKS Anywhere.
  - Without O(management_cluster) it manages itself. Then C(eksctl anywhere) makes it from the admin machine, detached,
    and a rerun finds that process again.
  - With O(management_cluster) everything goes through the API of that cluster.
  - This is M(kubeops.hybrid.eksa_resources) for the kind C(eksa_cluster) alone. What that module says about rules,
    failures and waiting holds here as well.
extends_documentation_fragment:
  - kubeops.hybrid.eksa
  - kubeops.hybrid.estate
  - kubeops.hybrid.estate.purge
options:
  name:
    description: Name of the cluster.
    type: str
    required: true
  management_cluster:
    description:
      - Management cluster that makes and keeps it. Its kubeconfig lies in O(directory).
      - It cannot change in place.
    type: str
  kubernetes_version:
    description:
      - Kubernetes version in quotes, as V(1.35). It goes up by one minor version at a time.
      - A change is brief.
    type: str
  eksa_version:
    description:
      - Version of EKS Anywhere, as V(v0.26.1). That of a cluster that manages itself is changed by C(eksctl anywhere).
      - A change is brief.
    type: str
  control_plane:
    description: C(controlPlaneConfiguration) with C(count), C(endpoint), C(machineGroupRef).
    type: dict
  external_etcd:
    description: C(externalEtcdConfiguration). Without it etcd runs on the control plane's machines.
    type: dict
  workers:
    description: C(workerNodeGroupConfigurations). Groups that are not listed go.
    type: list
    elements: dict
  cluster_network:
    description: C(clusterNetwork).
    type: dict
  settings:
    description: Other fields of the cluster's C(spec), as C(registryMirrorConfiguration).
    type: dict
  datacenter:
    description:
      - C(spec) of the VSphereDatacenterConfig, and its C(name), the cluster's unless given.
      - Without C(thumbprint) that of the server is taken, after its certificate was verified.
    type: dict
  machines:
    description: C(spec) of each VSphereMachineConfig, and its C(name). A change replaces the machines.
    type: list
    elements: dict
seealso:
  - module: kubeops.hybrid.eksa_resources
"""

EXAMPLES = r"""
- name: More workers
  kubeops.hybrid.eksa_cluster:
    directory: .kubeops/private
    estate: example
    name: jobs
    management_cluster: manager
    kubernetes_version: "1.35"
    control_plane:
      count: 3
      endpoint: {host: 10.33.0.20}
      machineGroupRef: {kind: VSphereMachineConfig, name: jobs}
    workers:
      - name: general
        count: 5
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
  returned: when O(purge)
  type: list
  elements: dict
"""

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.kubeops.hybrid.plugins.module_utils._clients.eksa_module import OPTIONS
from ansible_collections.kubeops.hybrid.plugins.module_utils._kinds.eksa.call import ONE, run_cluster


def main() -> None:
    """The one-kind form of eksa_resources."""
    run_cluster(AnsibleModule(argument_spec={**ONE.argument_spec, **OPTIONS}, supports_check_mode=True))


if __name__ == "__main__":
    main()
