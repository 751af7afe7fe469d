# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This file is private to the collection: its content may change in any release.
"""Compare a wish with a state, both in normal form. Pure."""

from __future__ import annotations

import dataclasses
import json
import typing as t

from .options import Collection, Option, Options

State = t.Mapping[str, t.Any]


@dataclasses.dataclass(frozen=True)
class Change:
    """One field that differs. Values are in normal form, references are names."""

    field: str
    before: t.Any
    after: t.Any


def canonical(value: t.Any) -> str:
    """One text for equal values, whatever the order of a dict's keys."""
    return json.dumps(value, sort_keys=True, default=str)


def _keyed(rows: t.Iterable[t.Mapping[str, t.Any]], keys: tuple[str, ...]) -> dict[str, t.Mapping[str, t.Any]]:
    return {canonical([row.get(key) for key in keys]): row for row in rows}


def _empty(value: t.Any) -> bool:
    # Endpoints show a cleared field in any of these ways, or not at all.
    return value is None or (isinstance(value, (str, list, tuple, dict)) and not value)


def _same_leaves(wish: t.Any, state: t.Any, options: Options) -> bool:
    if _empty(wish) and _empty(state):
        return True
    if not isinstance(wish, dict):
        return canonical(wish) == canonical(state)
    if not wish:
        return False
    if not isinstance(state, dict):
        return False
    return all(
        same(value, state.get(key), options[key]) if key in options else _same_leaves(value, state.get(key), {})
        for key, value in wish.items()
        if value is not None
    )


def _same_rows(wish: t.Any, state: t.Any, option: Option) -> bool:
    ours, theirs = _keyed(wish or (), option.keys), _keyed(state or (), option.keys)
    if ours.keys() != theirs.keys():
        return False
    return all(_same_leaves(dict(row), dict(theirs[key]), option.options) for key, row in ours.items())


def _bare(row: t.Any) -> t.Any:
    return {key: value for key, value in row.items() if value is not None} if isinstance(row, dict) else row


def same(wish: t.Any, state: t.Any, option: Option) -> bool:
    """True when the state already is what the wish says."""
    how = option.collection
    if _empty(wish) and _empty(state):
        return True
    if how is Collection.SET:
        return {canonical(_bare(v)) for v in wish or ()} == {canonical(_bare(v)) for v in state or ()}
    if how is Collection.KEYED:
        return _same_rows(wish, state, option)
    if how is Collection.LEAVES:
        return _same_leaves(wish, state, option.options)
    return canonical(wish) == canonical(state)


def changes(wish: State, state: State | None, options: Options) -> tuple[Change, ...]:
    """Fields of the wish that the state does not show; omitted and null fields are not managed."""
    seen = state or {}
    return tuple(
        Change(field, seen.get(field), wish[field])
        for field, option in options.items()
        if wish.get(field) is not None
        and (state is None or option.compared)
        and (state is None or not same(wish[field], seen.get(field), option))
    )


def merged(before: t.Any, after: t.Any, option: Option) -> t.Any:
    """What a field will be: declared leaves over what is there, everything else as wished."""
    if option.collection is Collection.LEAVES and isinstance(before, dict) and after:
        return {**before, **{key: value for key, value in after.items() if value is not None}}
    return after
