# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This file is private to the collection: its content may change in any release.
"""Tags and their categories: no managed entities, so what proves them ours stands in their descriptions."""

from __future__ import annotations

import typing as t

from ..._clients.vsphere import Port
from ..._engine.errors import NotFound
from ..._engine.kind import Owner, Query

Row = t.Mapping[str, t.Any]
API = "/api/cis/tagging"
_MARK = " [kubeops.io/estate="
_ADOPTED = " adopted"


def marked(estate: str, text: str | None) -> str:
    """A description that says whose the object is."""
    return f"{text or ''}{_MARK}{estate}]".lstrip()


def shown(description: str) -> str:
    """The description without what we put into it."""
    return _split(description)[0]


def owner(description: str, estate: str) -> Owner:
    """Whose the object is."""
    mark = _split(description)[1]
    if mark == estate + _ADOPTED:
        return Owner.ADOPTED
    return Owner.OURS if mark == estate else Owner.FOREIGN


def redescribed(before: str, text: str | None) -> str:
    """The description with another text and the mark that it has."""
    return marked(_split(before)[1], text)


def _split(description: str) -> tuple[str, str]:
    text, found, mark = f" {description}".rpartition(_MARK)
    return (text.strip(), mark[:-1]) if found and mark.endswith("]") else (description, "")


def rows(port: Port, query: Query, sort: str) -> list[Row]:
    """All of "category" or "tag", or those asked for; the API tells of them one by one only."""
    if query.ids:
        return _described(port, sort, sorted(query.ids))
    return t.cast("list[Row]", query.shared(f"tagging.{sort}", lambda: _all(port, sort)))


def _all(port: Port, sort: str) -> list[Row]:
    return _described(port, sort, sorted(port.rest("GET", f"{API}/{sort}") or ()))


def _described(port: Port, sort: str, ids: t.Sequence[str]) -> list[Row]:
    found = []
    for identifier in ids:
        try:
            found.append(port.rest("GET", f"{API}/{sort}/{identifier}"))
        except NotFound:
            # It went away between the list and the question.
            continue
    return found


def category_names(port: Port, query: Query, tags: t.Sequence[Row]) -> dict[str, str]:
    """Names of the tags' categories by their identifiers."""
    ids = sorted({row["category_id"] for row in tags})
    there = _described(port, "category", ids) if query.ids else rows(port, query, "category") if ids else []
    return {row["id"]: row["name"] for row in there}
