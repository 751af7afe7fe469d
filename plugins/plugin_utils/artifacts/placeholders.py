# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Values that a template must not see: a chart gets a stand-in for each, and the stream gets the reference back."""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
from collections.abc import Collection, Iterator, Mapping
from typing import Any

from ansible_collections.kubeops.hybrid.plugins.module_utils._engine.errors import Invalid

_FORMS = ("$secret", "$generate")
_PREFIX = "kubeopsplaceholder"

Forms = dict[str, Mapping[str, Any]]


def hide(values: Mapping[str, Any]) -> tuple[dict[str, Any], Forms]:
    """The values with a word for each {"$secret": name} and {"$generate": {...}}, and word to form.

    A word depends on its place and form alone, so that the same request renders the same bytes.
    """
    forms: Forms = {}

    def visit(value: Any, path: str) -> Any:
        if isinstance(value, Mapping):
            if len(value) == 1 and next(iter(value)) in _FORMS:
                told = json.dumps([path, value], sort_keys=True)
                word = f"{_PREFIX}{hashlib.sha256(told.encode()).hexdigest()[:40]}"
                forms[word] = dict(value)
                return word
            return {name: visit(one, f"{path}.{name}") for name, one in value.items()}
        if isinstance(value, list | tuple):
            return [visit(one, f"{path}[{number}]") for number, one in enumerate(value)]
        return value

    return visit(values, ""), forms


def show(body: dict[str, Any], forms: Forms, blank: Collection[str]) -> dict[str, Any]:
    """The object with the forms in the places of their words, also where a Secret's data encode one.

    blank: places, as "Secret/hub data/values.yaml", whose text holds words that nobody reads there. A word within other
    text cannot be given back: Invalid that names the place.
    """
    if not forms:
        return body
    secret = body["kind"] == "Secret" and body["apiVersion"] == "v1"
    name = f"{body['kind']}/{body['metadata']['name']}"

    def visit(value: Any, path: str) -> Any:
        if isinstance(value, dict):
            return {key: visit(one, f"{path}/{key}" if path else key) for key, one in value.items()}
        if isinstance(value, list):
            return [visit(one, path) for one in value]
        return given(value, path) if isinstance(value, str) else value

    def given(value: str, path: str) -> Any:
        encoded = secret and path.startswith("data/")
        text = _decoded(value) if encoded else value
        if text in forms:
            return dict(forms[text])
        if _PREFIX not in text:
            return value
        if f"{name} {path}" not in blank:
            raise Invalid(
                f"{name} has a value that is a reference within other text, at {path}",
                remedy="Give the chart a Secret of its own to read instead.",
            )
        for word in forms:
            text = text.replace(word, "")
        return base64.b64encode(text.encode()).decode() if encoded else text

    shown: dict[str, Any] = visit(body, "")
    return shown


def _decoded(value: str) -> str:
    try:
        return base64.b64decode(value, validate=True).decode()
    except (binascii.Error, UnicodeDecodeError):
        return value


def merged(below: Mapping[str, Any], above: Mapping[str, Any]) -> dict[str, Any]:
    """Values of a chart over others, as Helm does it: mappings are merged, all else is replaced."""
    result = dict(below)
    for name, value in above.items():
        there = result.get(name)
        if _is_plain(there) and _is_plain(value):
            value = merged(there or {}, value)
        result[name] = value
    return result


def _is_plain(value: Any) -> bool:
    return isinstance(value, Mapping) and not (len(value) == 1 and next(iter(value)) in _FORMS)


def places(value: Any, path: str = "") -> Iterator[tuple[str, str]]:
    """Place and text of every string in an object."""
    if isinstance(value, dict):
        for key, one in value.items():
            yield from places(one, f"{path}/{key}" if path else str(key))
    elif isinstance(value, list):
        for one in value:
            yield from places(one, path)
    elif isinstance(value, str):
        yield path, value
