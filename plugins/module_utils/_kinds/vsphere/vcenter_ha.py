# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This file is private to the collection: its content may change in any release.
"""Kind vcenter_ha."""

from __future__ import annotations

import typing as t

from ..._clients.vsphere import Port
from ..._engine.errors import NotFound
from ..._engine.kind import Kind, Owner, Query, Seen, Status, Watch, Wish
from ..._engine.options import Impact, Option, leaves, setting
from . import notes, vcha_spec

_MARK = "kubeops.io/vcenter-ha"
_CONFIGURATOR, _MANAGER = "failoverClusterConfigurator", "failoverClusterManager"
_MODES = ("enabled", "disabled", "maintenance")
_ID = "vcha"
Options = t.Mapping[str, t.Any]


def _address(node: str) -> Option:
    return leaves(
        f"Address of the {node} node in the network of the pair.",
        {
            "address": setting("IPv4 address.", needed=True),
            "subnet_mask": setting("Mask, as V(255.255.255.0)."),
            "gateway": setting("Gateway, where nodes are in different networks."),
        },
        needed=True,
        immutable=True,
    )


def _place(node: str) -> Option:
    return leaves(
        f"Where the {node} node is deployed; used for that only.",
        {
            "node_name": setting("Name of its virtual machine.", needed=True),
            "esxi_host": setting("Host. DRS chooses unless given.", ref="esxi_host"),
            "datastore": setting("Datastore of its disks.", ref="datastore"),
            "folder": setting("Folder of its virtual machine.", ref="folder", needed=True),
            "resource_pool": setting("Resource pool.", ref="resource_pool"),
            "cluster_network": setting("Port group of the pair's network.", ref="distributed_port_group"),
            "public_network": setting("Port group of the appliance's own network.", ref="distributed_port_group"),
        },
        needed=True,
        compared=False,
    )


class VcenterHa(Kind[Port]):
    """The pair of appliances with its witness. Which of the two is active may change at any time."""

    name = "vcenter_ha"
    description = "vCenter HA: a passive and a witness node beside this vCenter. There is one at most."
    source = "vSphere FailoverClusterConfigurator deployVcha_Task, FailoverClusterManager setClusterMode_Task"
    options = {
        "mode": setting(
            "V(enabled), or V(maintenance) and V(disabled), in which nothing fails over.",
            choices=_MODES,
            impact=Impact.BRIEF,
        ),
        "active": _address("first"),
        "passive": _address("second"),
        "witness": _address("witness"),
        "passive_node": _place("passive"),
        "witness_node": _place("witness"),
        "active_node": leaves(
            "The appliance as it is; used for deployment only.",
            {
                "vm": setting("Name of its virtual machine.", needed=True),
                "cluster_network": setting("Port group of the pair's network.", ref="distributed_port_group"),
                "url": setting(
                    "Address of the vCenter that manages it, as V(https://vcsa.example.com/sdk).", needed=True
                ),
                "username": setting("User for that vCenter.", needed=True),
                "password": setting("The user's password, as {$secret: name}.", needed=True, no_log=True),
                "thumbprint": setting("SHA-1 thumbprint of its certificate."),
            },
            needed=True,
            compared=False,
        ),
    }
    later = ("mode",)
    deadline = 3600
    create_impact = Impact.BRIEF

    def check(self, options: Options) -> str:
        """See Kind."""
        addresses = [(options.get(node) or {}).get("address") for node in vcha_spec.NODES]
        if len(set(addresses)) < len(addresses):
            return f"its nodes need three addresses and have {', '.join(map(str, addresses))}"
        return ""

    def observe(self, port: Port, query: Query) -> t.Sequence[Seen]:
        """The pair, if there is one or one is being deployed."""
        config = port.call(port.content[_CONFIGURATOR], "getVchaConfig")
        note = notes.read(port, query, port.content["rootFolder"], _MARK)
        if config["state"] != "configured":
            return self._coming(port, query, note)
        health = port.call(port.content[_MANAGER], "GetVchaClusterHealth")["runtimeInfo"]
        mode = port.call(port.content[_MANAGER], "getClusterMode")
        status, reason = vcha_spec.status(health, mode)
        wish = next(iter(query.wishes), None)
        return [
            Seen(
                name=_name(note, query),
                id=_ID,
                state={"mode": mode, **vcha_spec.state(config, wish.options if wish else {})},
                owner=_owner(note, query.estate),
                status=status,
                reason=reason,
                attributes=vcha_spec.attributes(health),
            )
        ]

    def _coming(self, port: Port, query: Query, note: str) -> list[Seen]:
        if _owner(note, query.estate) is not Owner.OURS:
            return []
        status, reason = _deployment(port)
        if status is Status.READY or (status is Status.FAILED and not query.ids):
            # Nothing is under way: what a run began and lost is begun anew.
            return []
        # What cannot be read yet is taken to be what this estate asked for.
        wished = next(iter(query.wishes), None)
        state = {node: wished.options.get(node) for node in vcha_spec.NODES} if wished else {}
        return [Seen(_name(note, query), _ID, state, Owner.OURS, status, reason)]

    def create(self, port: Port, estate: str, name: str, options: Options) -> Seen:
        """Deploy it, which takes long: a later look finds it configured."""
        machine = _machine(port, options["active_node"]["vm"])
        spec = vcha_spec.deployment(options, machine, port.about["instanceUuid"])
        notes.write(port, port.content["rootFolder"], _MARK, f"{estate}/{name}")
        port.call(port.content[_CONFIGURATOR], "deployVcha_Task", deploymentSpec=spec)
        return Seen(name, _ID, {}, Owner.OURS, Status.PENDING, "it is being deployed")

    def update(self, port: Port, seen: Seen, options: Options, fields: t.Collection[str]) -> t.Iterator[Watch]:
        """The mode; nothing else of it can change."""
        yield from _in_mode(port, options["mode"])

    def delete(self, port: Port, seen: Seen) -> t.Iterator[Watch]:
        """Out of its mode first: an enabled pair is not destroyed. The active appliance stays."""
        if seen.state.get("mode") == "enabled":
            yield from _in_mode(port, "disabled")
        task = port.call(port.content[_CONFIGURATOR], "destroyVcha_Task")
        yield Watch("the pair is taken apart", lambda: port.task(task))
        notes.write(port, port.content["rootFolder"], _MARK, "")


