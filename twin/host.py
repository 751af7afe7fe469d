# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The control planes of one twin: started and ended as clusters come and go."""

from __future__ import annotations

import logging
import re
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

import urllib3

from twin import access, addons, nodes
from twin.build import Built
from twin.contract import ControlPlaneError, Endpoint, NodeSpec, TwinError
from twin.control_plane import ControlPlane, emulated
from twin.kube_api import KubeApi
from twin.kubeconfig import kubeconfig_of
from twin.namespace_access import NamespaceAccess

_log = logging.getLogger(__name__)
_SAFE_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,150}")


@dataclass
class _Hosted:
    """A control plane and the one thread that starts it and then, in order, writes to it."""

    plane: ControlPlane
    worker: ThreadPoolExecutor
    started: Future[None]
    namespaces: NamespaceAccess | None = None
    problems: list[str] = field(default_factory=list)


class LocalClusterHost:
    """Satisfies contract.ClusterHost with processes on this machine."""

    def __init__(
        self,
        state_dir: Path,
        *,
        programs: Callable[[], Built],
        tokens_url: str | None = None,
        scale: float = 60.0,
    ) -> None:
        """`programs` is asked at the first start; `tokens_url`/<name> answers TokenReviews for a cluster.

        `scale`: seconds of the twin in a real one, for what takes its time inside the clusters.
        """
        self._twin = state_dir
        self._scale = scale
        self._directory = state_dir / "control-planes"
        self._programs = programs
        self._tokens_url = tokens_url
        self._hosted: dict[str, _Hosted] = {}
        self._lock = threading.Lock()

    def begin(self, name: str, version: str, issuer: str, *, service_cidr: str = "10.100.0.0/16") -> None:
        """Start one and return at once. Raises TwinError for a version, or a name, that cannot be."""
        if not _SAFE_NAME.fullmatch(name):
            raise TwinError(f"{name!r} cannot name a control plane: it must be safe as a file name")
        emulated(version)
        with self._lock:
            if name in self._hosted:
                raise TwinError(f"control plane {name} exists already")
            plane = ControlPlane(
                name,
                self._directory,
                programs=self._programs(),
                kubernetes_version=version,
                issuer=issuer,
                service_cidr=service_cidr,
                token_webhook_kubeconfig=self._webhook(name),
                twin=self._twin,
                scale=self._scale,
            )
            worker = ThreadPoolExecutor(max_workers=1, thread_name_prefix=f"control-plane-{name}")
            self._hosted[name] = _Hosted(plane, worker, worker.submit(plane.start))

    def ready(self, name: str) -> Endpoint | None:
        """The endpoint once it is ready, None before; raises ControlPlaneError when it never will be."""
        hosted = self._get(name)
        if not hosted.started.done():
            return None
        return self._endpoint(hosted)

    def start(self, name: str, version: str, issuer: str, *, service_cidr: str = "10.100.0.0/16") -> Endpoint:
        """`begin`, then wait until it is ready."""
        self.begin(name, version, issuer, service_cidr=service_cidr)
        return self._endpoint(self._get(name))

    def stop(self, name: str) -> None:
        """End it and drop its data; unknown names are no error."""
        with self._lock:
            hosted = self._hosted.pop(name, None)
        if hosted is None:
            return
        hosted.worker.shutdown(wait=False, cancel_futures=True)
        if hosted.namespaces:
            hosted.namespaces.stop()
        hosted.plane.stop()
        if self._tokens_url:
            self._webhook_path(name).unlink(missing_ok=True)

    def stop_all(self) -> None:
        """End all of them."""
        for name in list(self._hosted):
            self.stop(name)

    def set_nodes(self, cluster: str, nodes: Sequence[NodeSpec], *, group: str = "") -> None:
        """Make the nodes of `group` exactly these, in the background and once the control plane is ready."""
        wish = tuple(nodes)
        self._later(cluster, f"nodes of {group!r}", lambda api, version: _set_nodes(api, version, wish, group))

    def bind_access(self, cluster: str, policy: str, namespace: str | None = None) -> None:
        """Give an access policy's group its rights, in the background and once the control plane is ready."""
        hosted = self._get(cluster)

        def bind(api: KubeApi, _version: str) -> None:
            if namespace is None:
                access.bind_access(api, policy)
                return
            if hosted.namespaces is None:
                hosted.namespaces = NamespaceAccess(api)
            hosted.namespaces.add(policy, namespace)

        self._later(cluster, f"policy {policy}", bind)

    def addon(
        self,
        cluster: str,
        name: str,
        version: str,
        configuration: str,
        role_arn: str | None,
        service_account: str | None,
        present: bool,
    ) -> None:
        """Put an EKS add-on's objects into the cluster, or take them out, in the background."""
        wish = addons.Addon(name, version, configuration, role_arn, service_account)

        def write(api: KubeApi, _version: str) -> None:
            if present:
                addons.install(api, wish)
            else:
                addons.remove(api, name)

        self._later(cluster, f"add-on {name}", write)

    def settle(self, cluster: str) -> None:
        """Wait until everything asked of the cluster so far is done; raises ControlPlaneError."""
        hosted = self._get(cluster)
        hosted.worker.submit(lambda: None).result()
        if hosted.problems:
            raise ControlPlaneError("; ".join(hosted.problems))

    def admin_kubeconfig(self, name: str) -> Path:
        """The kubeconfig with the administrator's certificate (for people who look at the twin from outside)."""
        return self._get(name).plane.admin_kubeconfig

    def api(self, name: str) -> KubeApi:
        """A client with the administrator's certificate, for the twin's own parts and tests."""
        return self._get(name).plane.api()

    def planes(self) -> dict[str, ControlPlane]:
        """The control planes that have started."""
        with self._lock:
            hosted = dict(self._hosted)
        return {
            name: entry.plane
            for name, entry in hosted.items()
            if entry.started.done() and not entry.started.cancelled() and entry.started.exception() is None
        }

    def describe(self) -> dict[str, dict[str, object]]:
        """State of each control plane for `status`: starting, ready or failed, and why."""
        with self._lock:
            hosted = dict(self._hosted)
        return {name: self._describe(entry) for name, entry in hosted.items()}

    def _describe(self, hosted: _Hosted) -> dict[str, object]:
        plane = hosted.plane
        about: dict[str, object] = {"version": plane.version, "url": plane.url, "problems": list(hosted.problems)}
        about["admin_kubeconfig"] = str(plane.admin_kubeconfig)
        if not hosted.started.done():
            return {**about, "state": "starting"}
        try:
            self._endpoint(hosted)
        except ControlPlaneError as error:
            return {**about, "state": "failed", "why": str(error)}
        return {**about, "state": "ready"}

    def _endpoint(self, hosted: _Hosted) -> Endpoint:
        hosted.started.result()
        hosted.plane.check()
        return Endpoint(hosted.plane.url, hosted.plane.ca_pem)

    def _get(self, name: str) -> _Hosted:
        with self._lock:
            if name not in self._hosted:
                raise ControlPlaneError(f"there is no control plane {name}")
            return self._hosted[name]

    def _later(self, cluster: str, what: str, write: Callable[[KubeApi, str], None]) -> None:
        hosted = self._get(cluster)

        def run() -> None:
            try:
                hosted.started.result()
                write(hosted.plane.api(), f"{hosted.plane.version}.0")
            except (TwinError, urllib3.exceptions.HTTPError) as error:
                _log.error("%s of control plane %s: %s", what, cluster, error)
                hosted.problems.append(f"{what}: {error}")

        hosted.worker.submit(run)

    def _webhook_path(self, name: str) -> Path:
        return self._directory / f"{name}.tokens.kubeconfig"

    def _webhook(self, name: str) -> Path | None:
        if self._tokens_url is None:
            return None
        self._directory.mkdir(parents=True, exist_ok=True)
        path = self._webhook_path(name).absolute()
        path.write_text(kubeconfig_of(f"{self._tokens_url}/{name}"))
        return path


def _set_nodes(api: KubeApi, version: str, wish: Sequence[NodeSpec], group: str) -> None:
    nodes.set_group(api, wish, group=group, version=version)
