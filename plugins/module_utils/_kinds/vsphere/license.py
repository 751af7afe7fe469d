# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This file is private to the collection: its content may change in any release.
"""Kind license."""

from __future__ import annotations

import hashlib
import typing as t

from ..._clients.vsphere import Port, Row
from ..._engine.errors import Conflict, Denied, Invalid
from ..._engine.kind import Kind, Owner, Query, Seen, Watch
from ..._engine.options import Impact, names, setting
from ..._engine.secrets import Told

_ESTATE, _NAME = "kubeops.io/estate", "kubeops.io/name"
_MASKS = "*X"
Options = t.Mapping[str, t.Any]


class License(Kind[Port]):
    """A licence key with what it is assigned to. Labels that the adding call sets make it ours."""

    name = "license"
    description = "A licence key, and the vCenter or the hosts that it is assigned to."
    source = "vSphere LicenseManager AddLicense, LicenseAssignmentManager UpdateAssignedLicense"
    options = {
        "key": setting(
            "The key, as {$secret: name}. Another key is another licence: give it a name of its own.",
            needed=True,
            immutable=True,
            no_log=True,
        ),
        "vcenter": setting("Whether it is assigned to the vCenter itself.", type="bool", impact=Impact.BRIEF),
        "hosts": names(
            "All hosts that it is assigned to. Others fall back to their evaluation.",
            ref="esxi_host",
            impact=Impact.BRIEF,
        ),
    }
    later = ("vcenter", "hosts")

    def observe(self, port: Port, query: Query) -> t.Sequence[Seen]:
        """All of ours, and those that wishes refer to."""
        assigned = _assigned(port)
        found = [_seen(port, query.estate, row, assigned.get(row["licenseKey"], [])) for row in _licenses(port)]
        if query.ids:
            return [seen for seen in found if seen.id in query.ids]
        referred = {wish.name for wish in query.wishes if wish.reference}
        return [seen for seen in found if seen.owner is Owner.OURS or seen.name in referred]

    def create(self, port: Port, estate: str, name: str, options: Options) -> Seen:
        """Add the key with its labels; assignments come later."""
        if any(row["licenseKey"] == options["key"] for row in _licenses(port)):
            raise Conflict(
                "vCenter has that key already, and it carries no label of this estate",
                remedy="It is not touched. Remove it from vCenter, or leave it to whoever added it.",
            )
        labels = [{"key": _ESTATE, "value": estate}, {"key": _NAME, "value": name}]
        added = port.call(port.content["licenseManager"], "AddLicense", licenseKey=options["key"], labels=labels)
        # A key that is wrong is no fault to vCenter: the answer says why it was not added.
        wrong = [str(row.get("value")) for row in added.get("properties") or () if row["key"] == "diagnostic"]
        if wrong:
            raise Invalid(f"vCenter did not take the key: {'; '.join(wrong)}", remedy="Is its secret the right one?")
        return Seen(name, _identifier(options["key"]), {}, Owner.OURS)

    def update(self, port: Port, seen: Seen, options: Options, fields: t.Collection[str]) -> t.Iterator[Watch]:
        """New assignments first."""
        before, after = set(seen.handle["assigned"]), set(seen.handle["assigned"])
        if "vcenter" in fields:
            after = after | {_own(port)} if options["vcenter"] else after - {_own(port)}
        if "hosts" in fields:
            hosts = {host.partition(":")[2] for host in options["hosts"]}
            after = {one for one in after if not one.startswith("host-")} | hosts
        _assign(port, seen.handle["key"], sorted(after - before))
        _unassign(port, sorted(before - after))
        yield from ()

    def delete(self, port: Port, seen: Seen) -> t.Iterator[Watch]:
        """A key that is assigned cannot go."""
        _unassign(port, seen.handle["assigned"])
        port.call(port.content["licenseManager"], "RemoveLicense", licenseKey=seen.handle["key"])
        yield from ()


def _licenses(port: Port) -> list[Row]:
    (manager,) = port.get([port.content["licenseManager"]], ["licenses"])
    return list(manager.get("licenses") or ())


def _manager(port: Port) -> str:
    (manager,) = port.get([port.content["licenseManager"]], ["licenseAssignmentManager"])
    return str(manager["licenseAssignmentManager"])


def _assigned(port: Port) -> dict[str, list[str]]:
    """Key to the identifiers of what it is assigned to."""
    found: dict[str, list[str]] = {}
    for row in port.call(_manager(port), "QueryAssignedLicenses") or ():
        found.setdefault(row["assignedLicense"]["licenseKey"], []).append(row["entityId"])
    return found


def _own(port: Port) -> str:
    return str(port.about["instanceUuid"])


def _assign(port: Port, key: str, entities: t.Sequence[str]) -> None:
    manager = _manager(port) if entities else ""
    for entity in entities:
        port.call(manager, "UpdateAssignedLicense", entity=entity, licenseKey=key)


def _unassign(port: Port, entities: t.Sequence[str]) -> None:
    manager = _manager(port) if entities else ""
    for entity in entities:
        port.call(manager, "RemoveAssignedLicense", entityId=entity)


def _identifier(key: str) -> str:
    """What stands for a key where people read: keys have far too many values to be guessed from it."""
    return f"license-{hashlib.sha256(key.encode()).hexdigest()[:16]}"


def _told(key: str) -> Told:
    if set(key.replace("-", "")[:15]) <= set(_MASKS):
        raise Denied(
            "vCenter masks licence keys", remedy="The user that runs this needs the privilege Global.Licenses."
        )
    return Told(key)


def _seen(port: Port, estate: str, row: Row, assigned: t.Sequence[str]) -> Seen:
    labels = {label["key"]: label["value"] for label in row.get("labels") or ()}
    ours = labels.get(_ESTATE) == estate and _NAME in labels
    return Seen(
        name=labels[_NAME] if ours else row["name"],
        id=_identifier(row["licenseKey"]),
        state={
            "key": _told(row["licenseKey"]) if ours else None,
            "vcenter": _own(port) in assigned,
            "hosts": sorted(f"HostSystem:{one}" for one in assigned if one.startswith("host-")),
        },
        owner=Owner.OURS if ours else Owner.FOREIGN,
        attributes={"edition": row.get("editionKey"), "total": row.get("total"), "used": row.get("used")},
        handle={"key": row["licenseKey"], "assigned": sorted(assigned)},
    )
