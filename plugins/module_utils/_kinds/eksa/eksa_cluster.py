# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This file is private to the collection: its content may change in any release.
"""Kind eksa_cluster."""

from __future__ import annotations

import dataclasses
import typing as t

from ..._clients import kube
from ..._clients.eksa import Port
from ..._engine.compare import changes
from ..._engine.errors import Conflict, Invalid, Unavailable
from ..._engine.kind import Kind, Owner, Query, Seen, Status, Watch, Wish
from ..._engine.options import Collection, Impact, Option, leaves, setting
from ..kubernetes.objects import MANAGER
from . import documents, life, observe, rules, rules_change, vcenter_facts, vcenter_rules
from .documents import Document, Row
from .rule import Cluster, Site

_AUTHENTICATION = "Words inside are those of the vendor's documentation."


def _rows(description: str, **rest: t.Any) -> Option:
    """A list of dicts with names, whose other fields are the vendor's."""
    return Option(description, type="list", elements="dict", collection=Collection.KEYED, keys=("name",), **rest)


class EksaCluster(Kind[Port]):
    """A cluster with its datacenter and machine configurations. The first one manages itself and is made by the CLI."""

    name = "eksa_cluster"
    description = "A cluster of EKS Anywhere on vSphere, with the machine configurations of its groups."
    source = "eksctl anywhere create cluster, anywhere.eks.amazonaws.com/v1alpha1"
    options = {
        "management_cluster": setting(
            "Management cluster that makes and keeps it. Without one it manages itself: then C(eksctl anywhere) makes "
            "it from the admin machine.",
            ref="eksa_kubeconfig",
            immutable=True,
        ),
        "kubernetes_version": setting(
            "Kubernetes version in quotes, as V(1.35). It goes up by one minor version at a time.",
            needed=True,
            impact=Impact.BRIEF,
        ),
        "eksa_version": setting("Version of EKS Anywhere, as V(v0.26.1).", impact=Impact.BRIEF),
        "control_plane": leaves(
            f"C(controlPlaneConfiguration) with C(count), C(endpoint), C(machineGroupRef). {_AUTHENTICATION}",
            needed=True,
            impact=Impact.BRIEF,
        ),
        "external_etcd": leaves("C(externalEtcdConfiguration); without it etcd runs on the control plane's machines."),
        "workers": _rows("C(workerNodeGroupConfigurations). Groups that are not listed go.", impact=Impact.BRIEF),
        "cluster_network": leaves("C(clusterNetwork).", impact=Impact.BRIEF),
        "settings": leaves("Other fields of the cluster's C(spec), as C(registryMirrorConfiguration)."),
        "datacenter": leaves(
            "C(spec) of the VSphereDatacenterConfig, and its C(name), the cluster's unless given. Without "
            "C(thumbprint) that of the server is taken, after its certificate was verified.",
            needed=True,
        ),
        "machines": _rows(
            "C(spec) of each VSphereMachineConfig, and its C(name). A change replaces the machines.",
            needed=True,
            impact=Impact.BRIEF,
        ),
    }
    deadline = 4 * 3600
    delete_impact = Impact.IRREVERSIBLE

    def meant(self, port: Port, query: Query) -> t.Sequence[Wish]:
        """With the fingerprint of its vCenter; refused if EKS Anywhere would refuse it, now or after an hour."""
        return [wish if wish.reference else self._meant(port, query, wish) for wish in query.wishes]

    def _meant(self, port: Port, query: Query, wish: Wish) -> Wish:
        try:
            options, later = _trusting(port, wish.options), set()
        except Unavailable:
            # A vCenter that is to come: its fingerprint is asked for again before the first machine.
            options, later = dict(wish.options), {"datacenter.trust"}
        there = next((seen for seen in self.observe(port, query.about([wish])) if seen.name == wish.name), None)
        before = there.state if there and there.status is not Status.DELETING else {}
        whole = {**before, **{field: documents.overlaid(before.get(field), value) for field, value in options.items()}}
        found = [one for one in rules.failures(documents.joined(wish.name, whole)) if one.rule not in later]
        found += rules_change.refusals(wish.name, before, options) if before else []
        if found:
            told = "\n".join(map(str, found))
            raise Invalid(f"EKS Anywhere would refuse it:\n{told}").during("plan", wish.kind, wish.name)
        return dataclasses.replace(wish, options=options)

    def observe(self, port: Port, query: Query) -> t.Sequence[Seen]:
        """Cluster by cluster that manages: what it knows of those that are asked for."""
        asked: dict[str, set[str]] = {}
        for one in query.ids:
            manager, _slash, name = one.partition("/")
            asked.setdefault(manager, set()).add(name)
        for wish in query.wishes if not query.ids else ():
            asked.setdefault(observe.manager_of(port, query, wish), set()).add(wish.name)
        if query.sweep and not query.ids:
            for name in observe.managers(port):
                asked.setdefault(name, set())
        found = [
            seen for manager, names in sorted(asked.items()) for seen in observe.observed(port, query, manager, names)
        ]
        wishes = {wish.name: wish.options for wish in query.wishes}
        return [self._mended(seen, wishes.get(seen.name)) for seen in found]

    def _mended(self, seen: Seen, wish: Row | None) -> Seen:
        """A cluster that fails and is wished otherwise can be changed at once: the change may be what it waits for."""
        if not wish or seen.status is not Status.PENDING or not seen.handle.get("failing"):
            return seen
        changing = changes({**wish, "management_cluster": None}, seen.state, self.options)
        return dataclasses.replace(seen, status=Status.READY) if changing else seen

    def create(self, port: Port, estate: str, name: str, options: Row) -> Seen:
        """Documents for the management cluster; for the first cluster a process on the admin machine."""
        listed = documents.joined(name, _trusting(port, options), estate=estate)
        manager = str(options.get("management_cluster") or name)
        _preflight(port, listed)
        if manager == name:
            attempt = port.machine.attempt(name)
            if attempt is None or not attempt.running:
                attempt = port.machine.start(name, "create", listed, estate=estate)
            status, reason = observe.attempt_status(attempt)
        else:
            applied(_api(port, manager), listed)
            status, reason = Status.PENDING, "its management cluster has been told"
        return Seen(name, observe.identifier(manager, name), {}, Owner.OURS, status, reason, aliases=(name,))

    def update(self, port: Port, seen: Seen, options: Row, fields: t.Collection[str]) -> t.Iterator[Watch]:
        """One application of all documents; then it is waited for, and configurations that nobody uses go."""
        manager, estate = str(seen.handle["manager"]), str(seen.handle["estate"])
        wish = {field: options[field] for field in fields}
        whole = {**seen.state, **{field: documents.overlaid(seen.state.get(field), wish[field]) for field in wish}}
        if "machines" in wish:
            # A group that goes still needs its machines' configuration until it is gone.
            names = {row["name"] for row in wish["machines"]}
            whole["machines"] = [*whole["machines"], *(r for r in seen.state["machines"] if r["name"] not in names)]
        namespace = _namespace(seen)
        listed = documents.joined(seen.name, whole, estate=estate, namespace=namespace)
        if manager == seen.name and "eksa_version" in fields:
            # Its own controllers cannot replace themselves.
            port.machine.start(seen.name, "upgrade", listed, estate=estate)
            yield Watch(f"upgrade of {seen.name}", lambda: _attempted(port, seen.name))
        else:
            applied(_api(port, manager), listed)
        yield Watch(f"cluster {seen.name}", lambda: _polled(_api(port, manager), namespace, seen.name))
        unused = _unused(seen, whole)
        for name in unused:
            api = _api(port, manager)
            api.delete(observe.resource(api, documents.MACHINE), namespace, name)

    def delete(self, port: Port, seen: Seen) -> t.Iterator[Watch]:
        """The cluster first, its configurations when its machines are gone; a management cluster last of all."""
        manager = str(seen.handle["manager"])
        if manager == seen.name:
            _deletable(port, seen)
            port.machine.start(seen.name, "delete", seen.handle["documents"], estate=str(seen.handle["estate"]))
            yield Watch(f"removal of {seen.name}", lambda: _attempted(port, seen.name))
            return
        api, namespace = _api(port, manager), _namespace(seen)
        kind = observe.resource(api, documents.CLUSTER)
        api.delete(kind, namespace, seen.name)
        yield Watch(f"machines of {seen.name}", lambda: _gone(api, namespace, seen.name))
        for one in seen.handle["documents"]:
            if one["kind"] != documents.CLUSTER and (one["metadata"].get("labels") or {}).get(documents.ESTATE_LABEL):
                api.delete(observe.resource(api, str(one["kind"])), namespace, documents.name_of(one))


