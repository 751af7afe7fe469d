# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This file is private to the collection: its content may change in any release.
"""Evidence for 2.a.iv and 2.a.v: Kubeflow's manifests deployed, its installation validated, its controls set.

What is expected:

- 2.a.iv: {cluster, estate, set, version}.
- 2.a.v: {cluster, estate, set, secrets: {"namespace/name": [keys]}, administrators: [{user} or {group}],
  registration: [ConfigMap, key], profiles: [{name, owner, quota, contributors, notebooks, pipelines}]}.

Nothing is written: objects are only tried by dry runs, and access is asked for by reviews.
"""

from __future__ import annotations

import typing as t

from ..._clients import kube
from ..._clients.kube import Row
from ..._engine.errors import NotFound
from ..._engine.evidence import Expectation
from . import milestones_credentials, milestones_profiles, milestones_webhooks
from .inventory import BEGUN, Inventory
from .milestones_cluster import unavailable
from .objects import ESTATE_LABEL, MANAGER, Key
from .reads import Reads, few, missing_of
from .steps import Record

Judgement = tuple[t.Any, t.Sequence[str], t.Sequence[str]]
_WORKLOADS = ("Deployment", "StatefulSet", "DaemonSet")


def records_of(reads: Reads, expected: Expectation) -> t.Mapping[Key, Record]:
    """The set's inventory. Raises NotFound where nothing was ever installed."""
    port = t.cast(kube.Port, reads.port)
    records = Inventory(port, str(expected["estate"]), str(expected["set"])).read().records
    if not records:
        raise NotFound(f"the cluster holds no inventory of set {expected['set']}: it was never installed")
    return records


def deployed(reads: Reads, expected: Expectation) -> Judgement:
    """Every object of the set is there, applied by us and not on its way out; every workload is available."""
    records = records_of(reads, expected)
    begun = [key.address for key, record in records.items() if record.digest == BEGUN]
    gone, leaving, strange = _objects(reads, records, str(expected["estate"]))
    idle = _idle(reads, records)
    workloads = [key for key in records if _is_workload(key)]
    value = {
        "version": expected.get("version"),
        "objects": len(records) - len(gone),
        "kinds": len({(key.group, key.kind) for key in records}),
        "workloads": len(workloads),
        "available": len(workloads) - len(idle),
    }
    missing = missing_of(
        (
            (begun, f"an installation has not come to its end, open are {few(begun)}"),
            (gone, f"objects that are gone: {few(gone)}"),
            (leaving, f"objects that are being deleted: {few(leaving)}"),
            (strange, f"objects that are not as we applied them: {few(strange)}"),
            (idle, "not available: " + "; ".join(f"{name} ({why})" for name, why in sorted(idle.items()))),
        )
    )
    return value, sorted(key.address for key in workloads), missing


def _objects(reads: Reads, records: t.Mapping[Key, Record], estate: str) -> tuple[list[str], list[str], list[str]]:
    """Addresses of what is gone, of what is being deleted, and of what nothing says that we applied it."""
    gone: list[str] = []
    leaving: list[str] = []
    strange: list[str] = []
    kinds: dict[tuple[str, str], list[Key]] = {}
    for key in records:
        kinds.setdefault((key.group, key.kind), []).append(key)
    for (group, kind), keys in kinds.items():
        if reads.port.resources().find(group, kind) is None:
            gone += [key.address for key in keys]
            continue
        rows = reads.port.listed(reads.resource(kind, group), labels=f"{ESTATE_LABEL}={estate}", metadata_only=True)
        there = {(str(row["metadata"].get("namespace") or ""), str(row["metadata"]["name"])): row for row in rows}
        for key in keys:
            row = there.get((key.namespace, key.name))
            if row is None:
                gone.append(key.address)
            elif row["metadata"].get("deletionTimestamp"):
                leaving.append(key.address)
            elif not _applied(row):
                strange.append(key.address)
    return gone, leaving, strange


def _applied(row: Row) -> bool:
    fields = row["metadata"].get("managedFields") or ()
    return any(one.get("manager") == MANAGER and one.get("operation") == "Apply" for one in fields)


def _is_workload(key: Key) -> bool:
    return key.group == "apps" and key.kind in _WORKLOADS


def _idle(reads: Reads, records: t.Mapping[Key, Record]) -> dict[str, str]:
    """Address of each workload that is not available to the reason."""
    found: dict[str, str] = {}
    for kind in _WORKLOADS:
        wanted = {(key.namespace, key.name): key.address for key in records if key.group == "apps" and key.kind == kind}
        if not wanted:
            continue
        for row in reads.all(kind, "apps"):
            address = wanted.get((str(row["metadata"]["namespace"]), str(row["metadata"]["name"])))
            why = unavailable(row) if address else ""
            if address and why:
                found[address] = why
    return found


def validated(reads: Reads, expected: Expectation) -> Judgement:
    """Webhooks answer, certificates are valid, no password is public, people may do what is declared and no more."""
    records = records_of(reads, expected)
    value: dict[str, t.Any] = {}
    ids: list[str] = []
    missing: list[str] = []
    parts: tuple[tuple[str, t.Callable[[], Judgement]], ...] = (
        ("webhooks", lambda: milestones_webhooks.answering(reads, records)),
        ("certificates", lambda: milestones_webhooks.certificates(reads, records)),
        ("credentials", lambda: milestones_credentials.replaced(reads, expected)),
        ("controls", lambda: milestones_profiles.controls(reads, expected)),
        ("profiles", lambda: milestones_profiles.profiles(reads, expected)),
    )
    for name, judge in parts:
        seen, looked_at, lacking = judge()
        value[name] = seen
        ids += looked_at
        missing += lacking
    return value, ids, missing


CHECKS: t.Mapping[str, tuple[str, t.Callable[[Reads, Expectation], Judgement]]] = {
    "2.a.iv": (
        "Every object of Kubeflow {version} in cluster {cluster} is there as it was applied, and every Deployment, "
        "StatefulSet and DaemonSet of it is available",
        deployed,
    ),
    "2.a.v": (
        "Kubeflow's webhooks in cluster {cluster} answer, its certificates are valid, none of its credentials is "
        "public; in each profile quotas hold, owner and contributors may work and others may not",
        validated,
    ),
}
