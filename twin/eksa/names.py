# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Names as the Cluster API makes them: five letters that make no words."""

from __future__ import annotations

import random
from collections.abc import Container

_LETTERS = "bcdfghjklmnpqrstvwxz2456789"
_LONGEST = 63


def new_name(prefix: str, taken: Container[str], dice: random.Random) -> str:
    """`prefix`-xxxxx, not taken."""
    while True:
        name = f"{prefix[: _LONGEST - 6]}-{''.join(dice.choices(_LETTERS, k=5))}"
        if name not in taken:
            return name
