# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This file is private to the collection: its content may change in any release.
"""The Kubernetes API over one pool of connections: lists, server-side apply, deletes. Nothing else is needed."""

from __future__ import annotations

import json
import threading
import time
import typing as t
import urllib.parse

from .._engine.errors import Denied, Invalid, NotFound
from . import kube_discovery
from .kube_config import Credential, Execute, KubeConfig
from .kube_discovery import Resource, Resources
from .kube_errors import Expired, Heals, Outdated, Starting, UnknownKind, refusal
from .kube_pool import connections, unreachable
from .kube_selectors import selected

try:
    import urllib3

    HAS_URLLIB3 = True
except ImportError:
    HAS_URLLIB3 = False

Row = t.Mapping[str, t.Any]
_PAGE = 500
# Seconds between tries of a read: a server that starts, or has just been given a kind, answers soon.
_PAUSES = (0.2, 0.4, 0.8, 1.6, 3.2)
# Servers behind aggregated APIs may not know how to leave the rest out.
_METADATA_ONLY = "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1,application/json"


class Port(t.Protocol):
    """What kinds use of a cluster. Bodies are JSON objects; names of fields are the API's."""

    def resources(self, *, fresh: bool = False) -> Resources:
        """What the cluster serves; fresh: asked anew, as after a CRD was made."""

    def version(self) -> tuple[int, int]:
        """Major and minor version of Kubernetes that the server offers."""

    def listed(
        self,
        resource: Resource,
        namespace: str = "",
        *,
        labels: str = "",
        fields: str = "",
        metadata_only: bool = False,
    ) -> list[Row]:
        """All objects of a kind, everywhere or in a namespace, with managedFields."""

    def get(self, resource: Resource, namespace: str, name: str) -> t.Optional[Row]:
        """One object, or None."""

    def apply(self, resource: Resource, body: Row, *, manager: str, force: bool = False, dry_run: bool = False) -> Row:
        """Server-side apply; the object as it then is. Raises FieldConflict unless forced."""

    def merge(
        self, resource: Resource, namespace: str, name: str, change: Row, *, manager: str, subresource: str = ""
    ) -> Row:
        """JSON merge patch, for what is not ours to apply: a mark, a finalizer."""

    def create(self, resource: Resource, body: Row, *, dry_run: bool = False, subresource: str = "") -> Row:
        """Create and nothing else, as reviews of access want it. Raises Conflict when it is there."""

    def delete(
        self, resource: Resource, namespace: str, name: str, *, uid: str = "", propagation: str = "Background"
    ) -> bool:
        """Ask for its deletion; False when it was gone. uid: only that very object."""

    def raw(self, path: str) -> t.Any:
        """GET of any path of the server, decoded when it is JSON."""


