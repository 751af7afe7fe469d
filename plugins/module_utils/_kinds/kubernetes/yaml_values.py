# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This file is private to the collection: its content may change in any release.
"""YAML as JSON values, the way the API server's own tools read it.

That is YAML 1.1 without its dates and its numbers to the base of sixty, with ``=`` as text, and keys that are strings.
"""

from __future__ import annotations

import functools
import re
import typing as t

from ..._engine.errors import Invalid

try:
    import yaml

    HAS_YAML = True
except ImportError:
    HAS_YAML = False

Body = dict[str, t.Any]

# Aliases can make a small file huge: what a stream may grow to by them.
_MOST_ALIASED = 1_000_000
_INT = re.compile(r"[-+]?(0b[01_]+|0x[0-9a-fA-F_]+|0o?[0-7_]+|0|[1-9][0-9_]*)\Z")
_FLOAT = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?\Z")
_NO_NUMBER = re.compile(r"[-+]?\.(inf|Inf|INF)\Z|\.(nan|NaN|NAN)\Z")
_CONSTANTS = {
    **dict.fromkeys(("", "~", "null", "Null", "NULL"), None),
    **dict.fromkeys(("true", "True", "TRUE", "yes", "Yes", "YES", "on", "On", "ON"), True),
    **dict.fromkeys(("false", "False", "FALSE", "no", "No", "NO", "off", "Off", "OFF"), False),
}
_MAY_BE_NUMBER = frozenset("+-.0123456789")
# What a plain scalar is tagged with until it is looked at, and the tags that may be written out.
_PLAIN, _STR, _MERGE = "plain", "tag:yaml.org,2002:str", "<<"
_WRITTEN = {f"tag:yaml.org,2002:{name}" for name in ("null", "bool", "int", "float", "value", "timestamp")}
_SEQ, _MAP = "tag:yaml.org,2002:seq", "tag:yaml.org,2002:map"


class Value(t.NamedTuple):
    """One document. number: of the document in the source, from 1. line: where its content begins, from 1."""

    body: t.Any
    number: int
    line: int


def load_values(stream: t.Union[str, t.IO[str]], source: str) -> t.Iterator[Value]:
    """The documents of YAML text or of an open file, one after the other; an empty one is None.

    source: for messages. Raises Invalid with source, document, line and column; never quotes what it read.
    """
    if not HAS_YAML:
        raise Invalid("PyYAML is missing", remedy="Install the Python requirements of this collection.")
    loader = _loader()(stream)
    number = 1
    try:
        while loader.check_node():
            node = loader.get_node()
            yield Value(_Constructor().value(node), number, node.start_mark.line + 1)
            number += 1
    except _Refused as error:
        raise _invalid(source, number, error.mark, str(error)) from None
    except yaml.MarkedYAMLError as error:
        # The error's own text may quote the file, and the file may hold secrets.
        raise _invalid(source, number, error.problem_mark, error.problem or "no YAML") from None
    except (yaml.YAMLError, RecursionError) as error:
        cause = "is nested too deeply" if isinstance(error, RecursionError) else "holds characters that YAML forbids"
        raise Invalid(f"{source}, document {number}: {cause}") from None
    finally:
        if hasattr(loader, "dispose"):
            loader.dispose()


def _invalid(source: str, number: int, mark: t.Any, cause: str) -> Invalid:
    place = f", line {mark.line + 1}, column {mark.column + 1}" if mark is not None else ""
    return Invalid(f"{source}, document {number}{place}: {cause}")


@functools.cache
def _loader() -> t.Any:
    """What parses: libyaml, or thirteen times slower without it."""
    if hasattr(yaml, "CSafeLoader"):
        from yaml import cyaml

        return type("Loader", (_Resolving, t.cast(t.Any, cyaml).CParser), {})
    from yaml.composer import Composer
    from yaml.parser import Parser
    from yaml.reader import Reader
    from yaml.scanner import Scanner

    def begin(self: t.Any, stream: t.Any) -> None:
        Reader.__init__(self, stream)
        for base in (Scanner, Parser, Composer):
            base.__init__(self)

    return type("Loader", (_Resolving, Reader, Scanner, Parser, Composer), {"__init__": begin})


