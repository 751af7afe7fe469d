# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Rendering of a small mirror by the real kubectl and helm."""

from __future__ import annotations

import hashlib
import json
import os
import pathlib
from typing import Any

import pytest

from ansible_collections.kubeops.hybrid.plugins.module_utils._engine.errors import Conflict, EstateError, NotFound
from tests.unit.artifacts.small import Small, bodies, config_map, index, kustomization, names

pytestmark = pytest.mark.slow

FAR = "https://far.example.org/x?ref=v1"


def job(name: str, events: str, kind: str = "Job") -> dict[str, Any]:
    """A hook."""
    return {"apiVersion": "v1", "kind": kind, "metadata": {"name": name, "annotations": {"helm.sh/hook": events}}}


def refused(small: Small, name: str, **more: Any) -> str:
    """What is said when it is refused."""
    with pytest.raises(EstateError) as caught:
        small.render(name, **more)
    return str(caught.value)


def test_a_chart_is_rendered_for_the_cluster_that_it_is_for(small: Small) -> None:
    rendered = small.render(
        "chart", kubernetes_version="1.33", api_versions=["a.io/v1"], namespace="other", release="r"
    )
    found = {one["kind"]: one for one in bodies(rendered)}
    assert found["ConfigMap"]["data"] == {"kube": "v1.33.0", "api": "true"}
    assert found["Pod"]["metadata"] == {"name": "r", "namespace": "other"}
    assert "CustomResourceDefinition" in found
    assert (rendered.namespace, rendered.origin) == ("other", "mirror")


def test_the_index_leads_to_every_line(small: Small) -> None:
    rendered = small.render("chart")
    text = pathlib.Path(rendered.stream).read_bytes()
    told = index(rendered)
    assert told["sha256"] == hashlib.sha256(text).hexdigest()
    assert told["count"] == len(told["objects"]) == text.count(b"\n")
    for row in told["objects"]:
        line = text.splitlines()[row["line"] - 1]
        body = json.loads(line)
        assert (row["kind"], row["name"], row["size"]) == (body["kind"], body["metadata"]["name"], len(line))
    assert told["program"].startswith("helm v")


def test_the_same_request_is_answered_without_rendering(small: Small, tmp_path: pathlib.Path) -> None:
    first = small.render("chart", values={"tag": "v2"})
    broken = {"helm": str(tmp_path / "nothing")}
    again = small.render("chart", values={"tag": "v2"})
    assert (first.cached, again.cached, again.stream) == (False, True, first.stream)
    assert small.render("chart", values={"tag": "v3"}).stream != first.stream
    assert "is no program" in refused(small, "chart", programs=broken)


def test_what_nobody_asked_for_in_a_long_time_is_forgotten(small: Small) -> None:
    old = small.render("chart", values={"tag": "old"})
    kept = small.render("chart", values={"tag": "kept"})
    for rendered in (old, kept):
        os.utime(rendered.index, (0, 0))
    assert small.render("chart", values={"tag": "kept"}).cached
    small.render("chart", values={"tag": "new"})
    assert [pathlib.Path(one.stream).exists() for one in (old, kept)] == [False, True]


def test_values_are_merged_and_what_is_made_later_stays_a_reference(small: Small) -> None:
    rendered = small.render("chart")
    secret = next(one for one in bodies(rendered) if one["kind"] == "Secret")
    assert secret["data"] == {"password": {"$generate": {"length": 12}}}
    given = small.render("chart", values={"password": {"$secret": "grafana"}})
    secret = next(one for one in bodies(given) if one["kind"] == "Secret")
    assert secret["data"] == {"password": {"$secret": "grafana"}}
    twice = small.render("chart", store=str(small.folder / "another"))
    assert pathlib.Path(twice.stream).read_bytes() == pathlib.Path(rendered.stream).read_bytes()


def test_a_reference_within_other_text_is_refused(small: Small) -> None:
    small.write("charts/chart/templates/more.yaml", config_map("more", url="http://u:{{ .Values.password }}@h"))
    assert "ConfigMap/more has a value that is a reference within other text, at data/url" in refused(small, "chart")


