# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Kubeflow's shape against the real manifests: every selection fits, and no published secret is left in any."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.kubeops.hybrid.plugins.module_utils._kinds.kubernetes.registry import expand
from ansible_collections.kubeops.hybrid.plugins.plugin_utils.artifacts import Request, render
from ansible_collections.kubeops.hybrid.plugins.plugin_utils.estate import layers_kubeflow

pytestmark = pytest.mark.slow

ROOT = Path(__file__).resolve().parents[2]
MIRROR = ROOT.parent / "shared" / "upstream"
ALL = [
    "pipelines", "katib", "kserve", "trainer", "spark_operator", "notebooks", "dashboard", "tensorboard",
    "model_registry", "volumes_web_app", "jupyterhub",
]  # fmt: skip
FULL: dict[str, Any] = {
    "clusters": ["lab"],
    "storage_class": "fast",
    "profiles": [{"name": "kubeflow-user-example-com", "owner": "user@example.com", "gpus": 2}],
    "administrators": [{"user": "boss@example.com"}],
    "notebooks": {"images": ["registry.example.com/ml:1"], "culling": {}},
}


@pytest.mark.parametrize(
    ("version", "components", "owners"),
    [
        ("26.03", ALL, {}),
        ("26.03", ["pipelines"], {}),
        ("26.03", ["katib", "dashboard"], {"cert_manager": "eksa"}),
        ("26.03", ["notebooks"], {"istio": "mesh"}),
        ("1.10.2", ["pipelines"], {}),
        ("26.03.1-rc.2", ["pipelines"], {}),
    ],
)
def test_a_selection_fits_and_holds_no_published_secret(
    tmp_path: Path, version: str, components: list[str], owners: dict[str, str]
) -> None:
    """Expected: all that is left out and changed is there; Secrets with content are ours; claims have their class."""
    names = [one for one in components if one != "notebooks"]
    shape = {**FULL, "version": version, "components": components}
    if "notebooks" not in components:
        shape["notebooks"] = None
    chosen = layers_kubeflow.selection(shape, owners)
    programs = {"kubectl": str(ROOT / ".venv/bin/kubectl")}
    rendered = render(Request("kubeflow", str(tmp_path), mirror=str(MIRROR), programs=programs, **chosen))
    objects = [body for body, _place in expand(layers_kubeflow.kubeflow_resources(shape, stream=rendered.stream))]
    public = [
        body["metadata"]["name"]
        for body in objects
        if body["kind"] == "Secret"
        and (body.get("data") or body.get("stringData"))
        and not any(isinstance(value, dict) for value in (body.get("data") or {}).values())
    ]
    # A place holder of upstream's for a key that people bring themselves.
    assert set(public) <= {"model-catalog-hf-api-key"}
    claims = [body for body in objects if body["kind"] == "PersistentVolumeClaim"]
    assert {body["spec"].get("storageClassName") for body in claims} <= {"fast"}
    assert bool(claims) == bool({"pipelines", "katib", "model_registry"} & set(names) or version != "26.03")
    identities = [
        (
            body["apiVersion"].rpartition("/")[0],
            body["kind"],
            body["metadata"].get("namespace"),
            body["metadata"]["name"],
        )
        for body in objects
    ]
    assert len(identities) == len(set(identities))
    assert json.loads(Path(rendered.index).read_text(encoding="utf-8"))["count"] > 100
