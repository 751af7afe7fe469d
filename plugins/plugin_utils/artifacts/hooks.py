# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What becomes of Helm's hooks, which nobody runs here: kept as objects, left out, or refused by name."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ansible_collections.kubeops.hybrid.plugins.module_utils._engine.errors import Invalid

KEEP, LEAVE_OUT = "keep", "leave_out"
# An installation has these; the others are for upgrades, removals, rollbacks and tests.
_INSTALLING = {"pre-install", "post-install", "crd-install"}
_RUNNING = {"Job", "Pod"}


def verdict(body: Mapping[str, Any], policy: Mapping[str, str]) -> str:
    """Why an object is left out, or nothing when it stays.

    policy: "Kind/name" to keep or leave_out. What is no hook stays. A hook of an installation stays as an object,
    unless it is a program that would have to run at its time: of that the policy has to say what it becomes. All other
    hooks are left out. Raises Invalid.
    """
    events = _events(body)
    if not events:
        return ""
    name = f"{body['kind']}/{body['metadata']['name']}"
    said = policy.get(name)
    if said == KEEP:
        return ""
    if said == LEAVE_OUT or not events & _INSTALLING:
        return f"hook {', '.join(sorted(events))}"
    if said is not None:
        raise Invalid(f"hook {name}: {said!r} is neither {KEEP} nor {LEAVE_OUT}")
    if body["kind"] in _RUNNING:
        raise Invalid(
            f"{name} is a hook that runs at {', '.join(sorted(events & _INSTALLING))}, and nothing here runs hooks",
            remedy="Switch it off with the chart's values, or say in the catalogue's hooks what becomes of it.",
        )
    return ""


def _events(body: Mapping[str, Any]) -> set[str]:
    annotations = body["metadata"].get("annotations") or {}
    return {event.strip() for event in str(annotations.get("helm.sh/hook", "")).split(",") if event.strip()}
