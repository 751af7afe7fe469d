# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Writes objects as a stream of JSON lines, with its index and its list of images."""

from __future__ import annotations

import hashlib
import json
import pathlib
from collections.abc import Iterable, Mapping
from typing import Any

from . import images, registry

Facts = dict[str, Any]


class Writer:
    """One stream. folder: takes stream.jsonl, index.json and images.json."""

    def __init__(self, folder: pathlib.Path, mirrored: str | None) -> None:
        self._folder = folder
        self._mirrored = mirrored
        self._rows: list[Facts] = []
        self._images: dict[str, list[dict[str, str]]] = {}
        self._digest = hashlib.sha256()

    def write(self, bodies: Iterable[dict[str, Any]]) -> None:
        """Write the objects, one line each. Raises Invalid for an image that cannot be taken from the registry."""
        stream = self._folder / "stream.jsonl"
        with stream.open("wb") as file:
            for body in bodies:
                self._note(body, images.visit(body, self._rename))
                line = json.dumps(body, separators=(",", ":"), ensure_ascii=False).encode() + b"\n"
                file.write(line)
                self._digest.update(line)
                self._rows[-1]["size"] = len(line) - 1
        if self._mirrored:
            registry.refuse_leftovers(stream, self._mirrored, self._images)

    def finish(self, facts: Mapping[str, Any]) -> None:
        """Write the list of images and, last, the index with these facts: it makes the folder a whole."""
        listed = [
            {"image": self._rename(name), "from": name, "places": where} for name, where in sorted(self._images.items())
        ]
        _dump(self._folder / "images.json", listed)
        index = {"sha256": self._digest.hexdigest(), "count": len(self._rows), **facts, "objects": self._rows}
        _dump(self._folder / "index.json", index)

    def _rename(self, image: str) -> str:
        return registry.target(image, self._mirrored) if self._mirrored else image

    def _note(self, body: Mapping[str, Any], named: Iterable[images.Named]) -> None:
        metadata = body["metadata"]
        group = str(body["apiVersion"]).rpartition("/")[0]
        self._rows.append({
            "group": group, "kind": body["kind"], "namespace": metadata.get("namespace") or "",
            "name": metadata["name"], "line": len(self._rows) + 1,
        })  # fmt: skip
        for one in named:
            where = {"object": f"{body['kind']}/{metadata['name']}", "path": one.place}
            where["as"] = "container" if one.container else "reference"
            if where not in (listed := self._images.setdefault(one.image, [])):
                listed.append(where)


def _dump(path: pathlib.Path, content: Any) -> None:
    path.write_text(json.dumps(content, separators=(",", ":"), ensure_ascii=False) + "\n", encoding="utf-8")
