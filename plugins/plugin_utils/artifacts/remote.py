# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Finds what a kustomize tree or a chart would fetch from elsewhere, before anything runs."""

from __future__ import annotations

import pathlib
import re
from collections.abc import Iterator
from typing import Any

import yaml

from ansible_collections.kubeops.hybrid.plugins.module_utils._engine.errors import Invalid
from ansible_collections.kubeops.hybrid.plugins.module_utils._kinds.kubernetes.yaml_values import load_values

NAMES = ("kustomization.yaml", "kustomization.yml", "Kustomization")
_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
# Fields whose values are paths or addresses; text within patches and literals is content.
_PATHS = {
    "resources", "bases", "components", "crds", "configurations", "generators", "transformers", "validators",
    "patchesStrategicMerge", "patches", "patchesJson6902", "replacements", "openapi",
    "configMapGenerator", "secretGenerator",
}  # fmt: skip
_FOLLOWED = {"resources", "bases", "components", "generators", "transformers", "validators"}
_CONTENT = {"patch", "literals", "options", "target", "name", "namespace", "source", "targets"}
_REMOTE = re.compile(r"^(?:[a-z][a-z0-9+.-]*://|[\w.-]+@[\w.-]+:|git::|[\w-]+(?:\.[\w-]+)*\.(?:com|org|io|net|dev)/)")


def refuse_remote(root: pathlib.Path, starts: list[str]) -> None:
    """Raise Invalid that names file and line of every remote reference reachable from directories below root."""
    found = sorted(set(_reachable(root, starts)))
    if found:
        raise Invalid(
            "; ".join(f"{place} refers to {what}" for place, what in found),
            remedy="Vendor it: rendering is offline. The catalogue's bases tell how upstream's own ones are.",
        )


def _reachable(root: pathlib.Path, starts: list[str]) -> Iterator[tuple[str, str]]:
    open_ = [root / start for start in starts]
    seen: set[pathlib.Path] = set()
    while open_:
        folder = open_.pop().resolve()
        file = next((folder / name for name in NAMES if (folder / name).is_file()), None)
        if folder in seen or file is None:
            continue
        seen.add(folder)
        for field, value, line in _references(file):
            if _REMOTE.match(value) or field.startswith("helmChart"):
                yield f"{_told(file, root)}, line {line}", value
            elif field in _FOLLOWED and "\n" not in value:
                open_.append(folder / value)


def _told(file: pathlib.Path, root: pathlib.Path) -> str:
    return str(file.relative_to(root.resolve())) if file.is_relative_to(root.resolve()) else str(file)


def _references(file: pathlib.Path) -> Iterator[tuple[str, str, int]]:
    """Field, value and line of each path in a kustomization."""
    try:
        nodes = list(yaml.compose_all(file.read_text(encoding="utf-8"), Loader=_LOADER))
    except yaml.YAMLError as error:
        raise Invalid(f"{file}: {error}") from error
    for node in nodes:
        for key, value in node.value if isinstance(node, yaml.MappingNode) else ():
            if key.value.startswith("helmChart"):
                yield key.value, "a chart", key.start_mark.line + 1
            elif key.value in _PATHS:
                yield from ((key.value, text, line) for text, line in _scalars(value))


def _scalars(node: Any) -> Iterator[tuple[str, int]]:
    if isinstance(node, yaml.ScalarNode):
        yield node.value, node.start_mark.line + 1
    elif isinstance(node, yaml.SequenceNode):
        for child in node.value:
            yield from _scalars(child)
    else:
        for key, child in node.value:
            if key.value not in _CONTENT:
                yield from _scalars(child)


def refuse_missing_charts(chart: pathlib.Path) -> None:
    """Raise Invalid that names each dependency of a chart which is not in its directory charts."""
    file = chart / "Chart.yaml"
    if not file.is_file():
        raise Invalid(f"{chart} is no chart: it has no Chart.yaml")
    content = next(load_values(file.read_text(encoding="utf-8"), str(file))).body
    there = {path.name for path in (chart / "charts").glob("*")}
    missing = [
        one["name"]
        for one in content.get("dependencies") or ()
        if one["name"] not in there and not any(name.startswith(f"{one['name']}-") for name in there)
    ]
    if missing:
        raise Invalid(
            f"{file}: {', '.join(missing)} is not in its directory charts",
            remedy="Take the released package of the chart, or vendor its dependencies: rendering is offline.",
        )
