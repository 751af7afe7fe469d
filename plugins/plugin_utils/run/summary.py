# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This file is private to the collection: its content may change in any release.
"""What a whole run comes to, from what its steps left behind. Pure."""

from __future__ import annotations

import typing as t

Document = dict[str, t.Any]
_OPEN = "not covered"


def milestones(steps: t.Mapping[str, Document], expected: t.Sequence[str]) -> dict[str, Document]:
    """State and evidence by milestone: met only when every check of it says so.

    expected: the milestones that this inventory is about; one without any check is "not covered".
    """
    found: dict[str, list[Document]] = {}
    for step in steps.values():
        for evidence in step.get("evidence") or ():
            found.setdefault(evidence["milestone"], []).append(evidence)
    table: dict[str, Document] = {}
    for milestone in sorted({*expected, *found}):
        checks = found.get(milestone, [])
        state = _OPEN if not checks else "met" if all(check["met"] for check in checks) else "unmet"
        table[milestone] = {"state": state, "evidence": checks}
    return table


def totals(steps: t.Mapping[str, Document]) -> dict[str, int]:
    """Entries of all steps, by verb and outcome."""
    sums: dict[str, int] = {}
    for step in steps.values():
        for name, count in (step.get("counts") or {}).items():
            sums[name] = sums.get(name, 0) + count
    return sums


def failures(run: Document, steps: t.Mapping[str, Document]) -> list[str]:
    """Layers that did not end well, and why. A layer that merely waits is none."""
    told = [
        f"{name}: {layer['outcome']}: {layer['reason']}".rstrip(": ")
        for name, layer in sorted(run["layers"].items())
        if layer["outcome"] in ("failed", "not_tried")
    ]
    failed = [name.rpartition(".") for name, layer in run["layers"].items() if layer["outcome"] == "failed"]
    # A layer is called by its place first, the step that the layer is by the layer first.
    recorded = {f"{layer}.{place}" for place, _dot, layer in failed}
    return told + [
        f"{name}: {step['error']}" for name, step in sorted(steps.items()) if step.get("error") and name not in recorded
    ]


def passed_over(run: Document) -> list[Document]:
    """Places of which no layer was tried because nothing makes them yet: {place, reason}, each once."""
    found = {
        (name.rpartition(".")[0], layer["reason"])
        for name, layer in run["layers"].items()
        if layer["outcome"] == "not_covered"
    }
    return [{"place": place, "reason": reason} for place, reason in sorted(found)]


def waiting(steps: t.Mapping[str, Document]) -> list[Document]:
    """For whom the run waits."""
    return [entry for step in steps.values() for entry in step.get("waiting") or ()]


def undeclared(steps: t.Mapping[str, Document]) -> list[Document]:
    """What is ours and declared nowhere."""
    return [entry for step in steps.values() for entry in step.get("undeclared") or ()]


def differences(steps: t.Mapping[str, Document]) -> list[str]:
    """What the steps changed, or in a plan would."""
    return [
        f"{entry['verb']} {entry['kind']} {entry['name']}"
        + (f" ({', '.join(entry['fields'])})" if entry.get("fields") else "")
        for step in steps.values()
        for entry in step.get("entries") or ()
        if entry["verb"] in ("create", "update", "delete")
    ]
