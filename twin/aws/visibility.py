# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Eventual consistency by rule: what a call has just made is not seen by later calls for a while.

Hidden objects are taken out of moto's dictionaries for the length of a call and put back after it, so that every
operation answers exactly as it answers for something that does not exist.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, MutableMapping
from typing import Any

from twin.aws.call import Call
from twin.aws.world import World

Shelves = Callable[[World, Call], list[MutableMapping[str, Any]]]

# Creating operation to the dictionaries that hold what it makes.
SHELVES: dict[str, Shelves] = {
    "CreateVpc": lambda world, call: [world.ec2(call.place).vpcs],
    "CreateSubnet": lambda world, call: list(world.ec2(call.place).subnets.values()),
    "CreateInternetGateway": lambda world, call: [world.ec2(call.place).internet_gateways],
    "CreateNatGateway": lambda world, call: [world.ec2(call.place).nat_gateways],
    "CreateRouteTable": lambda world, call: [world.ec2(call.place).route_tables],
    "CreateSecurityGroup": lambda world, call: list(world.ec2(call.place).groups.values()),
    "CreateVpcEndpoint": lambda world, call: [world.ec2(call.place).vpc_end_points],
    "CreateLaunchTemplate": lambda world, call: [world.ec2(call.place).launch_templates],
    "CreateRole": lambda world, call: [world.iam(call.account).roles],
    "CreateInstanceProfile": lambda world, call: [world.iam(call.account).instance_profiles],
}


@contextlib.contextmanager
def applied(world: World, call: Call) -> Iterator[None]:
    """Run a call with what is hidden taken away, and hide what it makes if its fault rule says so."""
    removed = _take_away(world, call)
    shelves = SHELVES.get(call.operation)
    before = {key for shelf in shelves(world, call) for key in shelf} if shelves else set()
    try:
        yield
        if shelves and call.fault is not None and call.fault.kind == "invisible":
            until = world.config.clock.now() + world.config.clock.scaled(call.fault.seconds)
            made = {key for shelf in shelves(world, call) for key in shelf} - before
            world.hidden.update({f"{call.operation}/{key}": until for key in made})
    finally:
        for shelf, key, value in removed:
            shelf[key] = value


def _take_away(world: World, call: Call) -> list[tuple[MutableMapping[str, Any], str, Any]]:
    now = world.config.clock.now()
    world.hidden = {name: until for name, until in world.hidden.items() if until > now}
    removed: list[tuple[MutableMapping[str, Any], str, Any]] = []
    for name in world.hidden:
        maker, _, key = name.partition("/")
        # Names are unique at once even where reading is late: the maker's own operation sees everything.
        if maker == call.operation:
            continue
        removed += [(shelf, key, shelf.pop(key)) for shelf in SHELVES[maker](world, call) if key in shelf]
    return removed
