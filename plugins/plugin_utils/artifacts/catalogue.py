# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The catalogue: what can be rendered, where it comes from, and what Kubeflow's components are."""

from __future__ import annotations

import dataclasses
import difflib
import functools
import pathlib
from collections.abc import Mapping, Sequence
from typing import Any

from ansible_collections.kubeops.hybrid.plugins.module_utils._engine.errors import Invalid, NotFound
from ansible_collections.kubeops.hybrid.plugins.module_utils._kinds.kubernetes.yaml_values import load_values

CATALOGUE = pathlib.Path(__file__).with_name("catalogue.yml")
TYPES = ("kustomize", "helm", "raw", "rendered")


@dataclasses.dataclass(frozen=True)
class Base:
    """A kustomize base that upstream takes from elsewhere, and the directory that takes its place."""

    file: str
    remote: str
    local: str
    into: str
    archive: str = ""
    keep: str = ""
    manifest: str = ""


@dataclasses.dataclass(frozen=True)
class Component:
    """A part of a kustomize tree that can be chosen.

    paths: below the root. base: always there. optional: not in upstream's own list. needs: other components. owned:
    who else may bring it, to the paths that remain then. namespace: for what names none. artifact: another one of the
    catalogue that it stands for.
    """

    name: str
    paths: tuple[str, ...]
    base: bool = False
    optional: bool = False
    needs: tuple[str, ...] = ()
    owned: Mapping[str, Sequence[str]] = dataclasses.field(default_factory=dict)
    namespace: str = ""
    artifact: str = ""


@dataclasses.dataclass(frozen=True)
class Artifact:
    """One entry. root: in a mirror, a directory or (type rendered) a file; path: what is rendered, below the root."""

    name: str
    version: str
    type: str
    root: str
    source: str
    commit: str
    path: str = ""
    ref: str = ""
    release: str = ""
    namespace: str = ""
    values: Mapping[str, Any] = dataclasses.field(default_factory=dict)
    chart: str = ""
    archive: str = ""
    directory: str = ""
    hooks: Mapping[str, str] = dataclasses.field(default_factory=dict)
    blank: tuple[str, ...] = ()
    without: tuple[str, ...] = ()
    bases: tuple[Base, ...] = ()
    tree_of: str = ""
    components: Mapping[str, Component] = dataclasses.field(default_factory=dict)
    known_gaps: tuple[str, ...] = ()
    bom: str = ""

    @property
    def title(self) -> str:
        """For messages and the lock."""
        return f"{self.name} {self.version}"

    @property
    def address(self) -> str:
        """Of upstream's package or source; empty when there is none to be had, and a mirror is the only way."""
        if self.chart:
            return self.chart.replace("{version}", self.version)
        if self.type == "kustomize" or self.directory:
            return self.archive or f"https://github.com/{self.source}/archive/{self.commit}.tar.gz"
        return ""


@dataclasses.dataclass(frozen=True)
class Catalogue:
    """All entries."""

    artifacts: tuple[Artifact, ...]

    def find(self, name: str, version: str = "") -> Artifact:
        """The entry. version may be left out when there is one only. Raises NotFound with the nearest names."""
        named = [one for one in self.artifacts if one.name == name]
        if not named:
            raise NotFound(
                f"the catalogue has no artifact {name!r}", remedy=near(name, [a.name for a in self.artifacts])
            )
        found = [one for one in named if not version or one.version.lstrip("v") == version.lstrip("v")]
        if len(found) != 1:
            versions = ", ".join(one.version for one in named)
            raise NotFound(f"the catalogue has {name} in {versions}, not in {version or 'one version alone'}")
        return found[0]


def near(name: str, names: Sequence[str]) -> str:
    """A remedy that tells the names that were meant, or all."""
    close = difflib.get_close_matches(name, sorted(set(names)), n=3)
    return f"Did you mean {' or '.join(close)}?" if close else f"There are {', '.join(sorted(set(names)))}."


@functools.cache
def load(path: pathlib.Path = CATALOGUE) -> Catalogue:
    """The catalogue of a file. Raises Invalid."""
    content = next(load_values(path.read_text(encoding="utf-8"), str(path))).body
    entries = [_entry(dict(raw), path) for raw in content["artifacts"]]
    bases = {entry.name: entry.bases for entry in entries if entry.bases}
    return Catalogue(
        tuple(dataclasses.replace(one, bases=bases[one.tree_of]) if one.tree_of else one for one in entries)
    )


def _entry(raw: dict[str, Any], path: pathlib.Path) -> Artifact:
    try:
        raw["bases"] = tuple(Base(**base) for base in raw.get("bases", ()))
        raw["components"] = {name: _component(name, dict(one)) for name, one in raw.get("components", {}).items()}
        for name in ("blank", "known_gaps", "without"):
            raw[name] = tuple(raw.get(name, ()))
        entry = Artifact(**{name: raw[name] for name in raw})
    except TypeError as error:
        raise Invalid(f"{path}: {raw.get('name')}: {error}") from error
    if entry.type not in TYPES:
        raise Invalid(f"{path}: {entry.title}: type {entry.type!r} is none of {', '.join(TYPES)}")
    return entry


def _component(name: str, raw: dict[str, Any]) -> Component:
    return Component(name, **{**raw, "paths": tuple(raw["paths"]), "needs": tuple(raw.get("needs", ()))})
