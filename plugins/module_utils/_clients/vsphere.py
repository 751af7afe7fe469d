# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This file is private to the collection: its content may change in any release.
"""One connection to a vCenter: a narrow port that speaks plain data (see vsphere_specs.py for its form)."""

from __future__ import annotations

import dataclasses
import threading
import typing as t
import urllib.parse

from .._engine.errors import Denied, EstateError, NotFound
from .._engine.kind import Status
from .vsphere_errors import from_fault_document
from .vsphere_rest import Rest
from .vsphere_session import READS, Connection, Session
from .vsphere_specs import require_paths
from .vsphere_tasks import PATHS, Row, progress_of, run_all, status_of

_PAGE = 1000
_UNREADABLE = frozenset({"NoPermission", "NotAuthenticated", "SecurityError"})


@dataclasses.dataclass(frozen=True)
class Call:
    """One request to be made: the vendor's names, plain data."""

    ref: str
    method: str
    arguments: t.Mapping[str, t.Any] = dataclasses.field(default_factory=dict)


class Port(t.Protocol):
    """What kinds may do with a vCenter."""

    about: t.Mapping[str, t.Any]
    """instanceUuid, version, apiVersion, fullName ..."""
    content: t.Mapping[str, t.Any]
    """References by ServiceContent's names: rootFolder, customFieldsManager ..."""

    def collect(self, kind: str, paths: t.Sequence[str]) -> list[Row]:
        """Every object of a managed type in the inventory, the root folder left out: {ref, path: value}."""

    def get(self, refs: t.Sequence[str], paths: t.Sequence[str]) -> list[Row]:
        """These objects; those that are gone are left out."""

    def call(self, ref: str, method: str, **arguments: t.Any) -> t.Any:
        """One request; of a method that makes a task the answer is the task's reference."""

    def run(self, calls: t.Sequence[Call]) -> list[t.Any]:
        """All of them: for each its result, of a task when it ended, or as a value the EstateError."""

    def task(self, ref: str) -> tuple[Status, str]:
        """Where a task is, with its progress or why it failed."""

    def rest(self, method: str, path: str, body: t.Any = None) -> t.Any:
        """One request of the vSphere Automation API (/api/...)."""


