# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Variables become models, and what pydantic says becomes problems for people."""

from __future__ import annotations

import dataclasses
import functools
import re
from collections.abc import Iterable, Iterator, Mapping
from types import UnionType
from typing import Annotated, Any, Union, get_args, get_origin

from ._pydantic import BaseModel, TypeAdapter, ValidationError
from .plain import plain
from .problems import Path, Problem, nearest

# A key that reads like this may hold a secret, even where the model knows no such key.
_SECRET = re.compile(r"pass|secret|token|credential|private|(auth|access|licen[cs]e)_?key|cookie", re.IGNORECASE)

_WORDS = {
    "int_type": ("must be a whole number", "write a number without quotes or fraction"),
    "int_parsing": ("must be a whole number", "write a number without quotes or fraction"),
    "int_from_float": ("must be a whole number", "write a number without fraction"),
    "bool_type": ("must be true or false", "write true or false without quotes"),
    "bool_parsing": ("must be true or false", "write true or false without quotes"),
    "string_type": ("must be text", "put it in quotes"),
    "list_type": ("must be a list", "write one '- item' a line"),
    "tuple_type": ("must be a list", "write one '- item' a line"),
    "dict_type": ("must be a mapping", "write one 'key: value' a line"),
    "model_type": ("must be a mapping", "write one 'key: value' a line"),
    "model_attributes_type": ("must be a mapping", "write one 'key: value' a line"),
}


@functools.cache
def adapter(kind: Any) -> TypeAdapter[Any]:
    """The validator of a type; built once, since building costs more than using."""
    return TypeAdapter(kind)


def validated(variable: str, kind: Any, value: Any, host: str = "") -> tuple[Any, list[Problem]]:
    """The value of a variable as its model, or None with the problems that it has."""
    try:
        return adapter(kind).validate_python(plain(value)), []
    except ValidationError as error:
        found = [_problem(variable, kind, value, dict(details), host) for details in error.errors(include_url=False)]
        return None, list(_merged(found))


def _problem(variable: str, kind: Any, value: Any, details: Mapping[str, Any], host: str) -> Problem:
    path: Path = (variable, *_without_alternatives(value, details["loc"]))
    message, remedy = _words(kind, details)
    hidden = details["type"] in {"missing", "secret"} or any(_SECRET.search(str(part)) for part in path[-1:])
    return Problem(path, "" if hidden else shown(details["input"]), message, remedy, host)


def _without_alternatives(value: Any, location: Path) -> Iterator[str | int]:
    """The part of a location that is in the data: behind it pydantic names the alternative of a union."""
    for part in location:
        if not isinstance(value, Mapping | list | tuple):
            return
        if isinstance(value, Mapping):
            value = value.get(part)
        elif isinstance(part, int) and part < len(value):
            value = value[part]
        else:
            return
        yield part


def _merged(problems: Iterable[Problem]) -> Iterator[Problem]:
    """One problem a place: each alternative of a union complains for itself."""
    at: dict[Path, Problem] = {}
    for problem in problems:
        first = at.get(problem.path)
        if first is None or first.message == problem.message:
            at[problem.path] = problem
        else:
            at[problem.path] = dataclasses.replace(first, message=f"{first.message}, or {problem.message}")
    yield from at.values()


def shown(value: Any) -> str:
    """A value short enough for a message."""
    if isinstance(value, dict | list):
        return ""
    text = "null" if value is None else str(value)
    return text if len(text) <= 60 else text[:57] + "..."


def _words(kind: Any, details: Mapping[str, Any]) -> tuple[str, str]:
    context = details.get("ctx", {})
    category = details["type"]
    if category in {"refused", "secret"}:
        return context["message"], context["remedy"]
    if category == "extra_forbidden":
        return _unknown_key(kind, details["loc"])
    if category == "missing":
        return "is required", _description(kind, details["loc"])
    if category == "literal_error":
        hint = nearest(str(details["input"]), _alternatives(context["expected"]))
        return f"must be {context['expected']}", hint or "write one of these values"
    if category in _WORDS:
        return _WORDS[category]
    message = str(details["msg"])
    return message[0].lower() + message[1:], "correct the value"


def _alternatives(expected: str) -> list[str]:
    return [word.strip(" '") for word in expected.replace(" or ", ", ").split(",")]


def _unknown_key(kind: Any, location: Path) -> tuple[str, str]:
    key = str(location[-1])
    known = [name for model in _models_at(kind, location[:-1]) for name in model.model_fields]
    hint = nearest(key, known)
    return f"unknown key '{key}'", " ".join(part for part in (hint, f"known keys: {', '.join(known)}") if part)


def _description(kind: Any, location: Path) -> str:
    for model in _models_at(kind, location[:-1]):
        field = model.model_fields.get(str(location[-1]))
        if field is not None and field.description:
            return f"add {location[-1]}: {field.description}"
    return f"add {location[-1]}"


def _models_at(kind: Any, location: Path) -> list[type[BaseModel]]:
    """The models that a path below a type may lead to."""
    kinds = list(_unwrapped(kind))
    for part in location:
        kinds = [inner for outer in kinds for step in _step(outer, part) for inner in _unwrapped(step)]
    return [kind for kind in kinds if isinstance(kind, type) and issubclass(kind, BaseModel)]


def _unwrapped(kind: Any) -> Iterator[Any]:
    origin = get_origin(kind)
    if origin is Annotated:
        yield from _unwrapped(get_args(kind)[0])
    elif origin is Union or origin is UnionType:
        for alternative in get_args(kind):
            yield from _unwrapped(alternative)
    else:
        yield kind


def _step(kind: Any, part: str | int) -> Iterator[Any]:
    if isinstance(kind, type) and issubclass(kind, BaseModel):
        if part in kind.model_fields:
            yield kind.model_fields[part].annotation
    elif get_origin(kind) is list:
        yield get_args(kind)[0]
    elif get_origin(kind) is dict:
        yield get_args(kind)[1]
