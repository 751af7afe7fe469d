# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Rendering a chart without a network and without a cluster."""

from __future__ import annotations

import json
import pathlib
from collections.abc import Mapping
from typing import Any

from ansible_collections.kubeops.hybrid.plugins.module_utils._engine.errors import Invalid

from .catalogue import Artifact
from .programs import Program
from .remote import refuse_missing_charts
from .request import Request

# Offline, Helm takes a cluster for one without the newer versions of these: every one that we support serves them.
SERVED = (
    "admissionregistration.k8s.io/v1", "apiregistration.k8s.io/v1", "apps/v1", "autoscaling/v2", "batch/v1",
    "networking.k8s.io/v1", "policy/v1", "rbac.authorization.k8s.io/v1", "storage.k8s.io/v1",
)  # fmt: skip


def render(
    artifact: Artifact, tree: pathlib.Path, request: Request, values: Mapping[str, Any],
    program: Program, scratch: pathlib.Path,
) -> str:  # fmt: skip
    """Write what helm makes of the chart to scratch/rendered.yaml; returns what it said beside that."""
    if request.components or request.owners:
        raise Invalid(f"{artifact.title} is a chart: it has no components")
    refuse_missing_charts(tree)
    file = scratch / "values.json"
    file.write_text(json.dumps(values), encoding="utf-8")
    arguments = ["template", request.release or artifact.release, str(tree), "--values", str(file), "--include-crds"]
    arguments += ["--namespace", request.namespace or artifact.namespace]
    if request.kubernetes_version:
        # Charts compare whole versions.
        version = request.kubernetes_version
        arguments += ["--kube-version", version if version.count(".") != 1 else f"{version}.0"]
    for one in dict.fromkeys([*SERVED, *request.api_versions]):
        arguments += ["--api-versions", one]
    with (scratch / "rendered.yaml").open("wb") as output:
        return program.run(arguments, scratch, output)
