# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This file is private to the collection: its content may change in any release.
"""Kind datastore."""

from __future__ import annotations

import typing as t

from ..._clients.vsphere import Port, Row
from ..._engine.errors import Conflict, EstateError
from ..._engine.kind import Query, Seen, Watch, Wish
from ..._engine.options import Collection, Option, names, setting
from . import datastore_changes, datastore_mounts, marks
from . import datastore_spec as spec
from .base import EntityKind, Options
from .places import Places, folders, places


class Datastore(EntityKind):
    """A datastore and the hosts that mount it. It is made once and mounted everywhere."""

    name = "datastore"
    description = (
        "A datastore, VMFS on a disk or a share of NFS, on all hosts that are to mount it. It is only deleted when it "
        "is empty: no virtual machine, no template and no file."
    )
    source = (
        "vSphere HostDatastoreSystem.CreateVmfsDatastore, CreateNasDatastore, RemoveDatastore, "
        "HostStorageSystem.RescanVmfs, MountVmfsVolume, UnmountVmfsVolume"
    )
    options = {
        "datacenter": setting("Datacenter that it is in.", ref="datacenter", needed=True, immutable=True),
        "type": setting("What it is.", choices=("vmfs", "nfs", "nfs41"), needed=True, immutable=True),
        "device": setting(
            "Canonical name of the disk under VMFS, as V(naa.6000...). It is taken whole.", immutable=True
        ),
        "size_gib": setting(
            "Size that it is expected to have, in GiB, give or take a fiftieth. It is never grown: that begins at the "
            "array.",
            type="int",
        ),
        "servers": Option(
            "Addresses of the NFS server: one for V(nfs), one or more for V(nfs41).",
            type="list",
            elements="str",
            collection=Collection.SET,
            immutable=True,
        ),
        "path": setting("Directory that the NFS server exports.", immutable=True),
        "access_mode": setting(
            "How a share is mounted, V(read_write) if omitted.", choices=tuple(spec.ACCESS), immutable=True
        ),
        "security_type": setting(
            "How NFS 4.1 proves who asks.", choices=("AUTH_SYS", "SEC_KRB5", "SEC_KRB5I"), immutable=True
        ),
        "hosts": names("All hosts that mount it.", ref="esxi_host", needed=True),
    }
    type = "Datastore"
    paths = ("info", "summary.type", "summary.capacity", "host")
    protected = True

    def check(self, options: Options) -> str:
        """See Kind."""
        return spec.wrong(options)

    def refusal(self, field: str, before: t.Any, after: t.Any) -> str:
        """Growth is none of ours."""
        if field == "size_gib":
            return f"size_gib is {before}, wished {after}: it is grown by hand, first at the array, then in vSphere"
        return ""

    def meant(self, port: Port, query: Query) -> t.Sequence[Wish]:
        """The wishes as they are; refused where their disk or share is another datastore's."""
        wishes = [wish for wish in query.wishes if not wish.reference and wish.options.get("type")]
        if wishes:
            self._refuse_taken(port, query, wishes)
        return query.wishes

    def _refuse_taken(self, port: Port, query: Query, wishes: t.Sequence[Wish]) -> None:
        known, tree = marks.keys(port, query), places(port, query)
        taken: dict[tuple[str, ...], str] = {}
        for row in self.rows(port, query):
            name = marks.values(row, known).get(marks.NAME) or row["name"]
            taken[_place(tree.name(tree.datacenter(str(row.get("parent", "")))), spec.state(row))] = name
        for wish in wishes:
            place = _place(str(wish.options.get("datacenter")), wish.options)
            other = taken.setdefault(place, wish.name)
            if other != wish.name:
                raise Conflict(
                    f"{wish.options.get('device') or wish.options.get('path')} is that of datastore {other}",
                    remedy="Two datastores cannot share it: choose another, or refer to the one that there is.",
                ).during("plan", self.name, wish.name)

    def state(self, port: Port, query: Query, tree: Places, row: Row) -> Row:
        """See options."""
        wished = {wish.name: wish.options.get("size_gib") for wish in query.wishes}
        return {
            "datacenter": tree.datacenter(str(row.get("parent", ""))),
            **spec.state(row),
            "size_gib": spec.size(row, wished.get(row["name"])),
        }

    def attributes(self, row: Row) -> Row:
        """What references may ask for."""
        return {"url": (row.get("info") or {}).get("url")}

    def parents(self, port: Port, wishes: t.Mapping[str, Options]) -> t.Mapping[str, str]:
        """The datacenter's folder of datastores."""
        roots = folders(port, [str(wish["datacenter"]) for wish in wishes.values()], "datastore")
        return {name: roots[wish["datacenter"]] for name, wish in wishes.items()}

    def make_many(self, port: Port, parent: str, wishes: t.Mapping[str, Options]) -> t.Mapping[str, t.Any]:
        """Each by one host."""
        return datastore_mounts.make(port, wishes)

    def create_many(
        self, port: Port, estate: str, wishes: t.Mapping[str, Options]
    ) -> t.Mapping[str, t.Union[Seen, EstateError]]:
        """Made and marked first, then mounted by all other hosts at once."""
        answers = dict(super().create_many(port, estate, wishes))
        refs = {name: answer.id for name, answer in answers.items() if isinstance(answer, Seen)}
        answers.update(datastore_mounts.spread(port, refs, wishes))
        return answers

    def change(self, port: Port, seen: Seen, options: Options, fields: t.Collection[str]) -> t.Iterable[Watch]:
        """Only who mounts it ever changes."""
        if "hosts" in fields:
            datastore_changes.bring(port, seen.id, options)
        return ()

    def remove(self, port: Port, seen: Seen) -> t.Iterable[Watch]:
        """Unmounted everywhere, then gone; refused while there is anything in it."""
        datastore_changes.end(port, seen.id)
        return ()


def _place(datacenter: str, options: Row) -> tuple[str, ...]:
    # A disk holds one datastore wherever hosts see it; a share may be mounted in two datacenters.
    place = spec.place(options)
    return place if options.get("type") == "vmfs" else (datacenter, *place)
