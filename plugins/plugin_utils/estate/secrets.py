# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Secrets are references: the inventory says where each comes from, and everything else only names it."""

from __future__ import annotations

from typing import Annotated, Any

from ._pydantic import BeforeValidator, Field, PydanticCustomError
from .base import Model


def is_reference(value: Any) -> bool:
    """Whether a value of kubeops_secrets says where the secret is, instead of what: a template or encrypted text."""
    return not isinstance(value, str | int | float) or (isinstance(value, str) and "{{" in value)


class SecretReference(Model):
    """Names a secret of kubeops_secrets."""

    secret: str = Field(min_length=1, description="Name of the secret in kubeops_secrets.")


def _only_by_name(value: Any) -> Any:
    if isinstance(value, SecretReference) or (isinstance(value, dict) and set(value) == {"secret"}):
        return value
    raise PydanticCustomError(
        "secret",
        "{message}",
        {
            "message": "holds a secret in plain text (its value is not shown)",
            "remedy": "write {secret: <name>} and give the name a lookup in kubeops_secrets; change the secret, since "
            "it was written down",
        },
    )


Secret = Annotated[SecretReference, BeforeValidator(_only_by_name)]