def test_hooks_become_objects_or_are_named(small: Small) -> None:
    hooks = [
        job("kept", "pre-install"), job("upgrade", "pre-upgrade, post-delete"), job("tested", "test", "Pod"),
        job("account", "pre-install", "ServiceAccount"),
    ]  # fmt: skip
    rendered = small.render("chart", values={"hooks": hooks})
    assert {"kept", "account"} <= set(names(rendered))
    assert index(rendered)["left_out"] == [
        {"object": "Pod/tested", "reason": "hook test"},
        {"object": "Job/upgrade", "reason": "hook post-delete, pre-upgrade"},
    ]
    told = refused(small, "chart", values={"hooks": [job("migrate", "post-install")]})
    assert "Job/migrate is a hook that runs at post-install" in told


def test_components_bring_what_they_need(small: Small) -> None:
    assert names(small.render("tree")) == ["store", "all", "app", "far", "ground", "issuer"]
    assert names(small.render("tree", components=["app"])) == ["store", "app", "ground", "issuer"]
    assert names(small.render("tree", components=[])) == ["ground", "issuer"]
    assert names(small.render("tree", components=[], owners={"ground": "mesh"})) == ["issuer"]
    extra = small.render("tree", components=["extra", "other"])
    assert [one["metadata"].get("namespace") for one in bodies(extra)] == ["extra", None, None]
    assert index(extra)["artifacts"] == ["chart"]


@pytest.mark.parametrize(
    ("name", "more", "told"),
    [
        ("tre", {}, "the catalogue has no artifact 'tre'. Did you mean tree"),
        ("tree", {"version": "v9"}, "the catalogue has tree in v2, not in v9"),
        ("tree", {"components": ["stores"]}, "tree v2 has no component 'stores'. Did you mean store?"),
        ("tree", {"owners": {"ground": "them"}}, "Its owner is kubeflow or mesh."),
        ("tree", {"owners": {"app": "mesh"}}, "app cannot be owned by 'mesh'"),
        ("tree", {"values": {"a": 1}}, "takes no values"),
        ("chart", {"components": ["app"]}, "has no components to choose from"),
        ("files", {"values": {"a": 1}}, "is taken as it is"),
        ("files", {"mirror": "/nonexistent"}, "the mirror /nonexistent has no files"),
        ("chart", {"values": {"a": {1, 2}}}, "the values hold what is no JSON"),
        ("chart", {"kubernetes_version": "none"}, "helm template rel: "),
    ],
)
def test_what_cannot_be_is_refused_with_what_can(small: Small, name: str, more: Any, told: str) -> None:
    assert told in refused(small, name, **more)


def test_plain_files_and_whole_streams(small: Small) -> None:
    assert names(small.render("files")) == ["a", "b"]
    assert names(small.render("stream")) == ["whole", "more"]


@pytest.mark.parametrize(
    ("field", "line"),
    [
        ({"resources": ["far.yaml", FAR]}, 4),
        ({"components": [FAR]}, 3),
        ({"patches": [{"path": FAR, "target": {"kind": "Pod"}}]}, 4),
        ({"configMapGenerator": [{"name": "a", "files": [FAR]}]}, 6),
        ({"helmCharts": [{"name": "chart"}]}, 2),
        ({"resources": ["git@github.com:o/r"]}, 3),
        ({"resources": ["github.com/o/r"]}, 3),
    ],
)
def test_a_remote_reference_is_named_before_anything_runs(small: Small, field: Any, line: int) -> None:
    small.write("tree/v2/vendored/far/base/kustomization.yaml", json.dumps(field, indent=1))
    told = refused(small, "tree")
    assert f"vendored/far/base/kustomization.yaml, line {line} refers to " in told
    assert "Vendor it" in told
    assert "store" in names(small.render("tree", components=["app"])), "what is not reached is not looked at"


def test_text_in_patches_is_no_reference(small: Small) -> None:
    patch = "- {op: add, path: /data/url, value: https://far.example.org/}"
    small.write(
        "tree/v2/parts/app/kustomization.yaml",
        kustomization("app.yaml", patches=[{"target": {"kind": "ConfigMap"}, "patch": patch}]),
    )
    app = next(one for one in bodies(small.render("tree")) if one["metadata"]["name"] == "app")
    assert app["data"]["url"] == "https://far.example.org/"


def test_a_chart_without_its_dependencies_is_refused(small: Small) -> None:
    small.write("charts/chart/Chart.yaml", "{apiVersion: v2, name: chart, version: 1.0.0, dependencies: [{name: sub}]}")
    assert "Chart.yaml: sub is not in its directory charts" in refused(small, "chart")


