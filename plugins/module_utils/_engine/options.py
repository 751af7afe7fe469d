# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This file is private to the collection: its content may change in any release.
"""Options of a kind: the only source of argument spec, documentation and JSON Schema."""

from __future__ import annotations

import dataclasses
import enum
import typing as t


class Impact(enum.IntEnum):
    """What a change does to those who use the thing."""

    NONE = 0
    BRIEF = 1
    DISRUPTIVE = 2
    IRREVERSIBLE = 3

    @property
    def label(self) -> str:
        """The word that plans and documentation use."""
        return self.name.lower()


class Collection(enum.Enum):
    """How two values of a field compare."""

    SCALAR = "scalar"
    SET = "set"
    ORDERED = "ordered"
    KEYED = "keyed"
    LEAVES = "leaves"
    DOCUMENT = "document"


@dataclasses.dataclass(frozen=True)
class Option:
    """One option.

    type: an Ansible argument type. elements: that of a list's elements.
    collection: how values compare; lists must say SET, ORDERED or KEYED (with keys), dicts are
    compared by declared leaf unless they are a DOCUMENT, which is compared as a whole.
    ref: the kind that the value names, or "*" for values "kind/name"; ref_attribute: which
    attribute of it the endpoint wants instead of its id.
    needed: must be given for a present resource. immutable: cannot change in place.
    impact: what a change of the field does to users of the thing.
    no_log: False where a name only sounds like a secret's, as a taint's key.
    compared: False for what the endpoint never tells (then it is used at creation only).
    """

    description: str
    type: str = "str"
    elements: str | None = None
    collection: Collection = Collection.SCALAR
    keys: tuple[str, ...] = ()
    choices: tuple[str, ...] = ()
    ref: str | None = None
    ref_attribute: str = "id"
    needed: bool = False
    immutable: bool = False
    impact: Impact = Impact.NONE
    compared: bool = True
    no_log: bool | None = None
    options: t.Mapping[str, Option] = dataclasses.field(default_factory=dict)


Options = t.Mapping[str, Option]


def setting(description: str, **rest: t.Any) -> Option:
    """A scalar."""
    return Option(description, **rest)


def names(description: str, *, ref: str | None = None, **rest: t.Any) -> Option:
    """A set of strings, often names of other resources."""
    return Option(description, type="list", elements="str", collection=Collection.SET, ref=ref, **rest)


def table(description: str, options: Options, *, keys: tuple[str, ...] = (), **rest: t.Any) -> Option:
    """A list of dicts: keyed by fields of theirs, or without keys a set of whole rows."""
    how = Collection.KEYED if keys else Collection.SET
    return Option(description, type="list", elements="dict", collection=how, keys=keys, options=options, **rest)


def leaves(description: str, options: Options | None = None, **rest: t.Any) -> Option:
    """A dict of which only what is declared is managed."""
    return Option(description, type="dict", collection=Collection.LEAVES, options=options or {}, **rest)


def document(description: str, **rest: t.Any) -> Option:
    """A dict that is one value, as a policy is."""
    return Option(description, type="dict", collection=Collection.DOCUMENT, **rest)


def argument_spec(options: Options) -> dict[str, dict[str, t.Any]]:
    """The options as Ansible's argument spec. Nothing has a default: omitted means not managed."""
    spec: dict[str, dict[str, t.Any]] = {}
    for name, option in options.items():
        entry: dict[str, t.Any] = {"type": option.type}
        if option.needed:
            entry["required"] = True
        if option.elements:
            entry["elements"] = option.elements
        if option.choices:
            entry["choices"] = list(option.choices)
        if option.no_log is not None:
            entry["no_log"] = option.no_log
        if option.options:
            entry["options"] = argument_spec(option.options)
        spec[name] = entry
    return spec
