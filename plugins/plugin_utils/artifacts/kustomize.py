# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Rendering a kustomize tree, or the chosen components of one, without a network."""

from __future__ import annotations

import json
import os
import pathlib

from ansible_collections.kubeops.hybrid.plugins.module_utils._engine.errors import Invalid
from ansible_collections.kubeops.hybrid.plugins.module_utils._kinds.kubernetes.yaml_values import load_values

from .catalogue import Artifact
from .components import select
from .programs import Program
from .remote import NAMES, refuse_remote
from .request import Request


def render(artifact: Artifact, tree: pathlib.Path, request: Request, program: Program, scratch: pathlib.Path) -> str:
    """Write what kubectl makes of the tree to scratch/rendered.yaml; returns what it said beside that."""
    if request.values or request.release or request.namespace:
        raise Invalid(f"{artifact.title} is a kustomize tree: it takes no values, release or namespace")
    if not artifact.components:
        refuse_remote(tree, [artifact.path])
        return _run(program, tree / artifact.path, scratch, ())
    chosen = select(artifact, request.components, request.owners)
    starts = [path for _one, paths in chosen for path in paths]
    refuse_remote(tree, starts)
    overlay = scratch / "overlay"
    resources: list[str] = []
    for component, paths in chosen:
        if component.namespace and paths:
            wrapper = overlay / component.name
            _write(wrapper, {"namespace": component.namespace, "resources": _relative(tree, paths, wrapper)})
            resources.append(component.name)
        else:
            resources += _relative(tree, paths, overlay)
    # Upstream's own order and whatever else it says about the whole, with another list of parts.
    _write(overlay, {**_body(tree / artifact.path), "resources": resources})
    # A single file of a component lies outside of the overlay's directory.
    single = any((tree / start).is_file() for start in starts)
    return _run(program, overlay, scratch, ("--load-restrictor", "LoadRestrictionsNone") if single else ())


def _relative(tree: pathlib.Path, paths: tuple[str, ...], folder: pathlib.Path) -> list[str]:
    folder.mkdir(parents=True, exist_ok=True)
    missing = [path for path in paths if not (tree / path).exists()]
    if missing:
        raise Invalid(f"{tree} has no {', '.join(missing)}", remedy="Are the files of the version that is asked for?")
    return [os.path.relpath((tree / path).resolve(), folder.resolve()) for path in paths]


def _body(folder: pathlib.Path) -> dict[str, object]:
    file = next((folder / name for name in NAMES if (folder / name).is_file()), None)
    if file is None:
        raise Invalid(f"{folder} has no kustomization")
    return dict(next(load_values(file.read_text(encoding="utf-8"), str(file))).body)


def _write(folder: pathlib.Path, body: dict[str, object]) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    # JSON is YAML, and nothing in it needs quoting rules.
    (folder / NAMES[0]).write_text(json.dumps(body), encoding="utf-8")


def _run(program: Program, folder: pathlib.Path, scratch: pathlib.Path, options: tuple[str, ...]) -> str:
    with (scratch / "rendered.yaml").open("wb") as output:
        return program.run(["kustomize", str(folder), *options], scratch, output)
