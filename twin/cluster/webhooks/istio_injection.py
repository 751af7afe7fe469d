# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""istiod's sidecar injector: a native sidecar, its root certificate, labels and annotation.

Not played: templates besides sidecar and gateway, init containers without the CNI, probes that are rewritten, all
settings of the mesh; the image is made of the injector's own hub and tag.
"""

from __future__ import annotations

import json

from twin.cluster.objects import Object, annotation, labels
from twin.cluster.webhooks.fields import add, at, extend, set_keys
from twin.cluster.webhooks.review import Patch, Review

_ROOT = "istiod-ca-cert"
_INJECT = "sidecar.istio.io/inject"


def inject(review: Review) -> Patch:
    """What the injector adds to a pod; nothing for those that it leaves alone."""
    pod = review.thing
    containers = pod["spec"]["containers"]
    names = [container["name"] for container in [*containers, *(pod["spec"].get("initContainers") or [])]]
    if pod["spec"].get("hostNetwork") or "false" in (annotation(pod, _INJECT), labels(pod).get(_INJECT)):
        return ()
    image = _image(review)
    if "istio-proxy" in names:
        # A gateway brings the container and leaves the image to the injector.
        index = next((i for i, c in enumerate(containers) if c["name"] == "istio-proxy"), None)
        automatic = index is not None and containers[index].get("image") == "auto"
        return [add(f"/spec/containers/{index}/image", image)] if automatic else ()
    app = labels(pod).get("app", labels(pod).get("app.kubernetes.io/name", ""))
    marks = {"security.istio.io/tlsMode": "istio", "service.istio.io/canonical-revision": "latest"}
    if app:
        marks["service.istio.io/canonical-name"] = app
    status = {"initContainers": ["istio-proxy"], "containers": None, "volumes": [_ROOT], "revision": "default"}
    return [
        *_first_init(pod, _sidecar(image)),
        *extend(pod, ("spec", "volumes"), [{"name": _ROOT, "configMap": {"name": "istio-ca-root-cert"}}]),
        *set_keys(pod, ("metadata", "labels"), {k: v for k, v in marks.items() if k not in labels(pod)}),
        *set_keys(pod, ("metadata", "annotations"), {"sidecar.istio.io/status": json.dumps(status)}),
    ]


def _first_init(pod: Object, container: Object) -> list[Object]:
    if at(pod, "spec", "initContainers") is None:
        return [add("/spec/initContainers", [container])]
    return [add("/spec/initContainers/0", container)]


def _sidecar(image: str) -> Object:
    return {
        "name": "istio-proxy",
        "image": image,
        "restartPolicy": "Always",
        "args": ["proxy", "sidecar"],
        "ports": [{"containerPort": 15090, "name": "http-envoy-prom", "protocol": "TCP"}],
        "resources": {"requests": {"cpu": "100m", "memory": "128Mi"}, "limits": {"cpu": "2", "memory": "1Gi"}},
        "securityContext": {
            "allowPrivilegeEscalation": False, "capabilities": {"drop": ["ALL"]}, "privileged": False,
            "readOnlyRootFilesystem": True, "runAsGroup": 1337, "runAsNonRoot": True, "runAsUser": 1337,
            "seccompProfile": {"type": "RuntimeDefault"},
        },
        "volumeMounts": [{"name": _ROOT, "mountPath": "/var/run/secrets/istio"}],
    }  # fmt: skip


def _image(review: Review) -> str:
    path = f"/api/v1/namespaces/{review.backend_namespace}/configmaps/istio-sidecar-injector"
    found = review.cluster.api.found(path) or {}
    values = json.loads(at(found, "data", "values") or "{}")
    image = str(at(values, "global", "proxy", "image") or "proxyv2")
    if "/" in image:
        return image
    return f"{at(values, 'global', 'hub') or 'docker.io/istio'}/{image}:{at(values, 'global', 'tag') or 'latest'}"
