# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This file is private to the collection: its content may change in any release.
"""Streams of Kubernetes objects: YAML and JSON lines."""

from __future__ import annotations

import dataclasses
import gzip
import json
import pathlib
import typing as t

from ..._engine.errors import Invalid
from .yaml_values import Body, load_values


@dataclasses.dataclass(frozen=True)
class Document:
    """One object of a stream, with where it was read.

    index: number of its document in the source, from 1 (for JSON lines: of its line). path: within the document, for
    the items of a List. line: where the document's content begins, from 1.
    """

    body: Body = dataclasses.field(repr=False)
    source: str
    index: int
    path: str = ""
    line: int = 0

    @property
    def where(self) -> str:
        """For messages."""
        return ", ".join(
            part
            for part in (self.source, f"document {self.index}", self.path, f"line {self.line}" if self.line else "")
            if part
        )


def load_documents(text: str, source: str) -> list[Document]:
    """All objects of YAML or JSON text, in order; empty documents are left out, Lists are taken apart.

    source: file name or what else tells the reader where the text is from. Raises Invalid with source, document, line.
    """
    return list(_objects(_text(text, source)))


def read_stream(path: t.Union[str, pathlib.Path]) -> t.Iterator[Document]:
    """The objects of a file (.yaml, .yml, .json, .jsonl, each also .gz), one after the other.

    Memory does not grow with the file. JSON lines are taken for what a program wrote: repeated keys are not looked for.
    Raises Invalid with file, document and line.
    """
    path = pathlib.Path(path)
    source = str(path)
    suffix = path.suffixes[-2] if path.suffix == ".gz" and len(path.suffixes) > 1 else path.suffix
    try:
        with gzip.open(path, "rt", encoding="utf-8") if path.suffix == ".gz" else path.open(encoding="utf-8") as file:
            if suffix in (".jsonl", ".ndjson"):
                yield from _objects(_json_lines(file, source))
            elif suffix == ".json":
                yield from _objects(_text(file.read(), source))
            else:
                yield from _objects(_yaml(file, source))
    except (OSError, EOFError, UnicodeDecodeError) as error:
        raise Invalid(f"{source} cannot be read: {error}") from error


def read_open(file: t.IO[str], source: str) -> t.Iterator[Document]:
    """The objects of an open file of YAML, from where it stands on. Raises Invalid."""
    return _objects(_yaml(file, source))


def _text(text: str, source: str) -> t.Iterator[Document]:
    if text.lstrip()[:1] == "{":
        try:
            return iter([Document(json.loads(text, object_pairs_hook=_unique), source, 1, line=1)])
        except ValueError:
            # The other reader knows where it is wrong, and takes several documents.
            pass
    return _yaml(text, source)


def _unique(pairs: list[tuple[str, t.Any]]) -> Body:
    made = dict(pairs)
    if len(made) != len(pairs):
        raise ValueError("a key is there twice")
    return made


def _yaml(stream: t.Union[str, t.IO[str]], source: str) -> t.Iterator[Document]:
    for value in load_values(stream, source):
        yield Document(value.body, source, value.number, line=value.line)


def _json_lines(file: t.Iterable[str], source: str) -> t.Iterator[Document]:
    loads = json.loads
    for number, line in enumerate(file, 1):
        if line == "\n":
            continue
        try:
            body = loads(line)
        except ValueError as error:
            column = getattr(error, "colno", 0)
            raise Invalid(f"{source}, line {number}, column {column}: no JSON") from None
        yield Document(body, source, number, line=number)


def _objects(documents: t.Iterable[Document]) -> t.Iterator[Document]:
    for document in documents:
        if document.body is None:
            continue
        if _is_list(document.body):
            for number, item in enumerate(document.body["items"] or []):
                yield _checked(dataclasses.replace(document, body=item, path=f"items[{number}]"))
        else:
            yield _checked(document)


def _is_list(body: t.Any) -> bool:
    if not isinstance(body, dict) or not isinstance(body.get("items", ""), (list, type(None))):
        return False
    # A List may have a name, as in some charts; of a kind that only ends like one it tells that it is an object.
    kind = str(body.get("kind", ""))
    return kind == "List" or (kind.endswith("List") and "name" not in (body.get("metadata") or {}))


def _checked(document: Document) -> Document:
    """An object, or Invalid that tells what it lacks to be one."""
    body = document.body
    if not isinstance(body, dict):
        raise Invalid(f"{document.where}: is no object")
    for field in ("apiVersion", "kind"):
        if not (isinstance(body.get(field), str) and body[field]):
            raise Invalid(f"{document.where}: has no {field}")
    metadata = body.get("metadata")
    if not isinstance(metadata, dict) or not (isinstance(metadata.get("name"), str) and metadata["name"]):
        raise Invalid(f"{document.where}: {body['kind']} has no metadata.name")
    return document
