# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""From a request to a stream of objects, once for each content of what it is made of."""

from __future__ import annotations

import contextlib
import dataclasses
import hashlib
import json
import os
import pathlib
import shutil
import time
from collections.abc import Iterator
from typing import Any

from ansible_collections.kubeops.hybrid.plugins.module_utils._engine.errors import (
    EstateError,
    Invalid,
    NotFound,
    Unavailable,
)
from ansible_collections.kubeops.hybrid.plugins.module_utils._engine.store import DirectoryStore

from . import catalogue, components, helm, hooks, kustomize, mirror, output, placeholders, programs, source, stand_ins
from .catalogue import Artifact
from .request import Rendered, Request
from .stream import Writer

# Raised when the same inputs are to give another stream: what was kept is made anew.
_FORM = 2
_KEPT_SECONDS = 30 * 24 * 3600
_PROGRAMS = {"kustomize": "kubectl", "helm": "helm"}


def render(request: Request) -> Rendered:
    """Render an artifact, or find it rendered.

    Raises NotFound for what the catalogue or the mirror does not have, Conflict for files that are not the locked ones,
    Invalid for what cannot be rendered; each names the artifact.
    """
    artifact = catalogue.load(request.catalogue).find(request.name, request.version)
    try:
        if request.owners or request.components is not None:
            components.select(artifact, request.components, request.owners)
        return _render(artifact, request)
    except EstateError as error:
        raise error.during("render", "artifact", artifact.title) from error


def _render(artifact: Artifact, request: Request) -> Rendered:
    store = DirectoryStore(request.store)
    tree, warnings = _tree(artifact, request, store)
    program = None
    if tree.origin != "stand_ins" and artifact.type in _PROGRAMS:
        program = programs.find(_PROGRAMS[artifact.type], request.programs, store)
    inputs = _inputs(artifact, request, tree, program.version if program else "")
    folder = pathlib.Path(store.path(f"artifacts/rendered/{_digest(inputs)}"))
    cached = (folder / "index.json").is_file()
    if cached:
        os.utime(folder / "index.json")
    else:
        with source.scratch(store) as scratch:
            made = scratch / "made"
            made.mkdir()
            _Rendering(artifact, request, tree, program, scratch).write(made, inputs)
            _keep(made, folder)
    copied = bool(request.copy_to) and _copied(artifact, request, tree, folder)
    return Rendered(
        stream=str(folder / "stream.jsonl"),
        index=str(folder / "index.json"),
        images=str(folder / "images.json"),
        digest=tree.digest,
        origin=tree.origin,
        namespace=request.namespace or artifact.namespace,
        changed=tree.new or copied,
        cached=cached,
        warnings=warnings,
    )


def _keep(made: pathlib.Path, folder: pathlib.Path) -> None:
    """Put what was made where it is looked for, and forget what nobody asked for in a long time."""
    try:
        os.rename(made, folder)
    except OSError:
        # Another run may have made the same in the meantime.
        if not (folder / "index.json").is_file():
            raise
    oldest = time.time() - _KEPT_SECONDS
    for other in folder.parent.iterdir():
        # Another run may forget at the same time.
        with contextlib.suppress(FileNotFoundError):
            if other != folder and (other / "index.json").stat().st_mtime < oldest:
                shutil.rmtree(other)


def _copied(artifact: Artifact, request: Request, tree: source.Tree, folder: pathlib.Path) -> bool:
    if tree.origin == "stand_ins":
        raise Invalid("stand-ins are no content for a mirror")
    return mirror.fill(artifact, tree.path, folder / "images.json", pathlib.Path(request.copy_to or ""), request.write)


