# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""cert-manager's cainjector: the authority that an annotation names goes into the caBundle.

Not played: its leader election, and `--namespace` limits.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from twin.cluster import clients, secrets
from twin.cluster.certificates import CERTIFICATES, NAMESPACE
from twin.cluster.clients import API_SERVICES, MUTATING, VALIDATING
from twin.cluster.cluster import DEFINITIONS, DEPLOYMENTS, SECRETS
from twin.cluster.controller import Controller, Item
from twin.cluster.objects import Object, annotation, key_of

_DEPLOYMENT = "cert-manager-cainjector"
_FROM = "cert-manager.io/inject-ca-from"
_FROM_SECRET = "cert-manager.io/inject-ca-from-secret"
_FROM_API_SERVER = "cert-manager.io/inject-apiserver-ca"
_DIRECT = "cert-manager.io/allow-direct-injection"
_TARGETS = (MUTATING, VALIDATING, API_SERVICES, DEFINITIONS)


class CaInjector(Controller):
    """Works while its Deployment is available."""

    watches: ClassVar[Sequence[str]] = (*_TARGETS, CERTIFICATES, SECRETS, DEPLOYMENTS)

    def related(self, path: str, thing: Object) -> Sequence[Item] | None:
        """Sources concern the targets that name them."""
        if path in _TARGETS:
            return None if _annotated(thing) else []
        namespace, name = key_of(thing)
        if path == DEPLOYMENTS:
            return self._targets("") if (namespace, name) == (NAMESPACE, _DEPLOYMENT) else []
        if path == SECRETS:
            issued = annotation(thing, "cert-manager.io/certificate-name")
            return [*self._targets(f"{namespace}/{name}"), *(self._targets(f"{namespace}/{issued}") if issued else [])]
        return self._targets(f"{namespace}/{name}")

    def reconcile(self, path: str, thing: Object) -> float | None:
        """Write the caBundle of every service that the object names, once the source is there."""
        if not _annotated(thing) or not self.cluster.available(NAMESPACE, _DEPLOYMENT):
            return None
        pem = self._source(thing)
        if not pem:
            return None
        if (left := self.left("ca-injection", (path, thing["metadata"]["uid"], pem))) > 0:
            return left
        found = clients.whole(self.api, path, thing)
        if found is None:
            return None
        bundles = {(client.namespace, client.service): pem for client in clients.clients(found)}
        changed = clients.set_bundles(found, bundles)
        if changed is not None:
            clients.update(self.api, path, changed, manager="cainjector")
        return None

    def _targets(self, source: str) -> list[Item]:
        """Targets that name the source; all of them for ""."""
        return [
            Item(path, *key_of(thing))
            for path in _TARGETS
            for thing in self.cluster.informer(path).all()
            if _annotated(thing)
            and (not source or source in (annotation(thing, _FROM), annotation(thing, _FROM_SECRET)))
        ]

    def _source(self, thing: Object) -> bytes:
        if certificate := annotation(thing, _FROM):
            namespace, _, name = certificate.partition("/")
            wish = self.cluster.known(CERTIFICATES, namespace, name)
            if wish is None:
                return b""
            secret = self.cluster.known(SECRETS, namespace, wish["spec"]["secretName"])
            if secret is None or annotation(secret, "cert-manager.io/certificate-name") != name:
                return b""
            return secrets.decoded(secret, "ca.crt")
        if source := annotation(thing, _FROM_SECRET):
            secret = self.cluster.known(SECRETS, *source.split("/", 1))
            allowed = secret is not None and annotation(secret, _DIRECT) == "true"
            return secrets.decoded(secret, "ca.crt") if allowed else b""
        return (self.cluster.settings.directory / "pki" / "ca.crt").read_bytes()


def _annotated(thing: Object) -> bool:
    return any(annotation(thing, name) for name in (_FROM, _FROM_SECRET, _FROM_API_SERVER))
