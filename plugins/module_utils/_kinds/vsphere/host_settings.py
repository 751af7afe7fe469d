# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This file is private to the collection: its content may change in any release.
"""Kind host_settings."""

from __future__ import annotations

import typing as t

from ..._clients.vsphere import Port, Row
from ..._engine.errors import Conflict, EstateError, NotFound
from ..._engine.kind import BulkKind, Owner, Query, Seen, Status, Watch, Wish
from ..._engine.options import Impact
from . import host_passthrough, host_users, hosts
from . import host_settings_state as settings
from .host_settings_calls import change
from .host_settings_options import ABSENT, OPTIONS, wrong
from .hosts import Host

_READ = (*settings.PATHS, "parent", "vm", "runtime.connectionState", "summary.config.product.version")
# What a call for each host tells: read only where a wish speaks of it.
_ASKED = ("local_users", "lockdown_exceptions")


class HostSettings(BulkKind[Port]):
    """The settings of a host, one object for each host. They are there as long as the host is, so they never go.

    Deleting is nothing but forgetting. To undo what was changed on a host that we did not install, its settings are
    kept before the first change: C(captured(row, wish)) of host_settings_state gives them as options of this kind,
    out of Seen.handle["row"] of the observation that the plan was made from. Handed in as a wish
    ({kind: host_settings, name, **captured}) before the host itself is removed, they are set again. What cannot
    be set again is what captured() leaves out: passwords of local users.
    SSH keys of root have no call in vCenter's API: the kickstart file brings them.
    """

    name = "host_settings"
    description = (
        "The settings of a host, each of them by itself. Its name is the host's. What is omitted is left as it is, and "
        "so are services, rule sets, advanced options, users and devices that are not named."
    )
    source = (
        "vSphere HostDateTimeSystem.UpdateDateTimeConfig, HostNetworkSystem.UpdateDnsConfig, "
        "OptionManager.UpdateOptions, HostServiceSystem.UpdateServicePolicy, HostFirewallSystem.UpdateRuleset, "
        "HostAccessManager.ChangeLockdownMode, HostPowerSystem.ConfigurePowerPolicy, "
        "HostLocalAccountManager.CreateUser, HostPciPassthruSystem.UpdatePassthruConfig, HostSystem.RebootHost_Task"
    )
    options = OPTIONS
    # Hosts of a cluster reboot one after the other, and the last one waits for all.
    deadline = 6 * 3600
    after = ("esxi_host",)
    later = tuple(field for field in OPTIONS if field != "local_user_passwords")

    def check(self, options: Row) -> str:
        """See Kind."""
        return wrong(options)

    def impact(self, seen: Seen, field: str) -> Impact:
        """A host without machines, as one that has just joined, restarts without disturbing any."""
        impact = super().impact(seen, field)
        return impact if seen.handle["row"].get("vm") else min(impact, Impact.BRIEF)

    def normal(self, options: Row) -> Row:
        """See host_settings_state."""
        return settings.normal(options)

    def meant(self, port: Port, query: Query) -> t.Sequence[Wish]:
        """The wishes as they are; refuses hosts that are too old, and devices that a host does not have."""
        there = {host.name: host.row for host in _hosts(port, query)}
        for wish in query.wishes:
            row = there.get(wish.name, {})
            refused: t.Optional[EstateError] = hosts.too_old(wish.name, row.get("summary.config.product.version"))
            refused = refused or (host_passthrough.missing(row, wish.options.get("passthrough") or {}) if row else None)
            if refused:
                raise refused.during("plan", wish.kind, wish.name)
        return query.wishes

    def observe(self, port: Port, query: Query) -> t.Sequence[Seen]:
        """Settings of all hosts of ours, and of those that wishes name."""
        wishes = {wish.name: wish for wish in query.wishes}
        found = [host for host in _hosts(port, query) if host.owner is not Owner.FOREIGN or host.name in wishes]
        asked = host_users.asked(port, {h.ref: h.row for h in found if _asks(wishes.get(h.name))})
        return [_seen(host, wishes.get(host.name), asked.get(host.ref, {}), query) for host in found]

    def create_many(
        self, port: Port, estate: str, wishes: t.Mapping[str, Row]
    ) -> t.Mapping[str, t.Union[Seen, EstateError]]:
        """Nothing is made: the hosts have joined meanwhile, and their settings are there to be looked at and changed.

        One reading of all hosts' names: how they are set is looked at next, for all of them together.
        """
        there = {host.name: host for host in hosts.all_hosts(port, Query(estate), "names", ())}
        return {name: _joined(name, there.get(name)) for name in wishes}

    def update(self, port: Port, seen: Seen, options: Row, fields: t.Collection[str]) -> t.Iterator[Watch]:
        """Field by field; what needs a reboot comes last."""
        row = seen.handle["row"]
        change(port, row, options, frozenset(fields))
        if set(fields) & set(_ASKED):
            host_users.change(port, row, options, fields)
        if "passthrough" in fields:
            yield from host_passthrough.change(port, row, options["passthrough"])

    def delete(self, port: Port, seen: Seen) -> t.Iterator[Watch]:
        """Nothing: see the class."""
        yield from ()


def _joined(name: str, host: t.Optional[Host]) -> t.Union[Seen, EstateError]:
    if host is None:
        return NotFound("the vCenter has no host of that name", remedy="Declare it as esxi_host as well.")
    if host.owner is Owner.FOREIGN:
        return Conflict("the host carries no mark of this estate", remedy="Join it, or adopt it first.")
    return Seen(name, host.ref, {}, Owner.ADOPTED)


def _hosts(port: Port, query: Query) -> list[Host]:
    # Advanced options are most of what a host tells: one reading for all, whatever wishes ask for.
    return hosts.all_hosts(port, query, "settings", _READ, query.ids)


def _asks(wish: t.Optional[Wish]) -> bool:
    return wish is not None and any(wish.options.get(field) is not None for field in _ASKED)


def _seen(host: Host, wish: t.Optional[Wish], asked: Row, query: Query) -> Seen:
    whole = settings.state(host.row)
    wished = wish.options if wish else {}
    part = whole if query.ids else settings.about(whole, wished)
    if "users" in asked:
        part["local_users"] = {name: asked["users"].get(name, ABSENT) for name in _users(wished, asked)}
    if "exceptions" in asked:
        part["lockdown_exceptions"] = asked["exceptions"]
    connected = host.row.get("runtime.connectionState", "connected") == "connected"
    return Seen(
        name=host.name,
        id=host.ref,
        state=part,
        # They go with the host and never without it: nothing is there to be deleted.
        owner=Owner.FOREIGN if host.owner is Owner.FOREIGN else Owner.ADOPTED,
        status=Status.READY if connected else Status.PENDING,
        reason="" if connected else f"vCenter says of the host: {host.row['runtime.connectionState']}",
        handle={"row": host.row},
    )


def _users(wished: Row, asked: Row) -> t.Iterable[str]:
    return [*(wished.get("local_users") or asked["users"])]
