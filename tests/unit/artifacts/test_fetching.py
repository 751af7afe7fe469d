# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Files from upstream and from a mirror over HTTP, by a server of this machine."""

from __future__ import annotations

import base64
import functools
import http.server
import json
import pathlib
import ssl
import tarfile
import threading
from collections.abc import Iterator
from typing import Any

import pytest

from ansible_collections.kubeops.hybrid.plugins.module_utils._engine.errors import (
    Conflict,
    Denied,
    EstateError,
    Invalid,
    NotFound,
    Unavailable,
)
from ansible_collections.kubeops.hybrid.plugins.plugin_utils.artifacts import upstream
from tests.unit.artifacts.small import Small, bodies, config_map, kustomization, names
from twin.pki import Authority, write_pair

pytestmark = pytest.mark.slow

FAR_TREE = ("https://far.example.org/o/far/base?ref=v1", "https://far.example.org/o/releases/download/v1/all.yaml")


class Server(http.server.SimpleHTTPRequestHandler):
    """Serves a directory; refuses, fails and forwards as it is told."""

    asked: list[tuple[str, str]]
    failing: list[int]

    def do_GET(self) -> None:
        """A file, or the next failure. A request for a whole address is one to a proxy."""
        self.asked.append((self.path, self.headers.get("Authorization", "")))
        if self.failing:
            self.send_error(self.failing.pop(0))
            return
        if self.path.startswith("http://upstream.example.org"):
            self.path = self.path.removeprefix("http://upstream.example.org")
        super().do_GET()

    def log_message(self, format: str, *args: Any) -> None:
        """Nothing."""


class Served:
    """A server of a directory. asked: path and Authorization of each request."""

    def __init__(self, folder: pathlib.Path, context: ssl.SSLContext | None = None) -> None:
        self.folder = folder
        folder.mkdir(exist_ok=True)
        self.asked: list[tuple[str, str]] = []
        self.failing: list[int] = []
        handler = type("Handler", (Server,), {"asked": self.asked, "failing": self.failing})
        self._server = http.server.ThreadingHTTPServer(
            ("127.0.0.1", 0), functools.partial(handler, directory=str(folder))
        )
        if context:
            self._server.socket = context.wrap_socket(self._server.socket, server_side=True)
        self.port = self._server.server_address[1]
        self.address = f"http{'s' if context else ''}://127.0.0.1:{self.port}"
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """End it; nothing answers any more."""
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


@pytest.fixture
def served(tmp_path: pathlib.Path) -> Iterator[Served]:
    """A server without files."""
    server = Served(tmp_path / "served")
    yield server
    server.stop()


@pytest.fixture(autouse=True)
def without_proxies(monkeypatch: pytest.MonkeyPatch) -> None:
    """The proxies of who runs the tests."""
    for name in ("http_proxy", "https_proxy", "all_proxy", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)


def pack(archive: pathlib.Path, folder: pathlib.Path, top: str) -> None:
    """An archive as upstream has them: everything below one directory."""
    with tarfile.open(archive, "w:gz") as tar:
        tar.add(folder, arcname=top)


@pytest.fixture
def upstream_files(small: Small, served: Served, tmp_path: pathlib.Path) -> Small:
    """The small mirror as upstream has it: packed, its bases elsewhere."""
    tree = small.mirror / "tree" / "v2"
    pack(served.folder / "far.tar.gz", tree / "vendored" / "far", "far-1.0")
    (served.folder / "all.yaml").write_text((tree / "vendored" / "all" / "manifests.yaml").read_text())
    (tree / "parts" / "far" / "kustomization.yaml").write_text(kustomization(*FAR_TREE))
    (tree / "vendored").rename(tmp_path / "elsewhere")
    pack(served.folder / "tree.tar.gz", tree, "tree-c0ffee")
    pack(served.folder / "chart-1.0.tgz", small.mirror / "charts" / "chart", "chart")
    small.serve_from(served.address)
    return small


def test_a_chart_is_fetched_once_and_held_to_its_digest(upstream_files: Small, served: Served) -> None:
    first = upstream_files.render("chart", mirror=None)
    assert (first.origin, first.changed, names(first)) == ("upstream", True, ["x", "login", "rel", "facts"])
    before = len(served.asked)
    again = upstream_files.render("chart", mirror=None, values={"tag": "other"})
    assert (again.digest, again.changed, len(served.asked)) == (first.digest, False, before)
    lock = upstream_files.store / "artifacts.lock.json"
    (served.folder / "chart-1.0.tgz").rename(served.folder / "old")
    upstream_files.write("charts/chart/values.yaml", "{tag: forged, hooks: []}")
    pack(served.folder / "chart-1.0.tgz", upstream_files.mirror / "charts" / "chart", "chart")
    with pytest.raises(Conflict, match="locks it to " + first.digest):
        upstream_files.render("chart", mirror=None, store=str(upstream_files.folder / "fresh"), lock=str(lock))


def test_bases_from_elsewhere_are_vendored(upstream_files: Small) -> None:
    rendered = upstream_files.render("tree", mirror=None)
    assert names(rendered) == ["store", "all", "app", "far", "ground", "issuer"]


def test_a_catalogue_that_is_not_of_that_commit_is_told(upstream_files: Small, served: Served) -> None:
    tree = upstream_files.mirror / "tree" / "v2"
    (tree / "parts" / "far" / "kustomization.yaml").write_text(kustomization(FAR_TREE[0]))
    pack(served.folder / "tree.tar.gz", tree, "tree-c0ffee")
    with pytest.raises(Invalid, match=r"does not refer to .*all\.yaml\. Correct the bases"):
        upstream_files.render("tree", mirror=None)


