# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This file is private to the collection: its content may change in any release.
"""Maker storage_class."""

from __future__ import annotations

from ...._engine.options import document, setting
from ..maker import Maker, Values, body, wrong_metadata, wrong_name
from ..objects import Body

DEFAULT = "storageclass.kubernetes.io/is-default-class"
"""Annotation of the class that claims without one get."""


class StorageClass(Maker):
    """A StorageClass."""

    name = "storage_class"
    description = (
        "A StorageClass. With O(default) it says whether claims that name no class get it; where several say so, "
        "Kubernetes takes the newest."
    )
    source = "storage.k8s.io/v1 StorageClass"
    options = {
        "name": setting("Name.", needed=True, immutable=True),
        "provisioner": setting("Driver, as V(ebs.csi.aws.com).", needed=True, immutable=True),
        "parameters": document("Parameters of the driver, all of them text.", immutable=True),
        "reclaim_policy": setting(
            "What becomes of a volume without its claim.", choices=("Delete", "Retain"), immutable=True
        ),
        "volume_binding_mode": setting(
            "Whether a volume is made at once, or where its first pod runs.",
            choices=("Immediate", "WaitForFirstConsumer"),
            immutable=True,
        ),
        "allow_expansion": setting("Whether claims may grow.", type="bool"),
        "default": setting("Whether it is the cluster's default class.", type="bool"),
        "labels": document("Labels."),
        "annotations": document("Annotations."),
    }

    def check(self, options: Values) -> str:
        """See Maker."""
        for name, value in (options.get("parameters") or {}).items():
            if not isinstance(value, str):
                return f"parameters.{name}: {value!r} is no text; write it in quotes"
        if DEFAULT in (options.get("annotations") or {}):
            return f"annotations: {DEFAULT} is what option default says"
        return wrong_name(options["name"]) or wrong_metadata(options)

    def objects(self, options: Values) -> list[Body]:
        """See Maker."""
        annotations = options.get("annotations")
        if options.get("default") is not None:
            annotations = {**(annotations or {}), DEFAULT: "true" if options["default"] else "false"}
        return [
            body(
                "storage.k8s.io/v1",
                "StorageClass",
                {**options, "annotations": annotations},
                provisioner=options["provisioner"],
                parameters=options.get("parameters"),
                reclaimPolicy=options.get("reclaim_policy"),
                volumeBindingMode=options.get("volume_binding_mode"),
                allowVolumeExpansion=options.get("allow_expansion"),
            )
        ]
