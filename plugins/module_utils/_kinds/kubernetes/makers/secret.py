# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This file is private to the collection: its content may change in any release.
"""Maker secret."""

from __future__ import annotations

import base64
import difflib
import re
import typing as t

from ...._engine.options import document, setting
from ...._engine.refs import SECRET
from ..forms import BCRYPT, COPY, GENERATE
from ..maker import Maker, Values, body, wrong_metadata, wrong_name
from ..objects import Body

# What an entry of data may be, and the placeholder that it becomes.
_FORMS = {"secret": SECRET, "generate": GENERATE, "bcrypt": BCRYPT, "copy": COPY}
_PLAIN = "value"
_KEY = re.compile(r"[-._a-zA-Z0-9]{1,253}")
_GENERATE = {"length", "alphabet", "refuse"}
_OBJECT = {"object", "key"}


class Secret(Maker):
    """A Secret whose values are never written down."""

    name = "secret"
    description = "A Secret. Its values come from secrets by name, or are generated once and kept as they are."
    source = "v1 Secret"
    options = {
        "name": setting("Name.", needed=True, immutable=True),
        "namespace": setting("Namespace.", needed=True, immutable=True),
        "type": setting("Type, as V(kubernetes.io/tls).", immutable=True),
        "data": document(
            "Key to one of C({secret: name}), a secret of the call by name; C({generate: {length, alphabet, refuse}}), "
            "made when there is none, with C(alphabet) one of V(alphanumeric), V(hex) and V(base64url), and never one "
            "of C(refuse); C({bcrypt: name}), a hash of a secret; C({bcrypt: {object, key}}) and C({copy: {object, "
            "key}}), of another Secret of the same list; C({value: text}).",
            needed=True,
            no_log=False,
        ),
        "immutable": setting("Whether Kubernetes refuses all changes.", type="bool"),
        "labels": document("Labels."),
        "annotations": document("Annotations."),
    }

    def check(self, options: Values) -> str:
        """See Maker."""
        for key, form in options["data"].items():
            wrong = _wrong_key(key) or _wrong_form(form)
            if wrong:
                return f"data.{key}: {wrong}"
        return wrong_name(options["name"]) or wrong_metadata(options)

    def objects(self, options: Values) -> list[Body]:
        """See Maker. Placeholders stand where values will be."""
        data = {key: _placed(form) for key, form in options["data"].items()}
        return [body("v1", "Secret", options, type=options.get("type"), data=data, immutable=options.get("immutable"))]


def _wrong_key(key: t.Any) -> str:
    return "" if isinstance(key, str) and _KEY.fullmatch(key) else "it is no key of a Secret"


def _wrong_form(form: t.Any) -> str:
    known = [*_FORMS, _PLAIN]
    if not isinstance(form, dict) or len(form) != 1:
        return f"it is not one of {', '.join(known)}, as {{secret: name}}"
    word, how = next(iter(form.items()))
    if word not in known:
        near = difflib.get_close_matches(str(word), known, n=1) or known
        return f"{word!r} is none of what a value can be; there are {', '.join(near)}"
    return _WRONG[word](how)


def _wrong_text(how: t.Any) -> str:
    return "" if isinstance(how, str) else "it wants a text in quotes"


def _wrong_name(how: t.Any) -> str:
    return "" if isinstance(how, str) and how else "it wants the name of a secret"


def _wrong_object(how: t.Any) -> str:
    if isinstance(how, dict) and set(how) == _OBJECT and all(isinstance(part, str) for part in how.values()):
        return ""
    return "it wants {object: Secret/<namespace>/<name>, key: <key>}"


def _wrong_hashed(how: t.Any) -> str:
    return _wrong_object(how) if isinstance(how, dict) else _wrong_name(how)


def _wrong_generated(how: t.Any) -> str:
    if how is None:
        return ""
    if not isinstance(how, dict) or not set(how) <= _GENERATE:
        return f"generate takes {', '.join(sorted(_GENERATE))}"
    length = how.get("length")
    if length is not None and (not isinstance(length, int) or isinstance(length, bool) or length < 1):
        return f"length {length!r} is no number of characters"
    return ""


_WRONG: t.Mapping[str, t.Callable[[t.Any], str]] = {
    "secret": _wrong_name,
    "generate": _wrong_generated,
    "bcrypt": _wrong_hashed,
    "copy": _wrong_object,
    _PLAIN: _wrong_text,
}


def _placed(form: t.Mapping[str, t.Any]) -> t.Any:
    word, how = next(iter(form.items()))
    if word == _PLAIN:
        return base64.b64encode(str(how).encode()).decode()
    return {_FORMS[word]: {} if how is None else how}
