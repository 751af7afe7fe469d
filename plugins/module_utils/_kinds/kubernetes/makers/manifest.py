# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This file is private to the collection: its content may change in any release.
"""Any object, written out."""

from __future__ import annotations

from ...._engine.options import document
from ..maker import Maker, Values
from ..objects import Body


class ManifestMaker(Maker):
    """An object as the API has it."""

    name = "manifest"
    description = "One object, written as the Kubernetes API has it."
    source = "any API object"
    options = {"manifest": document("The object: C(apiVersion), C(kind), C(metadata) and the rest.", needed=True)}

    def key(self, options: Values) -> str:
        """Kind and name, as far as they are written."""
        body = options.get("manifest") or {}
        return f"{body.get('kind', '?')} {(body.get('metadata') or {}).get('name', '?')}"

    def objects(self, options: Values) -> list[Body]:
        """See Maker."""
        return [options["manifest"]]
