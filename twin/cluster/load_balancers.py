# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Services of type LoadBalancer: EKS' own controller, and the AWS Load Balancer Controller for what is addressed to it.

Not played: targets and their health, changing a balancer that is there, Ingresses, source ranges, fixed addresses.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from twin.cluster.cluster import DEPLOYMENTS, Cluster
from twin.cluster.controller import Controller, Item
from twin.cluster.events import warn
from twin.cluster.objects import Object, annotation, is_deleted, key_of
from twin.cluster.platform import NoPlatformError, Platform
from twin.contract import TwinError

SERVICES = "/api/v1/services"
_CLASS = "service.k8s.aws/nlb"
_PREFIX = "service.beta.kubernetes.io/aws-load-balancer-"
_FINALIZER, _CONTROLLERS_FINALIZER = "service.kubernetes.io/load-balancer-cleanup", "service.k8s.aws/resources"
_CONTROLLER = ("kube-system", "aws-load-balancer-controller")
_MANAGER = "service-controller"
_AGAIN = 5.0  # real seconds until what was refused is tried again


class LoadBalancers(Controller):
    """A balancer for each Service that asks for one, and its end."""

    watches: ClassVar[Sequence[str]] = (SERVICES, DEPLOYMENTS)

    def __init__(self, cluster: Cluster) -> None:
        super().__init__(cluster)
        self._platform = Platform(cluster.settings.twin, cluster.settings.name)

    def related(self, path: str, thing: Object) -> Sequence[Item] | None:
        """The controller that comes makes all Services worth a look."""
        if path == SERVICES:
            return None
        services = self.cluster.informer(SERVICES).all() if key_of(thing) == _CONTROLLER else []
        return [Item(SERVICES, *key_of(service)) for service in services]

    def reconcile(self, path: str, thing: Object) -> float | None:
        """Make or end the balancer; one for another controller is left to that."""
        finalizer = _CONTROLLERS_FINALIZER if _is_for_controller(thing) else _FINALIZER
        if thing["spec"].get("loadBalancerClass") not in (None, _CLASS):
            return None
        if finalizer == _CONTROLLERS_FINALIZER and not self.cluster.available(*_CONTROLLER):
            return None
        wanted = thing["spec"].get("type") == "LoadBalancer" and not is_deleted(thing)
        try:
            return self._make(thing, finalizer) if wanted else self._remove(thing)
        except NoPlatformError:
            return None
        except TwinError as error:
            if not wanted:
                raise
            message = f"Error syncing load balancer: failed to ensure load balancer: {error}"
            warn(self.api, thing, kind="Service", version="v1", reason="SyncLoadBalancerFailed", message=message,
                 source="service-controller")  # fmt: skip
            return _AGAIN

    def _make(self, service: Object, finalizer: str) -> float | None:
        finalizers = service["metadata"].get("finalizers") or []
        if (service.get("status") or {}).get("loadBalancer", {}).get("ingress"):
            return None
        if finalizer not in finalizers:
            self.api.merge(_path(service), {"metadata": {"finalizers": [*finalizers, finalizer]}}, manager=_MANAGER)
        # Asked of the cloud at once, told to the Service when it is active.
        hostname = self._platform.ask("POST", "load-balancers", _wish(service))["hostname"]
        if (left := self.left("load-balancer", service["metadata"]["uid"])) > 0:
            return left
        status = {"status": {"loadBalancer": {"ingress": [{"hostname": hostname}]}}}
        self.api.merge(f"{_path(service)}/status", status, manager=_MANAGER)
        return None

    def _remove(self, service: Object) -> float | None:
        finalizers = service["metadata"].get("finalizers") or []
        rest = [finalizer for finalizer in finalizers if finalizer not in (_FINALIZER, _CONTROLLERS_FINALIZER)]
        if rest == finalizers:
            return None
        if (left := self.left("load-balancer-deletion", service["metadata"]["uid"])) > 0:
            return left
        self._platform.ask("DELETE", f"load-balancers/{_wish(service)['name']}")
        if not is_deleted(service):
            self.api.merge(f"{_path(service)}/status", {"status": {"loadBalancer": None}}, manager=_MANAGER)
        self.api.merge(_path(service), {"metadata": {"finalizers": rest}}, manager=_MANAGER)
        self.forget("load-balancer", service["metadata"]["uid"])
        self.forget("load-balancer-deletion", service["metadata"]["uid"])
        return None


def _path(service: Object) -> str:
    namespace, name = key_of(service)
    return f"/api/v1/namespaces/{namespace}/services/{name}"


def _is_for_controller(service: Object) -> bool:
    addressed = annotation(service, f"{_PREFIX}type") in ("external", "nlb-ip")
    # A Service that is no LoadBalancer any more is still its maker's to end.
    made = _CONTROLLERS_FINALIZER in (service["metadata"].get("finalizers") or [])
    return addressed or made or service["spec"].get("loadBalancerClass") == _CLASS


def _wish(service: Object) -> Mapping[str, Any]:
    namespace, name = key_of(service)
    uid = service["metadata"]["uid"]
    stack = f"{namespace}/{name}"
    if _is_for_controller(service):
        digest = hashlib.sha256(uid.encode()).hexdigest()[:10]
        # The controller's own default: nothing is put into the internet that does not ask for it.
        scheme = annotation(service, f"{_PREFIX}scheme") or "internal"
        tags = {"service.k8s.aws/stack": stack, "service.k8s.aws/resource": "LoadBalancer"}
        return _balancer(service, f"k8s-{_short(namespace)}-{_short(name)}-{digest}", "network", scheme, tags)
    scheme = "internal" if annotation(service, f"{_PREFIX}internal") == "true" else "internet-facing"
    sort = "network" if annotation(service, f"{_PREFIX}type") == "nlb" else "classic"
    return _balancer(service, f"a{uid.replace('-', '')}"[:32], sort, scheme, {"kubernetes.io/service-name": stack})


def _balancer(service: Object, name: str, sort: str, scheme: str, tags: Mapping[str, str]) -> Mapping[str, Any]:
    ports = [{key: port.get(key) for key in ("port", "nodePort")} for port in service["spec"].get("ports") or []]
    return {"name": name, "sort": sort, "scheme": scheme, "ports": ports, "tags": tags}


def _short(name: str) -> str:
    return "".join(letter for letter in name if letter.isalnum())[:8]
