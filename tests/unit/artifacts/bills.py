# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Bills of materials, made of the mirror.

``PYTHONPATH=.collections python -m tests.unit.artifacts.bills`` writes them anew.
"""

from __future__ import annotations

import json
import pathlib
import sys
import tempfile
from collections.abc import Mapping, Sequence

from ansible_collections.kubeops.hybrid.plugins.module_utils._kinds.kubernetes.yaml_stream import Document, read_stream
from ansible_collections.kubeops.hybrid.plugins.plugin_utils.artifacts import Request, bill, catalogue, render
from ansible_collections.kubeops.hybrid.plugins.plugin_utils.artifacts.stand_ins import BASE, BILLS

MIRROR = pathlib.Path(__file__).parents[4] / "shared" / "upstream"
# Large, and no part of an estate.
_WITHOUT = {"knative_eventing", "training_operator"}
_HEAD = """\
# Made of facts about {title}: component, apiVersion, kind, namespace, name, facts (JSON). See bill.py.
# Made by PYTHONPATH=.collections python -m tests.unit.artifacts.bills
"""


def written(artifact: catalogue.Artifact, store: pathlib.Path) -> str:
    """The bill of an artifact, as it is to be committed."""

    def stream(components: Sequence[str], owners: Mapping[str, str] | None = None) -> list[Document]:
        request = Request(
            artifact.name, str(store), artifact.version, components=components, owners=owners or {}, mirror=str(MIRROR)
        )
        return list(read_stream(render(request).stream))

    def key(document: Document) -> tuple[str, ...]:
        body = document.body
        return body["apiVersion"], body["kind"], body["metadata"].get("namespace", ""), body["metadata"]["name"]

    parts = {name: one for name, one in artifact.components.items() if one.paths and name not in _WITHOUT}
    base = {key(one) for one in stream([])}
    owner: dict[tuple[str, ...], str] = {}
    for name, one in parts.items():
        if one.owned:
            without = {key(found) for found in stream([], {name: next(iter(one.owned))})}
            owner.update(dict.fromkeys(base - without, name))
        elif not one.base:
            below = {key(found) for found in stream(one.needs)} if one.needs else base
            owner.update(dict.fromkeys({key(found) for found in stream([name])} - below, name))
    lines = []
    for document in stream(list(parts)):
        told = json.dumps(bill.facts(document.body), separators=(",", ":"), ensure_ascii=False)
        lines.append("\t".join([owner.get(key(document), BASE), *key(document), "" if told == "{}" else told]))
    return _HEAD.format(title=artifact.title) + "\n".join(lines) + "\n"


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as store:
        for entry in catalogue.load().artifacts:
            if entry.bom:
                (BILLS / f"{entry.bom}.tsv").write_text(written(entry, pathlib.Path(store)), encoding="utf-8")
                sys.stdout.write(f"{entry.bom}\n")