class _Resolving:
    """Leaves it to the constructor what a plain scalar is: a look-up a scalar is what reading takes longest for."""

    def descend_resolver(self, _parent: object, _index: object) -> None:
        """There are no resolvers that depend on the path."""

    def ascend_resolver(self) -> None:
        """There are no resolvers that depend on the path."""

    def resolve(self, kind: t.Any, _value: object, implicit: t.Any) -> str:
        """The tag of a node without one. implicit: of a scalar: whether it is plain."""
        if kind.id == "scalar":
            return _PLAIN if implicit[0] else _STR
        return _SEQ if kind.id == "sequence" else _MAP


class _Refused(Exception):
    """A node that is no JSON."""

    def __init__(self, cause: str, mark: t.Any) -> None:
        super().__init__(cause)
        self.mark = mark


class _Constructor:
    """Nodes to JSON values."""

    def __init__(self) -> None:
        self._open: set[int] = set()
        self._aliased = 0
        self._anchored: set[int] = set()

    def value(self, node: t.Any) -> t.Any:
        """The value of a node."""
        if node.id == "scalar":
            if node.tag == _PLAIN:
                return _plain(node.value, node)
            return node.value if node.tag == _STR else _tagged(node)
        self._enter(node)
        if node.id == "sequence":
            if node.tag != _SEQ:
                raise _Refused(f"the tag {node.tag} means nothing in JSON", node.start_mark)
            made: t.Any = [self.value(child) for child in node.value]
        else:
            made = self._mapping(node)
        self._open.discard(id(node))
        return made

    def _enter(self, node: t.Any) -> None:
        if id(node) in self._open:
            raise _Refused("an alias contains itself", node.start_mark)
        self._open.add(id(node))
        if id(node) in self._anchored:
            self._aliased += 1 + len(node.value)
            if self._aliased > _MOST_ALIASED:
                raise _Refused("aliases make the document too large", node.start_mark)
        self._anchored.add(id(node))

    def _mapping(self, node: t.Any) -> Body:
        if node.tag != _MAP:
            raise _Refused(f"the tag {node.tag} means nothing in JSON", node.start_mark)
        made: Body = {}
        merged: list[t.Any] = []
        for key, child in node.value:
            if key.tag == _PLAIN and key.value == _MERGE:
                merged.append(child)
                continue
            name = key.value if key.tag == _STR else _key(key)
            if name in made:
                raise _Refused(f"the key {name!r} is there twice", key.start_mark)
            made[name] = self.value(child)
        for child in merged:
            self._merge(made, child)
        return made

    def _merge(self, made: Body, node: t.Any) -> None:
        for one in node.value if node.id == "sequence" else [node]:
            if one.id != "mapping":
                raise _Refused("only mappings can be merged with '<<'", node.start_mark)
            for name, value in self.value(one).items():
                made.setdefault(name, value)


def _plain(text: str, node: t.Any) -> t.Any:
    if text[:1] in _MAY_BE_NUMBER:
        return _number(text, node)
    return _CONSTANTS.get(text, text)


def _number(text: str, node: t.Any) -> t.Any:
    if not text:
        return None
    if _INT.match(text):
        return _integer(text)
    if _FLOAT.match(text):
        number = float(text)
        # As JSON has it: 1.0 and 1e+06 are whole numbers there.
        return int(number) if number.is_integer() and abs(number) < 1e21 else number
    if _NO_NUMBER.match(text):
        raise _Refused(f"{text} is no number that JSON can hold", node.start_mark)
    return text


def _integer(text: str) -> int:
    digits = text.replace("_", "").lower()
    bare = digits.lstrip("+-")
    if bare[:1] == "0" and bare[1:].isdigit():
        return int(bare, 8) * (-1 if digits[0] == "-" else 1)
    return int(digits, 0)


def _tagged(node: t.Any) -> t.Any:
    if node.tag in _WRITTEN:
        return _plain(node.value, node)
    if node.tag == "tag:yaml.org,2002:binary":
        return "".join(node.value.split())
    raise _Refused(f"the tag {node.tag} means nothing in JSON", node.start_mark)


def _key(node: t.Any) -> str:
    """A key in JSON is a string, whatever YAML takes it for."""
    if node.id != "scalar":
        raise _Refused("a key that is no string", node.start_mark)
    value = _plain(node.value, node) if node.tag == _PLAIN else _tagged(node)
    if isinstance(value, bool):
        return "true" if value else "false"
    if value is None:
        raise _Refused("an empty key", node.start_mark)
    return str(value)