@pytest.mark.parametrize("listing", [True, False])
def test_a_mirror_over_http_is_that_of_a_directory(small: Small, listing: bool) -> None:
    if listing:
        files = [path.relative_to(small.mirror).as_posix() for path in small.mirror.rglob("*") if path.is_file()]
        small.write("files.json", json.dumps({"files": dict.fromkeys(files, "")}))
    server = Served(small.mirror)
    try:
        for name in ("tree", "chart", "files"):
            direct = small.render(name)
            over = small.render(name, mirror=server.address, store=str(small.folder / "other"))
            assert (over.origin, over.digest) == ("mirror", direct.digest)
            assert pathlib.Path(over.stream).read_bytes() == pathlib.Path(direct.stream).read_bytes()
    finally:
        server.stop()
    offline = small.render("tree", components=["app"], mirror=server.address, store=str(small.folder / "other"))
    assert "app" in names(offline)


def test_what_heals_is_tried_again_and_what_does_not_is_told(upstream_files: Small, served: Served) -> None:
    served.failing[:] = [503, 502]
    assert names(upstream_files.render("chart", mirror=None))
    fresh = {"mirror": None, "store": str(upstream_files.folder / "fresh")}
    for status, error in ((404, NotFound), (403, Denied), (400, Unavailable)):
        served.failing[:] = [status]
        with pytest.raises(error, match=f"Failed to fetch artifact chart 1.0: .*chart-1.0.tgz .*HTTP {status}"):
            upstream_files.render("chart", **fresh)
    (served.folder / "chart-1.0.tgz").write_text("no archive")
    with pytest.raises(Invalid, match="is no archive that can be unpacked"):
        upstream_files.render("chart", **fresh)
    served.stop()
    with pytest.raises(Unavailable, match="Is there a way to it"):
        upstream_files.render("chart", **fresh)


def test_credentials_of_an_address_are_used_and_never_shown(small: Small) -> None:
    server = Served(small.mirror)
    mirror = server.address.replace("//", "//user:hunter2@")
    try:
        rendered = small.render("stream", mirror=mirror)
        assert names(rendered) == ["whole", "more"]
        assert server.asked[-1][1] == "Basic " + base64.b64encode(b"user:hunter2").decode()
        server.failing[:] = [404, 404]
        with pytest.raises(EstateError) as caught:
            small.render("files", mirror=mirror)
    finally:
        server.stop()
    kept = "".join(path.read_text() for path in small.store.rglob("*.json"))
    assert "hunter2" not in str(caught.value) + kept + repr(rendered)


def test_proxies_are_taken_from_the_environment(
    upstream_files: Small, served: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    upstream_files.serve_from("http://upstream.example.org")
    upstream_files.catalogue = upstream_files.catalogue.rename(upstream_files.folder / "proxied.yml")
    monkeypatch.setenv("http_proxy", served.address)
    assert names(upstream_files.render("chart", mirror=None))
    assert served.asked[-1][0] == "http://upstream.example.org/chart-1.0.tgz"


def test_a_server_is_checked_against_the_authority_that_is_given(small: Small, tmp_path: pathlib.Path) -> None:
    authority = Authority("mirrors")
    bundle, _private = write_pair(tmp_path, "ca", authority.keypair)
    certificate, key = write_pair(tmp_path, "server", authority.issue("mirror", server_names=["127.0.0.1"]))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    server = Served(small.mirror, context)
    try:
        with pytest.raises(Unavailable, match=r"certificate|SSL"):
            small.render("stream", mirror=server.address)
        assert names(small.render("stream", mirror=server.address, ca_bundle=str(bundle)))
        with pytest.raises(Invalid, match="the CA bundle /nonexistent is not there"):
            small.render("stream", mirror=server.address, ca_bundle="/nonexistent", store=str(tmp_path / "fresh"))
    finally:
        server.stop()


def test_an_archive_cannot_write_elsewhere(tmp_path: pathlib.Path) -> None:
    outside = tmp_path / "evil.tar.gz"
    (tmp_path / "file").write_text("x")
    with tarfile.open(outside, "w:gz") as tar:
        tar.add(tmp_path / "file", arcname="top/../../escaped")
    (tmp_path / "target").mkdir()
    with pytest.raises(Invalid, match="is no archive that can be unpacked"):
        upstream.unpack(outside, tmp_path / "target", "", "evil")
    assert not (tmp_path.parent / "escaped").exists()
    assert not (tmp_path / "escaped").exists()


def test_stand_ins_are_not_made_where_a_mirror_is_named(upstream_files: Small, served: Served) -> None:
    served.failing[:] = [404] * 2
    with pytest.raises(NotFound):
        upstream_files.render("tree", mirror=served.address, stand_ins=True)
    assert bodies(upstream_files.render("chart", mirror=None, stand_ins=True))[0]["kind"] == "CustomResourceDefinition"


def test_a_listing_that_leads_elsewhere_is_refused(small: Small) -> None:
    small.write("files.json", json.dumps({"files": {"files/../../secret": ""}}))
    small.write("files/a.yml", config_map("a"))
    server = Served(small.mirror)
    try:
        with pytest.raises(Invalid, match="leads out of the mirror"):
            small.render("files", mirror=server.address)
    finally:
        server.stop()
