# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A small mirror that every checkout has; tests of the large one belong to checkouts that stand beside it."""

from __future__ import annotations

import pathlib

import pytest

from tests.unit.artifacts.bills import MIRROR
from tests.unit.artifacts.small import Small

collect_ignore = [] if MIRROR.is_dir() else ["test_upstream_mirror.py"]


@pytest.fixture
def small(tmp_path: pathlib.Path) -> Small:
    """A mirror with a chart, a kustomize tree, plain files and one stream; and its catalogue."""
    return Small(tmp_path)
