# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This file is private to the collection: its content may change in any release.
"""Kind esxi_host."""

from __future__ import annotations

import typing as t

from ..._clients.vsphere import Call, Port, Row
from ..._engine.errors import Conflict, NotFound
from ..._engine.kind import Query, Seen, Status, Watch, Wish
from ..._engine.options import Impact, setting
from . import hosts
from .base import EntityKind, Options, given
from .places import Places

_CLUSTER = "ClusterComputeResource:"
_ENTER = {"timeout": 0, "evacuatePoweredOffVms": False}


class EsxiHost(EntityKind):
    """A host of a cluster. Its machines are never moved and never stopped: while there are any, it stays."""

    name = "esxi_host"
    description = (
        "An ESXi host of a cluster. All hosts of a cluster join at the same time. A host whose certificate the vCenter "
        "does not trust joins with its thumbprint only; without one the join is refused, and the refusal names the one "
        "that the host shows. It enters maintenance mode, and leaves the vCenter, only when no virtual machine is in "
        "the way: none is moved or stopped."
    )
    source = "vSphere ClusterComputeResource.AddHost_Task, HostSystem.EnterMaintenanceMode_Task, Destroy_Task"
    options = {
        "cluster": setting("Cluster that it is in.", ref="cluster", needed=True, immutable=True),
        "address": setting("Name or address by which the vCenter reaches it.", needed=True, immutable=True),
        "port": setting("Port of the host, V(443) by default.", type="int", compared=False),
        "username": setting("User for joining, V(root) by default.", compared=False),
        "password": setting(
            "Password for joining. Afterwards vCenter has an account of its own.", no_log=True, compared=False
        ),
        "thumbprint": setting("Thumbprint of the host's certificate: pairs of hexadecimal digits with colons."),
        "maintenance": setting("Whether it is in maintenance mode.", type="bool", impact=Impact.DISRUPTIVE),
    }
    type = hosts.TYPE
    paths = (
        "runtime.connectionState",
        "runtime.inMaintenanceMode",
        "summary.config.sslThumbprint",
        "summary.config.product.version",
    )
    later = ("maintenance",)
    deadline = 900

    def normal(self, options: Options) -> Options:
        """Thumbprints in upper case, as hosts show them."""
        thumbprint = options.get("thumbprint")
        return {**options, "thumbprint": thumbprint.upper()} if thumbprint else options

    def refusal(self, field: str, before: t.Any, after: t.Any) -> str:
        """A certificate is the host's business."""
        if field != "thumbprint":
            return ""
        return (
            f"the host shows the certificate {before}, not {after}: compare at its console, then correct the inventory"
        )

    def rows(self, port: Port, query: Query) -> list[Row]:
        """All hosts; one that no mark names yet is called as the wish for its address is."""
        wished = {wish.options.get("address"): wish.name for wish in query.wishes}
        return [{**row, "wished": wished.get(row["name"])} for row in super().rows(port, query)]

    def named(self, row: Row, tree: Places) -> str:
        """See EntityKind."""
        return str(row.get("wished") or row["name"])

    def meant(self, port: Port, query: Query) -> t.Sequence[Wish]:
        """The wishes as they are; refuses hosts that are too old."""
        versions = {seen.name: seen.attributes.get("version") for seen in self.observe(port, query)}
        for wish in query.wishes:
            refused = hosts.too_old(wish.name, versions.get(wish.name))
            if refused:
                raise refused.during("plan", wish.kind, wish.name)
        return query.wishes

    def state(self, port: Port, query: Query, tree: Places, row: Row) -> Row:
        """See options."""
        parent = str(row.get("parent") or "")
        return {
            "cluster": parent if parent.startswith(_CLUSTER) else None,
            "address": row["name"],
            "thumbprint": row.get("summary.config.sslThumbprint"),
            "maintenance": bool(row.get("runtime.inMaintenanceMode")),
        }

    def attributes(self, row: Row) -> Row:
        """Version of ESXi and address."""
        return {"version": row.get("summary.config.product.version"), "address": row["name"]}

    def status(self, row: Row) -> tuple[Status, str]:
        """Ready once the vCenter reaches it."""
        word = str(row.get("runtime.connectionState") or "connected")
        if word == "connected":
            return Status.READY, ""
        return Status.PENDING, f"vCenter says of the host: {word}"

    def parents(self, port: Port, wishes: t.Mapping[str, Options]) -> t.Mapping[str, str]:
        """Their clusters."""
        return {name: str(options["cluster"]) for name, options in wishes.items()}

    def making(self, port: Port, parent: str, name: str, options: Options) -> Call:
        """A host that another vCenter has is not taken from it: force stays off."""
        spec = given(
            hostName=options["address"],
            port=options.get("port"),
            userName=options.get("username") or "root",
            password=options.get("password"),
            sslThumbprint=options.get("thumbprint"),
        )
        return Call(parent, "AddHost_Task", {"spec": {**spec, "force": False}, "asConnected": True})

    def change(self, port: Port, seen: Seen, options: Options, fields: t.Collection[str]) -> t.Iterable[Watch]:
        """Maintenance mode."""
        if "maintenance" not in fields:
            return
        if options["maintenance"]:
            yield from entering(port, seen.id)
        else:
            task = port.call(seen.id, "ExitMaintenanceMode_Task", timeout=0)
            yield Watch("the host left maintenance mode", lambda: port.task(task))

    def remove(self, port: Port, seen: Seen) -> t.Iterable[Watch]:
        """By way of maintenance mode, and only without any machine, running or not: they would be lost to vCenter."""
        there = machines(port, seen.id)
        if there:
            raise Conflict(
                f"{len(there)} virtual machines are on the host: {_few(sorted(there))}",
                remedy="They are neither moved nor stopped: move them to other hosts, then run again.",
            )
        if not seen.state["maintenance"]:
            yield from entering(port, seen.id)
        try:
            task = port.call(seen.id, "Destroy_Task")
        except NotFound:
            return
        yield Watch("the host left the vCenter", lambda: port.task(task))


def machines(port: Port, host: str) -> dict[str, str]:
    """Virtual machines on a host and their power states, without those with which vCenter itself serves clusters."""
    refs = [ref for row in port.get([host], ["vm"]) for ref in row.get("vm") or ()]
    rows = port.get(refs, ["name", "runtime.powerState"]) if refs else []
    return {row["name"]: row.get("runtime.powerState", "") for row in rows if not row["name"].startswith("vCLS")}


def entering(port: Port, host: str) -> t.Iterator[Watch]:
    """Enter maintenance mode; see refuse_running."""
    refuse_running(port, host)
    task = port.call(host, "EnterMaintenanceMode_Task", **_ENTER)
    yield Watch("the host is in maintenance mode", lambda: port.task(task))


def refuse_running(port: Port, host: str) -> None:
    """Raise Conflict with their names while machines run there."""
    running = sorted(name for name, power in machines(port, host).items() if power != "poweredOff")
    if running:
        raise Conflict(
            f"{len(running)} virtual machines run on the host: {_few(running)}",
            remedy="They are neither moved nor stopped: move them to other hosts, then run again.",
        )


def _few(names: t.Sequence[str]) -> str:
    more = f" and {len(names) - 10} more" if len(names) > 10 else ""
    return ", ".join(names[:10]) + more
