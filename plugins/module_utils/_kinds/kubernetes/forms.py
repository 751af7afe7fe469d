# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This file is private to the collection: its content may change in any release.
"""The forms that stand for a value until it is filled in, as {"$secret": name}, for all who read wishes. Pure."""

from __future__ import annotations

import typing as t

from ..._engine.refs import SECRET

GENERATE = "$generate"
BCRYPT = "$bcrypt"
COPY = "$copy"
FINGERPRINT = "$fingerprint"
FORMS = frozenset({SECRET, GENERATE, BCRYPT, COPY, FINGERPRINT})


def is_form(value: t.Any, forms: t.AbstractSet[str] = FORMS) -> bool:
    """True of a value that is one of the forms."""
    return isinstance(value, dict) and len(value) == 1 and not forms.isdisjoint(value)


def holds_form(value: t.Any, forms: t.AbstractSet[str] = FORMS) -> bool:
    """True when one of the forms is somewhere in it."""
    if isinstance(value, dict):
        return is_form(value, forms) or any(holds_form(one, forms) for one in value.values())
    return isinstance(value, list) and any(holds_form(one, forms) for one in value)