def _trusting(port: Port, options: Row) -> dict[str, t.Any]:
    """The options with the fingerprint of their vCenter. Raises Unavailable."""
    datacenter = options.get("datacenter") or {}
    if not datacenter.get("server") or datacenter.get("thumbprint") or datacenter.get("insecure"):
        return dict(options)
    return {**options, "datacenter": {**datacenter, "thumbprint": port.thumbprint(str(datacenter["server"]))}}


def _preflight(port: Port, listed: t.Sequence[Document]) -> None:
    """Just before the first machine: what the vCenter would make of it. Raises Invalid with everything at once.

    A plan does not ask: what earlier layers are to make is not there yet.
    """
    vcenter = port.vcenter()
    if vcenter is None:
        return
    facts = vcenter_facts.gather(vcenter, listed, user=port.user)
    found = vcenter_rules.failures(Cluster(listed, Site()), facts)
    if found:
        raise Invalid("vCenter is not ready for it:\n" + "\n".join(map(str, found)))


def _deletable(port: Port, seen: Seen) -> None:
    """Raises Conflict for a cluster whose removal would leave something behind that nobody could remove any more."""
    attempt = port.machine.attempt(seen.name)
    if attempt and attempt.operation == "create" and not attempt.done:
        message = (
            "its creation is running" if attempt.running else "its creation failed, and what there is of it is kept"
        )
        remedy = (
            f"Only the bootstrap cluster {seen.name}-eks-a-cluster knows its machines: look there for the cause. To "
            f"begin anew, remove that cluster (kind), the machines in vCenter and {attempt.place}."
        )
        raise Conflict(message, remedy=remedy, safe_to_leave=False)
    api = port.api(seen.name)
    left = observe.others(observe.read(api), seen.name) if api else []
    if left:
        remedy = "Remove them first: nothing else could, once it is gone."
        raise Conflict(f"it still manages {', '.join(left)}", remedy=remedy)


