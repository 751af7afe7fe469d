# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A small catalogue with a mirror of it, in the layout of the large one."""

from __future__ import annotations

import json
import pathlib
from typing import Any

from ansible_collections.kubeops.hybrid.plugins.plugin_utils.artifacts import Rendered, Request, render

CATALOGUE = """\
artifacts:
  - name: chart
    version: "1.0"
    type: helm
    root: charts/chart
    source: o/chart
    commit: c0ffee
    release: rel
    namespace: ns
    values: {password: {$generate: {length: 12}}, tag: v1}
    chart: ADDRESS/chart-{version}.tgz
    hooks: {Job/kept: keep}
  - name: tree
    version: v2
    type: kustomize
    root: tree/v2
    path: example
    source: o/tree
    commit: c0ffee
    archive: ADDRESS/tree.tar.gz
    bases:
      - file: parts/far/kustomization.yaml
        remote: https://far.example.org/o/far/base?ref=v1
        local: vendored/far/base
        archive: ADDRESS/far.tar.gz
        into: vendored/far
        keep: base
      - file: parts/far/kustomization.yaml
        remote: https://far.example.org/o/releases/download/v1/all.yaml
        local: vendored/all
        manifest: ADDRESS/all.yaml
        into: vendored/all
    components:
      ground: {paths: [parts/ground], base: true, owned: {mesh: [parts/ground/issuer.yaml]}}
      app: {paths: [parts/app], needs: [store]}
      store: {paths: [parts/store]}
      far: {paths: [parts/far]}
      extra: {paths: [parts/extra], optional: true, namespace: extra}
      other: {paths: [], artifact: chart, optional: true}
    known_gaps: [One that is known.]
  - {name: files, version: "1", type: raw, root: files, source: o/files, commit: c0ffee, without: [b/sample.yaml]}
  - {name: stream, version: "1", type: rendered, root: rendered/stream.yaml, source: o/stream, commit: c0ffee}
"""


def config_map(name: str, **data: str) -> str:
    """YAML of a ConfigMap."""
    return json.dumps({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name}, "data": data}) + "\n"


def kustomization(*resources: str, **more: Any) -> str:
    """YAML of a kustomization."""
    head = {"apiVersion": "kustomize.config.k8s.io/v1beta1", "kind": "Kustomization"}
    return json.dumps({**head, "resources": list(resources), **more}, indent=1) + "\n"


_POD = """\
apiVersion: v1
kind: Pod
metadata: {name: "{{ .Release.Name }}", namespace: "{{ .Release.Namespace }}"}
spec:
  containers:
  - {name: a, image: "quay.io/o/a:{{ .Values.tag }}", args: ["--other=ghcr.io/o/b:v2"]}
---
apiVersion: v1
kind: Secret
metadata: {name: login, annotations: {sum: "{{ .Values.password | sha256sum }}"}}
data: {password: "{{ .Values.password | b64enc }}"}
---
apiVersion: v1
kind: List
items:
- {apiVersion: v1, kind: ConfigMap, metadata: {name: facts}, data: {
   kube: "{{ .Capabilities.KubeVersion.Version }}", api: '{{ .Capabilities.APIVersions.Has "a.io/v1" }}'}}
{{ range .Values.hooks }}
---
{{ toYaml . }}
{{ end }}
"""


class Small:
    """The mirror at mirror, the catalogue at catalogue, a store beside them."""

    def __init__(self, folder: pathlib.Path) -> None:
        self.folder = folder
        self.mirror = folder / "mirror"
        self.catalogue = folder / "catalogue.yml"
        self.store = folder / "store"
        self.catalogue.write_text(CATALOGUE)
        files = {
            "charts/chart/Chart.yaml": "{apiVersion: v2, name: chart, version: 1.0.0}",
            "charts/chart/values.yaml": "{tag: none, hooks: []}",
            "charts/chart/crds/crd.yaml": json.dumps(
                {"apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition", "metadata": {"name": "x"}}
            ),
            "charts/chart/templates/all.yaml": _POD,
            "tree/v2/example/kustomization.yaml": kustomization(
                "../parts/ground",
                "../parts/app",
                "../parts/store",
                "../parts/far",
                sortOptions={"order": "legacy", "legacySortOptions": {"orderFirst": ["Secret"], "orderLast": []}},
            ),
            "tree/v2/parts/ground/kustomization.yaml": kustomization("ground.yaml", "issuer.yaml"),
            "tree/v2/parts/ground/ground.yaml": config_map("ground"),
            "tree/v2/parts/ground/issuer.yaml": config_map("issuer"),
            "tree/v2/parts/extra/kustomization.yaml": kustomization("extra.yaml"),
            "tree/v2/parts/extra/extra.yaml": config_map("extra"),
            "tree/v2/parts/app/kustomization.yaml": kustomization("app.yaml"),
            "tree/v2/parts/app/app.yaml": config_map("app", image="docker.io/o/app:v1", said="a:b"),
            "tree/v2/parts/store/kustomization.yaml": kustomization("store.yaml"),
            "tree/v2/parts/store/store.yaml": config_map("store").replace("ConfigMap", "Secret"),
            "tree/v2/parts/far/kustomization.yaml": kustomization("../../vendored/far/base", "../../vendored/all"),
            "tree/v2/vendored/far/base/kustomization.yaml": kustomization("far.yaml"),
            "tree/v2/vendored/far/base/far.yaml": config_map("far"),
            "tree/v2/vendored/all/kustomization.yaml": kustomization("manifests.yaml"),
            "tree/v2/vendored/all/manifests.yaml": config_map("all"),
            "files/b/one.yaml": config_map("b"),
            "files/b/sample.yaml": "no object",
            "files/a.yml": config_map("a"),
            "files/LICENSE": "none",
            "rendered/stream.yaml": config_map("whole") + "---\n" + config_map("more"),
        }
        for name, text in files.items():
            self.write(name, text)

    def write(self, name: str, text: str) -> pathlib.Path:
        """Write a file of the mirror."""
        path = self.mirror / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        return path

    def render(self, name: str, **more: Any) -> Rendered:
        """Render from the mirror, unless another one is given."""
        given = {"mirror": str(self.mirror), "store": str(self.store), "catalogue": self.catalogue, **more}
        return render(Request(name, **given))

    def serve_from(self, address: str) -> None:
        """Put an address into the catalogue."""
        # A file of its own for each address: catalogues are kept by path.
        self.catalogue = self.folder / "served.yml"
        self.catalogue.write_text(CATALOGUE.replace("ADDRESS", address))


def names(rendered: Rendered) -> list[str]:
    """Names of the objects of a stream, in order."""
    return [one["metadata"]["name"] for one in bodies(rendered)]


def bodies(rendered: Rendered) -> list[dict[str, Any]]:
    """The objects of a stream."""
    return [json.loads(line) for line in pathlib.Path(rendered.stream).read_text(encoding="utf-8").splitlines()]


def index(rendered: Rendered) -> dict[str, Any]:
    """Its index."""
    content: dict[str, Any] = json.loads(pathlib.Path(rendered.index).read_text(encoding="utf-8"))
    return content
