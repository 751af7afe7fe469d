# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Where the files of an artifact are: in a mirror's directory, or in the store after they were fetched."""

from __future__ import annotations

import contextlib
import html.parser
import json
import pathlib
import shutil
import tempfile
import urllib.parse
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import NamedTuple

from ansible_collections.kubeops.hybrid.plugins.module_utils._engine.errors import EstateError, Invalid, NotFound
from ansible_collections.kubeops.hybrid.plugins.module_utils._engine.store import DirectoryStore

from . import trees, upstream
from .catalogue import Artifact
from .fetch import Fetcher, shown
from .lock import ArtifactLock
from .request import Request

LISTING = "files.json"
"""In the root of a mirror that is reached over HTTP: {"files": {path: sha256}}. Without it, the server lists."""
_PARALLEL = 8


class Tree(NamedTuple):
    """Files of an artifact. new: the lock learnt their digest."""

    path: pathlib.Path
    digest: str
    origin: str
    new: bool


def obtain(artifact: Artifact, request: Request, store: DirectoryStore) -> Tree:
    """The files, held to the lock. Raises Conflict for others than those that are locked."""
    lock = ArtifactLock(pathlib.Path(request.lock or store.path("artifacts.lock.json")), request.write)
    mirror = request.mirror or ""
    if mirror and ("://" not in mirror or mirror.startswith("file://")):
        path = pathlib.Path(mirror.removeprefix("file://")).expanduser() / artifact.root
        if not path.exists():
            raise NotFound(f"the mirror {mirror} has no {artifact.root}", remedy="Fill it with playbook mirror.")
        digest = trees.digest(path, store)
        return Tree(path, digest, "mirror", lock.hold(artifact.title, digest, mirror))
    origin = "mirror" if mirror else "upstream"
    locked = lock.digest(artifact.title)
    if locked:
        kept = _kept(store, locked, artifact)
        if kept.exists():
            return Tree(kept, locked, origin, False)
    where = shown(mirror or artifact.address or "upstream")
    with scratch(store) as folder:
        try:
            fetched = _fetch(artifact, request, folder)
        except EstateError as error:
            raise error.during("fetch", "artifact", artifact.title) from error
        digest = trees.digest(fetched, store)
        new = lock.hold(artifact.title, digest, where)
        kept = _kept(store, digest, artifact)
        if not kept.exists():
            kept.parent.mkdir(parents=True, exist_ok=True)
            shutil.move(fetched, kept)
    return Tree(kept, digest, origin, new)


@contextlib.contextmanager
def scratch(store: DirectoryStore) -> Iterator[pathlib.Path]:
    """A directory that is gone afterwards, where the cache can take things from by renaming."""
    parent = pathlib.Path(store.path("artifacts/scratch/x")).parent
    with tempfile.TemporaryDirectory(dir=parent) as name:
        yield pathlib.Path(name)


def _kept(store: DirectoryStore, digest: str, artifact: Artifact) -> pathlib.Path:
    folder = pathlib.Path(store.path(f"artifacts/trees/{digest.removeprefix('sha256:')}"))
    return folder / pathlib.PurePath(artifact.root).name


def _fetch(artifact: Artifact, request: Request, folder: pathlib.Path) -> pathlib.Path:
    # Without a network there is something else to go on with: no use in waiting for it.
    fetcher = Fetcher(request.ca_bundle, 0) if request.stand_ins else Fetcher(request.ca_bundle)
    target = folder / pathlib.PurePath(artifact.root).name
    if request.mirror:
        _fetch_mirrored(request.mirror.rstrip("/"), artifact, fetcher, target)
    else:
        upstream.fetch(artifact, fetcher, target)
    return target


def _fetch_mirrored(mirror: str, artifact: Artifact, fetcher: Fetcher, target: pathlib.Path) -> None:
    """All files below a root, or the one file that it is."""
    base = f"{mirror}/{urllib.parse.quote(artifact.root)}"
    if artifact.type == "rendered":
        fetcher.download(base, target)
        return
    names = _listed(mirror, artifact.root, fetcher)

    def take(name: str) -> None:
        fetcher.download(f"{base}/{urllib.parse.quote(name)}", target / name, names[name])

    with ThreadPoolExecutor(_PARALLEL) as pool:
        # Reading the results raises what went wrong.
        list(pool.map(take, sorted(names)))


def _listed(mirror: str, root: str, fetcher: Fetcher) -> dict[str, str]:
    """Files below a root, with their sha256 if the mirror tells it."""
    try:
        files = json.loads(fetcher.text(f"{mirror}/{LISTING}"))["files"]
        found = {
            name.removeprefix(f"{root}/"): str(digest) for name, digest in files.items() if name.startswith(f"{root}/")
        }
    except NotFound:
        return dict.fromkeys(_walked(f"{mirror}/{urllib.parse.quote(root)}/", fetcher), "")
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise Invalid(f"{shown(mirror)}/{LISTING} is no listing: {error}") from error
    if not found:
        raise NotFound(f"the mirror {shown(mirror)} has no {root}", remedy="Fill it with playbook mirror.")
    return {_safe(name): sha256 for name, sha256 in found.items()}


def _walked(url: str, fetcher: Fetcher, below: str = "") -> Iterator[str]:
    links = _Links()
    links.feed(fetcher.text(url))
    for name in sorted(links.names):
        if name.endswith("/"):
            yield from _walked(f"{url}{urllib.parse.quote(name)}", fetcher, f"{below}{name}")
        else:
            yield _safe(f"{below}{name}")


def _safe(name: str) -> str:
    if pathlib.PurePosixPath(name).is_absolute() or ".." in name.split("/"):
        raise Invalid(f"{name!r} leads out of the mirror")
    return name


class _Links(html.parser.HTMLParser):
    """What a server's page of a directory links to in that directory."""

    def __init__(self) -> None:
        super().__init__()
        self.names: set[str] = set()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """One element."""
        link = urllib.parse.unquote(dict(attrs).get("href") or "").removeprefix("./")
        if tag == "a" and link and not link.startswith(("/", "?", "#", "../")) and "://" not in link:
            self.names.add(link)
