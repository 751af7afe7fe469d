# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This file is private to the collection: its content may change in any release.
"""The vSphere Automation API: JSON over HTTPS with a session of its own."""

from __future__ import annotations

import json
import re
import threading
import typing as t

from .._engine.errors import Denied, Invalid, Unavailable
from .vsphere_errors import from_answer
from .vsphere_session import Connection, digits, tls

try:
    import urllib3

    HAS_URLLIB3 = True
except ImportError:
    HAS_URLLIB3 = False

_CONNECT, _READ = 10, 120  # seconds
# Actions that are sent as POST although they only read.
_READING = re.compile(r"[?&]~?action=(list|get|find|query|check)")
_SESSION = "/api/session"
_OLD_SESSION = "/rest/com/vmware/cis/session"


class Rest:
    """Requests to /api; a vCenter that has only /rest (before 7.0 U2) is asked there, with its shapes."""

    def __init__(self, connection: Connection, guard: t.Callable[[], None]) -> None:
        if not HAS_URLLIB3:
            raise Invalid("the Python library urllib3 is missing", remedy="Install it for ansible_playbook_python.")
        self._connection = connection
        self._guard = guard
        self._lock = threading.Lock()
        self._token = ""
        self._old = False
        self._pool = urllib3.HTTPSConnectionPool(
            connection.address,
            connection.port,
            maxsize=8,
            timeout=urllib3.Timeout(connect=_CONNECT, read=_READ),
            ssl_context=tls(connection),
            assert_fingerprint=digits(connection.thumbprint) if connection.thumbprint else None,
        )

    def request(self, method: str, path: str, body: t.Any = None) -> t.Any:
        """One request; answers the JSON, or None where there is none. Raises EstateError."""
        if method != "GET" and not _READING.search(path):
            self._guard()
        token = self._logged_in("")
        status, answer = self._send(method, path, body, token)
        if status == 401:
            # The session ended on the server.
            status, answer = self._send(method, path, body, self._logged_in(token))
        if status >= 300:
            raise from_answer(status, answer, f"{method} {path}")
        return answer.get("value") if self._old and isinstance(answer, dict) else answer

    def _logged_in(self, stale: str) -> str:
        with self._lock:
            if self._token == stale:
                self._token = self._login()
            return self._token

    def _login(self) -> str:
        c = self._connection
        basic = urllib3.make_headers(basic_auth=f"{c.username}:{c.password}")
        for path in (_SESSION, _OLD_SESSION):
            status, answer = self._exchange("POST", path, None, basic)
            if status < 300:
                self._old = path == _OLD_SESSION
                return str(answer["value"] if self._old else answer)
            if status != 404:
                break
        if status == 401:
            raise Denied(f"the user name or the password is wrong (POST {path})")
        raise from_answer(status, answer, f"POST {path}")

    def _send(self, method: str, path: str, body: t.Any, token: str) -> tuple[int, t.Any]:
        if self._old and path.startswith("/api/cis/"):
            path = _old_path(path, body)
            wrapped = {"POST": "create_spec", "PATCH": "update_spec"}.get(method)
            body = {wrapped: body} if wrapped and body is not None and "action=" not in path else body
        return self._exchange(method, path, body, {"vmware-api-session-id": token})

    def _exchange(self, method: str, path: str, body: t.Any, headers: t.Mapping[str, str]) -> tuple[int, t.Any]:
        sent = {"User-Agent": self._connection.user_agent, "Accept": "application/json", **headers}
        if body is not None:
            sent["Content-Type"] = "application/json"
        # What was sent and not answered may have been done: only what did not arrive is sent again.
        retries = urllib3.Retry(connect=2, read=2 if method == "GET" else 0, redirect=0, status=0, other=0)
        data = None if body is None else json.dumps(body)
        try:
            answer = self._pool.request(method, path, body=data, headers=sent, retries=retries)
            return answer.status, _content(answer)
        except urllib3.exceptions.HTTPError as error:
            raise Unavailable(f"{error} ({method} {path})", remedy="Is the address right, and reachable?") from error
        except ValueError as error:
            raise Unavailable(f"the answer is no JSON ({method} {path})") from error


def _content(answer: t.Any) -> t.Any:
    """The JSON of an answer; what refuses a request in front of the API speaks anything."""
    try:
        return json.loads(answer.data) if answer.data else None
    except ValueError:
        if answer.status < 300:
            raise
        return None


def _old_path(path: str, body: t.Any) -> str:
    """The same request's path in /rest, which names objects there as id:..., also where /api has them in the body."""
    if path.endswith("?action=list-tags-for-category"):
        path = path.replace("?", f"/{body['category_id']}?", 1)
    path = re.sub(r"(/tagging/[^/?]+)/", r"\1/id:", path)
    return path.replace("/api/", "/rest/com/vmware/", 1).replace("?action=", "?~action=")
