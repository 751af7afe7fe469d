#!/usr/bin/python
# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Documentation of module artifacts; the work is done by the action plugin of the same name."""

from __future__ import annotations

DOCUMENTATION = r"""
module: artifacts
short_description: Render upstream's manifests and charts, offline, into a stream of objects
version_added: 0.1.0
author: KubeOps Hybrid contributors (@kubeops)
description:
  - Finds an artifact of the collection's catalogue in a mirror, or fetches it from upstream, and holds it to the digest
    that the artifact lock recorded at its first use.
  - Renders it with C(kubectl kustomize) or C(helm template), without network and without cluster. Whatever would be
    fetched while rendering is refused before, with file and line.
  - The result is kept by content, so that the same request is answered at once.
  - Runs on the controller.
options:
  name:
    description: Name in the catalogue, for example V(kubeflow) or V(kube-prometheus-stack).
    type: str
    required: true
  version:
    description: Version in the catalogue. May be omitted where there is one only.
    type: str
  components:
    description:
      - Components of Kubeflow. What they need comes along; omitted means all that upstream installs.
    type: list
    elements: str
  owners:
    description:
      - Who brings what Kubeflow shares with others, V(mesh) for C(istio) and V(eksa) for C(cert_manager). It is left
        out then, but for what only Kubeflow needs of it.
    type: dict
    default: {}
  values:
    description:
      - Values of a chart, over those of the catalogue.
      - >-
        A value C({"$secret": name}) or C({"$generate": {"length": 40}}) stays one in the stream and gets its content
        when it is applied. Secrets belong here in no other form, for the stream is kept in a file.
    type: dict
    default: {}
  release:
    description: Name of a chart's release, if not the catalogue's.
    type: str
  namespace:
    description: Namespace of a chart's release, if not the catalogue's.
    type: str
  kubernetes_version:
    description: Version of the cluster, for example V(1.35).
    type: str
  api_versions:
    description: APIs that the cluster serves beside Kubernetes' own, as V(monitoring.coreos.com/v1).
    type: list
    elements: str
    default: []
  mirror:
    description: Directory or address of a mirror. Omitted means upstream.
    type: str
  store:
    description: Directory of the store; C(.kubeops/store) of the working directory when omitted.
    type: path
  lock:
    description: File of the artifact lock; C(artifacts.lock.json) in the store when omitted.
    type: path
  registry:
    description:
      - Host, and prefix if any, that all images are taken from instead of upstream's registries. An image keeps its
        name below that of the host that it came from, as
        C(registry.example/quay.io/jetstack/cert-manager-webhook:v1.19.4).
      - If any other registry is still named afterwards, the task fails and tells where.
    type: str
  stand_ins:
    description:
      - V(allow) makes objects from the bill of materials when upstream cannot be reached and there is no mirror. They
        are for rehearsals, and nothing runs of them.
    type: str
    choices: [allow, forbid]
    default: forbid
  copy_to:
    description:
      - Directory of a mirror that gets the files, and in its directory C(images) the list of images to copy. Its
        C(files.json) lists all that it holds, so that any web server can serve it.
    type: path
  ca_bundle:
    description: PEM file of the authorities that servers are checked against; the system's when omitted.
    type: path
  programs:
    description: Paths of C(kubectl) and C(helm) where they are not in C(PATH).
    type: dict
    default: {}
attributes:
  check_mode:
    description: In check mode it renders as well, and only leaves lock and mirror as they are.
    support: full
  diff_mode:
    description: There is nothing to compare.
    support: none
seealso:
  - module: kubeops.hybrid.estate_run
"""

EXAMPLES = r"""
- name: Kubeflow's pipelines and notebooks, with the mesh's Istio
  kubeops.hybrid.artifacts:
    name: kubeflow
    version: "26.03"
    components: [dashboard, notebooks, pipelines]
    owners:
      istio: mesh
    mirror: "{{ kubeops_mirror }}"
  register: kubeflow

- name: A chart for a cluster of that version
  kubeops.hybrid.artifacts:
    name: aws-load-balancer-controller
    values:
      clusterName: cloud
    kubernetes_version: "1.35"
    registry: registry.example.com/mirror
"""

RETURN = r"""
stream:
  description: Path of the objects as JSON lines, in upstream's order.
  returned: success
  type: str
index:
  description:
    - Path of a JSON file with C(sha256) of the stream, C(count), and group, kind, namespace, name, line and size of
      each object, and with what was left out and why.
  returned: success
  type: str
images:
  description: Path of a JSON file with every image, its name at upstream and where it is named.
  returned: success
  type: str
digest:
  description: Digest of the files that the stream is made of.
  returned: success
  type: str
origin:
  description: V(mirror), V(upstream) or V(stand_ins).
  returned: success
  type: str
namespace:
  description: Namespace of the release, for objects that name none.
  returned: success
  type: str
cached:
  description: Whether it had been rendered before.
  returned: success
  type: bool
"""
