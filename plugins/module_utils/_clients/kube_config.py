# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This file is private to the collection: its content may change in any release.
"""How a kubeconfig becomes a connection: addresses, trust, and credentials that are renewed while a run goes on."""

from __future__ import annotations

import base64
import binascii
import dataclasses
import datetime
import json
import os
import ssl
import tempfile
import threading
import typing as t

from .._engine.errors import Invalid, NotFound
from .kube_errors import Expired

try:
    import yaml

    HAS_YAML = True
except ImportError:
    HAS_YAML = False

Row = t.Mapping[str, t.Any]
_EARLY = datetime.timedelta(seconds=60)
Execute = t.Callable[[t.Sequence[str], t.Mapping[str, str]], tuple[int, str, str]]
"""Runs a command with additions to the environment and nothing to read: answers exit status, output, error output.
Raises OSError when it cannot be started."""


@dataclasses.dataclass(frozen=True)
class KubeConfig:
    """One context of a kubeconfig. cluster, user: its sections; directory: what relative paths start from."""

    cluster: Row = dataclasses.field(repr=False)
    user: Row = dataclasses.field(repr=False)
    directory: str = "."
    path: str = ""

    @property
    def server(self) -> str:
        """The API server's address."""
        return str(self.cluster["server"]).rstrip("/")

    def trust(self) -> ssl.SSLContext:
        """Trust in the cluster's authority, with the client's certificate if the user has one."""
        context = ssl.create_default_context(cadata=self._material(self.cluster, "certificate-authority"))
        # Authorities of EKS have no key identifiers, which RFC 5280 allows and Python refuses since 3.13 unless told.
        context.verify_flags &= ~ssl.VERIFY_X509_STRICT
        if self.cluster.get("insecure-skip-tls-verify"):
            context.check_hostname = False
            context.verify_mode = ssl.CERT_NONE
        return context

    def present(self, context: ssl.SSLContext, credential: Row) -> None:
        """Let the context show the client's certificate, from the user or from its credential plugin."""
        certificate = credential.get("clientCertificateData") or self._material(self.user, "client-certificate")
        key = credential.get("clientKeyData") or self._material(self.user, "client-key")
        if not certificate or not key:
            return
        # The ssl module reads key pairs from files only.
        with tempfile.NamedTemporaryFile("w", suffix=".pem") as file:
            file.write(f"{certificate}\n{key}\n")
            file.flush()
            context.load_cert_chain(file.name)

    def _material(self, section: Row, name: str) -> str | None:
        inline = section.get(f"{name}-data")
        if inline:
            try:
                return base64.b64decode(inline, validate=True).decode()
            except (binascii.Error, UnicodeDecodeError) as error:
                raise Invalid(f"{self.path}: {name}-data is not base64 of PEM") from error
        if not section.get(name):
            return None
        path = os.path.join(self.directory, section[name])
        try:
            with open(path, encoding="utf-8") as file:
                return file.read()
        except OSError as error:
            raise NotFound(f"{self.path}: {name} cannot be read: {error}") from error


def load(path: str, context: str | None = None) -> KubeConfig:
    """A context of a kubeconfig file, the current one unless named. Raises NotFound, Invalid."""
    if not HAS_YAML:
        raise Invalid("the Python library PyYAML is missing", remedy="Install it for ansible_playbook_python.")
    try:
        with open(path, encoding="utf-8") as file:
            document = yaml.safe_load(file)
    except OSError as error:
        raise NotFound(f"the kubeconfig {path} cannot be read: {error.strerror}") from error
    except yaml.YAMLError as error:
        raise Invalid(f"{path} is no YAML: {error}") from error
    if not isinstance(document, dict):
        raise Invalid(f"{path} is no kubeconfig")
    wanted = context or document.get("current-context")
    chosen = _section(document, "contexts", "context", wanted, path)
    return KubeConfig(
        cluster=_section(document, "clusters", "cluster", chosen.get("cluster"), path),
        user=_section(document, "users", "user", chosen.get("user"), path),
        directory=os.path.dirname(os.path.abspath(path)),
        path=path,
    )


def _section(document: Row, group: str, section: str, name: t.Any, path: str) -> Row:
    listed = document.get(group) or []
    for one in listed:
        if one.get("name") == name:
            return t.cast(Row, one.get(section) or {})
    known = ", ".join(str(one.get("name")) for one in listed) or "none"
    raise Invalid(f"{path}: there is no {section} {name!r}; there is {known}")


class Credential:
    """What proves who we are: asked for when needed, renewed before it expires. Used by many threads."""

    def __init__(self, config: KubeConfig, execute: Execute | None = None) -> None:
        self._config = config
        self._execute = execute
        self._lock = threading.Lock()
        self._status: Row = {}
        self._until: datetime.datetime | None = None

    def status(self, *, refused: str = "") -> Row:
        """{token, clientCertificateData, clientKeyData}, as far as there is any.

        refused: a token that the server just refused; if it is still the newest, a new one is made.
        """
        with self._lock:
            now = datetime.datetime.now(datetime.UTC)
            stale = self._until is not None and now > self._until - _EARLY
            if not self._status or stale or (refused and self._status.get("token") == refused):
                try:
                    self._status = self._fetch()
                except Expired:
                    if refused or not self._status or self._until is None or now > self._until:
                        raise
                    # What there is holds a while longer, and the next request asks again.
            return self._status

    @property
    def renewable(self) -> bool:
        """True when asking again may give another credential."""
        return bool(self._config.user.get("exec") or self._config.user.get("tokenFile"))

    def _fetch(self) -> Row:
        user = self._config.user
        if user.get("exec"):
            return self._ask(user["exec"])
        if user.get("tokenFile"):
            path = os.path.join(self._config.directory, user["tokenFile"])
            try:
                with open(path, encoding="utf-8") as file:
                    return {"token": file.read().strip()}
            except OSError as error:
                raise NotFound(f"{self._config.path}: tokenFile cannot be read: {error}") from error
        return {"token": user["token"]} if user.get("token") else {"anonymous": True}

    def _ask(self, plugin: Row) -> Row:
        program = plugin["command"]
        if os.sep in program:
            program = os.path.join(self._config.directory, program)
        command = [program, *(plugin.get("args") or ())]
        added = {one["name"]: one["value"] for one in plugin.get("env") or ()}
        info = {"apiVersion": plugin["apiVersion"], "kind": "ExecCredential", "spec": {"interactive": False}}
        told = f"the credential plugin {command[0]} of {self._config.path}"
        if self._execute is None:
            raise Invalid(f"{told} cannot be run here: nobody said how to run commands")
        try:
            code, output, errors = self._execute(command, {**added, "KUBERNETES_EXEC_INFO": json.dumps(info)})
        except OSError as error:
            raise Expired(f"{told} does not run: {error}") from error
        if code:
            raise Expired(f"{told} failed: {errors.strip()[-500:]}")
        try:
            status = json.loads(output)["status"]
            expiry = status.get("expirationTimestamp")
            self._until = datetime.datetime.fromisoformat(expiry.replace("Z", "+00:00")) if expiry else None
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            # Its output may hold a token: it is not told.
            raise Expired(f"{told} answered no ExecCredential") from error
        return t.cast(Row, status)
