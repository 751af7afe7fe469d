# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This file is private to the collection: its content may change in any release.
"""What differs between two states of one object, field by field and fit to be shown. Pure."""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
import typing as t

from ..._engine.compare import Change, canonical
from .fields import item_text
from .forms import holds_form, is_form
from .objects import Body

HIDDEN = "(secret)"
_SERVERS = frozenset(
    {"creationTimestamp", "deletionGracePeriodSeconds", "deletionTimestamp", "generation", "managedFields",
     "resourceVersion", "selfLink", "uid"}
)  # fmt: skip
# Copies of whole objects, Secrets too.
_COPIES = ("kubectl.kubernetes.io/last-applied-configuration",)
# What tells items of a list apart, in this order; only what all of them have and no two share counts.
_KEYS = (("name",), ("containerPort", "protocol"), ("port", "protocol"), ("mountPath",), ("key",), ("type",), ("ip",),
         ("uid",))  # fmt: skip
MOST = 50
_LENGTH = 200


def content(body: Body) -> Body:
    """An object without what the server itself and status controllers write, in whatever version it was read."""
    metadata = {name: value for name, value in body["metadata"].items() if name not in _SERVERS}
    return {
        **{name: value for name, value in body.items() if name not in ("apiVersion", "status")},
        "metadata": metadata,
    }


def changes(live: Body, after: Body, *, wish: Body) -> tuple[Change, ...]:
    """Fields that differ, at most MOST. wish: as it was before secrets were filled in, to know where they are.

    Values of Secrets and of what the wish takes from secrets are never shown; long ones are cut.
    """
    found: list[Change] = []
    _Walk(found, secret=live.get("kind") == "Secret").compare(content(live), content(after), wish, "")
    if len(found) > MOST:
        return (*found[: MOST - 1], Change("...", None, f"{len(found) - MOST + 1} more fields"))
    return tuple(found)


def overlaid(live: t.Any, wish: t.Any) -> t.Any:
    """What a state will be as far as that can be told without asking: the wish's fields over what is there."""
    if isinstance(live, dict) and isinstance(wish, dict):
        return {**live, **{name: overlaid(live.get(name), value) for name, value in wish.items() if value is not None}}
    if isinstance(live, list) and isinstance(wish, list):
        keys = _keys_of(live, wish)
        if keys:
            there = {_key(item, keys): item for item in live}
            wished = {_key(item, keys): item for item in wish}
            return [overlaid(item, wished.get(key, {})) for key, item in there.items()] + [
                item for key, item in wished.items() if key not in there
            ]
        if len(live) == len(wish) and all(isinstance(item, dict) for item in [*live, *wish]):
            return [overlaid(old, new) for old, new in zip(live, wish, strict=True)]
    return wish


def concealed(text: str, unfilled: Body, body: Body) -> str:
    """Words of others about an object without what the object took from secrets, in base64 form neither."""
    for value in sorted(_taken(unfilled, body), key=len, reverse=True):
        text = text.replace(value, HIDDEN)
    return text


def _taken(unfilled: t.Any, body: t.Any) -> set[str]:
    if is_form(unfilled):
        return {body, *_decoded(body)} if isinstance(body, str) and body else set()
    if isinstance(unfilled, dict) and isinstance(body, dict):
        pairs = [(value, body.get(name)) for name, value in unfilled.items()]
    elif isinstance(unfilled, list) and isinstance(body, list):
        pairs = list(zip(unfilled, body, strict=False))
    else:
        return set()
    return {text for pair in pairs for text in _taken(*pair)}


def _decoded(value: str) -> list[str]:
    try:
        text = base64.b64decode(value, validate=True).decode()
    except (binascii.Error, UnicodeDecodeError, ValueError):
        return []
    return [text] if text else []


