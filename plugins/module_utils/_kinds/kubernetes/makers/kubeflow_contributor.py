# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This file is private to the collection: its content may change in any release.
"""Maker kubeflow_contributor."""

from __future__ import annotations

import re

from ...._engine.options import setting
from ..maker import Maker, Values, body, wrong_name
from ..objects import Body

_RBAC = "rbac.authorization.k8s.io"
_UNSAFE = re.compile(r"[^a-z0-9]+")
# Who may speak in a user's name: the gateway after it has checked the login, and the pipelines' pages.
_SPEAKERS = (
    "cluster.local/ns/istio-system/sa/istio-ingressgateway-service-account",
    "cluster.local/ns/kubeflow/sa/ml-pipeline-ui",
)
USER_HEADER = "kubeflow-userid"


def binding_name(user: str, role: str) -> str:
    """Name of a contributor's objects, as Kubeflow's access management gives it."""
    return _UNSAFE.sub("-", f"user-{user}-clusterrole-{role}".lower())


class KubeflowContributor(Maker):
    """Somebody who works in a profile of another."""

    name = "kubeflow_contributor"
    description = (
        "Somebody who works in the profile of another: the binding and the policy that Kubeflow's own access manager "
        "writes, so that its pages show the contributor."
    )
    source = "rbac.authorization.k8s.io/v1 RoleBinding, security.istio.io/v1 AuthorizationPolicy"
    options = {
        "profile": setting("Profile.", needed=True, immutable=True),
        "user": setting("E-mail address of the contributor.", needed=True, immutable=True),
        "role": setting("What the contributor may do.", choices=("admin", "edit", "view"), needed=True, immutable=True),
    }

    def key(self, options: Values) -> str:
        """Profile and user."""
        return f"{options.get('profile', '?')}/{options.get('user', '?')}"

    def check(self, options: Values) -> str:
        """See Maker."""
        if "@" not in options["user"]:
            return f"user: {options['user']!r} is no e-mail address"
        return wrong_name(options["profile"], label=True)

    def objects(self, options: Values) -> list[Body]:
        """See Maker."""
        user, role = options["user"], options["role"]
        named = {
            "name": binding_name(user, role),
            "namespace": options["profile"],
            "annotations": {"user": user, "role": role},
        }
        subject = {"apiGroup": _RBAC, "kind": "User", "name": user}
        cluster_role = {"apiGroup": _RBAC, "kind": "ClusterRole", "name": f"kubeflow-{role}"}
        rule = {
            "from": [{"source": {"principals": list(_SPEAKERS)}}],
            "when": [{"key": f"request.headers[{USER_HEADER}]", "values": [user]}],
        }
        return [
            body(f"{_RBAC}/v1", "RoleBinding", named, roleRef=cluster_role, subjects=[subject]),
            body("security.istio.io/v1", "AuthorizationPolicy", named, spec={"rules": [rule]}),
        ]
