# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This file is private to the collection: its content may change in any release.
"""What kinds of EKS Anywhere use: the APIs of management clusters, the admin machine, and private files on this one."""

from __future__ import annotations

import hashlib
import os
import socket
import ssl
import stat
import tempfile
import threading
import typing as t

from .._engine.errors import EstateError, Invalid, Unavailable
from . import kube, vsphere
from .eksa_cli import Attempt, Document

Connect = t.Callable[[str], kube.Port]
"""Path of a kubeconfig: answers the cluster's port."""
_PREFIX = "kubeconfig-"


class Machine(t.Protocol):
    """What kinds use of the admin machine; see eksa_cli.AdminMachine."""

    def attempt(self, cluster: str) -> t.Optional[Attempt]:
        """What is or was done last for a cluster, or None."""

    def start(self, cluster: str, operation: str, documents: t.Sequence[Document], *, estate: str = "") -> Attempt:
        """Start an operation, unless one is running: then that one is answered."""

    def documents(self, cluster: str) -> list[Document]:
        """The documents of the last attempt; none without one."""

    def kubeconfig(self, cluster: str) -> str:
        """The kubeconfig that eksctl anywhere wrote. Raises NotFound."""


class Port(t.Protocol):
    """What kinds use. Names are those of clusters."""

    @property
    def machine(self) -> Machine:
        """The admin machine."""

    def api(self, cluster: str) -> t.Optional[kube.Port]:
        """The Kubernetes API of a cluster; None while there is no kubeconfig of it."""

    def known(self) -> list[str]:
        """Clusters of which there is a kubeconfig."""

    def file(self, cluster: str) -> t.Optional[tuple[str, str]]:
        """Content and mode ("0600") of a cluster's kubeconfig here, or None."""

    def keep(self, cluster: str, text: str) -> None:
        """Write a cluster's kubeconfig, for its owner only."""

    def drop(self, cluster: str) -> None:
        """Remove a cluster's kubeconfig."""

    def thumbprint(self, server: str) -> str:
        """SHA-1 fingerprint of the certificate of a vCenter, after it was verified."""

    def vcenter(self) -> t.Optional[vsphere.Port]:
        """The vCenter that the clusters' machines are made in; None if nobody named it."""

    @property
    def user(self) -> str:
        """Its user, as permissions name one: DOMAIN\\user."""


class EksaPort:
    """Port over real files and machines. guard is called before each write of a file."""

    def __init__(
        self,
        directory: str,
        machine: Machine,
        connect: Connect,
        *,
        guard: t.Callable[[], None] = lambda: None,
        ca_bundle: str | None = None,
        vcenter: t.Callable[[], vsphere.Port] | None = None,
        user: str = "",
    ) -> None:
        self._directory = directory
        self._machine = machine
        self._connect = connect
        self._guard = guard
        self._ca_bundle = ca_bundle
        self._vcenter = vcenter
        self._center: vsphere.Port | None = None
        self._user = user
        self._lock = threading.Lock()
        self._open: dict[str, tuple[tuple[int, int], kube.Port]] = {}

    @property
    def machine(self) -> Machine:
        """See Port."""
        return self._machine

    def path(self, cluster: str) -> str:
        """Where the kubeconfig of a cluster lies."""
        return os.path.join(self._directory, f"{_PREFIX}{cluster}")

    def api(self, cluster: str) -> t.Optional[kube.Port]:
        """See Port. A kubeconfig that was written anew is read anew."""
        path = self.path(cluster)
        try:
            found = os.stat(path)
        except FileNotFoundError:
            return None
        state = (found.st_mtime_ns, found.st_ino)
        with self._lock:
            if self._open.get(cluster, (None,))[0] != state:
                self._open[cluster] = (state, self._connect(path))
            return self._open[cluster][1]

    def known(self) -> list[str]:
        """See Port."""
        try:
            names = os.listdir(self._directory)
        except FileNotFoundError:
            return []
        return sorted(name[len(_PREFIX) :] for name in names if name.startswith(_PREFIX))

    def file(self, cluster: str) -> t.Optional[tuple[str, str]]:
        """See Port."""
        try:
            with open(self.path(cluster), encoding="utf-8") as file:
                return file.read(), f"{stat.S_IMODE(os.fstat(file.fileno()).st_mode):04o}"
        except FileNotFoundError:
            return None
        except (OSError, UnicodeDecodeError) as error:
            raise Invalid(f"{self.path(cluster)} cannot be read: {error}") from error

    def keep(self, cluster: str, text: str) -> None:
        """See Port. Written beside its place and moved there: nobody ever reads half of it."""
        self._guard()
        try:
            os.makedirs(self._directory, mode=0o700, exist_ok=True)
            handle, beside = tempfile.mkstemp(dir=self._directory, prefix=".kubeconfig-")
            with open(handle, "w", encoding="utf-8") as file:
                file.write(text)
            os.replace(beside, self.path(cluster))
        except OSError as error:
            raise EstateError(f"{self.path(cluster)} cannot be written: {error}") from error

    def drop(self, cluster: str) -> None:
        """See Port."""
        self._guard()
        if os.path.exists(self.path(cluster)):
            os.unlink(self.path(cluster))

    def thumbprint(self, server: str) -> str:
        """See Port."""
        host, _colon, port = server.partition(":")
        context = ssl.create_default_context(cafile=self._ca_bundle)
        try:
            # One statement with parentheses would be newer syntax than modules may have.
            with socket.create_connection((host, int(port or 443)), timeout=20) as plain:  # noqa: SIM117  # see above
                with context.wrap_socket(plain, server_hostname=host) as secure:
                    certificate = t.cast(bytes, secure.getpeercert(binary_form=True))
        except ssl.SSLError as error:
            remedy = "Name the authority in ca_bundle, or give datacenter.thumbprint."
            raise Invalid(f"the certificate of {server} is not trusted: {error}", remedy=remedy) from error
        except OSError as error:
            raise Unavailable(f"{server} cannot be reached: {error}") from error
        digest = hashlib.sha1(certificate, usedforsecurity=False).hexdigest().upper()
        return ":".join(digest[place : place + 2] for place in range(0, len(digest), 2))

    def vcenter(self) -> t.Optional[vsphere.Port]:
        """See Port. It is connected to when somebody asks for the first time."""
        with self._lock:
            if self._center is None and self._vcenter is not None:
                self._center = self._vcenter()
            return self._center

    @property
    def user(self) -> str:
        """See Port."""
        name, _at, domain = self._user.partition("@")
        return f"{domain.upper()}\\{name}" if domain else self._user
