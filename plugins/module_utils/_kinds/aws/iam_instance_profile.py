# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This file is private to the collection: its content may change in any release.
"""Kind iam_instance_profile."""

from __future__ import annotations

import typing as t

from ..._clients.aws import Port
from ..._engine.kind import Query, Seen, Watch
from ..._engine.options import Impact, setting
from . import marks
from .iam import IamKind, Row


class IamInstanceProfile(IamKind):
    """What gives EC2 instances a role."""

    name = "iam_instance_profile"
    description = "An instance profile, by which EC2 instances get a role."
    source = "IAM CreateInstanceProfile, AddRoleToInstanceProfile"
    options = {
        "path": setting("Path, V(/) unless given.", immutable=True),
        "role": setting("Role of the instances.", ref="iam_role", needed=True, impact=Impact.DISRUPTIVE),
        "tags": marks.TAGS,
    }
    noun = "instance_profile"
    listing = ("list_instance_profiles", "InstanceProfiles")
    later = ("role",)

    def observe(self, port: Port, query: Query) -> t.Sequence[Seen]:
        """See Kind."""
        return [self.seen(row, query.estate, _state(row)) for row in self.rows(port, query)]

    def create(self, port: Port, estate: str, name: str, options: Row) -> Seen:
        """The empty profile; the role, which IAM may not see yet when it is new, comes later."""
        path = {"Path": options["path"]} if options.get("path") else {}
        row = self.made(port, estate, name, options, **path)
        return self.seen(row, estate, _state(row))

    def update(self, port: Port, seen: Seen, options: Row, fields: t.Collection[str]) -> t.Iterator[Watch]:
        """A profile holds one role at most: the old one leaves first."""
        if "tags" in fields:
            self.retag(port, seen.id, seen.state["tags"], options["tags"])
        if "role" in fields:
            self._empty(port, seen)
            port.call("iam", "add_role_to_instance_profile", InstanceProfileName=seen.id, RoleName=options["role"])
        yield from ()

    @staticmethod
    def _empty(port: Port, seen: Seen) -> None:
        old = seen.state["role"]
        if old:
            port.call("iam", "remove_role_from_instance_profile", InstanceProfileName=seen.id, RoleName=old)

    def delete(self, port: Port, seen: Seen) -> t.Iterator[Watch]:
        """IAM refuses to delete a profile that holds a role."""
        self._empty(port, seen)
        yield from self.removed(port, seen.id)


def _state(row: Row) -> dict[str, t.Any]:
    return {"path": row["Path"], "role": next((role["RoleName"] for role in row.get("Roles", ())), None)}
