# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This file is private to the collection: its content may change in any release.
"""The record of a run: when it began, which layers are done, what the steps left behind."""

from __future__ import annotations

import dataclasses
import getpass
import os
import secrets
import socket
import time
import typing as t

from ansible_collections.kubeops.hybrid.plugins.module_utils._engine.errors import Conflict
from ansible_collections.kubeops.hybrid.plugins.module_utils._engine.lease import Lease, acquire, release
from ansible_collections.kubeops.hybrid.plugins.module_utils._engine.store import DirectoryStore
from ansible_collections.kubeops.hybrid.plugins.plugin_utils.run.clusters import IGNORED, NOT_COVERED

Document = dict[str, t.Any]
_PASSABLE = frozenset({"done", NOT_COVERED, IGNORED})


def now() -> str:
    """UTC, as evidence and journals write it."""
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())


def new_id() -> str:
    """Sorts by time; two runs of one second differ."""
    return f"{time.strftime('%Y%m%dT%H%M%S', time.gmtime())}-{secrets.token_hex(3)}"


def owner() -> str:
    """Who a second run is told about: the ansible-playbook that a person may look for, whose worker this is."""
    return f"{getpass.getuser()}@{socket.gethostname()} (pid {os.getppid()})"


@dataclasses.dataclass(frozen=True)
class LeaseTerms:
    """Seconds: how long a lease lives without a sign of life, and how long to wait for another's."""

    ttl: float = 120
    wait: float = 0


def take_lease(store: DirectoryStore, run: str, terms: LeaseTerms) -> Lease:
    """The lease of the estate, waiting for another run's end as long as the terms allow."""
    until = time.monotonic() + terms.wait
    while True:
        try:
            return acquire(store, run, owner(), terms.ttl)
        except Conflict:
            if time.monotonic() >= until:
                raise
            time.sleep(min(1.0, terms.ttl / 4))


class Record:
    """One run in the store."""

    def __init__(self, store: DirectoryStore, run: str) -> None:
        self._store = store
        self._run = run

    @property
    def _name(self) -> str:
        return f"runs/{self._run}/run.json"

    def begin(self, verb: str, estate: str, inputs: str) -> None:
        """Note what the run is about."""
        self._store.write(
            self._name,
            {
                "id": self._run,
                "verb": verb,
                "estate": estate,
                "inputs": inputs,
                "owner": owner(),
                "began": now(),
                "layers": {},
            },
        )

    def document(self) -> Document:
        """Everything noted so far."""
        return t.cast(Document, self._store.require(self._name, "Begin the run first."))

    def layer(self, place: str, layer: str, outcome: str, reason: str = "") -> None:
        """A layer of an endpoint came to its end."""

        def note(document: Document) -> Document:
            document["layers"][f"{place}.{layer}"] = {"outcome": outcome, "reason": reason, "time": now()}
            return document

        self._store.swap(self._name, note)

    def blockers(self, place: str, needs: t.Sequence[str]) -> list[str]:
        """Why a layer of an endpoint cannot start: needed layers that are not done, with their outcome.

        needs: layers of the same place, or of another as "us-east-2.eks". What the run passes over is no obstacle.
        """
        layers = self.document()["layers"]
        told = []
        for need in needs:
            name = need if "." in need else f"{place}.{need}"
            state = layers.get(name, {"outcome": "not_tried", "reason": "it did not run"})
            if state["outcome"] not in _PASSABLE:
                told.append(f"{need} is {state['outcome']}: {state['reason']}".rstrip(": "))
        return told

    def steps(self) -> dict[str, Document]:
        """What each step left behind, by name."""
        files = self._store.listed(f"runs/{self._run}/steps")
        return {file.rpartition("/")[2].removesuffix(".json"): self._store.read(file) for file in files}

    def end(self, lease: Lease | None, outcome: str) -> Document:
        """Close the run and let others in."""
        document = {**self.document(), "ended": now(), "outcome": outcome}
        self._store.write(self._name, document)
        if lease:
            release(self._store, lease)
        return document
