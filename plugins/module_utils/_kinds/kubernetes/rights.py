# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This file is private to the collection: its content may change in any release.
"""Which workloads are the controllers of which kinds, as the rights of their service accounts tell. Pure."""

from __future__ import annotations

import typing as t

from .objects import Key, Manifest
from .webhooks import pod_template

_RBAC = "rbac.authorization.k8s.io"
_WRITES = frozenset({"update", "patch", "*"})
_WATCHES = frozenset({"watch", "list", "*"})
Account = tuple[str, str]
Right = tuple[str, str]
"""API group and resource."""


class Rights:
    """What the workloads of one set may watch and write. Rights to everything tell nothing, and are left out."""

    def __init__(self, manifests: t.Mapping[Key, Manifest], workloads: t.Iterable[Manifest]) -> None:
        self._workloads: dict[Account, list[Key]] = {}
        for one in workloads:
            self._workloads.setdefault(_account(one), []).append(one.key)
        self._watched: dict[Account, set[str]] = {}
        self._writers: dict[Right, set[Account]] = {}
        for one in manifests.values():
            if one.key.group == _RBAC and one.key.kind.endswith("RoleBinding"):
                role = one.body["roleRef"]
                namespace = one.key.namespace if role["kind"] == "Role" else ""
                bound = manifests.get(Key(_RBAC, role["kind"], namespace, role["name"]))
                for account in _accounts(one) & self._workloads.keys() if bound else ():
                    self._note(account, t.cast(Manifest, bound))

    def _note(self, account: Account, role: Manifest) -> None:
        for rule in role.body.get("rules") or ():
            verbs, groups = set(rule.get("verbs") or ()), set(rule.get("apiGroups") or ()) - {"*"}
            if verbs & _WATCHES:
                self._watched.setdefault(account, set()).update(groups)
            if verbs & _WRITES:
                for group in groups:
                    for resource in rule.get("resources") or ():
                        self._writers.setdefault((group, resource), set()).add(account)

    def watched(self, workload: Manifest) -> set[str]:
        """The API groups of which it watches something."""
        return self._watched.get(_account(workload), set())

    def writers(self, group: str, resource: str) -> set[Key]:
        """The workloads that may change a resource, as certificates/status, by its name."""
        accounts = self._writers.get((group, resource), ())
        return {key for account in accounts for key in self._workloads.get(account, ())}


def _account(workload: Manifest) -> Account:
    pod = (pod_template(workload.body) or {}).get("spec") or {}
    return workload.key.namespace, pod.get("serviceAccountName") or pod.get("serviceAccount") or "default"


def _accounts(binding: Manifest) -> set[Account]:
    return {
        (subject.get("namespace") or binding.key.namespace, subject["name"])
        for subject in binding.body.get("subjects") or ()
        if subject.get("kind") == "ServiceAccount"
    }
