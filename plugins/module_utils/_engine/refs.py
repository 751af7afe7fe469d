# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This file is private to the collection: its content may change in any release.
"""References are names. Here they are found, turned into identifiers and back, or explained."""

from __future__ import annotations

import dataclasses
import difflib
import typing as t

from .errors import Invalid, NotFound
from .options import Option, Options

REF = "$ref"
SECRET = "$secret"
_ID = "id:"
Address = tuple[str, str]


@dataclasses.dataclass(frozen=True)
class Pending:
    """A value that something declared will have once it exists."""

    kind: str
    name: str
    attribute: str = "id"

    def __str__(self) -> str:
        return f"(known after {self.kind} {self.name})"


def parse(text: str) -> tuple[str, str, str]:
    """ "kind/name#attribute" as its three parts; names may hold slashes."""
    if not isinstance(text, str):
        raise Invalid(f"{text!r} is no reference", remedy="Write kind/name or kind/name#attribute.")
    rest, _hash, attribute = text.partition("#")
    kind, slash, name = rest.partition("/")
    if not slash or not kind or not name:
        raise Invalid(f"{text!r} is no reference", remedy="Write kind/name or kind/name#attribute.")
    return kind, name, attribute or "id"


Visit = t.Callable[[Option, t.Any], t.Any]


def _rewrite(value: t.Any, option: Option, visit: Visit) -> t.Any:
    if value is None or value == "":
        # An empty text clears what referred to something, where a kind allows that.
        return value
    if isinstance(value, dict):
        if set(value) in ({REF}, {SECRET}):
            return visit(_INLINE, value)
        return {k: _rewrite(v, option.options.get(k, _ANY), visit) for k, v in value.items()}
    if isinstance(value, (list, tuple)):
        return [_rewrite(v, option, visit) for v in value]
    return visit(option, value) if option.ref else value


_ANY = Option("a value inside a document")
_INLINE = Option("a reference written out", ref="*")


def rewrite(values: t.Mapping[str, t.Any], options: Options, visit: Visit) -> dict[str, t.Any]:
    """The values with every reference replaced by what visit(option, value) answers."""
    return {k: _rewrite(v, options.get(k, _ANY), visit) for k, v in values.items()}


def address_of(option: Option, value: t.Any) -> tuple[str, str, str] | None:
    """(kind, name, attribute) of a reference, or None for a literal identifier."""
    if isinstance(value, dict):
        return parse(value[REF]) if REF in value else None
    if literal(value) is not None:
        return None
    if option.ref != "*":
        return str(option.ref), value, option.ref_attribute
    kind, name, attribute = parse(value)
    return kind, name, option.ref_attribute if attribute == "id" else attribute


def literal(value: t.Any) -> str | None:
    """The endpoint's identifier where one is written in place of a name ("id:vpc-0a1b", an ARN), or None."""
    if not isinstance(value, str) or value.startswith("arn:"):
        return value if isinstance(value, str) else None
    kind, _slash, rest = value.rpartition("/")
    if not rest.startswith(_ID):
        return None
    return f"{kind}/{rest.removeprefix(_ID)}" if kind else rest.removeprefix(_ID)


def references(values: t.Mapping[str, t.Any], options: Options, *, observed: bool = False) -> list[Address]:
    """What the values refer to, each once, in order of appearance.

    observed: a value may be an identifier that nobody named (somebody else's gateway): it refers to nothing.
    """
    found: dict[Address, None] = {}

    def visit(option: Option, value: t.Any) -> t.Any:
        try:
            target = address_of(option, value)
        except Invalid:
            if not observed:
                raise
            target = None
        if target:
            found[target[0], target[1]] = None
        return value

    rewrite(values, options, visit)
    return list(found)


def missing(kind: str, name: str, declared: t.Mapping[str, t.Iterable[str]]) -> NotFound:
    """The error for a reference to nothing, with the nearest names that do exist."""
    known = sorted(declared.get(kind, ()))
    near = difflib.get_close_matches(name, known, n=3) or known[:3]
    hint = f"Nearest: {', '.join(near)}." if near else f"The estate declares no {kind} at all."
    return NotFound(f"no {kind} named {name!r} exists or is declared", remedy=hint)


def unknown_attribute(kind: str, name: str, attribute: str, known: t.Iterable[str]) -> Invalid:
    """The error for an attribute that an object does not have."""
    near = difflib.get_close_matches(attribute, known, n=3) or ["id", *sorted(known)]
    return Invalid(f"{kind} {name} has no attribute {attribute!r}", remedy=f"There are: {', '.join(near)}.")
