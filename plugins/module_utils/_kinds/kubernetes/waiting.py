# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This file is private to the collection: its content may change in any release.
"""What was written and is not ready yet: one list a kind and poll serves all that wait."""

from __future__ import annotations

import dataclasses
import time
import typing as t

from ..._clients.kube import Port
from ..._clients.kube_discovery import Resource, Resources
from ..._engine.kind import Status
from ..._engine.script import Timing
from . import gates
from .nudge import EVERY, nudge
from .objects import ESTATE_LABEL, SET_LABEL, Body, Key, Manifest, key_of
from .retries import pause
from .steps import Step

_DEFINITION = ("apiextensions.k8s.io", "CustomResourceDefinition")
_DEFINITIONS = Resource("apiextensions.k8s.io", "v1", "CustomResourceDefinition", "customresourcedefinitions", False)
_CLASSES = Resource("storage.k8s.io", "v1", "StorageClass", "storageclasses", False)
# A definition is read after this many poll intervals without its kind, and so many of them at each look.
_PATIENCE, _READS = 4, 2
ABSENT = "it is not there any more"


@dataclasses.dataclass
class Job:
    """One step on its way. since, deadline, asked, read, nudged: monotonic seconds. going: the old object goes."""

    step: Step
    manifest: Manifest
    since: float
    deadline: float
    force: bool = False
    going: bool = False
    removed: bool = False
    """Its old object was told to go."""
    tries: int = 0
    refused: float | None = None
    """When it was refused first."""
    failed_before: bool = False
    """Its controller had given up before we looked: what we wrote may change that."""
    body: Body | None = dataclasses.field(default=None, repr=False)
    """As last seen."""
    reason: str = ""
    cause: str = ""
    """What was found behind it when it was late."""
    told: float = 0.0
    asked: float = 0.0
    read: float = 0.0
    nudged: float = 0.0


@dataclasses.dataclass
class Look:
    """What waits of one kind."""

    group: str
    kind: str
    version: str
    jobs: dict[Key, Job] = dataclasses.field(default_factory=dict)
    polls: int = 0
    begun: float = 0.0
    due: float = 0.0
    earliest: float = 0.0
    busy: bool = False


States = dict[Key, gates.State]


