# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This file is private to the collection: its content may change in any release.
"""Maker role_binding."""

from __future__ import annotations

from ...._engine.options import document, names, setting
from ..maker import Maker, Values, body, wrong_metadata
from ..objects import Body

_GROUP = "rbac.authorization.k8s.io"


class RoleBinding(Maker):
    """Who holds a role, in a namespace or everywhere."""

    name = "role_binding"
    description = "Who holds a role: in a namespace, or without one in the whole cluster."
    source = "rbac.authorization.k8s.io/v1 RoleBinding, ClusterRoleBinding"
    options = {
        "name": setting("Name.", needed=True, immutable=True),
        "namespace": setting("Namespace; omitted: it holds everywhere.", immutable=True),
        "cluster_role": setting("ClusterRole, as V(view).", immutable=True),
        "role": setting("Role of the namespace.", immutable=True),
        "users": names("Users, by the names that the cluster knows them by."),
        "groups": names("Groups."),
        "service_accounts": names("Service accounts, as C(namespace/name)."),
        "labels": document("Labels."),
        "annotations": document("Annotations."),
    }

    def check(self, options: Values) -> str:
        """See Maker."""
        if bool(options.get("role")) == bool(options.get("cluster_role")):
            return "it needs either cluster_role or role"
        if options.get("role") and not options.get("namespace"):
            return "a role holds in its namespace only; name that, or a cluster_role"
        for account in options.get("service_accounts") or ():
            if account.count("/") != 1:
                return f"service_accounts: {account!r} is not namespace/name"
        if not any(options.get(who) for who in ("users", "groups", "service_accounts")):
            return "it names nobody: give users, groups or service_accounts"
        return wrong_metadata(options)

    def objects(self, options: Values) -> list[Body]:
        """See Maker."""
        kind = "ClusterRole" if options.get("cluster_role") else "Role"
        role = {"apiGroup": _GROUP, "kind": kind, "name": options.get("cluster_role") or options["role"]}
        bound = "RoleBinding" if options.get("namespace") else "ClusterRoleBinding"
        return [body(f"{_GROUP}/v1", bound, options, roleRef=role, subjects=_subjects(options))]


def _subjects(options: Values) -> list[Body]:
    people: list[Body] = [
        {"apiGroup": _GROUP, "kind": kind, "name": name}
        for kind, option in (("User", "users"), ("Group", "groups"))
        for name in sorted(options.get(option) or ())
    ]
    accounts = sorted(options.get("service_accounts") or ())
    programs: list[Body] = [
        {"kind": "ServiceAccount", "namespace": namespace, "name": name}
        for namespace, _slash, name in (account.partition("/") for account in accounts)
    ]
    return people + programs