class VsphereClient:
    """The port over pyVmomi and urllib3. guard: see Session."""

    def __init__(self, connection: Connection, guard: t.Callable[[], None]) -> None:
        self.connection = connection
        self._session = Session(connection, guard)
        self.about: t.Mapping[str, t.Any] = self._session.about
        self.content: t.Mapping[str, t.Any] = self._session.content
        self._lock = threading.Lock()
        self._view: tuple[int, str] = (0, "")
        self._rest = Rest(connection, guard)

    def close(self) -> None:
        """End the session."""
        self._session.close()

    def collect(self, kind: str, paths: t.Sequence[str]) -> list[Row]:
        """See Port."""
        try:
            return self._collected(kind, paths)
        except NotFound:
            # The view went away with the session that it was made in.
            self._view = (0, "")
            return self._collected(kind, paths)

    def _collected(self, kind: str, paths: t.Sequence[str]) -> list[Row]:
        members = {"_type": "TraversalSpec", "name": "members", "type": "ContainerView", "path": "view", "skip": False}
        roots = [{"obj": self._everything(), "skip": True, "selectSet": [members]}]
        return self._retrieved([{"type": kind, "pathSet": list(paths)}], roots)

    def _everything(self) -> str:
        """The view of the whole inventory, which follows it."""
        with self._lock:
            if self._view[0] != self._session.logins:
                view = self._session.invoke(
                    self.content["viewManager"],
                    "CreateContainerView",
                    container=self.content["rootFolder"],
                    type=["ManagedEntity"],
                    recursive=True,
                )
                self._view = (self._session.logins, view)
            return self._view[1]

    def get(self, refs: t.Sequence[str], paths: t.Sequence[str]) -> list[Row]:
        """See Port."""
        left = list(dict.fromkeys(refs))
        while left:
            kinds = sorted({ref.partition(":")[0] for ref in left})
            wanted = [{"type": kind, "pathSet": list(paths)} for kind in kinds]
            try:
                return self._retrieved(wanted, [{"obj": ref, "skip": False} for ref in left])
            except _GoneError as error:
                if error.ref not in left:
                    raise
                left.remove(error.ref)
        return []

    def _retrieved(self, wanted: t.Sequence[Row], roots: t.Sequence[Row]) -> list[Row]:
        for one in wanted:
            require_paths(one["type"], one["pathSet"])
        collector = self.content["propertyCollector"]
        answer = self._ask(
            collector,
            "RetrievePropertiesEx",
            specSet=[{"propSet": list(wanted), "objectSet": list(roots)}],
            options={"maxObjects": _PAGE},
        )
        rows: list[Row] = []
        while answer:
            rows += [_row(found) for found in answer.get("objects", ())]
            if not answer.get("token"):
                break
            answer = self._ask(collector, "ContinueRetrievePropertiesEx", token=answer["token"])
        return rows

    def _ask(self, ref: str, method: str, **arguments: t.Any) -> t.Any:
        try:
            return self._session.invoke(ref, method, **arguments)
        except NotFound as error:
            gone = getattr(error.__cause__, "obj", None)
            if gone is None:
                raise
            raise _GoneError(error.cause, f"{gone._wsdlName}:{gone._GetMoId()}") from error

    def call(self, ref: str, method: str, **arguments: t.Any) -> t.Any:
        """See Port."""
        return self._session.invoke(ref, method, **arguments)

    def run(self, calls: t.Sequence[Call]) -> list[t.Any]:
        """See Port."""
        return run_all(
            len(calls),
            lambda place: self._session.invoke(calls[place].ref, calls[place].method, **calls[place].arguments),
            lambda place: calls[place].method.endswith("_Task"),
            lambda refs: self.get(refs, PATHS),
            _failure,
        )

    def task(self, ref: str) -> tuple[Status, str]:
        """See Port."""
        rows = self.get([ref], PATHS)
        if not rows:
            return Status.FAILED, f"vCenter no longer knows what became of {ref}"
        status = status_of(rows[0])
        if status is Status.FAILED:
            return status, _failure(rows[0]).cause
        return status, progress_of(rows[0]) if status is Status.PENDING else ""

    def rest(self, method: str, path: str, body: t.Any = None) -> t.Any:
        """See Port."""
        return self._rest.request(method, path, body)


class _GoneError(NotFound):
    """One of the objects that were asked for is gone."""

    def __init__(self, cause: str, ref: str) -> None:
        super().__init__(cause)
        self.ref = ref


def _failure(row: Row) -> EstateError:
    # pyVmomi puts the fault in place of the LocalizedMethodFault that holds it, with its message as msg.
    return from_fault_document(row.get("info.error") or {}, str(row.get("info.descriptionId") or "a task"))


def _row(found: Row) -> Row:
    for missing in found.get("missingSet", ()):
        fault = missing.get("fault", {})
        if fault.get("_type") in _UNREADABLE:
            # As if it were unset, a run would set it.
            raise Denied(
                f"{found['obj']}: {missing.get('path')} may not be read ({fault.get('_type')})",
                remedy="These credentials need the privilege System.Read there.",
            )
    # An empty list is a value that an object has; plain data objects leave it out.
    values = {entry["name"]: entry.get("val", []) for entry in found.get("propSet", ())}
    if isinstance(values.get("name"), str):
        # vSphere keeps %, / and \ of names as %25, %2f and %5c.
        values["name"] = urllib.parse.unquote(values["name"])
    return {"ref": found["obj"], **values}


__all__ = ["READS", "Call", "Connection", "Port", "Row", "VsphereClient"]