class Waiting:
    """Looks begin close together and grow apart to one poll interval; whatever comes new brings them closer again."""

    def __init__(self, port: Port, labels: str, timing: Timing) -> None:
        self._port = port
        self._labels = labels
        self._timing = timing
        self._looks: dict[tuple[str, str], Look] = {}

    def add(self, job: Job) -> None:
        """Wait for it to be ready, or for its old object to be gone."""
        key = job.step.key
        job.read = time.monotonic()
        look = self._looks.setdefault((key.group, key.kind), Look(key.group, key.kind, job.manifest.version))
        look.jobs[key] = job
        look.polls = 0
        look.due = max(time.monotonic() + pause(0, self._timing), look.earliest)

    def drop(self, key: Key) -> None:
        """It is not waited for any more."""
        self._looks[key.group, key.kind].jobs.pop(key, None)

    def jobs(self) -> list[Job]:
        """All that wait."""
        return [job for look in self._looks.values() for job in look.jobs.values()]

    def next_due(self) -> float | None:
        """When the next look is due."""
        return min((look.due for look in self._looks.values() if look.jobs and not look.busy), default=None)

    def take_due(self) -> list[Look]:
        """The looks that are due; each is busy until it is put back."""
        now = time.monotonic()
        due = [look for look in self._looks.values() if look.jobs and not look.busy and look.due <= now]
        for look in due:
            look.busy, look.begun = True, now
        return due

    def put_back(self, look: Look) -> None:
        """Once more after a while, and not before twice the time that it took: a slow server has work to do."""
        now = time.monotonic()
        look.busy = False
        look.polls += 1
        look.earliest = now + max(2 * (now - look.begun), pause(1, self._timing))
        look.due = max(now + pause(look.polls, self._timing), look.earliest)

    def states(self, look: Look, jobs: t.Mapping[Key, Job], resources: Resources) -> States:
        """Where they are now. Raises EstateError when nobody can tell."""
        if (look.group, look.kind) == _DEFINITION:
            return self._served(jobs, resources)
        resource = resources.find(look.group, look.kind, look.version) or resources.find(look.group, look.kind)
        if resource is None:
            return dict.fromkeys(jobs, (Status.PENDING, f"the server does not serve {look.kind} at the moment"))
        if len(jobs) == 1:
            key = next(iter(jobs))
            rows = self._port.listed(resource, key.namespace, fields=f"metadata.name={key.name}")
        else:
            # What is being replaced, or adopted, may not carry our labels yet.
            unmarked = any(job.going for job in jobs.values())
            rows = self._port.listed(resource, labels="" if unmarked else self._labels)
        found = {key_of(row, resource.namespaced): row for row in rows}
        return {key: self._state(job, found.get(key)) for key, job in jobs.items()}

    def _state(self, job: Job, row: Body | None) -> gates.State:
        if job.going:
            return _gone(job, row)
        if row is None and job.body is not None and gates.fleeting(job.manifest.body):
            return Status.READY, ""
        if row is None:
            return Status.DELETING, ABSENT
        job.body = row
        status, reason = gates.state(row, job.manifest.body)
        if job.step.key.sort == "PersistentVolumeClaim" and status is Status.PENDING and self._later(row):
            # It is bound when its first pod comes, and that is not ours to wait for.
            return Status.READY, ""
        return status, reason

    def _later(self, claim: Body) -> bool:
        name = (claim.get("spec") or {}).get("storageClassName")
        found = self._port.get(_CLASSES, "", name) if name else None
        return bool(found and found.get("volumeBindingMode") == "WaitForFirstConsumer")

    def _served(self, jobs: t.Mapping[Key, Job], resources: Resources) -> States:
        """Definitions are ready when discovery has their kinds. They are large: few that take long are read."""
        missing = {key: _missing(job, resources) for key, job in jobs.items()}
        states: States = {
            key: _unserved(jobs[key], names) if names else (Status.READY, "") for key, names in missing.items()
        }
        now = time.monotonic()
        patience = _PATIENCE * self._timing.poll_interval
        late = [job for key, job in jobs.items() if job.going or (missing[key] and now > job.read + patience)]
        for job in sorted(late, key=lambda job: (not job.going, job.read))[:_READS]:
            job.read = now
            row = self._port.get(_DEFINITIONS, "", job.step.key.name)
            status, reason = self._state(job, row)
            if job.going or row is None or reason:
                states[job.step.key] = status, reason
            if row is not None and not job.going and reason:
                self._nudge(job, now)
        for key, job in jobs.items():
            if job.going and job.read != now:
                states[key] = Status.PENDING, "the old one may still be there"
        return states

    def _nudge(self, job: Job, now: float) -> None:
        """A server that ends before it has established a definition does not come back to it for minutes."""
        if now > max(job.since, job.nudged) + EVERY:
            job.nudged = now
            nudge(self._port, _DEFINITIONS, job.step.key.name)


def _missing(job: Job, resources: Resources) -> list[str]:
    """The versions that are not served."""
    spec = job.manifest.body["spec"]
    served = [one["name"] for one in spec["versions"] if one.get("served")]
    found = {name: resources.find(spec["group"], spec["names"]["kind"], name) for name in served}
    # Of the same name there may be another's kind.
    return [name for name, one in found.items() if one is None or one.plural != spec["names"]["plural"]]


def _unserved(job: Job, versions: t.Sequence[str]) -> gates.State:
    """As it was last read."""
    status, reason = gates.state(job.body, job.manifest.body) if job.body else (Status.PENDING, "")
    return (status, reason) if reason else (Status.PENDING, f"{', '.join(versions)} not served yet")


def _gone(job: Job, row: Body | None) -> gates.State:
    old = job.step.live.metadata.get("uid") if job.step.live else None
    if row is None or row["metadata"].get("uid") != old:
        return Status.READY, ""
    held = ", ".join(row["metadata"].get("finalizers") or ())
    return Status.PENDING, f"the old one is still there{f', held by {held}' if held else ''}"


def selector(manifests: t.Sequence[Manifest]) -> str:
    """For all objects of the set, as far as its manifests carry marks."""
    labels = (manifests[0].body["metadata"].get("labels") or {}) if manifests else {}
    return ",".join(f"{name}={labels[name]}" for name in (ESTATE_LABEL, SET_LABEL) if name in labels)
