# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This file is private to the collection: its content may change in any release.
"""One session with a vCenter: TLS, the newest API version that both sides know, login, and login again."""

from __future__ import annotations

import dataclasses
import functools
import hashlib
import http.client
import ssl
import threading
import typing as t
import xml.etree.ElementTree as ET

from .._engine.errors import Denied, EstateError, Invalid, Unavailable
from .vsphere_errors import translate
from .vsphere_specs import HAS_PYVMOMI, Builder, managed, method_named, plain

if HAS_PYVMOMI:
    from pyVmomi import SoapAdapter, VmomiSupport

# vCenter works on a request for as long as it takes; a connection that is dead answers nothing.
_CONNECT_AND_ANSWER = 120
# Shorter than what proxies in front of a vCenter allow: a request on a connection that they closed would be lost.
_IDLE = 20
CONNECTIONS = 8
READS = ("Query", "Retrieve", "Fetch", "Find", "Get", "Check", "Read", "List", "Current", "Login", "get")
_OWN_TOOLS = frozenset({"CreateContainerView", "ContinueRetrievePropertiesEx", "DestroyView", "Logout"})


@dataclasses.dataclass(frozen=True)
class Connection:
    """How a vCenter is reached. thumbprint: SHA-256 of its certificate, in place of an authority to trust."""

    address: str
    username: str
    password: str = dataclasses.field(repr=False)
    port: int = 443
    ca_bundle: str | None = None
    thumbprint: str | None = None
    instance_uuid: str | None = None
    user_agent: str = "kubeops-hybrid"


def tls(connection: Connection) -> ssl.SSLContext:
    """What a certificate must be; one that is known by its thumbprint needs nobody's signature."""
    try:
        context = ssl.create_default_context(cafile=connection.ca_bundle)
    except (OSError, ssl.SSLError) as error:
        raise Invalid(f"ca_bundle {connection.ca_bundle}: {error}") from error
    if connection.thumbprint and not connection.ca_bundle:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    return context


def digits(thumbprint: str) -> str:
    """A thumbprint's hexadecimal digits, however it is written."""
    return thumbprint.replace(":", "").replace(" ", "").lower()


class _Https(http.client.HTTPSConnection):
    """A connection that also asks for the certificate that was declared. pyVmomi's own way asks only the first one."""

    def __init__(self, expected: str, *args: t.Any, **rest: t.Any) -> None:
        super().__init__(*args, **rest)
        self._expected = expected

    def connect(self) -> None:
        """As usual, then the thumbprint."""
        super().connect()
        seen = hashlib.sha256(t.cast(ssl.SSLSocket, self.sock).getpeercert(binary_form=True) or b"").hexdigest()
        if self._expected and seen != self._expected:
            self.close()
            raise ssl.SSLError(f"the certificate's SHA-256 thumbprint is {seen}, declared is {self._expected}")


class Session:
    """Requests by the vendor's names; who is logged out logs in again.

    guard is called before every request that writes and may raise (a lost lease, check mode).
    """

    def __init__(self, connection: Connection, guard: t.Callable[[], None]) -> None:
        if not HAS_PYVMOMI:
            raise Invalid("the Python library pyVmomi is missing", remedy="Install it for ansible_playbook_python.")
        self.connection = connection
        self._guard = guard
        self._lock = threading.Lock()
        self.logins = 0
        """How often was logged in: what a session keeps on the server is gone with the session."""
        context = tls(connection)
        pinned = digits(connection.thumbprint) if connection.thumbprint else ""
        scheme = functools.partial(_Https, pinned)
        version = self._agreed(scheme, context)
        self._stub = SoapAdapter.SoapStubAdapter(
            host=connection.address,
            port=connection.port,
            version=version,
            sslContext=context,
            poolSize=CONNECTIONS,
            connectionPoolTimeout=_IDLE,
            httpConnectionTimeout=_CONNECT_AND_ANSWER,
            customHeaders={"User-Agent": connection.user_agent},
        )
        self._stub.scheme = scheme
        self._builder = Builder(self._stub, version)
        self.content: dict[str, t.Any] = self.invoke("ServiceInstance:ServiceInstance", "RetrieveServiceContent")
        self.about: dict[str, t.Any] = self.content.pop("about")
        self._identify()
        self._login(0)

    def _agreed(self, scheme: t.Callable[..., http.client.HTTPSConnection], context: ssl.SSLContext) -> str:
        """The newest version of the API that this vCenter and pyVmomi both know."""
        c = self.connection
        what = f"{c.address}:{c.port}"
        try:
            asked = scheme(c.address, c.port, context=context, timeout=_CONNECT_AND_ANSWER)
            asked.request("GET", "/sdk/vimServiceVersions.xml", headers={"User-Agent": c.user_agent})
            answer = asked.getresponse()
            text = answer.read()
            asked.close()
            known = {node.text for node in ET.fromstring(text).iter("version")} if answer.status == 200 else set()
        except (OSError, http.client.HTTPException) as error:
            raise translate(error, what) from error
        except ET.ParseError as error:
            raise Unavailable(f"{what} does not answer as a vCenter does: {error}") from error
        for version in VmomiSupport.GetServiceVersions("vim25"):
            if VmomiSupport.GetVersionProps(version)[1] in known:
                return str(version)
        raise Unavailable(f"{what} offers no version of the vSphere API that pyVmomi knows")

    def _identify(self) -> None:
        wanted, found = self.connection.instance_uuid, self.about.get("instanceUuid")
        if wanted and wanted != found:
            raise Denied(
                f"{self.connection.address} is the vCenter {found}, the estate's is {wanted}",
                remedy="Correct the address, or instance_uuid after the appliance was made anew.",
            )

    def _login(self, known: int) -> None:
        with self._lock:
            if self.logins != known:
                # Another thread was faster.
                return
            c = self.connection
            self._once(self.content["sessionManager"], "Login", {"userName": c.username, "password": c.password})
            self.logins += 1

    def close(self) -> None:
        """Log out; what fails here does no harm."""
        try:
            self._once(self.content["sessionManager"], "Logout", {})
        except EstateError:
            return

    def invoke(self, ref: str, method: str, **arguments: t.Any) -> t.Any:
        """One request and its answer as plain data; raises EstateError."""
        if not method.startswith(READS) and method not in _OWN_TOOLS:
            self._guard()
        logins = self.logins
        try:
            return self._once(ref, method, arguments)
        except _LoggedOutError:
            # It was refused before anything was done.
            self._login(logins)
            return self._once(ref, method, arguments)

    def _once(self, ref: str, method: str, arguments: t.Mapping[str, t.Any]) -> t.Any:
        target = managed(ref, self._stub)
        info = method_named(type(target), method)
        call = f"{target._wsdlName}.{method}"
        values = self._builder.arguments(info, arguments)
        try:
            return plain(self._stub.InvokeMethod(target, info, values))
        except Exception as error:  # Faults derive from Exception only, and so do pyVmomi's own.
            ours = translate(error, call)
            if getattr(error, "_wsdlName", "") == "NotAuthenticated" and self.logins:
                raise _LoggedOutError(ours.cause, remedy=ours.remedy) from error
            raise ours from error


class _LoggedOutError(Denied):
    """The session ended on the server."""
