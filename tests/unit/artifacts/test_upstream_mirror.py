# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The whole mirror of upstream's files, in checkouts that stand beside one."""

from __future__ import annotations

import collections
import json
import pathlib
from typing import Any

import pytest

from ansible_collections.kubeops.hybrid.plugins.module_utils._kinds.kubernetes.yaml_stream import read_stream
from ansible_collections.kubeops.hybrid.plugins.plugin_utils.artifacts import Request, catalogue, images, render
from ansible_collections.kubeops.hybrid.plugins.plugin_utils.artifacts.stand_ins import BILLS
from tests.unit.artifacts.bills import MIRROR, written
from tests.unit.artifacts.small import bodies, index

pytestmark = pytest.mark.slow

FACTS = json.loads((MIRROR / "catalog.json").read_text(encoding="utf-8"))
# Istio's hub and tag in two ConfigMaps, an example in its template, and a name without a tag: the mirror's lists are of
# names with one in other places.
BEYOND = ("/proxyv2:", "busybox")


def entry(path: str) -> catalogue.Artifact:
    """The catalogue's entry of what the mirror has there."""
    found = [one for one in catalogue.load().artifacts if path in (one.root, f"{one.root}/{one.path}")]
    assert len(found) == 1, path
    return found[0]


def request(store: pathlib.Path, artifact: catalogue.Artifact, **more: Any) -> Request:
    """A request for it, as the mirror was rendered."""
    if artifact.type == "helm":
        more = {"kubernetes_version": "1.34.0", "api_versions": FACTS["api_versions"], **more}
    return Request(artifact.name, str(store), artifact.version, mirror=str(MIRROR), **more)


def keys(rows: list[dict[str, Any]]) -> collections.Counter[tuple[str, ...]]:
    """Group, kind, namespace and name of each object."""
    return collections.Counter((row["group"], row["kind"], row["namespace"], row["name"]) for row in rows)


def keys_of_file(name: str) -> collections.Counter[tuple[str, ...]]:
    """The same of a stream that the mirror holds rendered."""
    return collections.Counter(
        (
            one.body["apiVersion"].rpartition("/")[0],
            one.body["kind"],
            one.body["metadata"].get("namespace") or "",
            one.body["metadata"]["name"],
        )
        for one in read_stream(MIRROR / "rendered" / f"{name}.yaml.gz")
    )


def test_everything_in_the_mirror_is_in_the_catalogue() -> None:
    for component in FACTS["components"]:
        artifact = entry(component["path"])
        assert (artifact.source, artifact.type) == (component["source"], component["type"])
        assert artifact.commit[:9] == component["commit"][:9]
        assert artifact.release == (component.get("release") or "")


def test_all_of_kubeflow_is_what_upstream_installs(tmp_path: pathlib.Path) -> None:
    artifact = entry("kubeflow/26.03/example")
    named = [name for name, one in artifact.components.items() if not one.optional]
    rendered = render(request(tmp_path, artifact, components=named))
    assert index(rendered)["count"] == 675
    assert keys(index(rendered)["objects"]) == keys_of_file("kubeflow-26.03")
    taken = render(request(tmp_path, artifact, components=["katib"], owners={"istio": "mesh", "cert_manager": "eksa"}))
    part = keys(index(taken)["objects"])
    assert not part - keys_of_file("kubeflow-26.03")
    kinds = {(kind, name) for _group, kind, _namespace, name in part}
    assert ("Deployment", "katib-controller") in kinds
    assert ("ClusterIssuer", "kubeflow-self-signing-issuer") in kinds
    assert not {("Deployment", "istiod"), ("Deployment", "cert-manager"), ("Deployment", "ml-pipeline")} & kinds


@pytest.mark.parametrize(
    ("path", "values"),
    [
        ("aws/aws-load-balancer-controller", {"clusterName": "cloud"}),
        ("jupyterhub", {}),
        ("prometheus-community/kube-prometheus-stack", {}),
        ("opentelemetry/opentelemetry-operator", {}),
    ],
)
def test_a_chart_that_invents_secrets_gives_the_same_twice(tmp_path: pathlib.Path, path: str, values: Any) -> None:
    first, second = (render(request(tmp_path / name, entry(path), values=values)) for name in "ab")
    assert pathlib.Path(first.stream).read_bytes() == pathlib.Path(second.stream).read_bytes()
    for body in bodies(first):
        if body["kind"] == "Secret":
            made = [value for name, value in body.get("data", {}).items() if "password" in name or "hub.config" in name]
            assert all(isinstance(value, dict) and "$generate" in value for value in made)


@pytest.mark.parametrize("name", sorted(path.name[:-8] for path in (MIRROR / "rendered").glob("*.yaml.gz")))
def test_every_image_of_the_mirror_is_found(name: str) -> None:
    listed = MIRROR / "images" / f"{name}.txt"
    rows = [line.split("\t") for line in listed.read_text().splitlines()[1:]] if listed.is_file() else []
    found: dict[str, bool] = {}
    for document in read_stream(MIRROR / "rendered" / f"{name}.yaml.gz"):
        for one in images.visit(document.body):
            found[one.image] = found.get(one.image, False) or one.container
    assert {image: where == "container" for where, image, _used in rows} == {
        image: container for image, container in found.items() if container or not any(b in image for b in BEYOND)
    }


@pytest.mark.parametrize("path", ["kubeflow/26.03/example", "nvidia/gpu-operator", "istio/1.29.6/istiod"])
def test_all_images_can_come_from_one_registry(tmp_path: pathlib.Path, path: str) -> None:
    rendered = render(request(tmp_path, entry(path), registry="harbor.example.com:5000/mirror"))
    listed = json.loads(pathlib.Path(rendered.images).read_text(encoding="utf-8"))
    assert listed
    assert all(one["image"].startswith("harbor.example.com:5000/mirror/") for one in listed)


@pytest.mark.long
def test_the_bill_of_materials_is_fresh(tmp_path: pathlib.Path) -> None:
    for artifact in catalogue.load().artifacts:
        if artifact.bom:
            committed = (BILLS / f"{artifact.bom}.tsv").read_text(encoding="utf-8")
            assert written(artifact, tmp_path) == committed, "run python -m tests.unit.artifacts.bills"
