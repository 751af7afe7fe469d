# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is wrong with the add-ons and service accounts of an EKS cluster's shape, before any call."""

from __future__ import annotations

from collections.abc import Iterator

from .eks import EksCluster
from .eks_addons import AGENT, KNOWN, Addon
from .layers_eks_addons import account_role, addon_role
from .problems import Path, Problem

_LONGEST_ROLE = 64


def addon_problems(cluster: EksCluster, path: Path) -> Iterator[Problem]:
    """Problems of one cluster."""
    for index, addon in enumerate(cluster.addons):
        where: Path = (*path, "addons", index)
        if addon.name in {other.name for other in cluster.addons[:index]}:
            yield Problem((*where, "name"), addon.name, "is the name of two add-ons", "name each add-on once")
        yield from _rights(addon, where)
    yield from _agent(cluster, path)
    yield from _accounts(cluster, path)
    yield from _roles(cluster, path)


def _rights(addon: Addon, path: Path) -> Iterator[Problem]:
    given = addon.service_account is not None or addon.managed_policies is not None
    if addon.by == "nodes" and given:
        remedy = "leave service_account and managed_policies out, or set identity: pod_identity"
        yield Problem((*path, "identity"), "nodes", "has no role for a service account", remedy)
    if addon.by != "nodes" and addon.rights is None:
        known = ", ".join(KNOWN)
        yield Problem(
            (*path, "identity"),
            addon.by,
            f"needs to know what {addon.name} may do in AWS",
            f"give service_account and managed_policies; they are known of {known}",
        )


def _agent(cluster: EksCluster, path: Path) -> Iterator[Problem]:
    users = [addon.name for addon in cluster.addons if addon.manage != "ignore" and addon.by == "pod_identity"]
    users += [f"{one.namespace}/{one.name}" for one in cluster.service_accounts if one.identity == "pod_identity"]
    if users and AGENT not in {addon.name for addon in cluster.addons}:
        yield Problem(
            (*path, "addons"),
            ", ".join(users),
            f"gets its role by EKS Pod Identity, which works only with the add-on {AGENT}",
            f"add {AGENT} to the add-ons, or set identity: irsa",
        )


def _accounts(cluster: EksCluster, path: Path) -> Iterator[Problem]:
    taken = {(addon.rights.namespace, addon.rights.service_account) for addon in cluster.addons if addon.rights}
    for index, one in enumerate(cluster.service_accounts):
        if (one.namespace, one.name) in taken:
            where = (*path, "service_accounts", index, "name")
            yield Problem(
                where, one.name, f"of {one.namespace} has a role already", "give each service account one role"
            )
        taken.add((one.namespace, one.name))


def _roles(cluster: EksCluster, path: Path) -> Iterator[Problem]:
    for index, addon in enumerate(cluster.addons):
        if addon.rights and len(addon_role(cluster, addon)) > _LONGEST_ROLE:
            yield _too_long(
                addon_role(cluster, addon), (*path, "addons", index, "name"), "choose a shorter cluster name"
            )
    for index, account in enumerate(cluster.service_accounts):
        if len(account_role(cluster, account)) > _LONGEST_ROLE:
            yield _too_long(account_role(cluster, account), (*path, "service_accounts", index, "role"), "name the role")


def _too_long(name: str, path: Path, remedy: str) -> Problem:
    return Problem(path, name, f"is longer than the {_LONGEST_ROLE} characters that IAM takes", remedy)