def failover(port: Port) -> t.Iterator[Watch]:
    """Let the passive node take over, with all that is replicated. For drills: no kind calls it."""
    task = port.call(port.content[_MANAGER], "initiateFailover_Task", planned=True)
    yield Watch("the passive node takes over", lambda: port.task(task))


def _in_mode(port: Port, mode: str) -> t.Iterator[Watch]:
    task = port.call(port.content[_MANAGER], "setClusterMode_Task", mode=mode)
    yield Watch(f"the pair is {mode}", lambda: port.task(task))


def _owner(note: str, estate: str) -> Owner:
    return Owner.OURS if note.partition("/")[0] == estate else Owner.FOREIGN


def _name(note: str, query: Query) -> str:
    """There is only one: others' bears the name of the wish."""
    estate, _slash, name = note.partition("/")
    if estate == query.estate:
        return name
    wishes: t.Sequence[Wish] = query.wishes
    return wishes[0].name if wishes else _ID


def _machine(port: Port, name: str) -> str:
    found = [row["ref"] for row in port.collect("VirtualMachine", ["name"]) if row["name"] == name]
    if len(found) != 1:
        raise NotFound(f"{len(found)} virtual machines are called {name!r}, the active appliance has to be one of them")
    return str(found[0])


def _deployment(port: Port) -> tuple[Status, str]:
    """The newest deployment that vCenter remembers; READY when there is none, or it is over."""
    paths = ["info.name", "info.descriptionId", "info.state", "info.progress", "info.error", "info.queueTime"]
    (manager,) = port.get([port.content["taskManager"]], ["recentTask"])
    tasks = port.get(list(manager.get("recentTask") or ()), paths)
    ours = [task for task in tasks if vcha_spec.is_deployment(task)]
    if not ours:
        return Status.READY, ""
    return vcha_spec.progress(max(ours, key=lambda task: str(task.get("info.queueTime", ""))))
