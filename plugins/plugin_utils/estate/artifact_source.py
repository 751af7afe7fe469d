# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Where upstream's files are mirrored."""

from __future__ import annotations

from typing import Annotated

from ._pydantic import AfterValidator
from .base import refused


def _mirror(value: str) -> str:
    if "://" in value and not value.startswith(("https://", "http://", "file://")):
        raise refused("is neither a directory nor a URL", "write a path, or an address that begins with https://")
    return value


# A directory or an address; null: upstream itself.
Mirror = Annotated[str, AfterValidator(_mirror)] | None