def test_malformed_output_is_told_with_its_place(small: Small) -> None:
    small.write("charts/chart/templates/more.yaml", "apiVersion: v1\nkind: ConfigMap\n")
    told = refused(small, "chart")
    assert "Failed to render artifact chart 1.0: chart 1.0, document " in told
    assert "ConfigMap has no metadata.name" in told


def test_log_lines_of_a_program_are_no_objects(small: Small, tmp_path: pathlib.Path) -> None:
    talking = tmp_path / "kubectl"
    talking.write_text(
        '#!/bin/sh\ncase $1 in version) echo \'{"clientVersion": {"gitVersion": "v1"}}\';; *)\n'
        "echo '2026/01/02 03:04:05 well-defined vars that were never replaced: a'\n"
        f"echo '{config_map('said').strip()}'\necho warned >&2;;\nesac\n"
    )
    os.chmod(talking, 0o700)
    rendered = small.render("tree", programs={"kubectl": str(talking)})
    assert names(rendered) == ["said"]
    assert index(rendered)["warnings"] == ["2026/01/02 03:04:05 well-defined vars that were never replaced: a"]


def test_a_program_has_no_way_out(small: Small, tmp_path: pathlib.Path) -> None:
    curious = tmp_path / "kubectl"
    body = (
        '{"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "env"}, "data": {"proxy": "\'$HTTPS_PROXY\'"}}'
    )
    curious.write_text(
        '#!/bin/sh\ncase $1 in version) echo \'{"gitVersion": "v1"}\';;\n'
        f"*) command -v git && exit 3; [ -e \"$KUBECONFIG/x\" ] && exit 4; echo '{body}';;\nesac\n"
    )
    os.chmod(curious, 0o700)
    rendered = small.render("tree", programs={"kubectl": str(curious)})
    assert bodies(rendered)[0]["data"] == {"proxy": "http://127.0.0.1:9"}


def test_the_lock_holds_what_was_used_first(small: Small) -> None:
    lock = small.folder / "inventory" / "artifacts.lock.json"
    planned = small.render("files", lock=str(lock), write=False)
    assert (planned.changed, lock.exists()) == (True, False)
    first = small.render("files", lock=str(lock))
    assert (first.changed, small.render("files", lock=str(lock)).changed) == (True, False)
    assert json.loads(lock.read_text())["artifacts"]["files 1"]["digest"] == first.digest
    small.write("files/a.yml", config_map("another"))
    with pytest.raises(Conflict) as caught:
        small.render("files", lock=str(lock))
    changed = small.render("files", store=str(small.folder / "another"))
    for part in (first.digest, changed.digest, str(lock), "remove 'files 1' from the lock"):
        assert part in str(caught.value)
    lock.write_text("[]")
    assert "is no artifact lock" in refused(small, "files", lock=str(lock))


def test_a_link_out_of_the_mirror_is_refused(small: Small) -> None:
    (small.mirror / "files" / "link.yaml").symlink_to("/etc/passwd")
    assert "is a link that leads out of" in refused(small, "files")


def test_images_come_from_one_registry_or_the_stream_does_not(small: Small) -> None:
    rendered = small.render("chart", registry="reg.example.com:5000/mirror")
    listed = json.loads(pathlib.Path(rendered.images).read_text(encoding="utf-8"))
    assert [(one["from"], one["image"]) for one in listed] == [
        ("ghcr.io/o/b:v2", "reg.example.com:5000/mirror/ghcr.io/o/b:v2"),
        ("quay.io/o/a:v1", "reg.example.com:5000/mirror/quay.io/o/a:v1"),
    ]
    pod = next(one for one in bodies(rendered) if one["kind"] == "Pod")["spec"]["containers"][0]
    assert pod["image"] == "reg.example.com:5000/mirror/quay.io/o/a:v1"
    assert pod["args"] == ["--other=reg.example.com:5000/mirror/ghcr.io/o/b:v2"]
    small.write("files/a.yml", config_map("a", program="run('quay.io/o/' + name)"))
    told = refused(small, "files", registry="reg.example.com")
    assert "not everything is taken from reg.example.com: quay.io/o/ in ConfigMap/a at data/program" in told


def test_without_files_nothing_is_made_up_unless_that_is_allowed(small: Small) -> None:
    with pytest.raises(NotFound, match=r"upstream has no files of files 1 that could be fetched\. Set kubeops_mirror"):
        small.render("files", mirror=None)
    assert "nor a bill of materials" in refused(small, "files", mirror=None, stand_ins=True)
