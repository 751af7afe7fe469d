# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This file is private to the collection: its content may change in any release.
"""The documents of EKS Anywhere, and the same as options of the kind: one is made from the other. Pure."""

from __future__ import annotations

import typing as t

GROUP = "anywhere.eks.amazonaws.com"
API_VERSION = f"{GROUP}/v1alpha1"
CLUSTER = "Cluster"
DATACENTER = "VSphereDatacenterConfig"
MACHINE = "VSphereMachineConfig"
ESTATE_LABEL = "kubeops.io/estate"

Document = t.Mapping[str, t.Any]
Row = t.Mapping[str, t.Any]

# Field of the Cluster's spec to option of the kind; the rest of the spec is option settings.
FIELDS = {
    "kubernetesVersion": "kubernetes_version",
    "eksaVersion": "eksa_version",
    "controlPlaneConfiguration": "control_plane",
    "externalEtcdConfiguration": "external_etcd",
    "workerNodeGroupConfigurations": "workers",
    "clusterNetwork": "cluster_network",
}
_OWN = frozenset({*FIELDS, "managementCluster", "datacenterRef"})


def find(documents: t.Iterable[Document], kind: str, name: str = "") -> Document | None:
    """The document of that kind (and name), or None."""
    return next((one for one in documents if one.get("kind") == kind and name in ("", name_of(one))), None)


def name_of(document: Document) -> str:
    """Name of a document, '' without one."""
    return str((document.get("metadata") or {}).get("name") or "")


def spec_of(document: Document | None) -> Row:
    """Spec of a document; empty without one."""
    spec: Row = (document or {}).get("spec") or {}
    return spec


def groups(spec: Row) -> t.Iterator[tuple[str, Row]]:
    """Path and configuration of each group of machines in a Cluster's spec."""
    for field in ("controlPlaneConfiguration", "externalEtcdConfiguration"):
        if spec.get(field):
            yield f"spec.{field}", spec[field]
    for index, group in enumerate(spec.get("workerNodeGroupConfigurations") or ()):
        yield f"spec.workerNodeGroupConfigurations[{index}]", group


def machine_of(group: Row) -> str:
    """Name of the machine configuration of a group, '' without one."""
    return str((group.get("machineGroupRef") or {}).get("name") or "")


def split(documents: t.Sequence[Document]) -> dict[str, t.Any]:
    """The options that these documents of one cluster say: those of the kind, with the vendor's words inside."""
    cluster, datacenter = find(documents, CLUSTER), find(documents, DATACENTER)
    spec = spec_of(cluster)
    options: dict[str, t.Any] = {option: spec[field] for field, option in FIELDS.items() if spec.get(field) is not None}
    manager = str((spec.get("managementCluster") or {}).get("name") or "")
    if manager and manager != name_of(cluster or {}):
        options["management_cluster"] = manager
    rest = {field: value for field, value in spec.items() if field not in _OWN}
    if rest:
        options["settings"] = rest
    if datacenter:
        options["datacenter"] = {"name": name_of(datacenter), **spec_of(datacenter)}
    machines = [{"name": name_of(one), **spec_of(one)} for one in documents if one.get("kind") == MACHINE]
    options["machines"] = sorted(machines, key=lambda row: str(row["name"]))
    return options


def joined(name: str, options: Row, *, estate: str = "", namespace: str = "default") -> list[Document]:
    """The documents of a cluster, the Cluster last: what it refers to is there before it."""
    datacenter = dict(options.get("datacenter") or {})
    place = str(datacenter.pop("name", None) or name)
    spec: dict[str, t.Any] = {
        field: options[option] for field, option in FIELDS.items() if options.get(option) not in (None, {}, [])
    }
    spec.update(options.get("settings") or {})
    spec["managementCluster"] = {"name": options.get("management_cluster") or name}
    spec["datacenterRef"] = {"kind": DATACENTER, "name": place}
    found = [_document(DATACENTER, place, datacenter, estate, namespace)]
    for machine in options.get("machines") or ():
        rest = {field: value for field, value in machine.items() if field != "name"}
        found.append(_document(MACHINE, str(machine["name"]), rest, estate, namespace))
    return [*found, _document(CLUSTER, name, spec, estate, namespace)]


def _document(kind: str, name: str, spec: Row, estate: str, namespace: str) -> Document:
    metadata: dict[str, t.Any] = {"name": name, "namespace": namespace}
    if estate:
        metadata["labels"] = {ESTATE_LABEL: estate}
    return {"apiVersion": API_VERSION, "kind": kind, "metadata": metadata, "spec": _bare(spec)}


def _bare(value: t.Any) -> t.Any:
    """Without what is null: the API takes null for a value."""
    if isinstance(value, t.Mapping):
        return {key: _bare(inner) for key, inner in value.items() if inner is not None}
    return [_bare(inner) for inner in value] if isinstance(value, (list, tuple)) else value


def overlaid(state: t.Any, wish: t.Any) -> t.Any:
    """A wish over what is there: dicts by leaf, rows that have names by name, everything else as wished."""
    if isinstance(wish, t.Mapping):
        below = state if isinstance(state, t.Mapping) else {}
        # An empty dict is the wish for none.
        kept = below if wish else {}
        return {**kept, **{key: overlaid(kept.get(key), value) for key, value in wish.items() if value is not None}}
    if isinstance(wish, (list, tuple)) and all(isinstance(row, t.Mapping) and "name" in row for row in wish):
        there = {row.get("name"): row for row in state or () if isinstance(row, t.Mapping)}
        return [overlaid(there.get(row["name"]), row) for row in wish]
    return wish
