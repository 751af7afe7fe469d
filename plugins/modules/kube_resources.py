#!/usr/bin/python
# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Module kube_resources."""

from __future__ import annotations

DOCUMENTATION = r"""
module: kube_resources
short_description: A set of objects in a Kubernetes cluster, in one call
version_added: 0.1.0
author: KubeOps Hybrid contributors (@kubeops)
description:
  - Takes everything that belongs together, from one namespace to the seven hundred objects of Kubeflow, looks at what
    is there with one list call a kind, plans once, and applies what is new or different on the server's side.
  - Everything that can go at once goes at once. What must be there first is waited for on real signals - a CRD that
    is served, a Deployment that is available, a webhook that answers - and not by trying again.
  - What was applied is kept in the cluster, in ConfigMaps of the namespace C(kubeops-system), so that what is not
    wished any more is known and what did not change costs no call.
  - Objects and fields of others are not touched. A field that never changes in place is found before anything is
    written, and its object is made anew only by consent.
extends_documentation_fragment:
  - kubeops.hybrid.kube
  - kubeops.hybrid.estate
options:
  set:
    description: Name of the set that the objects make up. Needed with O(resources) and O(state=absent).
    type: str
  resources:
    description:
      - The resources, each with C(kind) and the options of its kind. Kind C(stream) takes a file of objects by path,
        kind C(manifest) one object written out.
      - The kinds and their options are listed in the guide R(Kinds, ansible_collections.kubeops.hybrid.docsite.kinds).
      - With O(state=absent) the set's own list of what it applied counts, and nothing needs to be given.
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
  sweep:
    description: Also report what carries the estate's label and is in no declared set.
    type: bool
    default: false
  milestones:
    description: Milestones to give evidence for, each C({milestone, ...}) with what its check expects.
    type: list
    elements: dict
    default: []
seealso:
  - module: kubeops.hybrid.kube_apply
"""

EXAMPLES = r"""
- name: A namespace with a quota, and all objects of a file in it
  kubeops.hybrid.kube_resources:
    kubeconfig: ~/.kube/config
    estate: example
    set: shop
    prune: true
    resources:
      - kind: namespace
        name: shop
        pod_security: {enforce: restricted}
        quota: {requests.cpu: "8", requests.memory: 32Gi}
      - kind: stream
        name: shop
        path: /srv/shop/manifests.yaml

- name: What would change
  kubeops.hybrid.kube_resources:
    kubeconfig: ~/.kube/config
    estate: example
    set: shop
    resources:
      - kind: stream
        name: shop
        path: /srv/shop/manifests.yaml
  check_mode: true
  diff: true

- name: All of it is gone, the namespace with it
  kubeops.hybrid.kube_resources:
    kubeconfig: ~/.kube/config
    estate: example
    set: shop
    state: absent
    run: {teardown: true, allow_delete: {Namespace: 1}}
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
  description:
    - Objects of the set, or with O(sweep) of the estate, that nobody declares, with C(kind), C(name) and C(id).
  returned: always
  type: list
  elements: dict
evidence:
  description: The answers of the checks of O(milestones).
  returned: success
  type: list
  elements: dict
seconds:
  description: Time between the start of the work and the answer.
  returned: success
  type: float
"""

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.kubeops.hybrid.plugins.module_utils._kinds.kubernetes.call import OPTIONS, run_kubernetes


def main() -> None:
    """One set of objects, whatever it holds."""
    run_kubernetes(AnsibleModule(argument_spec=OPTIONS, supports_check_mode=True))


if __name__ == "__main__":
    main()
