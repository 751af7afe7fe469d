# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A vCenter of a few hosts that exists in memory only: for tests, and for a twin without one."""

from __future__ import annotations

import dataclasses
import threading
import uuid
from collections.abc import Mapping, Sequence

from twin.eksa.machines import MachineRefused, Survey, Template, Vm, VmWish, named
from twin.eksa.placement import Host, place


class MemoryMachines:
    """Satisfies machines.Machines."""

    def __init__(self, survey: Survey, hosts: Sequence[str]) -> None:
        self._survey = survey
        self._free = dict(survey.datastores)
        self._hosts = list(hosts)
        self._vms: dict[str, Vm] = {}
        self._wishes: dict[str, VmWish] = {}
        self._addresses: dict[str, str] = {}
        self._lost: set[str] = set()
        self._lock = threading.Lock()

    @property
    def vms(self) -> list[Vm]:
        """All that exist."""
        with self._lock:
            return list(self._vms.values())

    @property
    def addresses(self) -> dict[str, str]:
        """The guests' addresses by the machines' names."""
        with self._lock:
            return {self._vms[uid].name: address for uid, address in self._addresses.items() if uid in self._vms}

    def survey(self) -> Survey:
        """What there is, with what is still free."""
        with self._lock:
            return dataclasses.replace(self._survey, datastores=dict(self._free))

    def clone(self, wish: VmWish) -> Vm:
        """Clone, place and power on."""
        with self._lock:
            found = next((vm for vm in self._vms.values() if vm.name == wish.name), None)
            if found:
                return found
            store = self._place_for(wish)
            load = [Host(name, sum(vm.host == name for vm in self._vms.values())) for name in self._hosts]
            host = place([each for each in load if each.name not in self._lost], wish.name)
            if host is None:
                raise MachineRefused("No host is compatible with the virtual machine.")
            self._free[store] -= wish.disk_gib
            vm = Vm(str(uuid.uuid4()), wish.name, host)
            self._vms[vm.uuid], self._wishes[vm.uuid] = vm, wish
            return vm

    def give_address(self, uuid: str, address: str) -> None:
        """Let the guest have and report this address."""
        with self._lock:
            if uuid in self._vms:
                self._addresses[uuid] = address

    def destroy(self, uuid: str) -> None:
        """Power off and destroy."""
        with self._lock:
            if self._vms.pop(uuid, None) is None:
                return
            wish = self._wishes.pop(uuid)
            self._free[named(list(self._free), wish.datastore) or ""] += wish.disk_gib

    def look(self, uuids: Sequence[str]) -> Mapping[str, Vm]:
        """How these are, by uuid."""
        with self._lock:
            return {uid: self._vms[uid] for uid in uuids if uid in self._vms}

    def change(self, name: str, **changes: object) -> None:
        """Somebody changes a machine: `powered_on`, `gpus`."""
        with self._lock:
            for uid, vm in self._vms.items():
                if vm.name == name:
                    self._vms[uid] = dataclasses.replace(vm, **changes)  # type: ignore[arg-type]  # why: any field

    def lose(self, host: str) -> None:
        """The host ends, with everything on it."""
        with self._lock:
            self._lost.add(host)
            for uid, vm in self._vms.items():
                if vm.host == host:
                    self._vms[uid] = dataclasses.replace(vm, reachable=False)

    def _place_for(self, wish: VmWish) -> str:
        survey = self._survey
        templates = [template.path for template in survey.templates]
        for what, known, wanted in (
            ("template", templates, wish.template), ("network", survey.networks, wish.network),
            ("resource pool", survey.pools, wish.resource_pool),
        ):  # fmt: skip
            if named(known, wanted) is None:
                raise MachineRefused(f"{what} '{wanted}' not found")
        store = named(list(self._free), wish.datastore)
        if store is None:
            raise MachineRefused(f"datastore '{wish.datastore}' not found")
        if self._free[store] < wish.disk_gib:
            raise MachineRefused(f"Insufficient disk space on datastore '{wish.datastore}'.")
        return store


def example(*, hosts: int = 9, gib: float = 10000.0) -> MemoryMachines:
    """One with what the examples of clusters name."""
    survey = Survey(
        datacenters=("/pittsburgh",),
        networks=("/pittsburgh/network/nodes",),
        datastores={"/pittsburgh/datastore/replicated-ssd-1": gib},
        folders=("/pittsburgh/vm", "/pittsburgh/vm/kubernetes"),
        pools=("/pittsburgh/host/compute/Resources", "/pittsburgh/host/compute/Resources/resource-computing"),
        templates=tuple(
            Template(
                f"/pittsburgh/vm/templates/ubuntu-{minor}",
                ("os:ubuntu", f"eksdRelease:kubernetes-{minor.replace('.', '-')}-eks-{release}"),
                1,
                25,
            )
            for minor, release in (("1.33", 30), ("1.34", 22), ("1.35", 14), ("1.36", 6))
        ),
    )
    return MemoryMachines(survey, [f"esx-{number:02}" for number in range(1, hosts + 1)])
