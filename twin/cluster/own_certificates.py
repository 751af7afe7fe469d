# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Components that make their own webhook certificates and write the caBundle themselves (components.py says who).

Not played: renewal before a certificate ends, and leader election.
"""

from __future__ import annotations

import datetime
import fnmatch
from collections.abc import Sequence
from typing import ClassVar

from twin.cluster import clients, secrets
from twin.cluster.clients import API_SERVICES, MUTATING, VALIDATING
from twin.cluster.cluster import DEFINITIONS, DEPLOYMENTS, SECRETS
from twin.cluster.components import COMPONENTS, Component, component_of
from twin.cluster.controller import Controller, Item
from twin.cluster.issuing import Request, belongs, certificate, issue
from twin.cluster.objects import Object, condition, key_of
from twin.cluster.own_fields import own_fields
from twin.pki import KeyPair

JOBS = "/apis/batch/v1/jobs"
_CONFIGURATIONS = (MUTATING, VALIDATING, API_SERVICES)
_LIFE = datetime.timedelta(days=365)
_REDACTED = b"redacted"


class OwnCertificates(Controller):
    """First the Secret, when the Deployment is available and the delay is over; then the configurations."""

    watches: ClassVar[Sequence[str]] = (*_CONFIGURATIONS, DEFINITIONS, DEPLOYMENTS, JOBS, SECRETS)

    def related(self, path: str, thing: Object) -> Sequence[Item] | None:
        """Workers and Secrets concern themselves and every configuration."""
        namespace, name = key_of(thing)
        if path in _CONFIGURATIONS:
            return None
        if path == DEFINITIONS:
            return None if _component_of_kind(thing) else []
        if path == SECRETS:
            if not any(name == c.secret for c in COMPONENTS):
                return []
            return [Item(_path(c.worker), namespace, _name(c.worker)) for c in COMPONENTS if name == c.secret] + (
                self._all_configurations()
            )
        if not any(name in (_name(c.worker), _name(c.bundles_by)) and path == _path(c.worker) for c in COMPONENTS):
            return []
        return [Item(path, namespace, name), *self._all_configurations()]

    def reconcile(self, path: str, thing: Object) -> float | None:
        """Workers fill their Secrets; configurations get what these hold."""
        if path in (DEPLOYMENTS, JOBS):
            return self._fill_secrets(path, thing)
        return self._fill_bundles(path, thing)

    def _all_configurations(self) -> list[Item]:
        things = [(path, thing) for path in _CONFIGURATIONS for thing in self.cluster.informer(path).all()]
        kinds = [
            thing for thing in self.cluster.informer(DEFINITIONS).all() if self.related(DEFINITIONS, thing) is None
        ]
        return [Item(path, *key_of(thing)) for path, thing in [*things, *((DEFINITIONS, kind) for kind in kinds)]]

    def _works(self, namespace: str, worker: str) -> bool:
        if _path(worker) == DEPLOYMENTS:
            return self.cluster.available(namespace, worker)
        job = self.cluster.known(JOBS, namespace, _name(worker))
        return job is not None and condition(job, "Complete") == "True"

    def _some_worker(self, kind: Object) -> bool:
        component = _component_of_kind(kind)
        deployments = self.cluster.informer(DEPLOYMENTS).all()
        return component is not None and any(
            self.cluster.available(*key_of(deployment)) for deployment in deployments
            if deployment["metadata"]["name"] == component.worker
        )  # fmt: skip

    def _fill_secrets(self, path: str, thing: Object) -> float | None:
        namespace, name = key_of(thing)
        for component in COMPONENTS:
            if (_path(component.worker), _name(component.worker)) != (path, name):
                continue
            if not self._works(namespace, component.worker):
                return None
            if (left := self.left("own-certificate", (namespace, component.worker))) > 0:
                return left
            self._fill_secret(namespace, component)
        return None

    def _fill_secret(self, namespace: str, component: Component) -> None:
        existing = self.cluster.known(SECRETS, namespace, component.secret)
        if existing is None and not component.makes_secret:
            return
        keys = component.keys
        if component.only_redacted and secrets.decoded(existing, keys.certificate) != _REDACTED:
            return
        if _is_filled(existing, component):
            return
        names = [f"{service}.{namespace}{suffix}" for service in (component.service, *component.also_for)
                 for suffix in ("", ".svc", ".svc.cluster.local")]  # fmt: skip
        authority = issue(Request(common_name=f"{component.worker}-ca"[:64], is_ca=True, life=_LIFE))
        leaf = issue(Request(common_name=names[0][:64], dns_names=names, life=_LIFE), authority)
        data = {
            keys.certificate: leaf.certificate, keys.key: leaf.key,
            keys.authority: authority.certificate, keys.authority_key: authority.key,
        }  # fmt: skip
        direct = {"cert-manager.io/allow-direct-injection": "true"} if not component.fills_bundles else {}
        secrets.write(
            self.api, namespace, component.secret, {key: value for key, value in data.items() if key},
            manager=_name(component.worker), existing=existing, annotations=direct,
        )  # fmt: skip

    def _fill_bundles(self, path: str, thing: Object) -> float | None:
        if path == DEFINITIONS and not self._some_worker(thing):
            return None  # its content is large: it is read only when there is something to write
        found = clients.whole(self.api, path, thing)
        if found is None:
            return None
        bundles: dict[tuple[str, str], bytes] = {}
        manager = ""
        for client in clients.clients(found):
            component = component_of(client.service)
            if component is None or not component.fills_bundles or not self._may_fill(client, component):
                continue
            secret = self.cluster.known(SECRETS, client.namespace, component.secret)
            if secret is not None and _is_filled(secret, component):
                bundles[client.namespace, client.service] = secrets.decoded(secret, component.keys.authority)
                manager = _name(component.bundles_by or component.worker)
        changed = clients.set_bundles(found, bundles) if bundles else None
        if bundles:
            changed = own_fields(changed or found, bundles) or changed
        if changed is not None:
            clients.update(self.api, path, changed, manager=manager)
        return None

    def _may_fill(self, client: clients.Client, component: Component) -> bool:
        if component.only_redacted and secrets.decoded({"data": client.config}, "caBundle") != _REDACTED:
            return False
        return self._works(client.namespace, component.bundles_by or component.worker)


def _is_filled(secret: Object | None, component: Component) -> bool:
    keys = component.keys
    if certificate(secrets.decoded(secret, keys.authority)) is None:
        return False
    names = (keys.certificate, keys.key) if keys.certificate else (keys.authority, keys.authority_key)
    return belongs(KeyPair(*(secrets.decoded(secret, name) for name in names)))


def _component_of_kind(definition: Object) -> Component | None:
    name = definition["metadata"]["name"]
    return next((c for c in COMPONENTS if c.kinds and fnmatch.fnmatchcase(name, c.kinds)), None)


def _path(worker: str) -> str:
    return JOBS if worker.startswith("job:") else DEPLOYMENTS


def _name(worker: str) -> str:
    return worker.removeprefix("job:")
