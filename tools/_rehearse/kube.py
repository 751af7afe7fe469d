# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is in a cluster, seen with the kubeconfig that the run wrote."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Collection, Iterable, Mapping
from pathlib import Path

from tools._rehearse.playbooks import ROOT, Result

KUBECTL = ROOT / ".venv" / "bin" / "kubectl"


def objects(kubeconfig: Path) -> int:
    """Number of objects of every listable kind. Raises CalledProcessError with kubectl's words."""
    base = [str(KUBECTL), "--kubeconfig", str(kubeconfig)]
    kinds = _answer([*base, "api-resources", "--verbs=list", "-o", "name"]).split()
    # Events come and go and are nobody's wish.
    wanted = ",".join(kind for kind in kinds if not kind.startswith("events"))
    return len(_answer([*base, "get", wanted, "--all-namespaces", "-o", "name"]).split())


def counted(kubeconfigs: Mapping[str, Path]) -> dict[str, int]:
    """Cluster to number of objects."""
    return {cluster: objects(path) for cluster, path in kubeconfigs.items() if path.is_file()}


def made(results: Iterable[Result], kinds: Collection[str]) -> dict[str, list[str]]:
    """Kind to the names of the objects of it that the runs made, of those kinds."""
    found: dict[str, list[str]] = {}
    for entry in (entry for result in results for step in result.steps for entry in step.get("entries", ())):
        if entry["verb"] == "create" and entry["kind"] in kinds:
            found.setdefault(entry["kind"], []).append(entry["name"])
    return found


def origin(store: Path) -> str:
    """Where the manifests of the runs came from: mirror, upstream, stand_ins, or none where there were none."""
    indexes = (json.loads(path.read_text(encoding="utf-8")) for path in store.glob("artifacts/rendered/*/index.json"))
    return ", ".join(sorted({str(index["origin"]) for index in indexes})) or "none"


def _answer(command: list[str]) -> str:
    return subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True, timeout=120).stdout
