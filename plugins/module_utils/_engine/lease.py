# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This file is private to the collection: its content may change in any release.
"""One writer: a lease with a heartbeat and a fencing token that only grows."""

from __future__ import annotations

import dataclasses
import threading
import time
import typing as t

from .errors import Conflict, Fenced
from .store import Store

DOCUMENT = "lease.json"


@dataclasses.dataclass(frozen=True)
class Lease:
    """What one run holds. token is greater than that of every run before."""

    run: str
    owner: str
    token: int
    ttl: float


def acquire(store: Store, run: str, owner: str, ttl: float, now: t.Callable[[], float] = time.time) -> Lease:
    """Take the lease, or raise a Conflict that names who has it. A dead holder's is taken after expiry."""

    def take(held: t.Any) -> t.Any:
        held = held or {"token": 0, "run": "", "heartbeat": 0, "ttl": 0}
        age = now() - held["heartbeat"]
        if held["run"] not in ("", run) and age < held["ttl"]:
            left = max(1, round(held["ttl"] - age))
            since = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(held["since"]))
            raise Conflict(
                f"run {held['run']} of {held['owner']} is at work on this estate since {since} "
                f"(last sign of life {age:.0f} s ago)",
                remedy=f"Wait for it to end. If it is dead, its lease can be taken over in {left} s.",
            )
        began = now()
        return {
            "run": run,
            "owner": owner,
            "token": held["token"] + 1,
            "since": began,
            "heartbeat": began,
            "ttl": ttl,
        }

    taken = store.swap(DOCUMENT, take)
    return Lease(run, owner, taken["token"], ttl)


def check(store: Store, lease: Lease) -> None:
    """Raise Fenced when the lease is not ours any more; called before each write."""
    held = store.read(DOCUMENT)
    if not held or held["token"] != lease.token or held["run"] != lease.run:
        holder = f" to run {held['run']} of {held['owner']}" if held and held["run"] else ""
        raise Fenced(
            f"run {lease.run} lost the lease{holder}",
            remedy="This run stops here; the other one goes on from what it finds.",
        )


def renew(store: Store, lease: Lease, now: t.Callable[[], float] = time.time) -> None:
    """Give a sign of life; raises Fenced when somebody took over."""

    def beat(held: t.Any) -> t.Any:
        if not held or held["token"] != lease.token or held["run"] != lease.run:
            check(store, lease)
        return {**held, "heartbeat": now()}

    store.swap(DOCUMENT, beat)


def release(store: Store, lease: Lease) -> None:
    """Let others in. Nothing happens when it is not ours any more."""

    def drop(held: t.Any) -> t.Any:
        ours = held and held["token"] == lease.token and held["run"] == lease.run
        return {**held, "run": "", "ttl": 0} if ours else held

    store.swap(DOCUMENT, drop)


class Heartbeat:
    """Renews a lease from a thread while a step runs; stops by itself once the lease is lost."""

    def __init__(self, store: Store, lease: Lease) -> None:
        self._store, self._lease = store, lease
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._beat, name="lease", daemon=True)

    def _beat(self) -> None:
        while not self._stop.wait(self._lease.ttl / 3):
            try:
                renew(self._store, self._lease)
            except Fenced:
                # The step itself learns of it from check() before its next write.
                return

    def __enter__(self) -> t.Self:
        renew(self._store, self._lease)
        self._thread.start()
        return self

    def __exit__(self, *_exc: object) -> None:
        self._stop.set()
        self._thread.join()