def _api(port: Port, manager: str) -> kube.Port:
    api = port.api(manager)
    if api is None:
        remedy = "Put eksa_kubeconfig of it into the same list, or write it there."
        raise Conflict(f"there is no kubeconfig of management cluster {manager}", remedy=remedy)
    return api


def applied(api: kube.Port, listed: t.Iterable[Document]) -> None:
    """Apply documents in their order. Fields that the CLI set are taken over: they are what the estate declares."""
    for one in listed:
        api.apply(observe.resource(api, str(one["kind"])), one, manager=MANAGER, force=True)


def _namespace(seen: Seen) -> str:
    cluster = documents.find(seen.handle["documents"], documents.CLUSTER) or {}
    return str((cluster.get("metadata") or {}).get("namespace") or "default")


def _unused(seen: Seen, whole: Row) -> list[str]:
    spec = documents.spec_of(documents.find(documents.joined(seen.name, whole), documents.CLUSTER))
    used = {documents.machine_of(group) for _path, group in documents.groups(spec)}
    return sorted({str(row["name"]) for row in whole.get("machines") or ()} - used)


def _attempted(port: Port, name: str) -> tuple[Status, str]:
    attempt = port.machine.attempt(name)
    return observe.attempt_status(attempt) if attempt else (Status.FAILED, "its work directory is gone")


def _polled(api: kube.Port, namespace: str, name: str) -> tuple[Status, str]:
    row = api.get(observe.resource(api, documents.CLUSTER), namespace, name)
    return life.status_of(row, polled=True) if row else (Status.FAILED, "it was deleted meanwhile")


def _gone(api: kube.Port, namespace: str, name: str) -> tuple[Status, str]:
    row = api.get(observe.resource(api, documents.CLUSTER), namespace, name)
    return (Status.PENDING, life.status_of(row)[1]) if row else (Status.READY, "")
