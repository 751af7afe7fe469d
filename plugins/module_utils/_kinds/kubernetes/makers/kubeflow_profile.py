# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This file is private to the collection: its content may change in any release.
"""Maker kubeflow_profile."""

from __future__ import annotations

from ...._engine.options import Option, document, setting, table
from ..maker import Maker, Values, body, wrong_metadata, wrong_name
from ..objects import Body

DENY = "kubeops-default-deny"
"""AuthorizationPolicy that allows nobody: whom no other policy of the namespace allows is refused."""


class KubeflowProfile(Maker):
    """A Profile with what its namespace offers."""

    name = "kubeflow_profile"
    description = (
        "A Profile of Kubeflow: its controller makes the namespace, its quota and the access of its owner. Requests of "
        "people who are neither owner nor contributor are refused in the mesh."
    )
    source = "kubeflow.org/v1 Profile, kubeflow.org/v1alpha1 PodDefault, security.istio.io/v1 AuthorizationPolicy"
    options = {
        "name": setting("Name of the profile and of its namespace.", needed=True, immutable=True),
        "owner": setting("Owner, by e-mail address.", needed=True),
        "quota": document("Hard limits of its namespace, as C({requests.nvidia.com/gpu: 2, pods: 50})."),
        "pod_defaults": table(
            "Settings that pods in it get by label.",
            {
                "name": setting("Name.", needed=True),
                "spec": document("Specification of the PodDefault, as Kubeflow has it.", needed=True),
            },
            keys=("name",),
        ),
        "default_deny": Option(
            "Whether requests of people without a policy of their own are refused. Unless it is said, they are.",
            type="bool",
        ),
        "labels": document("Labels of the Profile."),
        "annotations": document("Annotations of the Profile."),
    }

    def check(self, options: Values) -> str:
        """See Maker."""
        wrong = wrong_name(options["name"], label=True) or wrong_metadata(options)
        if wrong:
            return wrong
        if "@" not in options["owner"]:
            return f"owner: {options['owner']!r} is no e-mail address"
        names = [one["name"] for one in options.get("pod_defaults") or ()]
        twice = sorted({name for name in names if names.count(name) > 1})
        return f"pod_defaults: {', '.join(twice)} is there twice" if twice else ""

    def objects(self, options: Values) -> list[Body]:
        """See Maker."""
        owner = {"kind": "User", "name": options["owner"]}
        hard = {name: str(limit) for name, limit in (options.get("quota") or {}).items()}
        quota = {"hard": hard} if hard else None
        spec = {"owner": owner, **({"resourceQuotaSpec": quota} if quota else {})}
        found = [body("kubeflow.org/v1", "Profile", {**options, "namespace": None}, spec=spec)]
        for one in options.get("pod_defaults") or ():
            inside = {"name": one["name"], "namespace": options["name"]}
            found.append(body("kubeflow.org/v1alpha1", "PodDefault", inside, spec=one["spec"]))
        if options.get("default_deny", True):
            inside = {"name": DENY, "namespace": options["name"]}
            found.append(body("security.istio.io/v1", "AuthorizationPolicy", inside, spec={"action": "ALLOW"}))
        return found
