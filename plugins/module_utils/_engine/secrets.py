# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This file is private to the collection: its content may change in any release.
"""Secrets are references by name; what plans see of one is a keyed fingerprint."""

from __future__ import annotations

import difflib
import hashlib
import hmac
import typing as t

from .errors import Invalid

# Passwords that vendors ship and that attackers try first, in lower case. Kubeflow: its example manifests, among them
# a client secret, a key of cookies and the hash of a password; others: their manuals.
KNOWN_DEFAULTS = frozenset(
    {
        "$2y$12$4k/vkmdd1q1orb3xat82zu8gk7ad6refr4lcp9ueye90nlin9df72",
        "12341234",
        "7d16fee92f8d11b8940b081b3f8b8acb",
        "admin",
        "admin123",
        "administrator",
        "calvin",
        "changeit",
        "changeme",
        "default",
        "kubeflow",
        "minio",
        "minio123",
        "minioadmin",
        "pass",
        "password",
        "postgres",
        "prom-operator",
        "pubnboy80snxgjibtym9zwnzy2xrengqok",
        "root",
        "secret",
        "test",
        "vmware",
        "vmware1!",
        "vmware123!",
    }
)


def is_known_default(value: str) -> bool:
    """Whether a secret's value is a password that everybody knows."""
    return value.strip().lower() in KNOWN_DEFAULTS


class Told:
    """A secret that an endpoint tells back. Kinds put it into a state; only its fingerprint leaves the world."""

    def __init__(self, value: str) -> None:
        self.value = value

    def __repr__(self) -> str:
        return "(secret)"


class Secrets:
    """The values of one call, by name. key makes fingerprints useless to whoever only sees them."""

    def __init__(self, values: t.Mapping[str, str], key: bytes = b"") -> None:
        self._values = values
        self._key = key

    def value(self, name: str) -> str:
        """The secret itself, for a request to an endpoint and nothing else."""
        if name not in self._values:
            near = difflib.get_close_matches(name, self._values, n=1)
            hint = f"Did you mean {near[0]}?" if near else "Add it to kubeops_secrets."
            raise Invalid(f"no secret is named {name!r}", remedy=hint)
        value = self._values[name]
        if not value:
            raise Invalid(f"the secret {name!r} is empty", remedy="Does its source hold it?")
        if is_known_default(value):
            raise Invalid(f"the secret {name!r} is a default password that everybody knows", remedy="Choose another.")
        return value

    def fingerprint(self, name: str) -> str:
        """What stands for the secret in plans, marks and comparisons."""
        return self._print(self.value(name))

    def shown(self, state: t.Mapping[str, t.Any]) -> dict[str, t.Any]:
        """A state with fingerprints in place of the secrets that an endpoint told."""
        return {key: self._print(value.value) if isinstance(value, Told) else value for key, value in state.items()}

    def _print(self, value: str) -> str:
        digest = hmac.new(self._key, value.encode(), hashlib.sha256).hexdigest()
        return f"hmac-sha256:{digest[:32]}"
