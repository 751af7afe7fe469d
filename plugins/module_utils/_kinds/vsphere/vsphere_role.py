# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This file is private to the collection: its content may change in any release.
"""Kind vsphere_role."""

from __future__ import annotations

import difflib
import typing as t

from ..._clients.vsphere import Port, Row
from ..._engine.errors import Invalid
from ..._engine.kind import Kind, Owner, Query, Seen, Watch, Wish
from ..._engine.options import Impact, names
from . import access

Options = t.Mapping[str, t.Any]


class VsphereRole(Kind[Port]):
    """A role. Its name in vCenter begins with the estate's, which is what makes it ours."""

    name = "vsphere_role"
    description = "A role: privileges under a name. Its name in vCenter begins with the estate's."
    source = "vSphere AuthorizationManager AddAuthorizationRole, UpdateAuthorizationRole"
    options = {
        "privileges": names(
            "All privileges by vSphere's ids, as V(Resource.AssignVMToPool). V(System.Anonymous), V(System.Read) and "
            "V(System.View) are always there and need not be told.",
            needed=True,
            impact=Impact.BRIEF,
        )
    }
    access = True

    def normal(self, options: Options) -> Options:
        """Without what every role has."""
        if options.get("privileges") is None:
            return options
        return {**options, "privileges": sorted(set(options["privileges"]) - access.ALWAYS)}

    def meant(self, port: Port, query: Query) -> t.Sequence[Wish]:
        """Refuses privileges that this vCenter does not know."""
        known = {row["privId"] for row in access.authorization(port, query).get("privilegeList") or ()}
        for wish in query.wishes:
            unknown = sorted(set(wish.options.get("privileges") or ()) - known) if known else []
            if unknown:
                near = difflib.get_close_matches(unknown[0], known, n=3)
                hint = f"Nearest to {unknown[0]}: {', '.join(near)}." if near else ""
                error = Invalid(f"this vCenter knows no privilege {', '.join(unknown)}", remedy=hint)
                raise error.during("plan", wish.kind, wish.name)
        return query.wishes

    def observe(self, port: Port, query: Query) -> t.Sequence[Seen]:
        """All of ours, and those that wishes refer to."""
        found = [_seen(row, query.estate) for row in access.authorization(port, query).get("roleList") or ()]
        if query.ids:
            return [seen for seen in found if seen.id in query.ids]
        referred = {wish.name for wish in query.wishes if wish.reference}
        return [seen for seen in found if seen.owner is Owner.OURS or seen.name in referred]

    def create(self, port: Port, estate: str, name: str, options: Options) -> Seen:
        """One call; its name is its mark."""
        identifier = port.call(
            port.content["authorizationManager"],
            "AddAuthorizationRole",
            name=f"{estate}-{name}",
            privIds=_sent(options["privileges"]),
        )
        return Seen(name, str(identifier), {}, Owner.OURS)

    def update(self, port: Port, seen: Seen, options: Options, fields: t.Collection[str]) -> t.Iterator[Watch]:
        """All privileges anew, unless that took some from ourselves."""
        for row in _uses(port, seen):
            access.keep(port, row, options["privileges"])
        port.call(
            port.content["authorizationManager"],
            "UpdateAuthorizationRole",
            roleId=int(seen.id),
            newName=seen.handle["name"],
            privIds=_sent(options["privileges"]),
        )
        yield from ()

    def delete(self, port: Port, seen: Seen) -> t.Iterator[Watch]:
        """Never one that is still given to somebody."""
        for row in _uses(port, seen):
            access.keep(port, row, ())
        port.call(port.content["authorizationManager"], "RemoveAuthorizationRole", roleId=int(seen.id), failIfUsed=True)
        yield from ()


def _sent(privileges: t.Sequence[str]) -> list[str]:
    # An empty list is none on the wire, and none might mean: leave them as they are.
    return list(privileges) or sorted(access.ALWAYS)


def _uses(port: Port, seen: Seen) -> list[Row]:
    return [row for row in access.permissions(port) if str(row["roleId"]) == seen.id]


def _seen(row: Row, estate: str) -> Seen:
    ours = row["name"].startswith(f"{estate}-") and not row.get("system")
    return Seen(
        name=row["name"].removeprefix(f"{estate}-") if ours else row["name"],
        id=str(row["roleId"]),
        state={"privileges": sorted(access.privileges(row))},
        owner=Owner.OURS if ours else Owner.FOREIGN,
        handle=row,
    )
