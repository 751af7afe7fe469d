# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This file is private to the collection: its content may change in any release.
"""Values that no file holds: secrets by name, what is generated once, and hashes of passwords."""

from __future__ import annotations

import base64
import binascii
import dataclasses
import hashlib
import hmac
import json
import secrets as random
import string
import typing as t

from ..._engine.errors import EstateError, Invalid
from ..._engine.plan import PlanErrors
from ..._engine.refs import SECRET
from ..._engine.secrets import Secrets, is_known_default
from .forms import BCRYPT, COPY, FINGERPRINT, GENERATE, holds_form, is_form
from .objects import Body, Key, Live, Manifest, parse_address

try:
    import bcrypt

    HAS_BCRYPT = True
except ImportError:
    HAS_BCRYPT = False

_REFERRING = frozenset({BCRYPT, COPY})
_ALPHABETS = {
    "alphanumeric": string.ascii_letters + string.digits,
    "hex": string.hexdigits[:16],
    "base64url": string.ascii_letters + string.digits + "-_",
}
_LENGTH = 32


def filled(
    wishes: t.Sequence[Manifest], live: t.Mapping[Key, Live], secrets: Secrets, key: bytes = b""
) -> list[Manifest]:
    """The wishes with every placeholder as the value it stands for.

    {"$secret": name} is that secret; {"$generate": {length, alphabet, refuse}} what the live object has there, made
    anew when there is none, or it is a password that everybody knows or one of those refused; {"$bcrypt": name} a hash
    of that secret, the live one if it fits. {"$bcrypt": {"object": "Secret/auth/login", "key": "password"}} is a hash
    of what the same wishes put there, and {"$copy": {object, key}} that itself. {"$fingerprint": [objects]} changes
    with the data of these objects and tells nothing of it to whoever has not the key: programs that read a Secret only
    when they start are started again. In the data of Secrets values are encoded in base64. Raises PlanErrors.
    """
    errors: list[EstateError] = []
    done: dict[Key, Manifest] = {}

    def fill(some: t.Iterable[Manifest]) -> None:
        for wish in some:
            try:
                done[wish.key] = _filled(wish, live.get(wish.key), _Sources(secrets, done, key))
            except EstateError as error:
                errors.append(error.during("fill in", wish.key.sort, wish.key.place))

    open_ = [wish for wish in wishes if holds_form(wish.body)]
    last = [wish for wish in open_ if holds_form(wish.body, {FINGERPRINT})]
    fill(wish for wish in open_ if wish not in last and not _refers(wish.body))
    fill(wish for wish in open_ if wish not in last and _refers(wish.body))
    fill(last)
    if errors:
        raise PlanErrors(errors)
    return [done.get(wish.key, wish) for wish in wishes]


@dataclasses.dataclass(frozen=True)
class _Sources:
    """Where values come from: the call's secrets, and what was filled in before."""

    secrets: Secrets
    done: t.Mapping[Key, Manifest]
    key: bytes = dataclasses.field(repr=False)

    def fingerprint(self, addresses: t.Sequence[str]) -> str:
        """Of the data of what was filled in before."""
        found = [self.done.get(parse_address(address)) for address in addresses]
        if None in found:
            raise Invalid(f"not all of {', '.join(addresses)} are among the wishes that hold secrets")
        text = json.dumps([one.body.get("data") for one in found if one], sort_keys=True)
        return hmac.new(self.key, text.encode(), hashlib.sha256).hexdigest()[:16]

    def value(self, source: t.Any) -> str:
        """Of a secret by name, or of {object, key}."""
        if not isinstance(source, dict):
            return self.secrets.value(source)
        made = self.done.get(parse_address(source["object"]))
        value = _decoded((made.body.get("data") or {}).get(source["key"])) if made else None
        if value is None:
            raise Invalid(f"{source['object']} with key {source['key']!r} is not among the wishes that hold secrets")
        return value


def _refers(value: t.Any) -> bool:
    if isinstance(value, dict):
        if is_form(value, _REFERRING):
            return isinstance(next(iter(value.values())), dict)
        return any(map(_refers, value.values()))
    return isinstance(value, list) and any(map(_refers, value))


def _filled(wish: Manifest, live: Live | None, sources: _Sources) -> Manifest:
    encoded = wish.key.kind == "Secret" and not wish.key.group

    def visit(value: t.Any, there: t.Any, path: tuple[str, ...]) -> t.Any:
        if isinstance(value, dict):
            if is_form(value):
                within = encoded and path[:1] == ("data",)
                text = _value(value, _decoded(there) if within else there, sources)
                return base64.b64encode(text.encode()).decode() if within else text
            inner = there if isinstance(there, dict) else {}
            return {name: visit(one, inner.get(name), (*path, name)) for name, one in value.items()}
        if isinstance(value, list):
            listed = there if isinstance(there, list) and len(there) == len(value) else [None] * len(value)
            return [visit(one, other, (*path, "")) for one, other in zip(value, listed, strict=True)]
        return value

    return dataclasses.replace(wish, body=visit(wish.body, live.body if live else {}, ()))


def _decoded(value: t.Any) -> str | None:
    try:
        return base64.b64decode(value, validate=True).decode() if isinstance(value, str) else None
    except (binascii.Error, UnicodeDecodeError):
        return None


def _value(form: Body, there: t.Any, sources: _Sources) -> str:
    if SECRET in form or COPY in form:
        return sources.value(form.get(SECRET) or form.get(COPY))
    if FINGERPRINT in form:
        return sources.fingerprint(form[FINGERPRINT])
    if BCRYPT in form:
        return _hashed(sources.value(form[BCRYPT]), there)
    return _generated(form[GENERATE] or {}, there)


def _generated(how: Body, there: t.Any) -> str:
    alphabet = _ALPHABETS.get(how.get("alphabet") or "alphanumeric")
    if alphabet is None:
        raise Invalid(f"alphabet {how['alphabet']!r} is none of {', '.join(_ALPHABETS)}")
    if isinstance(there, str) and there and not is_known_default(there) and there not in (how.get("refuse") or ()):
        return there
    return "".join(random.choice(alphabet) for _number in range(int(how.get("length") or _LENGTH)))


def _hashed(password: str, there: t.Any) -> str:
    if not HAS_BCRYPT:
        raise Invalid("the Python library bcrypt is missing", remedy="Install it for ansible_playbook_python.")
    if len(password.encode()) > 72:
        raise Invalid("bcrypt takes passwords of 72 bytes at most", remedy="Choose a shorter one.")
    if isinstance(there, str) and _fits(password, there):
        return there
    return bcrypt.hashpw(password.encode(), bcrypt.gensalt()).decode()


def _fits(password: str, hashed: str) -> bool:
    try:
        return bool(bcrypt.checkpw(password.encode(), hashed.encode()))
    except ValueError:
        return False
