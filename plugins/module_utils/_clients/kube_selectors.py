# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This file is private to the collection: its content may change in any release.
"""Choose from a whole list what selectors of ours would have chosen. Pure."""

from __future__ import annotations

import typing as t

Row = t.Mapping[str, t.Any]


def selected(row: Row, labels: str, fields: str) -> bool:
    """Whether an object fits. labels: "name=value" and "name", joined by commas. fields: metadata's, likewise."""
    metadata = row["metadata"]
    return _fits(metadata.get("labels") or {}, labels) and _fits(
        {f"metadata.{name}": value for name, value in metadata.items()}, fields
    )


def _fits(values: Row, selector: str) -> bool:
    for part in filter(None, selector.split(",")):
        name, equals, value = part.partition("=")
        if name not in values or (equals and values[name] != value):
            return False
    return True