class _Walk:
    def __init__(self, found: list[Change], *, secret: bool) -> None:
        self._found = found
        self._secret = secret

    def compare(self, before: t.Any, after: t.Any, wish: t.Any, path: str) -> None:
        if before == after and canonical(before) == canonical(after):
            return
        if isinstance(before, dict) and isinstance(after, dict) and not is_form(wish):
            for name in (*before, *(name for name in after if name not in before)):
                inner = wish.get(name) if isinstance(wish, dict) else None
                self.compare(before.get(name), after.get(name), inner, f"{path}.{name}" if path else name)
        elif isinstance(before, list) and isinstance(after, list) and not is_form(wish):
            self._lists(before, after, wish, path)
        else:
            self._add(before, after, wish, path)

    def _lists(self, before: list[t.Any], after: list[t.Any], wish: t.Any, path: str) -> None:
        keys = _keys_of(before, after)
        if not keys:
            if before and len(before) == len(after) and all(isinstance(item, dict) for item in [*before, *after]):
                wished = wish if isinstance(wish, list) and len(wish) == len(after) else [wish] * len(after)
                for number, (old, new, inner) in enumerate(zip(before, after, wished, strict=True)):
                    self.compare(old, new, inner, f"{path}[{number}]")
            else:
                self._add(before, after, wish, path)
            return
        old, new = ({_key(item, keys): item for item in items} for items in (before, after))
        if old.keys() == new.keys() and list(old) != list(new):
            self._found.append(Change(f"{path} (order)", _labels(before, keys), _labels(after, keys)))
        for key in (*old, *(key for key in new if key not in old)):
            item = old.get(key) or new[key]
            label = item_text({name: item.get(name) for name in keys if name in item})
            self.compare(old.get(key), new.get(key), _wished(wish, key, keys), path + label)

    def _add(self, before: t.Any, after: t.Any, wish: t.Any, path: str) -> None:
        hide = holds_form(wish) or (self._secret and path.split(".")[0] in ("data", "stringData"))
        hide = hide or any(copy in path or _has_copy(value, copy) for copy in _COPIES for value in (before, after))
        show = hidden if hide else shown
        self._found.append(Change(path, show(before), show(after)))


def _has_copy(value: t.Any, copy: str) -> bool:
    return isinstance(value, dict) and copy in value


def _wished(wish: t.Any, key: str, keys: tuple[str, ...]) -> t.Any:
    """The wish's item of that key; where keys do not tell, all of it, so that a secret in it still counts."""
    if not isinstance(wish, list):
        return wish
    for item in wish:
        if isinstance(item, dict) and _key(item, keys) == key:
            return item
    return wish if holds_form(wish) else None


def _keys_of(before: t.Sequence[t.Any], after: t.Sequence[t.Any]) -> tuple[str, ...]:
    both = (before, after)
    if not any(both) or not all(isinstance(item, dict) for items in both for item in items):
        return ()
    for keys in _KEYS:
        if all(keys[0] in item for items in both for item in items) and all(
            len({_key(item, keys) for item in items}) == len(items) for items in both
        ):
            return keys
    return ()


def _key(item: Body, keys: tuple[str, ...]) -> str:
    return canonical([item.get(name) or ("TCP" if name == "protocol" else None) for name in keys])


def _labels(items: t.Sequence[Body], keys: tuple[str, ...]) -> list[str]:
    return [item_text({name: item.get(name) for name in keys if name in item}) for item in items]


def hidden(value: t.Any) -> t.Any:
    """What stands for a secret."""
    return None if value is None else HIDDEN


def shown(value: t.Any) -> t.Any:
    """A value as plans hold it: a long one as its beginning and what tells it from others."""
    text = value if isinstance(value, str) else json.dumps(value, sort_keys=True, default=str)
    if len(text) <= _LENGTH:
        return value
    fingerprint = hashlib.sha256(text.encode()).hexdigest()[:12]
    return f"{text[:_LENGTH]}... ({len(text)} characters, sha256 {fingerprint})"
