# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Variables of an inventory become an estate, or all that is wrong with them at once."""

from __future__ import annotations

import dataclasses
import difflib
from collections.abc import Iterator, Mapping
from typing import Any

from . import (
    checks_addresses,
    checks_aws,
    checks_capacity,
    checks_cluster,
    checks_eksa,
    checks_kubeflow,
    checks_platform,
    checks_references,
    checks_secrets,
    checks_storage,
    checks_versions,
    checks_vsphere,
)
from .check import problems_of
from .checks_ranges import host_ranges, network_ranges, storage_ranges
from .estate import HOST_VARIABLES, REGION_VARIABLES, VARIABLES, Estate, Region
from .hosts import hosts_of
from .identity import Identity
from .networks import networks_of
from .problems import InvalidEstate, Problem
from .sources import SourceMap
from .storage import datastores_of
from .validation import validated

Variables = Mapping[str, Any]
# Importing a file of checks registers its rules.
CHECKS = (
    checks_addresses,
    checks_aws,
    checks_capacity,
    checks_cluster,
    checks_eksa,
    checks_kubeflow,
    checks_platform,
    checks_references,
    checks_secrets,
    checks_storage,
    checks_versions,
    checks_vsphere,
)


def load(
    variables: Variables,
    *,
    hosts: Mapping[str, Variables],
    groups: Mapping[str, list[str]],
    sources: SourceMap | None = None,
) -> Estate:
    """The estate that an inventory describes.

    variables: those of all hosts, templated but for the values of kubeops_secrets. hosts: inventory host to its
    variables. groups: inventory group to its hosts. sources: where variables are written, for messages.
    Problems of form hide only the checks that need the malformed variable. Raises InvalidEstate.
    """
    found: list[Problem] = list(_misspelt(variables, hosts))
    malformed: set[str] = set()
    parts = _parts(variables, VARIABLES, "", found, malformed)
    if variables.get("kubeops_estate") is None:
        malformed.add("kubeops_estate")
        found.append(Problem(("kubeops_estate",), "", "is required", "say at least name and account_id of the estate"))
    # Where the identity is malformed, the rest is judged under a stand-in; such an estate is never returned.
    nobody = Identity(name="estate", account_id="0" * 12)
    estate = Estate(identity=parts.pop("identity", nobody), **parts, groups=dict(groups))
    estate = _with_endpoints(estate, hosts, groups, found, malformed)
    estate = _with_ranges(estate, found, malformed)
    found += problems_of(estate, malformed)
    if found:
        raise InvalidEstate(_located(found, sources))
    return estate


def _parts(
    variables: Variables,
    table: Mapping[str, tuple[str, Any]],
    host: str,
    found: list[Problem],
    malformed: set[str],
) -> dict[str, Any]:
    """Field to model, for each variable that is set and well formed."""
    parts: dict[str, Any] = {}
    for variable, (field, kind) in table.items():
        if variables.get(variable) is None:
            continue
        value, problems = validated(variable, kind, variables[variable], host)
        if problems:
            found += problems
            malformed.add(variable)
        else:
            parts[field] = value
    return parts


def _with_endpoints(
    estate: Estate,
    hosts: Mapping[str, Variables],
    groups: Mapping[str, list[str]],
    found: list[Problem],
    malformed: set[str],
) -> Estate:
    by_group: dict[str, dict[str, dict[str, Any]]] = {}
    for group, table in HOST_VARIABLES.items():
        by_group[group] = {
            host: _parts(hosts.get(host, {}), table, host, found, malformed) for host in groups.get(group, [])
        }
    for host, parts in by_group["aws_regions"].items():
        if "endpoint" not in parts and hosts.get(host, {}).get("kubeops_aws") is None:
            remedy = "say region and account_id, for example in host_vars"
            found.append(Problem(("kubeops_aws",), "", "is required", remedy, host))
    return dataclasses.replace(
        estate,
        regions=[Region(host=host, **parts) for host, parts in by_group["aws_regions"].items() if "endpoint" in parts],
        vcenters={host: parts["endpoint"] for host, parts in by_group["vcenters"].items() if parts},
        kubernetes=_of(by_group["kubernetes_clusters"], "endpoint"),
        bases=_of(by_group["kubernetes_clusters"], "base"),
    )


def _of(hosts: Mapping[str, Mapping[str, Any]], field: str) -> dict[str, Any]:
    """Host to that part, of the hosts that have it."""
    return {host: parts[field] for host, parts in hosts.items() if field in parts}


def _with_ranges(estate: Estate, found: list[Problem], malformed: set[str]) -> Estate:
    storage = estate.storage
    broken = {
        "kubeops_hosts": list(host_ranges(estate.host_ranges)),
        "kubeops_networks": list(network_ranges(estate.network_ranges)),
        "kubeops_storage": list(storage_ranges(storage)) if storage is not None else [],
    }
    for variable, problems in broken.items():
        if problems:
            found += problems
            malformed.add(variable)
    return dataclasses.replace(
        estate,
        hosts=[] if broken["kubeops_hosts"] else list(hosts_of(estate.host_ranges)),
        networks=[] if broken["kubeops_networks"] else list(networks_of(estate.network_ranges)),
        datastores=[] if broken["kubeops_storage"] or storage is None else list(datastores_of(storage)),
    )


def _misspelt(variables: Variables, hosts: Mapping[str, Variables]) -> Iterator[Problem]:
    """Variables that look like one of ours that is not set: a whole part of the estate would silently be missing."""
    yield from _almost(variables, VARIABLES, "")
    for host, values in hosts.items():
        own = {name: value for name, value in values.items() if name not in variables}
        yield from _almost(own, REGION_VARIABLES, host)


def _almost(variables: Variables, table: Mapping[str, Any], host: str) -> Iterator[Problem]:
    unset = [name for name in table if name not in variables]
    for name in variables:
        if name.startswith(("kubeops_", "aws_network_", "eks_")) and name not in table:
            meant = difflib.get_close_matches(name, unset, n=1, cutoff=0.85)
            if meant:
                yield Problem((name,), "", "is no variable of the estate", f"did you mean '{meant[0]}'?", host)


def _located(problems: list[Problem], sources: SourceMap | None) -> list[Problem]:
    if sources is None:
        return problems
    return [sources.locate(problem) for problem in problems]
