# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Benchmarks: ratios of medians of interleaved runs, with the states that were reached compared."""

from __future__ import annotations

import sys
from pathlib import Path

# The checkout as a collection, before any that is installed.
sys.path.insert(0, str(Path(__file__).resolve().parent.parent.parent / ".collections"))
