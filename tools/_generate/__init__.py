# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Files of the repository that are made from others.

A generator is a function ``(root: Path) -> Files``: it reads below the checkout's root and writes nothing. Files that
it owns only in part (a documentation block inside a module) it returns whole, with that part replaced.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

Files = Mapping[str, str]
"""Path below the root to whole content."""
Generator = Callable[[Path], Files]
