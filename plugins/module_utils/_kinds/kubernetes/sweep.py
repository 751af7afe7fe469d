# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This file is private to the collection: its content may change in any release.
"""What carries the estate's label and belongs to nothing that is declared."""

from __future__ import annotations

import typing as t

from ..._clients.kube import Port
from ..._engine.kind import Seen
from .inventory import INVENTORY_LABEL, KEY_SECRET, NAMESPACE, others
from .objects import SET_LABEL, Key, Live
from .observe import of_estate
from .uninstall import seen_of

_OWN = Key("", "Namespace", "", NAMESPACE)


def sweep(port: Port, estate: str, sets: t.Collection[str]) -> list[tuple[str, Seen]]:
    """Objects of the estate in a cluster that no declared set holds. sets: names of the declared ones."""
    held = {key for name, keys in others(port, estate).items() if name in sets for key in keys}
    found = of_estate(port, estate)
    # Kubernetes copies a Service's labels to its Endpoints, and names no owner there.
    copied = {key._replace(kind="Endpoints") for key in found if key.kind == "Service" and not key.group}
    unknown = (key for key, live in found.items() if key not in copied and not _known(key, live, held, sets))
    return [seen_of(found[key]) for key in sorted(unknown)]


def _known(key: Key, live: Live, held: t.Collection[Key], sets: t.Collection[str]) -> bool:
    if key in held:
        return True
    if key == _OWN and live.deleting:
        # The last set's call asked for it and did not wait: there is nothing in it any more.
        return True
    labels = live.metadata.get("labels") or {}
    if SET_LABEL in labels:
        # Controllers copy labels to what they make: their owner answers for it.
        return bool(live.metadata.get("ownerReferences"))
    inventory = key.namespace == NAMESPACE and (key.name == KEY_SECRET or labels.get(INVENTORY_LABEL) in sets)
    return bool(sets) and (inventory or key == _OWN)
