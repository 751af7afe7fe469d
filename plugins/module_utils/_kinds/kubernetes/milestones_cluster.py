# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This file is private to the collection: its content may change in any release.
"""Evidence for 2.a.i to 2.a.iii: the cluster itself, its storage, and the namespace for Kubeflow.

What is expected:

- 2.a.i: {cluster, version: "1.35", nodes: least number, workloads: ["Deployment kube-system/coredns"]}.
- 2.a.ii: {cluster, storage_class, provisioner, default: bool}.
- 2.a.iii: {namespace, estate: whose it is, labels: {}, quota: {}}; all but the first only if given.
"""

from __future__ import annotations

import typing as t

from ..._clients.kube import Row
from ..._engine.errors import EstateError
from ..._engine.evidence import Expectation
from .makers.storage_class import DEFAULT
from .objects import ESTATE_LABEL
from .quantities import same_amount
from .reads import Reads, few, missing_of

Judgement = tuple[t.Any, t.Sequence[str], t.Sequence[str]]
_SYSTEM = "kube-system"
_STORAGE = "storage.k8s.io"
_OLDEST_KUBELET = 3
"""Minor versions that a node may be behind its API server."""
# What whoever installs a platform has to be allowed.
_RIGHTS = (
    ("create", "", "namespaces"),
    ("create", "apiextensions.k8s.io", "customresourcedefinitions"),
    ("create", "admissionregistration.k8s.io", "mutatingwebhookconfigurations"),
    ("escalate", "rbac.authorization.k8s.io", "clusterroles"),
)


def cluster(reads: Reads, expected: Expectation) -> Judgement:
    """The API answers in the declared version and lets us work, nodes are ready, and so is what the system runs."""
    version = ".".join(str(part) for part in reads.port.version())
    healthy = str(reads.port.raw("/readyz")).strip()
    nodes = reads.all("Node")
    asleep = [_name(node) for node in nodes if not _ready(node)]
    old = [_name(node) for node in nodes if not _close(node, version)]
    states = _workloads(reads)
    idle = [name for name, state in states.items() if state]
    absent = set(expected.get("workloads") or ()) - set(states)
    us, forbidden = _access(reads)
    value = {
        "version": version,
        "readyz": healthy,
        "nodes": len(nodes),
        "ready": len(nodes) - len(asleep),
        "workloads": {name: state or "available" for name, state in sorted(states.items())},
        "access": us,
    }
    wanted, least = str(expected.get("version") or version), int(expected.get("nodes") or 1)
    missing = missing_of(
        (
            (version != wanted, f"the API server is of version {version}, declared is {wanted}"),
            (healthy != "ok", f"the API server says it is not ready: {healthy[:200]}"),
            (len(nodes) < least, f"there are {len(nodes)} nodes, declared are {least} at least"),
            (asleep, f"nodes that are not ready: {few(asleep)}"),
            (old, f"nodes whose kubelet does not fit version {version}: {few(old)}"),
            (idle, "of the system is not available: " + "; ".join(f"{name} ({states[name]})" for name in sorted(idle))),
            (absent, f"of the system is not there: {few(absent)}"),
            (forbidden, f"we ({us.get('user')}) may not {few(forbidden)}"),
        )
    )
    return value, [_name(node) for node in nodes], missing


def _access(reads: Reads) -> tuple[dict[str, t.Any], list[str]]:
    """Who we are to the cluster, and what we may not do of what is needed."""
    who = reads.review("SelfSubjectReview", "authentication.k8s.io")["userInfo"]
    forbidden = []
    for verb, group, plural in _RIGHTS:
        asked = {"resourceAttributes": {"verb": verb, "group": group, "resource": plural}}
        answer = reads.review("SelfSubjectAccessReview", "authorization.k8s.io", asked)
        if not answer.get("allowed"):
            forbidden.append(f"{verb} {plural}")
    return {"user": who.get("username"), "groups": sorted(who.get("groups") or ())}, forbidden


def _workloads(reads: Reads) -> dict[str, str]:
    """What runs in kube-system, as "Deployment kube-system/coredns", to what keeps it from being available."""
    found = {}
    for kind in ("Deployment", "DaemonSet"):
        for row in reads.all(kind, "apps", _SYSTEM):
            found[f"{kind} {_SYSTEM}/{_name(row)}"] = unavailable(row)
    return found


def unavailable(row: Row) -> str:
    """Why a Deployment, DaemonSet or StatefulSet is not what it is to be, or ''."""
    status = row.get("status") or {}
    wanted, ready = _replicas(row, status)
    behind = status.get("observedGeneration", 0) < row["metadata"].get("generation", 0)
    if behind:
        return "its controller has not seen the newest version yet"
    return "" if ready >= wanted else f"{ready} of {wanted} ready"


def _replicas(row: Row, status: Row) -> tuple[int, int]:
    if row["kind"] == "DaemonSet":
        return status.get("desiredNumberScheduled", 0), status.get("numberAvailable", 0)
    wanted = (row.get("spec") or {}).get("replicas")
    ready = status.get("availableReplicas" if row["kind"] == "Deployment" else "readyReplicas") or 0
    return 1 if wanted is None else wanted, ready


