# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the tables of vSphere's kinds need: a port that only answers, and wishes from plain resources."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from ansible_collections.kubeops.hybrid.plugins.module_utils._clients.vsphere import READS, Call
from ansible_collections.kubeops.hybrid.plugins.module_utils._engine import errors
from ansible_collections.kubeops.hybrid.plugins.module_utils._engine.kind import Owner, Seen, Status, Wish
from ansible_collections.kubeops.hybrid.plugins.module_utils._engine.wishes import parse
from ansible_collections.kubeops.hybrid.plugins.module_utils._kinds.vsphere.registry import KINDS
from tests.unit.plan_tables import ESTATE

Row = Mapping[str, Any]
PLANS = Path(__file__).parent / "plans_vsphere"
STEPS = Path(__file__).parent / "five_steps_vsphere"

CONTENT = {
    "rootFolder": "Folder:group-d1",
    "customFieldsManager": "CustomFieldsManager:CustomFieldsManager",
    "propertyCollector": "PropertyCollector:propertyCollector",
    "viewManager": "ViewManager:ViewManager",
    "sessionManager": "SessionManager:SessionManager",
    "authorizationManager": "AuthorizationManager:AuthorizationManager",
    "userDirectory": "UserDirectory:UserDirectory",
    "taskManager": "TaskManager:TaskManager",
    "licenseManager": "LicenseManager:LicenseManager",
    "setting": "OptionManager:VpxSettings",
    "dvSwitchManager": "DistributedVirtualSwitchManager:DVSManager",
    "failoverClusterConfigurator": "FailoverClusterConfigurator:failoverClusterConfigurator",
    "failoverClusterManager": "FailoverClusterManager:failoverClusterManager",
}
FIELDS: list[dict[str, Any]] = [
    {"_type": "CustomFieldDef", "key": key, "name": f"kubeops.io/{mark}", "type": "string"}
    for key, mark in enumerate(("estate", "name", "adopted", "making"), 101)
]
# What every vCenter has; a case says the same key again to have it otherwise.
ALWAYS: Row = {
    "CustomFieldsManager": [{"ref": CONTENT["customFieldsManager"], "field": FIELDS}],
    "Datacenter": [
        {
            "ref": "Datacenter:datacenter-2",
            "name": "site",
            "parent": "Folder:group-d1",
            "vmFolder": "Folder:group-v3",
            "hostFolder": "Folder:group-h4",
            "datastoreFolder": "Folder:group-s5",
            "networkFolder": "Folder:group-n6",
        }
    ],
    "Folder": [
        {"ref": f"Folder:group-{suffix}", "name": name, "parent": "Datacenter:datacenter-2"}
        for suffix, name in (("v3", "vm"), ("h4", "host"), ("s5", "datastore"), ("n6", "network"))
    ],
}


def marks(name: str, estate: str = ESTATE, **more: str) -> list[dict[str, Any]]:
    """customValue of an entity that is ours."""
    keys = {field["name"].removeprefix("kubeops.io/"): field["key"] for field in FIELDS}
    values = {"estate": estate, "name": name, **more}
    return [{"_type": "CustomFieldStringValue", "key": keys[m], "value": value} for m, value in values.items()]


class AnsweringPort:
    """A port that answers reads from a table and remembers writes.

    observed: a managed type to the rows of its objects, {ref, name, path: value}; "Type:moid.Method" or
    "Type.Method" to the answer of a reading call, or {error: NotFound, message}; "GET /api/..." to JSON. What is ours
    has the key marks: {name, estate, ...} in place of customValue.
    """

    def __init__(self, observed: Row) -> None:
        self._observed = {**ALWAYS, **observed}
        self.about: Row = {"instanceUuid": "6b1c", "version": "8.0.3", "apiVersion": "8.0.3.0"}
        self.content: Row = CONTENT
        self.writes: list[str] = []

    def collect(self, kind: str, paths: Sequence[str]) -> list[Row]:
        """The rows of that type, each with what was asked for."""
        if kind not in self._observed:
            raise AssertionError(f"the case observes nothing for {kind} {list(paths)}")
        return [_cut(row, paths) for row in self._observed[kind]]

    def get(self, refs: Sequence[str], paths: Sequence[str]) -> list[Row]:
        """Those of the rows; one that the table does not have is gone."""
        wanted = dict.fromkeys(refs)
        rows = {row["ref"]: row for rows in self._observed.values() if _are_rows(rows) for row in rows}
        return [_cut(rows[ref], paths) for ref in wanted if ref in rows]

    def call(self, ref: str, method: str, **arguments: Any) -> Any:
        """The answer of the table; a write is only remembered."""
        if not method.startswith(READS):
            self.writes.append(f"{ref}.{method}")
            return None
        for key in (f"{ref}.{method}", f"{ref.partition(':')[0]}.{method}"):
            if key in self._observed:
                return _answer(self._observed[key])
        raise AssertionError(f"the case observes nothing for {ref}.{method} {arguments}")

    def run(self, calls: Sequence[Call]) -> list[Any]:
        """One after the other."""
        answers: list[Any] = []
        for one in calls:
            try:
                answers.append(self.call(one.ref, one.method, **one.arguments))
            except errors.EstateError as error:
                answers.append(error)
        return answers

    def task(self, ref: str) -> tuple[Status, str]:
        """Planning makes no tasks."""
        raise AssertionError(f"planning waits for {ref}")

    def rest(self, method: str, path: str, body: Any = None) -> Any:
        """The answer of the table; a write is only remembered."""
        key = f"{method} {path}"
        if key in self._observed:
            return _answer(self._observed[key])
        if method == "GET":
            raise AssertionError(f"the case observes nothing for {key}")
        self.writes.append(key)
        return None


def _are_rows(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(row, Mapping) and "ref" in row for row in value)


def _answer(found: Any) -> Any:
    if isinstance(found, Mapping) and set(found) <= {"error", "message"} and "error" in found:
        raise getattr(errors, found["error"])(found.get("message", found["error"]))
    return found


def _cut(row: Row, paths: Sequence[str]) -> Row:
    """A row as vSphere answers: only what was asked for, and nothing for what is unset."""
    whole = {**row, "customValue": row.get("customValue", [])}
    if "marks" in row:
        whole["customValue"] = marks(**row["marks"])
    found = {path: _at(whole, path) for path in paths}
    return {"ref": row["ref"], **{path: value for path, value in found.items() if value is not None}}


def _at(row: Row, path: str) -> Any:
    """The value at a path, whether the case wrote the path or the objects that it goes through."""
    if path in row:
        return row[path]
    parts = path.split(".")
    for length in range(len(parts) - 1, 0, -1):
        inner = row.get(".".join(parts[:length]))
        if isinstance(inner, Mapping):
            return _at(inner, ".".join(parts[length:]))
    return None


def wish(resource: Row, *, absent: bool = False) -> Wish:
    """A resource {kind, name, ...options} as a wish; raises PlanErrors as the modules do."""
    (only,) = parse([resource], KINDS, absent=absent)
    return only


def known(world: Row) -> dict[str, list[Seen]]:
    """{kind: {name: reference, or {id, attributes}}} as observed objects without any state."""
    return {kind: [_known(kind, name, one) for name, one in names.items()] for kind, names in world.items()}


def _known(kind: str, name: str, one: Any) -> Seen:
    assert kind in KINDS, f"a case names the kind {kind}, which the registry does not have"
    given = one if isinstance(one, Mapping) else {"id": one}
    return Seen(name, given["id"], given.get("state", {}), Owner.OURS, attributes=given.get("attributes", {}))
