# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Streams that tests run through: the mirror's where it is, and a small one of our own everywhere."""

from __future__ import annotations

import functools
from collections.abc import Sequence

from ansible_collections.kubeops.hybrid.plugins.module_utils._kinds.kubernetes.yaml_stream import (
    Document,
    load_documents,
    read_stream,
)
from tests.unit.kubernetes.samples import MIRROR

OWN = "own"
SMALL = """
apiVersion: v1
kind: Namespace
metadata: {name: app}
---
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: widgets.example.com}
spec:
  group: example.com
  scope: Namespaced
  names: {kind: Widget, plural: widgets}
  versions: [{name: v1, served: true, storage: true, schema: {openAPIV3Schema: {type: object}}}]
---
apiVersion: v1
kind: List
items:
  - {apiVersion: example.com/v1, kind: Widget, metadata: {name: w, namespace: app}, spec: {size: 1}}
  - {apiVersion: v1, kind: ServiceAccount, metadata: {name: web, namespace: app}}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: web, namespace: app, creationTimestamp: null}
spec:
  replicas: 2
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}, creationTimestamp: null}
    spec: {containers: [{name: web, image: example.com/web:1}]}
status: {}
---
apiVersion: v1
kind: Service
metadata: {name: web, namespace: app}
spec: {type: LoadBalancer, selector: {app: web}, ports: [{port: 443}]}
---
apiVersion: v1
kind: PersistentVolumeClaim
metadata: {name: data, namespace: app}
spec: {accessModes: [ReadWriteOnce], resources: {requests: {storage: 1Gi}}}
---
apiVersion: v1
kind: Secret
metadata: {name: web, namespace: app}
stringData: {token: {$secret: token}}
---
apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingWebhookConfiguration
metadata: {name: web}
webhooks:
  - name: web.example.com
    admissionReviewVersions: [v1]
    sideEffects: None
    clientConfig: {caBundle: Cg==, service: {name: web, namespace: app}}
    rules: [{apiGroups: [example.com], apiVersions: [v1], operations: [CREATE], resources: [widgets]}]
---
apiVersion: apiregistration.k8s.io/v1
kind: APIService
metadata: {name: v1.metrics.example.com}
spec: {group: metrics.example.com, version: v1, service: {name: web, namespace: app}}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata: {name: app:all}
aggregationRule: {clusterRoleSelectors: [{matchLabels: {app: web}}]}
rules: []
"""
# Whole ones: their CRDs come with them.
_WHOLE = ("external-secrets", "istio-base-1.29", "keda", "kube-prometheus-stack", "kubeflow-26.03", "kueue")
STREAMS = (OWN, *(name for name in _WHOLE if (MIRROR / f"{name}.yaml.gz").exists()))


def documents(name: str) -> Sequence[Document]:
    """The objects of one of STREAMS."""
    return load_documents(SMALL, "own.yaml") if name == OWN else document_file(name)


@functools.cache
def document_file(name: str) -> Sequence[Document]:
    """The objects of one of the mirror's files."""
    return list(read_stream(MIRROR / f"{name}.yaml.gz"))
