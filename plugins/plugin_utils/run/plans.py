# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This file is private to the collection: its content may change in any release.
"""Saved plans: made of the steps of a planning run, found again by id or file."""

from __future__ import annotations

import json
import os
import typing as t

from ansible_collections.kubeops.hybrid.plugins.module_utils._engine.errors import Invalid, NotFound, Stale
from ansible_collections.kubeops.hybrid.plugins.module_utils._engine.saved import digest
from ansible_collections.kubeops.hybrid.plugins.module_utils._engine.store import DirectoryStore

Document = dict[str, t.Any]


def save(store: DirectoryStore, run: Document, steps: t.Mapping[str, Document]) -> Document:
    """Store the plan of a planning run; its id is the run's. Returns it with its digest."""
    content = {"estate": run["estate"], "inputs": run["inputs"], "steps": {n: s["writes"] for n, s in steps.items()}}
    plan = {"id": run["id"], "made": run["began"], "digest": digest(content), **content}
    store.write(f"plans/{run['id']}.json", plan)
    return plan


def find(store: DirectoryStore, wanted: str, estate: str, inputs: str) -> Document:
    """The plan with that id or in that file, if it is whole and made for these inputs."""
    plan = _read(wanted) if os.sep in wanted or wanted.endswith(".json") else store.read(f"plans/{wanted}.json")
    if not plan:
        raise NotFound(f"the store has no plan {wanted!r}", remedy="Make one with the playbook plan.")
    if digest({key: plan[key] for key in ("estate", "inputs", "steps")}) != plan["digest"]:
        raise Invalid(f"plan {plan['id']} is not what its digest says", remedy="Somebody edited it; make a new one.")
    if plan["estate"] != estate:
        raise Invalid(f"plan {plan['id']} is one of estate {plan['estate']}, this is {estate}")
    if plan["inputs"] != inputs:
        raise Stale(
            f"the inventory, the artifacts or the collection changed since plan {plan['id']} was made",
            remedy="Make a new plan.",
        )
    store.write(f"plans/{plan['id']}.json", plan)
    return t.cast(Document, plan)


def _read(path: str) -> t.Any:
    try:
        with open(path, encoding="utf-8") as file:
            plan = json.load(file)
    except (OSError, ValueError) as error:
        raise NotFound(f"{path} cannot be read as a plan: {error}") from error
    if not isinstance(plan, dict) or not {"id", "estate", "inputs", "steps", "digest"} <= plan.keys():
        raise Invalid(f"{path} is no plan of this collection")
    return plan
