# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Where in the inventory's files a variable is written.

Ansible forgets this on the way to a value, so the files are read again, and only when there is something to tell.
"""

from __future__ import annotations

import dataclasses
import pathlib
import re
from collections.abc import Iterator, Mapping, Sequence

import yaml

from .problems import Path, Problem

_ONLY_A_NAME = re.compile(r"^\s*\{\{\s*([A-Za-z_]\w*(?:\.\w+)*)\s*\}\}\s*$")
_SUFFIXES = frozenset({".yml", ".yaml", ".json"})
_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


@dataclasses.dataclass(frozen=True)
class _Variable:
    """A variable as it is written. scope: all, group or host; name: of the group or host."""

    scope: str
    name: str
    file: str
    key: yaml.Node
    value: yaml.Node


class SourceMap:
    """Finds the file and line of a variable path.

    paths: inventory sources, the later ones first in rank. groups: inventory group to its hosts.
    """

    def __init__(self, paths: Sequence[str | pathlib.Path], groups: Mapping[str, list[str]]) -> None:
        self._paths = [pathlib.Path(path) for path in paths]
        self._groups = groups
        self._index: dict[str, list[_Variable]] | None = None

    def locate(self, problem: Problem) -> Problem:
        """The same problem with file and line, if they can be found."""
        found = self.find(problem.path, problem.host)
        return problem if found is None else dataclasses.replace(problem, file=found[0], line=found[1])

    def find(self, path: Path, host: str = "") -> tuple[str, int] | None:
        """File and line (from 1) of a path, or of the nearest thing around it. None: written in no file."""
        return self._find(path, host, hops=5)

    def _find(self, path: Path, host: str, hops: int) -> tuple[str, int] | None:
        candidates = [one for one in self._variables().get(str(path[0]), []) if self._rank(one, host)]
        if not candidates:
            return None
        best = max(enumerate(candidates), key=lambda item: (self._rank(item[1], host), item[0]))[1]
        key, value, rest = _descend(best.key, best.value, path[1:])
        reference = _ONLY_A_NAME.match(value.value) if isinstance(value, yaml.ScalarNode) else None
        if reference is not None and hops:
            # The value stands elsewhere under a name of its own: lead there.
            target: Path = (*reference.group(1).split("."), *rest)
            found = self._find(target, host, hops - 1)
            if found is not None:
                return found
        return best.file, key.start_mark.line + 1

    def _rank(self, variable: _Variable, host: str) -> int:
        """How much a variable counts for a host; 0: not at all."""
        if variable.scope == "host":
            return 3 if variable.name == host or not host else 0
        if variable.name == "all":
            return 1
        return 2 if not host or host in self._groups.get(variable.name, []) else 0

    def _variables(self) -> dict[str, list[_Variable]]:
        if self._index is None:
            self._index = {}
            for path in self._paths:
                for name, variable in _written(path):
                    self._index.setdefault(name, []).append(variable)
        return self._index


def _written(path: pathlib.Path) -> Iterator[tuple[str, _Variable]]:
    root = path if path.is_dir() else path.parent
    for scope, folder in (("group", root / "group_vars"), ("host", root / "host_vars")):
        for entry in sorted(folder.glob("*")):
            files = sorted(file for file in entry.rglob("*") if file.is_file()) if entry.is_dir() else [entry]
            name = entry.name if entry.is_dir() or entry.suffix not in _SUFFIXES else entry.stem
            for file in files:
                for key, value in _pairs(_composed(file)):
                    yield key.value, _Variable(scope, name, str(file), key, value)
    for file in sorted(path.glob("*.y*ml")) if path.is_dir() else [path]:
        yield from _of_hosts_file(file)


def _of_hosts_file(file: pathlib.Path) -> Iterator[tuple[str, _Variable]]:
    """Variables beside the hosts of a YAML inventory."""
    waiting = list(_pairs(_composed(file)))
    while waiting:
        group, body = waiting.pop()
        for section, content in _pairs(body):
            if section.value == "children":
                waiting += _pairs(content)
            elif section.value == "vars":
                for key, value in _pairs(content):
                    yield key.value, _Variable("group", group.value, str(file), key, value)
            elif section.value == "hosts":
                for host, values in _pairs(content):
                    for key, value in _pairs(values):
                        yield key.value, _Variable("host", host.value, str(file), key, value)


def _composed(file: pathlib.Path) -> yaml.Node | None:
    if file.suffix not in {*_SUFFIXES, ""}:
        return None
    try:
        node: yaml.Node | None = yaml.compose(file.read_text(encoding="utf-8"), Loader=_LOADER)
    except (yaml.YAMLError, OSError, UnicodeDecodeError):
        # Ansible has read the inventory before; a file that is no YAML (a vault, a script) just tells no lines.
        return None
    return node


def _pairs(node: yaml.Node | None) -> list[tuple[yaml.ScalarNode, yaml.Node]]:
    if not isinstance(node, yaml.MappingNode):
        return []
    return [(key, value) for key, value in node.value if isinstance(key, yaml.ScalarNode)]


def _descend(key: yaml.Node, value: yaml.Node, path: Path) -> tuple[yaml.Node, yaml.Node, Path]:
    """As far along a path as the file goes: the node that marks the place, its value, and what is left."""
    for depth, part in enumerate(path):
        if isinstance(value, yaml.SequenceNode) and isinstance(part, int) and part < len(value.value):
            key = value = value.value[part]
            continue
        found = next(((k, v) for k, v in _pairs(value) if k.value == str(part)), None)
        if found is None:
            return key, value, path[depth:]
        key, value = found
    return key, value, ()
