#!/usr/bin/python
# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Module kube_apply."""

from __future__ import annotations

DOCUMENTATION = r"""
module: kube_apply
short_description: Apply manifests to a Kubernetes cluster, all at once and in the right order
version_added: 0.1.0
author: KubeOps Hybrid contributors (@kubeops)
description:
  - The everyday form of M(kubeops.hybrid.kube_resources), for manifests in files and in the playbook. What that module
    says about order, waiting, foreign objects and pruning holds here as well.
extends_documentation_fragment:
  - kubeops.hybrid.kube
  - kubeops.hybrid.estate
options:
  name:
    description: Name of the set that the manifests make up. What it held before and does not any more may be pruned.
    type: str
    required: true
  src:
    description: Files of manifests - YAML, JSON or JSON lines, also compressed by gzip.
    type: list
    elements: path
    default: []
  definition:
    description: Manifests written out.
    type: list
    elements: dict
    default: []
  prune:
    description:
      - Whether objects of the set that are not wished any more are deleted.
      - CRDs, namespaces, claims, volumes and Profiles are spared unless their kind is consented to.
    type: bool
    default: false
  keep_data:
    description: With O(state=absent), leave CRDs, namespaces, claims, volumes and Profiles where they are.
    type: bool
    default: false
  adopt:
    description:
      - Addresses of objects that somebody else made and that this set is to manage from now on, as
        V(Namespace/monitoring). They are changed and never deleted.
    type: list
    elements: str
    default: []
  take_over:
    description: Whether fields that others set on the objects may be taken from them.
    type: bool
    default: false
  wait:
    description:
      - Whether to wait until all workloads are available, claims are bound and certificates are issued.
      - What has to be ready before another object can be applied is waited for in any case.
    type: bool
    default: true
seealso:
  - module: kubeops.hybrid.kube_resources
"""

EXAMPLES = r"""
- name: An operator with its CRDs and what it is to do
  kubeops.hybrid.kube_apply:
    kubeconfig: ~/.kube/config
    estate: example
    name: queues
    src: [/srv/kueue/manifests.yaml]
    definition:
      - apiVersion: kueue.x-k8s.io/v1beta2
        kind: ResourceFlavor
        metadata: {name: default}

- name: It is gone, but for its CRDs and what hangs on them
  kubeops.hybrid.kube_apply:
    kubeconfig: ~/.kube/config
    estate: example
    name: queues
    state: absent
    keep_data: true
    run: {teardown: true}
"""

RETURN = r"""
plan:
  description: What was or would be done, without what stays as it is. The full plan is in the store of the run.
  returned: always
  type: list
  elements: dict
  contains:
    kind: {description: 'Kind and group of the object, as C(Deployment.apps).', type: str}
    name: {description: Namespace and name of the object., type: str}
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
  description: Objects of the set that are not wished any more, with C(kind), C(name) and C(id).
  returned: always
  type: list
  elements: dict
seconds:
  description: Time between the start of the work and the answer.
  returned: success
  type: float
"""

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.kubeops.hybrid.plugins.module_utils._kinds.kubernetes.call import EVERYDAY, apply_manifests


def main() -> None:
    """Manifests of one set."""
    apply_manifests(AnsibleModule(argument_spec=EVERYDAY, supports_check_mode=True))


if __name__ == "__main__":
    main()
