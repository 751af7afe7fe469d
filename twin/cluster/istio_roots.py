# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""istiod's root certificate in every namespace, which proxies and gateways mount.

Not played: workload certificates, and the discovery selectors that leave namespaces out.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from twin.cluster import secrets
from twin.cluster.cluster import CONFIG_MAPS, DEPLOYMENTS, SECRETS
from twin.cluster.controller import Controller, Item
from twin.cluster.objects import Object, is_deleted, key_of

NAMESPACES = "/api/v1/namespaces"
_SYSTEM = "istio-system"
_CONFIG_MAP = "istio-ca-root-cert"
_SECRET = "istio-ca-secret"
_WITHOUT = frozenset({"kube-system", "kube-public", "kube-node-lease", "local-path-storage"})


class IstioRoots(Controller):
    """Writes the ConfigMaps while istiod is available."""

    watches: ClassVar[Sequence[str]] = (NAMESPACES, SECRETS, DEPLOYMENTS, CONFIG_MAPS)

    def related(self, path: str, thing: Object) -> Sequence[Item] | None:
        """The Secret and istiod concern all namespaces, a ConfigMap its own."""
        if path == NAMESPACES:
            return None
        namespace, name = key_of(thing)
        if path == CONFIG_MAPS:
            return [Item(NAMESPACES, "", namespace)] if name == _CONFIG_MAP else []
        if (path, namespace, name) not in ((SECRETS, _SYSTEM, _SECRET), (DEPLOYMENTS, _SYSTEM, "istiod")):
            return []
        return [Item(NAMESPACES, *key_of(each)) for each in self.cluster.informer(NAMESPACES).all()]

    def reconcile(self, path: str, thing: Object) -> float | None:
        """Create the ConfigMap; one that is there is left to its last writer."""
        namespace = thing["metadata"]["name"]
        root = secrets.decoded(self.cluster.known(SECRETS, _SYSTEM, _SECRET), "ca-cert.pem")
        if is_deleted(thing) or namespace in _WITHOUT or not root or not self.cluster.available(_SYSTEM, "istiod"):
            return None
        if self.cluster.known(CONFIG_MAPS, namespace, _CONFIG_MAP) is None:
            wish = {
                "apiVersion": "v1", "kind": "ConfigMap",
                "metadata": {"name": _CONFIG_MAP, "labels": {"istio.io/config": "true"}},
                "data": {"root-cert.pem": root.decode()},
            }  # fmt: skip
            self.api.apply(f"/api/v1/namespaces/{namespace}/configmaps/{_CONFIG_MAP}", wish, manager="pilot-discovery")
        return None
