# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What all models of the estate share."""

from __future__ import annotations

from typing import Literal

from ._pydantic import BaseModel, ConfigDict, Field, PydanticCustomError

Manage = Literal["managed", "reference", "ignore"]


class Model(BaseModel):
    """Unknown keys are errors: a misspelt key must not silently mean "not managed"."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Managed(Model):
    """Something that may exist already, so that an estate can be adopted piece by piece."""

    manage: Manage = Field(
        default="managed",
        description="managed: made, changed and removed by us. reference: exists, is only referred to and checked. "
        "ignore: as if it were not listed.",
    )


def refused(message: str, remedy: str) -> PydanticCustomError:
    """The error that a validator raises: what is wrong, and what to do."""
    return PydanticCustomError("refused", "{message}", {"message": message, "remedy": remedy})
