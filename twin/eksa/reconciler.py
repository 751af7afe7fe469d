# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One EKS Anywhere Cluster: from its spec to machines, and from these to what its objects say."""

from __future__ import annotations

import math
import random
import threading
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor

from twin.cluster.objects import Object, annotation, is_deleted
from twin.eksa import capi, checks, planes
from twin.eksa.addresses import Leases
from twin.eksa.conditions import of_cluster, written
from twin.eksa.delays import Delays
from twin.eksa.fleet import Fleet
from twin.eksa.groups import Group, MissingError, groups_of
from twin.eksa.kinds import (
    CAPI_CLUSTER,
    CLUSTER,
    DATACENTER,
    FINALIZER,
    HEALTH_CHECK,
    MACHINE,
    MACHINE_CONFIG,
    PAUSED,
    SECRET,
    SYSTEM,
    VSPHERE_CLUSTER,
    VSPHERE_MACHINE,
    VSPHERE_TEMPLATE,
)
from twin.eksa.life import Around, Machine
from twin.eksa.projection import Projection
from twin.eksa.surroundings import Surroundings, Watched

_CLONES_AT_ONCE = 8


class Reconciler:
    """For one thread. `over` once the cluster is gone."""

    def __init__(
        self, name: str, around: Surroundings, watched: Watched, projection: Projection, changed: threading.Event
    ) -> None:
        self.over = False
        self._name, self._plane = name, planes.plane_name(name)
        self._around = around
        self._watched = watched
        self._projection = projection
        self._delays = Delays(around.clock)
        self._executor = ThreadPoolExecutor(_CLONES_AT_ONCE, thread_name_prefix=f"machines-{name}")
        self._leases: Leases | None = None
        self._groups: list[Group] = []
        self._minor, self._services = "", ""
        self._begun = name == around.name
        self._checked: str | None = None
        self._gpus: dict[str, int] = {}
        self._shown: dict[str, object] = {}  # what machines looked like when their objects were written
        self.fleet = Fleet(
            name,
            Around(
                around.machines, around.clock, around.faults, self._executor, self._may_start, self._may_join,
                self._lease, self._put_node, self._drop_node, changed.set,
            ),
            random.Random(name),
        )  # fmt: skip

    def close(self) -> None:
        """Wait for nothing more."""
        self._executor.shutdown(wait=False, cancel_futures=True)

    def reconcile(self, cluster: Object) -> float:
        """One look; the real seconds until the next. Raises TwinError and urllib3's errors to be tried again."""
        if annotation(cluster, PAUSED) == "true":
            return math.inf
        if is_deleted(cluster):
            return self._end(cluster)
        if FINALIZER not in (cluster["metadata"].get("finalizers") or []):
            self._projection.put(CLUSTER, capi.identity(cluster, finalizers=[FINALIZER]))
        try:
            self._groups = self._wished(cluster)
        except MissingError as error:
            text = f"Dependent cluster objects don't exist: {error}"
            return self._fail(cluster, "MissingDependentObjects", text)
        if problem := self._problem(cluster):
            return self._fail(cluster, *problem)
        return self._go_on(cluster)

    def _wished(self, cluster: Object) -> list[Group]:
        spec, namespace = cluster["spec"], cluster["metadata"]["namespace"]
        self._minor = str(spec["kubernetesVersion"])
        self._services = spec["clusterNetwork"]["services"]["cidrBlocks"][0]
        if self._leases is None:
            self._leases = Leases(spec["controlPlaneConfiguration"]["endpoint"]["host"])
        name = spec["datacenterRef"]["name"]
        datacenter = self._watched.get(DATACENTER, namespace, name)
        if datacenter is None:
            raise MissingError(f'{DATACENTER.definition} "{name}" not found')
        configs = self._watched.of(MACHINE_CONFIG, namespace)
        groups = groups_of(cluster, datacenter, configs, self._around.releases)
        self._datacenter = datacenter
        self._own(cluster, [datacenter, *(configs[group.config] for group in groups)])
        return groups

    def _own(self, cluster: Object, things: Iterable[Object]) -> None:
        """What the cluster refers to goes with it, and its datacenter says whether it is right."""
        owner = {"apiVersion": CLUSTER.api_version, "kind": CLUSTER.kind, "name": self._name,
                 "uid": cluster["metadata"]["uid"]}  # fmt: skip
        for thing in things:
            kind = DATACENTER if thing["kind"] == DATACENTER.kind else MACHINE_CONFIG
            if owner["uid"] not in [each["uid"] for each in thing["metadata"].get("ownerReferences") or []]:
                self._projection.put(kind, capi.identity(thing, ownerReferences=[owner]))

    def _problem(self, cluster: Object) -> tuple[str, str] | None:
        """What vCenter lacks; asked when a wish is new, and again as long as something is wrong."""
        digest = ",".join(group.digest + str(group.count) for group in self._groups)
        if self._checked == digest:
            return None
        survey = self._around.machines.survey()
        datacenter = self._datacenter
        wrong = next(checks.datacenter_problems(datacenter, survey), None)
        status = {"specValid": wrong is None, "observedGeneration": datacenter["metadata"].get("generation", 1),
                  **({"failureMessage": wrong} if wrong else {})}  # fmt: skip
        self._projection.status(DATACENTER, datacenter, status)
        if wrong:
            return "DatacenterConfigInvalid", wrong
        configs = self._watched.of(MACHINE_CONFIG, cluster["metadata"]["namespace"])
        groups = self._groups if not self.fleet.machines else [g for g in self._groups if not self.fleet.of(g)]
        found = checks.problems(cluster, datacenter, configs, groups, survey, self._around.releases)
        if wrong := next(found, None):
            return "MachineConfigInvalid", wrong
        self._checked = digest
        return None

    def _fail(self, cluster: Object, reason: str, message: str) -> float:
        status = {
            "failureReason": reason, "failureMessage": message,
            "conditions": (cluster.get("status") or {}).get("conditions") or [],
            "observedGeneration": cluster["metadata"]["generation"],
        }  # fmt: skip
        self._projection.status(CLUSTER, cluster, status)
        return self._delays.real("retry")

    def _go_on(self, cluster: Object) -> float:
        self._heed_machines()
        self.fleet.leave_other_groups(self._groups)
        after = self.fleet.go_on(self._groups, chosen=self._marked(capi.CHOSEN), spared=self._spared())
        self._show_groups(cluster)
        self._show_machines()
        self._show_cluster(cluster)
        self._renew_nodes()
        if self.fleet.initialized and self._name != self._around.name:
            self._projection.put(SECRET, planes.secret(self._around.planes, self._name))
        return after

    def _heed_machines(self) -> None:
        """Somebody deletes a Machine: it goes, and its group makes another."""
        for thing in self._watched.of(MACHINE, SYSTEM).values():
            if is_deleted(thing):
                self.fleet.leave(thing["metadata"]["name"])

    def _marked(self, name: str) -> set[str]:
        things = self._watched.of(MACHINE, SYSTEM)
        return {each for each, thing in things.items() if name in (thing["metadata"].get("annotations") or {})}

    def _spared(self) -> set[str]:
        return self._marked(capi.SKIP_REMEDIATION) | self._marked("cluster.x-k8s.io/paused")

    def _show_groups(self, cluster: Object) -> None:
        for kind, body in capi.cluster_objects(cluster, self._groups, self._datacenter["spec"]["server"]):
            self._projection.put(kind, body)
        for group in self._groups:
            template = {"template": {"spec": group.template}}
            name = capi.template_name(group)
            self._projection.put(VSPHERE_TEMPLATE, capi.manifest(VSPHERE_TEMPLATE, name, self._name, template))
            kind, body = capi.owner(self._name, group)
            counts = self.fleet.counts(group)
            self._projection.put(
                kind, body,
                lambda generation, before, group=group, counts=counts: capi.owner_status(  # type: ignore[misc]  # why: bound
                    group, counts, generation, before, self.fleet.initialized),
            )  # fmt: skip
            if group.health is not None:
                self._projection.put(HEALTH_CHECK, capi.health_check(self._name, group))

    def _show_machines(self) -> None:
        for machine in self.fleet.gone():
            self._remove(machine)
        for machine in self.fleet.machines.values():
            if self._shown.get(machine.name) == machine.look:
                continue
            uid = self._projection.uid(capi.OWNERS[machine.group.role], SYSTEM, machine.group.name)
            self._projection.put(
                VSPHERE_MACHINE, capi.vsphere_machine(machine),
                lambda _generation, before, machine=machine: capi.vsphere_status(machine, before),  # type: ignore[misc]  # why: bound
            )  # fmt: skip
            self._show_machine(machine, uid)
            self._shown[machine.name] = machine.look

    def _show_machine(self, machine: Machine, uid: str) -> None:
        self._projection.put(
            MACHINE, capi.machine_object(machine, uid),
            lambda _generation, before: capi.machine_status(machine, before),
        )  # fmt: skip
        if machine.leaving:
            self._projection.delete(MACHINE, SYSTEM, machine.name)

    def _remove(self, machine: Machine) -> None:
        if self._leases:
            self._leases.release(machine.name)
        for known in (self._gpus, self._shown):
            known.pop(machine.name, None)
        self._projection.drop(VSPHERE_MACHINE, SYSTEM, machine.name)
        self._projection.release(MACHINE, SYSTEM, machine.name)

    def _show_cluster(self, cluster: Object) -> None:
        pairs = [(group, self.fleet.counts(group)) for group in self._groups]
        cni = self.fleet.initialized and all(
            self.fleet.settled(group) for group in self._groups if group.role == "control-plane"
        )
        before = (cluster.get("status") or {}).get("conditions") or []
        cni = cni or any(each["type"] == "DefaultCNIConfigured" and each["status"] == "True" for each in before)
        found = of_cluster(pairs, initialized=self.fleet.initialized, cni=cni)
        generation = cluster["metadata"]["generation"]
        status: Object = {
            "conditions": written(found, before, severity=True), "observedGeneration": generation,
            **({"reconciledGeneration": generation} if not found[0].reason else {}),
        }  # fmt: skip
        self._projection.status(CLUSTER, cluster, status)

    def _may_start(self, machine: Machine) -> bool:
        if machine.group.role == "worker" and not self.fleet.initialized:
            return False  # its bootstrap data cannot be made yet
        if machine.group.role == "control-plane" and not self._begun:
            self._around.planes.begin(
                self._plane,
                self._minor,
                "https://kubernetes.default.svc",
                service_cidr=self._services,
            )
            self._begun = True
        return True

    def _may_join(self, machine: Machine) -> bool:
        return machine.group.role == "etcd" or self._around.planes.ready(self._plane) is not None

    def _lease(self, machine: Machine) -> str:
        if self._leases is not None:
            return self._leases.lease(machine.name)
        raise MissingError("no endpoint yet")

    def _put_node(self, machine: Machine, reached: bool) -> None:
        api = self._around.planes.api(self._plane)
        planes.put_node(api, machine, reached=reached, gpus=self._gpus.get(machine.name, 0))

    def _drop_node(self, machine: Machine) -> None:
        self._around.planes.api(self._plane).delete(f"/api/v1/nodes/{machine.name}")

    def _renew_nodes(self) -> None:
        """GPUs of virtual machines are the nodes' once a driver is there to find them."""
        now = {each.name: each.vm.gpus for each in self.fleet.machines.values() if each.vm and each.phase == "running"
               and each.has_node}  # fmt: skip
        changed = [name for name, gpus in now.items() if gpus != self._gpus.get(name, 0)]
        if not changed or not planes.has_gpu_driver(self._around.planes.api(self._plane)):
            return
        for name in changed:
            self._gpus[name] = now[name]
            self._put_node(self.fleet.machines[name], True)

    def _end(self, cluster: Object) -> float:
        after = self.fleet.empty()
        self._show_machines()
        if not math.isinf(after):
            return after
        if self.fleet.machines:
            return self._delays.real("drain")
        for group in self._groups:
            kind, _body = capi.owner(self._name, group)
            self._projection.drop(kind, SYSTEM, group.name)
            self._projection.drop(VSPHERE_TEMPLATE, SYSTEM, capi.template_name(group))
            if group.health is not None:
                self._projection.drop(HEALTH_CHECK, SYSTEM, capi.health_check(self._name, group)["metadata"]["name"])
        secret = f"{self._name}-kubeconfig"
        for kind, name in ((CAPI_CLUSTER, self._name), (VSPHERE_CLUSTER, self._name), (SECRET, secret)):
            self._projection.drop(kind, SYSTEM, name)
        if self._name != self._around.name:
            self._around.planes.stop(self._plane)
        self._projection.release(CLUSTER, cluster["metadata"]["namespace"], self._name)
        self.over = True
        return math.inf