def storage(reads: Reads, expected: Expectation) -> Judgement:
    """The class is there, is the default as declared, its driver is installed and claims are bound."""
    name = str(expected["storage_class"])
    found = reads.one(name, "StorageClass", _STORAGE)
    if found is None:
        there = few(_name(row) for row in reads.all("StorageClass", _STORAGE))
        return None, (), [f"there is no StorageClass {name}; there are: {there}"]
    defaults = [_name(row) for row in reads.all("StorageClass", _STORAGE) if is_default(row)]
    drivers = [_name(row) for row in reads.all("CSIDriver", _STORAGE)]
    driver, wanted = str(found["provisioner"]), expected.get("provisioner")
    claims = _claims(reads, name, default=defaults == [name])
    lost = [place for place, phase in claims.items() if phase == "Lost"]
    refused = _refused_claim(reads, name)
    value = {
        "provisioner": driver,
        "parameters": found.get("parameters") or {},
        "default": defaults,
        "drivers": drivers,
        "claims": {phase: list(claims.values()).count(phase) for phase in sorted(set(claims.values()))},
        "claim_accepted": not refused,
    }
    others = sorted(set(defaults) - {name})
    missing = missing_of(
        (
            (wanted and driver != wanted, f"its provisioner is {driver}, declared is {wanted}"),
            (expected.get("default") and name not in defaults, "it is not the default class"),
            (expected.get("default") and others, f"default is also {few(others)}; list them in no_longer_default"),
            (driver not in drivers, f"its driver {driver} is not installed: there is no CSIDriver of that name"),
            (lost, f"claims that lost their volume: {few(lost)}"),
            (refused, f"a claim is refused: {refused}"),
        )
    )
    return value, [name], missing


def is_default(row: Row) -> bool:
    """Whether a StorageClass says that it is the default."""
    return bool((row["metadata"].get("annotations") or {}).get(DEFAULT) == "true")


def _claims(reads: Reads, name: str, default: bool) -> dict[str, str]:
    """Claims of a class, by place, with their phase."""
    found = {}
    for row in reads.all("PersistentVolumeClaim"):
        asked = row["spec"].get("storageClassName")
        if asked == name or (asked is None and default):
            found[f"{row['metadata']['namespace']}/{_name(row)}"] = str((row.get("status") or {}).get("phase"))
    return found


def _refused_claim(reads: Reads, storage_class: str) -> str:
    """What the API server says against a claim of the class, or ''. A dry run: nothing is made."""
    claim = {
        "apiVersion": "v1",
        "kind": "PersistentVolumeClaim",
        "metadata": {"generateName": "kubeops-check-", "namespace": "default"},
        "spec": {
            "accessModes": ["ReadWriteOnce"],
            "storageClassName": storage_class,
            "resources": {"requests": {"storage": "1Gi"}},
        },
    }
    try:
        reads.port.create(reads.resource("PersistentVolumeClaim"), claim, dry_run=True)
    except EstateError as error:
        return str(error)
    return ""


def namespace(reads: Reads, expected: Expectation) -> Judgement:
    """The namespace is there and in use, with the labels and quotas that are declared."""
    name = str(expected["namespace"])
    found = reads.one(name, "Namespace")
    if found is None:
        return None, (), [f"there is no namespace {name}"]
    phase = str((found.get("status") or {}).get("phase"))
    labels = found["metadata"].get("labels") or {}
    wanted = dict(expected.get("labels") or {})
    if expected.get("estate"):
        wanted[ESTATE_LABEL] = expected["estate"]
    hard = {
        resource: str(amount)
        for quota in reads.all("ResourceQuota", "", name)
        for resource, amount in (quota["spec"].get("hard") or {}).items()
    }
    wrong = [
        f"{key} is {labels.get(key, 'not set')}, declared is {value}"
        for key, value in wanted.items()
        if labels.get(key) != value
    ]
    less = [
        f"{resource} is {hard.get(resource, 'not limited')}, declared is {amount}"
        for resource, amount in (expected.get("quota") or {}).items()
        if resource not in hard or not same_amount(hard[resource], str(amount))
    ]
    missing = missing_of(
        (
            (phase != "Active", f"it is {phase}{_held(found)}"),
            (wrong, f"labels: {'; '.join(wrong)}"),
            (less, f"quota: {'; '.join(less)}"),
        )
    )
    return {"phase": phase, "labels": labels, "quota": hard}, [name], missing


def _held(found: Row) -> str:
    """What keeps a namespace from going."""
    conditions = (found.get("status") or {}).get("conditions") or ()
    told = [str(one.get("message")) for one in conditions if one.get("status") == "True"]
    return f": {'; '.join(told)}" if told else ""


def _name(row: Row) -> str:
    return str(row["metadata"]["name"])


def _ready(node: Row) -> bool:
    conditions = (node.get("status") or {}).get("conditions") or ()
    return any(one["type"] == "Ready" and one["status"] == "True" for one in conditions)


def _close(node: Row, version: str) -> bool:
    """Whether a kubelet is as new as the API server, or older by no more than Kubernetes supports."""
    told = str(((node.get("status") or {}).get("nodeInfo") or {}).get("kubeletVersion") or "")
    parts = told.lstrip("v").split(".")
    if len(parts) < 2 or not parts[1].isdigit():
        return False
    behind = int(version.split(".")[1]) - int(parts[1])
    return parts[0] == version.split(".")[0] and 0 <= behind <= _OLDEST_KUBELET


CHECKS: t.Mapping[str, tuple[str, t.Callable[[Reads, Expectation], Judgement]]] = {
    "2.a.i": (
        "The API of cluster {cluster} answers in the declared version and lets us install, all of its nodes are ready, "
        "and everything that runs in kube-system is available",
        cluster,
    ),
    "2.a.ii": (
        "StorageClass {storage_class} of cluster {cluster} is as declared, its driver is installed, a claim of it is "
        "accepted and none has lost its volume",
        storage,
    ),
    "2.a.iii": (
        "Namespace {namespace} is in use and has the labels and quotas that are declared",
        namespace,
    ),
}