class KubeClient:
    """Port over HTTP. guard is called before each write; a client for reading only gets one that refuses.

    Many threads may use one client. user: to be impersonated, with groups, for checks of access.
    execute: runs the credential plugins of kubeconfigs; without it there must not be any.
    """

    def __init__(
        self,
        config: KubeConfig,
        *,
        guard: t.Callable[[], None] = lambda: None,
        agent: str = "kubeops-hybrid",
        impersonate: str = "",
        groups: t.Sequence[str] = (),
        timeout: float = 60.0,
        execute: Execute | None = None,
    ) -> None:
        if not HAS_URLLIB3:
            raise Invalid("the Python library urllib3 is missing", remedy="Install it for ansible_playbook_python.")
        self._config = config
        self._guard = guard
        self._execute = execute
        self._credential = Credential(config, execute)
        self._lock = threading.Lock()
        self._resources: Resources | None = None
        self._headers = {"Accept": "application/json", "User-Agent": agent}
        if impersonate:
            self._headers["Impersonate-User"] = impersonate
        self._groups = tuple(groups)
        context = config.trust()
        config.present(context, self._credential.status())
        self._pool = connections(config, context, timeout)

    def impersonating(self, user: str, groups: t.Sequence[str] = ()) -> KubeClient:
        """The same server as somebody else sees it."""
        agent = self._headers["User-Agent"]
        return KubeClient(
            self._config, guard=self._guard, agent=agent, impersonate=user, groups=groups, execute=self._execute
        )

    def resources(self, *, fresh: bool = False) -> Resources:
        """See Port."""
        with self._lock:
            if self._resources is None or fresh:
                headers = {"Accept": kube_discovery.ACCEPT}
                documents = [self._ask("GET", path, headers=headers) for path in ("/api", "/apis")]
                self._resources = kube_discovery.read(documents)
            return self._resources

    def version(self) -> tuple[int, int]:
        """See Port. An API server that emulates an older version says which."""
        answer = self._ask("GET", "/version")
        major = answer.get("emulationMajor") or answer["major"]
        minor = answer.get("emulationMinor") or answer["minor"]
        return int(major), int(str(minor).rstrip("+"))

    def listed(
        self,
        resource: Resource,
        namespace: str = "",
        *,
        labels: str = "",
        fields: str = "",
        metadata_only: bool = False,
    ) -> list[Row]:
        """See Port. A server that starts, or has just been given a kind, tells all of it before it tells a part."""
        headers = {"Accept": _METADATA_ONLY} if metadata_only else {}
        path, selectors = resource.path(namespace), {"labelSelector": labels, "fieldSelector": fields}
        try:
            found = self._pages(path, selectors, headers)
        except Starting:
            found = [row for row in self._pages(path, {}, headers) if selected(row, labels, fields)]
        for one in found:
            # Lists leave out what all their items share.
            one = t.cast(dict[str, t.Any], one)
            one["apiVersion"] = resource.api_version
            one["kind"] = resource.kind
        return found

    def _pages(self, path: str, selectors: t.Mapping[str, str], headers: Row) -> list[Row]:
        """All items, page by page; a list that expired in between is read anew. With selectors Starting is raised."""
        found: list[Row] = []
        query = {"limit": str(_PAGE), **selectors}
        while True:
            asked = urllib.parse.urlencode({name: value for name, value in query.items() if value})
            try:
                answer = self._ask("GET", f"{path}?{asked}", headers=headers, at_once=any(selectors.values()))
            except Outdated:
                if not query.pop("continue", ""):
                    raise
                # In one piece: a list that takes so long would never come to its end by pages.
                found, query["limit"] = [], ""
                continue
            found += answer["items"] or []
            query["continue"] = answer["metadata"].get("continue") or ""
            if not query["continue"]:
                return found

    def get(self, resource: Resource, namespace: str, name: str) -> t.Optional[Row]:
        """See Port."""
        try:
            return t.cast(Row, self._ask("GET", resource.path(namespace, name)))
        except UnknownKind:
            raise
        except NotFound:
            return None

    def apply(self, resource: Resource, body: Row, *, manager: str, force: bool = False, dry_run: bool = False) -> Row:
        """See Port."""
        metadata = body["metadata"]
        query = {"fieldManager": manager, "fieldValidation": "Strict", "force": "true" if force else "false"}
        if dry_run:
            query["dryRun"] = "All"
        path = f"{resource.path(metadata.get('namespace', ''), metadata['name'])}?{urllib.parse.urlencode(query)}"
        return t.cast(Row, self._write("PATCH", path, body, "application/apply-patch+yaml", dry_run))

    def merge(
        self, resource: Resource, namespace: str, name: str, change: Row, *, manager: str, subresource: str = ""
    ) -> Row:
        """See Port."""
        query = urllib.parse.urlencode({"fieldManager": manager})
        path = f"{resource.path(namespace, name, subresource=subresource)}?{query}"
        return t.cast(Row, self._write("PATCH", path, change, "application/merge-patch+json"))

    def create(self, resource: Resource, body: Row, *, dry_run: bool = False, subresource: str = "") -> Row:
        """See Port."""
        metadata = body.get("metadata") or {}
        name = metadata.get("name", "") if subresource else ""
        path = resource.path(metadata.get("namespace", ""), name, subresource=subresource)
        path += "?dryRun=All" if dry_run else ""
        return t.cast(Row, self._write("POST", path, body, "application/json", dry_run))

    def review(self, resource: Resource, body: Row) -> Row:
        """Ask a review (SubjectAccessReview ...), which is a POST that writes nothing."""
        path = resource.path((body.get("metadata") or {}).get("namespace", ""))
        return t.cast(Row, self._ask("POST", path, body, "application/json"))

    def delete(
        self, resource: Resource, namespace: str, name: str, *, uid: str = "", propagation: str = "Background"
    ) -> bool:
        """See Port."""
        options: dict[str, t.Any] = {"apiVersion": "v1", "kind": "DeleteOptions", "propagationPolicy": propagation}
        if uid:
            options["preconditions"] = {"uid": uid}
        try:
            self._write("DELETE", resource.path(namespace, name), options, "application/json")
        except UnknownKind:
            return False
        except NotFound:
            return False
        return True

    def raw(self, path: str) -> t.Any:
        """See Port."""
        return self._ask("GET", path)

    def _write(self, method: str, path: str, body: Row, content: str, dry_run: bool = False) -> t.Any:
        if not dry_run:
            self._guard()
        return self._ask(method, path, body, content)

    def _ask(
        self,
        method: str,
        path: str,
        body: t.Optional[Row] = None,
        content: str = "",
        headers: t.Optional[Row] = None,
        *,
        at_once: bool = False,
    ) -> t.Any:
        """The answer. at_once: Starting is raised and not waited for."""
        data = None if body is None else json.dumps(body, separators=(",", ":")).encode()
        # Writes are tried again by whoever plans them: only there it is known what else happened meanwhile.
        pauses = _PAUSES if method == "GET" else ()
        for pause in pauses:
            try:
                return self._authorised(method, path, data, content, headers or {})
            except Heals as error:
                if at_once and isinstance(error, Starting):
                    raise
                time.sleep(max(pause, min(error.retry_after, _PAUSES[-1])))
        return self._authorised(method, path, data, content, headers or {})

    def _authorised(self, method: str, path: str, data: bytes | None, content: str, headers: Row) -> t.Any:
        token = str(self._credential.status().get("token") or "")
        try:
            return self._once(method, path, data, content, token, headers)
        except Expired:
            if not token or not self._credential.renewable:
                raise
        # The token ended in the middle of the run: once more with a new one.
        token = str(self._credential.status(refused=token).get("token") or "")
        return self._once(method, path, data, content, token, headers)

    def _once(self, method: str, path: str, data: t.Optional[bytes], content: str, token: str, added: Row) -> t.Any:
        headers = urllib3.HTTPHeaderDict({**self._headers, **added})
        if token:
            headers["Authorization"] = f"Bearer {token}"
        if content:
            headers["Content-Type"] = content
        for group in self._groups:
            headers.add("Impersonate-Group", group)
        url = self._config.server + path
        try:
            answer = self._pool.request(method, url, body=data, headers=headers)
        except (urllib3.exceptions.MaxRetryError, urllib3.exceptions.HTTPError) as error:
            raise unreachable(self._config.server, error) from error
        if answer.status >= 300:
            raise refusal(answer.status, answer.data, answer.headers)
        if answer.headers.get("Content-Type", "").startswith("application/json"):
            return json.loads(answer.data)
        return answer.data.decode(errors="replace")


def refuse_writes() -> None:
    """The guard of a client for reading only."""
    raise Denied("check mode never writes")