def _tree(artifact: Artifact, request: Request, store: DirectoryStore) -> tuple[source.Tree, tuple[str, ...]]:
    """The files, or the bill in their place; with what has to be said about that."""
    if request.mirror or not request.stand_ins:
        return source.obtain(artifact, request, store), ()
    record = f"artifacts/stand_ins/{artifact.name}-{artifact.version}.json"
    # Once made of stand-ins, always: the next run of the same store is to find nothing changed.
    why = store.read(record)
    if why is None:
        try:
            return source.obtain(artifact, request, store), ()
        except (NotFound, Unavailable) as error:
            why = str(error)
            tree = stand_ins.tree_of(artifact)
            store.write(record, why)
    else:
        tree = stand_ins.tree_of(artifact)
    told = f"STAND-INS: {artifact.title} is made of its bill of materials and not of upstream's files. {why}"
    return source.Tree(tree[0], tree[1], "stand_ins", False), (told,)


def _inputs(artifact: Artifact, request: Request, tree: source.Tree, program: str) -> dict[str, Any]:
    """All that the stream depends on."""
    entry = dataclasses.asdict(artifact)
    for unrelated in ("chart", "archive", "directory", "known_gaps"):
        del entry[unrelated]
    return {
        "form": _FORM,
        "artifact": entry,
        "digest": tree.digest,
        "origin": tree.origin,
        "program": program,
        "components": None if request.components is None else sorted(set(request.components)),
        "owners": dict(request.owners),
        "values": request.values,
        "release": request.release,
        "namespace": request.namespace,
        "kubernetes_version": request.kubernetes_version,
        "api_versions": sorted(set(request.api_versions)),
        "registry": request.registry,
    }


def _digest(inputs: dict[str, Any]) -> str:
    try:
        return hashlib.sha256(json.dumps(inputs, sort_keys=True).encode()).hexdigest()
    except TypeError as error:
        raise Invalid(f"the values hold what is no JSON: {error}") from error


class _Rendering:
    """One rendering that nobody has done before."""

    def __init__(
        self,
        artifact: Artifact,
        request: Request,
        tree: source.Tree,
        program: programs.Program | None,
        scratch: pathlib.Path,
    ) -> None:
        self._artifact = artifact
        self._request = request
        self._tree = tree
        self._program = program
        self._scratch = scratch
        self._left_out: list[dict[str, str]] = []
        self._warnings: list[str] = []
        values = placeholders.merged(artifact.values, request.values)
        self._values, self._forms = placeholders.hide(values)

    def write(self, folder: pathlib.Path, inputs: dict[str, Any]) -> None:
        """Write stream, images and index into a folder."""
        writer = Writer(folder, self._request.registry)
        writer.write(self._objects())
        chosen = components.select(self._artifact, self._request.components, self._request.owners)
        writer.finish({
            "artifact": self._artifact.title,
            "origin": self._tree.origin,
            "digest": self._tree.digest,
            "program": inputs["program"],
            "namespace": self._request.namespace or self._artifact.namespace,
            "components": [one.name for one, _paths in chosen],
            "artifacts": [one.artifact for one, _paths in chosen if one.artifact],
            "left_out": self._left_out,
            "known_gaps": list(self._artifact.known_gaps),
            "warnings": self._warnings,
        })  # fmt: skip

    def _objects(self) -> Iterator[dict[str, Any]]:
        for body in self._made():
            reason = hooks.verdict(body, self._artifact.hooks)
            if reason:
                self._left_out.append({"object": f"{body['kind']}/{body['metadata']['name']}", "reason": reason})
            else:
                yield placeholders.show(body, self._forms, self._artifact.blank)

    def _made(self) -> Iterator[dict[str, Any]]:
        artifact, tree = self._artifact, self._tree.path
        if self._tree.origin == "stand_ins":
            yield from stand_ins.objects(artifact, self._request)
        elif self._program is None:
            self._refuse_choices()
            yield from (document.body for document in output.files(tree, artifact.without))
        else:
            if artifact.type == "helm":
                helm.render(artifact, tree, self._request, self._values, self._program, self._scratch)
            else:
                kustomize.render(artifact, tree, self._request, self._program, self._scratch)
            made = output.objects(self._scratch / "rendered.yaml", artifact.title, self._warnings)
            yield from (document.body for document in made)

    def _refuse_choices(self) -> None:
        request = self._request
        if request.values or request.components or request.owners or request.release:
            raise Invalid(f"{self._artifact.title} is taken as it is: it has no values, components or releases")
