# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This file is private to the collection: its content may change in any release.
"""Lists of {kind, name, ...} as wishes: every mistake in them is told, with its place, before any call."""

from __future__ import annotations

import difflib
import typing as t

from ansible.module_utils.common.arg_spec import ArgumentSpecValidator

from .errors import EstateError, Invalid
from .kind import Kind, Wish
from .options import Collection, argument_spec
from .plan import PlanErrors
from .refs import REF, SECRET
from .world import Kinds

MANAGE = ("managed", "reference", "ignore")
_COMMON: dict[str, dict[str, t.Any]] = {
    "kind": {"type": "str", "required": True},
    "name": {"type": "str", "required": True},
    "manage": {"type": "str", "choices": list(MANAGE), "default": "managed"},
}


def parse(resources: t.Sequence[t.Mapping[str, t.Any]], kinds: Kinds, *, absent: bool = False) -> list[Wish]:
    """Wishes in normal form, also those to be ignored. Raises PlanErrors with all that is wrong."""
    wishes: dict[str, Wish] = {}
    errors: list[EstateError] = []
    validators: dict[str, ArgumentSpecValidator] = {}
    for index, resource in enumerate(resources):
        path = f"resources[{index}]"
        try:
            kind = _kind(resource, kinds, path)
            if kind.name not in validators:
                validators[kind.name] = _validator(kind)
            wish = _wish(kind, validators[kind.name], resource, path, absent)
            if wish.address in wishes:
                raise Invalid(f"{path}: {wish.address} is declared at {wishes[wish.address].path} already")
        except EstateError as error:
            errors.append(error)
            continue
        wishes[wish.address] = wish
    if errors:
        raise PlanErrors(errors)
    return list(wishes.values())


def _kind(resource: t.Mapping[str, t.Any], kinds: Kinds, path: str) -> Kind[t.Any]:
    name = str(resource.get("kind", ""))
    if name in kinds:
        return kinds[name]
    near = difflib.get_close_matches(name, kinds, n=3) or sorted(kinds)
    raise Invalid(f"{path}.kind: {name!r} is no kind of this endpoint", remedy=f"There are: {', '.join(near)}.")


def _validator(kind: Kind[t.Any]) -> ArgumentSpecValidator:
    spec = argument_spec(kind.options)
    for option in spec.values():
        # An absent or referred resource needs its name only; what a present one needs is asked below.
        option.pop("required", None)
    return ArgumentSpecValidator({**spec, **_COMMON})


def _wish(
    kind: Kind[t.Any], validator: ArgumentSpecValidator, resource: t.Mapping[str, t.Any], path: str, absent: bool
) -> Wish:
    place = f"{path} ({kind.name} {resource.get('name', '?')})"
    written: dict[str, t.Any] = {}
    result = validator.validate({key: _told(value, written) for key, value in _given(resource).items()})
    if result.error_messages:
        raise Invalid(f"{place}: {'; '.join(result.error_messages)}", remedy=_nearest(kind, resource))
    values = dict(result.validated_parameters)
    # The validator fills an empty dict with nulls, but empty is a wish and null is none.
    values.update({key: {} for key, value in resource.items() if value == {}})
    manage = values.pop("manage")
    del values["kind"]
    reference, ignored = manage == "reference", manage == "ignore"
    if not reference and not ignored and not absent:
        missing = [name for name, option in kind.options.items() if option.needed and values.get(name) is None]
        if missing:
            raise Invalid(f"{place}: it needs {', '.join(missing)}")
        wrong = kind.check({key: _meant(value, written) for key, value in values.items()})
        if wrong:
            raise Invalid(f"{place}: {wrong}")
    given = _given(values)
    try:
        name = kind.key(given)
    except KeyError as error:
        raise Invalid(f"{place}: it needs {error.args[0]}, for its name is unique only with it") from error
    try:
        options = _normal(kind, given, written)
    except ValueError as error:
        raise Invalid(f"{place}: {error}") from error
    return Wish(kind.name, name, options, path, reference, ignored)


def _given(values: t.Mapping[str, t.Any]) -> dict[str, t.Any]:
    # Null is as good as left out, also where the validator asks for one of some choices.
    return {key: value for key, value in values.items() if value is not None}


def _told(value: t.Any, written: dict[str, t.Any]) -> t.Any:
    """The value with references and secrets as text: the validator would spoil them where it wants a string."""
    if isinstance(value, dict):
        if set(value) in ({REF}, {SECRET}):
            text = "{" + f"{next(iter(value))}: {next(iter(value.values()))}" + "}"
            written[text] = value
            return text
        return {key: _told(inner, written) for key, inner in value.items()}
    return [_told(inner, written) for inner in value] if isinstance(value, list) else value


def _meant(value: t.Any, written: t.Mapping[str, t.Any]) -> t.Any:
    """The other way round."""
    if isinstance(value, dict):
        return {key: _meant(inner, written) for key, inner in value.items()}
    if isinstance(value, list):
        return [_meant(inner, written) for inner in value]
    return written.get(value, value) if isinstance(value, str) else value


def _normal(kind: Kind[t.Any], given: t.Mapping[str, t.Any], written: t.Mapping[str, t.Any]) -> dict[str, t.Any]:
    """Options in normal form; a value that is a reference as a whole has none before it is known."""
    options = {key: value for key, value in given.items() if key in kind.options}
    meant = {key: _meant(value, written) for key, value in options.items()}
    whole = {key for key in options if kind.options[key].collection is Collection.DOCUMENT and REF not in meant[key]}
    normal = dict(kind.normal({key: meant[key] for key in options if meant[key] == options[key] or key in whole}))
    return {**meant, **normal}


def _nearest(kind: Kind[t.Any], resource: t.Mapping[str, t.Any]) -> str:
    known = [*kind.options, *_COMMON]
    hints = []
    for name in resource:
        near = difflib.get_close_matches(name, known, n=1)
        if name not in known and near:
            hints.append(f"{name}: did you mean {near[0]}?")
    return " ".join(hints)
