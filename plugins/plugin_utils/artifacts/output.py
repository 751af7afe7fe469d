# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a program wrote, as objects: log lines before the first of them are warnings and not YAML."""

from __future__ import annotations

import pathlib
import re
from collections.abc import Collection, Iterator

from ansible_collections.kubeops.hybrid.plugins.module_utils._kinds.kubernetes.yaml_stream import (
    Document,
    read_open,
    read_stream,
)

from .remote import NAMES

# 2026/01/02 03:04:05 well-defined vars ...; walk.go:74: found symbolic link ...; W0102 03:04:05.6 ...; Pulled: ...
_LOG = re.compile(r"\d{4}/\d\d/\d\d \d\d:\d\d:\d\d |[a-z_]+\.go:\d+: |[IWEF]\d{4} \d\d:|(?:Pulled|Digest|WARNING): ")
_DATA = (".yaml", ".yml", ".json")


def objects(path: pathlib.Path, source: str, warnings: list[str]) -> Iterator[Document]:
    """The objects of a program's output. source: for messages. Log lines go to warnings."""
    with path.open(encoding="utf-8") as file:
        position = 0
        while _LOG.match(line := file.readline()):
            warnings.append(line.strip())
            position = file.tell()
        file.seek(position)
        yield from read_open(file, source)


def files(tree: pathlib.Path, without: Collection[str] = ()) -> Iterator[Document]:
    """The objects of all files below a directory, or of one file, in the order of their names.

    without: files that are left out, relative to the directory.
    """
    if tree.is_file():
        yield from read_stream(tree)
        return
    for path in sorted(tree.rglob("*")):
        if (
            path.is_file()
            and path.suffix in _DATA
            and path.name not in NAMES
            and str(path.relative_to(tree)) not in without
        ):
            yield from read_stream(path)
