# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""docs/schema: the JSON Schema of the inventory, for editors and for people."""

from __future__ import annotations

import tempfile
from pathlib import Path

from ansible_collections.kubeops.hybrid.plugins.plugin_utils.estate import schema
from tools._generate import Files

_TARGET = "docs/schema/estate.json"


def generate(root: Path) -> Files:
    """Return the schema as the estate model writes it."""
    with tempfile.TemporaryDirectory() as directory:
        path = Path(directory) / "estate.json"
        schema.write(path)
        return {_TARGET: path.read_text(encoding="utf-8")}
