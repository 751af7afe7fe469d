# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This file is private to the collection: its content may change in any release.
"""Kind vsphere_permission."""

from __future__ import annotations

import typing as t

from ..._clients.vsphere import Port, Row
from ..._engine.errors import EstateError
from ..._engine.kind import BulkKind, Owner, Query, Seen, Watch
from ..._engine.options import Impact, setting
from . import access, notes

NOTE = "kubeops.io/permissions"
"""On the entity: a word for each permission there that is ours."""
ROOT = "vcenter"
_NAME = "kubeops.io/name"
_KINDS = {
    "Datacenter": "datacenter",
    "Folder": "folder",
    "ClusterComputeResource": "cluster",
    "HostSystem": "esxi_host",
    "ResourcePool": "resource_pool",
    "Datastore": "datastore",
    "VmwareDistributedVirtualSwitch": "distributed_switch",
    "DistributedVirtualPortgroup": "distributed_port_group",
}
Options = t.Mapping[str, t.Any]


class VspherePermission(BulkKind[Port]):
    """What somebody may do. The entity carries a note of those that are ours."""

    name = "vsphere_permission"
    description = "A permission: a role for a user or group, named by it. Unique by entity and principal."
    source = "vSphere AuthorizationManager SetEntityPermissions, RemoveEntityPermission"
    options = {
        "entity": setting(
            "Where it holds, as V(cluster/name), V(datacenter/name) or V(folder/name). The root folder unless given.",
            ref="*",
            immutable=True,
        ),
        "group": setting("Whether the principal is a group, V(false) unless given.", type="bool", immutable=True),
        "role": setting(
            "The role, one of ours or of vSphere's own.", ref="vsphere_role", needed=True, impact=Impact.BRIEF
        ),
        "propagate": setting(
            "Whether it holds for all below as well, V(true) unless given.", type="bool", impact=Impact.BRIEF
        ),
    }
    access = True

    def key(self, options: Options) -> str:
        """Entity and principal, with a slash between them."""
        return f"{options.get('entity') or ROOT}/{access.principal(options['name'])}"

    def observe(self, port: Port, query: Query) -> t.Sequence[Seen]:
        """All of ours, and others' that have a wish's principal and entity: vCenter holds one for each pair."""
        rows = access.permissions(port, query)
        entities = _entities(port, query, rows)
        wished = {wish.name for wish in query.wishes}
        found = [_seen(port, query, row, entities) for row in rows if row.get("entity") in entities]
        if query.ids:
            return [seen for seen in found if seen.id in query.ids]
        return [seen for seen in found if seen.owner is Owner.OURS or seen.name in wished]

    def create_many(
        self, port: Port, estate: str, wishes: t.Mapping[str, Options]
    ) -> t.Mapping[str, Seen | EstateError]:
        """The notes first: a permission without one is somebody else's. Then one call for each entity."""
        entities: dict[str, dict[str, Options]] = {}
        for name, options in wishes.items():
            entities.setdefault(_entity(port, options), {})[name] = options
        answers: dict[str, Seen | EstateError] = {}
        for entity, there in entities.items():
            try:
                notes.change(port, entity, NOTE, [notes.word(estate, _principal(name)) for name in there], ())
                _set(port, entity, [_permission(_principal(name), options, {}) for name, options in there.items()])
                made: dict[str, Seen | EstateError] = {
                    name: Seen(name, f"{entity}/{_principal(name)}", {}, Owner.OURS) for name in there
                }
                answers.update(made)
            except EstateError as error:
                answers.update(dict.fromkeys(there, error))
        return answers

    def update(self, port: Port, seen: Seen, options: Options, fields: t.Collection[str]) -> t.Iterator[Watch]:
        """Another role, or another reach, unless that took rights from ourselves."""
        row = seen.handle["row"]
        access.keep(port, row, _after(port, row, options))
        _set(port, row["entity"], [_permission(row["principal"], options, row)])
        yield from ()

    def delete(self, port: Port, seen: Seen) -> t.Iterator[Watch]:
        """Never our own. The note goes last."""
        row = seen.handle["row"]
        access.keep(port, row, ())
        port.call(
            port.content["authorizationManager"],
            "RemoveEntityPermission",
            entity=row["entity"],
            user=row["principal"],
            isGroup=row["group"],
        )
        notes.change(
            port, row["entity"], NOTE, (), [notes.word(seen.handle["estate"], access.principal(row["principal"]))]
        )
        yield from ()


def _after(port: Port, row: Row, options: Options) -> set[str]:
    """Privileges that the permission will give, none where it stops to reach below."""
    if row["propagate"] and options.get("propagate") is False:
        return set()
    roles = {str(role["roleId"]): role for role in access.authorization(port).get("roleList") or ()}
    return access.privileges(roles.get(str(options["role"]), {}))


def _entity(port: Port, options: Options) -> str:
    # A reference of any kind arrives as kind/identifier.
    return str(options.get("entity") or port.content["rootFolder"]).rpartition("/")[2]


def _principal(name: str) -> str:
    return name.rpartition("/")[2]


def _permission(principal: str, options: Options, before: Row) -> dict[str, t.Any]:
    def given(option: str, default: bool) -> bool:
        value = options.get(option)
        return bool(before.get(option, default) if value is None else value)

    return {
        "principal": principal,
        "group": given("group", False),
        "roleId": int(options["role"]),
        "propagate": given("propagate", True),
    }


def _set(port: Port, entity: str, permissions: t.Sequence[Row]) -> None:
    port.call(port.content["authorizationManager"], "SetEntityPermissions", entity=entity, permission=list(permissions))


def _entities(port: Port, query: Query, rows: t.Sequence[Row]) -> dict[str, Row]:
    refs = sorted({row["entity"] for row in rows if row.get("entity")})
    return {row["ref"]: row for row in port.get(refs, ["name", "customValue"])} if refs else {}


def _seen(port: Port, query: Query, row: Row, entities: t.Mapping[str, Row]) -> Seen:
    keys = notes.keys(port, query)
    noted = notes.text(entities[row["entity"]], keys.get(NOTE)).split()
    principal = access.principal(row["principal"])
    root = row["entity"] == port.content["rootFolder"]
    where = ROOT if root else _where(query, entities[row["entity"]], principal, keys.get(_NAME))
    state = {"group": bool(row["group"]), "role": str(row["roleId"]), "propagate": bool(row["propagate"])}
    return Seen(
        name=f"{where}/{principal}",
        id=f"{row['entity']}/{principal}",
        state=state if root else {**state, "entity": f"{where.partition('/')[0]}/{row['entity']}"},
        owner=Owner.OURS if notes.word(query.estate, principal) in noted else Owner.FOREIGN,
        handle={"row": row, "estate": query.estate},
    )


def _where(query: Query, entity: Row, principal: str, key: int | None) -> str:
    """The entity as kind/name. What carries no name of ours is called as a wish calls it, or as vCenter does."""
    kind = _KINDS.get(entity["ref"].partition(":")[0], "entity")
    name = notes.text(entity, key)
    if name:
        return f"{kind}/{name}"
    for wish in query.wishes:
        where = str(wish.options.get("entity") or "")
        if (
            where.startswith(f"{kind}/")
            and where.rpartition("/")[2] == entity["name"]
            and wish.name.endswith(principal)
        ):
            return where
    return f"{kind}/{entity['name']}"
