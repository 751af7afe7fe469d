# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Calls to the control planes, as the API servers themselves report them: their audit logs."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

_LOG = "audit.jsonl"
_WRITES = frozenset({"create", "update", "patch", "delete", "deletecollection"})
# Created, and yet only asked: nothing of them is stored.
_QUESTIONS = frozenset({"authorization.k8s.io", "authentication.k8s.io"})
OWN_USERS = ("twin-admin", "system:apiserver", "system:kube-controller-manager", "system:kube-scheduler")
"""The twin's own parts: what they do is no call of a client."""


def api_server_flags(directory: Path) -> list[str]:
    """Write the policy into a control plane's directory; the flags that make its API server follow it."""
    policy = directory / "audit-policy.yaml"
    rules = [
        {"level": "None", "users": list(OWN_USERS)},
        {"level": "Metadata", "omitStages": ["RequestReceived", "ResponseStarted"], "omitManagedFields": True},
    ]
    policy.write_text(yaml.safe_dump({"apiVersion": "audit.k8s.io/v1", "kind": "Policy", "rules": rules}))
    return [
        f"--audit-policy-file={policy}",
        f"--audit-log-path={directory / _LOG}",
        # Written before the answer ends, so that a count is exact as soon as the client has its answer.
        "--audit-log-mode=blocking",
        "--audit-log-maxsize=100000",
    ]


@dataclass(frozen=True, slots=True)
class KubeCall:
    """One answered call: `operation` is verb and resource ("patch deployments.apps"); `error` the status from 400."""

    cluster: str
    operation: str
    principal: str
    write: bool
    error: str


class AuditLogs:
    """Reads what the API servers under a directory have written since the last look; not safe for several threads."""

    def __init__(self, control_planes: Path) -> None:
        """`control_planes`: the directory that has one directory for each control plane."""
        self._root = control_planes
        self._read: dict[Path, tuple[int, int]] = {}

    def new(self) -> Iterator[KubeCall]:
        """What came since the last look, cluster by cluster; logs outlive their control planes."""
        for path in sorted(self._root.glob(f"*/{_LOG}")):
            for line in self._lines(path):
                yield _call(path.parent.name, json.loads(line))

    def _lines(self, path: Path) -> list[bytes]:
        with path.open("rb") as log:
            inode = os.fstat(log.fileno()).st_ino
            known, offset = self._read.get(path, (inode, 0))
            # A cluster of the same name that was made anew has a new file.
            log.seek(offset if known == inode else 0)
            *lines, rest = log.read().split(b"\n")
            self._read[path] = (inode, log.tell() - len(rest))
        return lines


def _call(cluster: str, event: Mapping[str, Any]) -> KubeCall:
    reference = event.get("objectRef") or {}
    dry_run = "dryRun=" in event["requestURI"]
    status = int((event.get("responseStatus") or {}).get("code") or 0)
    return KubeCall(
        cluster=cluster,
        operation=f"{event['verb']} {_resource(event, reference)}{' (dry run)' if dry_run else ''}",
        principal=(event.get("impersonatedUser") or event["user"]).get("username", ""),
        write=event["verb"] in _WRITES and not dry_run and reference.get("apiGroup") not in _QUESTIONS,
        error=str(status) if status >= 400 else "",
    )


def _resource(event: Mapping[str, Any], reference: Mapping[str, Any]) -> str:
    """As kubectl writes it (deployments.apps, nodes/status); the path of what is no resource."""
    if not reference:
        return str(event["requestURI"]).partition("?")[0]
    group = reference.get("apiGroup")
    part = reference.get("subresource")
    return str(reference["resource"]) + (f".{group}" if group else "") + (f"/{part}" if part else "")
