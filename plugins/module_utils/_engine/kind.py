# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This file is private to the collection: its content may change in any release.
"""What a kind is: the only thing that a new sort of API object has to bring."""

from __future__ import annotations

import abc
import dataclasses
import enum
import threading
import typing as t

from .errors import EstateError, NotFound
from .options import Impact, Options

Values = t.Mapping[str, t.Any]
Port = t.TypeVar("Port")


class Status(enum.Enum):
    """Where an object is in its life, whatever its endpoint calls that."""

    READY = "ready"
    PENDING = "pending"
    FAILED = "failed"
    DELETING = "deleting"
    WAITING = "waiting"
    """Somebody else must act: a provider, an approver. Not a failure."""


class Owner(enum.Enum):
    """Whose an object is; only what is proved ours is ever changed or deleted."""

    OURS = "ours"
    ADOPTED = "adopted"
    FOREIGN = "foreign"


@dataclasses.dataclass(frozen=True)
class Seen:
    """One object as observed.

    name: the engine's name (see Kind.key); id: the endpoint's. aliases: other identifiers under
    which the endpoint refers to it (an ARN). state: normal form, but references still as the
    endpoint's identifiers: the engine turns them into names. reason: the endpoint's own words
    about a status that is not READY. attributes: what {$ref: kind/name#attribute} may ask for.
    handle: raw facts that the kind's own update and delete need, never shown.
    """

    name: str
    id: str
    state: Values
    owner: Owner
    status: Status = Status.READY
    reason: str = ""
    aliases: tuple[str, ...] = ()
    attributes: Values = dataclasses.field(default_factory=dict)
    handle: Values = dataclasses.field(default_factory=dict)


@dataclasses.dataclass(frozen=True)
class Wish:
    """One declared resource; options are in normal form with references as names."""

    kind: str
    name: str
    options: Values
    path: str = ""
    reference: bool = False
    """True: it must exist and is never changed, only referred to."""
    ignored: bool = False
    """True: it is neither changed nor purged, whoever made it."""

    @property
    def address(self) -> str:
        """Unique in a plan."""
        return f"{self.kind}/{self.name}"


@dataclasses.dataclass(frozen=True)
class Watch:
    """One thing to wait for: poll answers status and newest reason. Waiting is data."""

    what: str
    poll: t.Callable[[], tuple[Status, str]]


class Query:
    """What an observation is about.

    estate: owner. wishes: those of this kind. ids: look at just these objects (a poll). sweep: find
    everything of ours, also what is not declared. shared(): one read for several kinds, done once.
    """

    def __init__(
        self, estate: str, wishes: t.Sequence[Wish] = (), *, ids: t.Collection[str] = (), sweep: bool = False
    ) -> None:
        self.estate = estate
        self.wishes = wishes
        self.ids = frozenset(ids)
        self.sweep = sweep
        self._shared: dict[str, t.Any] = {}
        self._locks: dict[str, threading.Lock] = {}
        self._guard = threading.Lock()

    def about(self, wishes: t.Sequence[Wish]) -> Query:
        """The same observation for another kind; shared reads stay shared."""
        other = Query(self.estate, wishes, ids=self.ids, sweep=self.sweep)
        other._shared, other._locks, other._guard = self._shared, self._locks, self._guard
        return other

    def shared(self, key: str, read: t.Callable[[], t.Any]) -> t.Any:
        """The result of read(), which runs once per key however many kinds ask at the same time."""
        with self._guard:
            lock = self._locks.setdefault(key, threading.Lock())
        with lock:
            if key not in self._shared:
                self._shared[key] = read()
            return self._shared[key]


class Kind(abc.ABC, t.Generic[Port]):
    """One sort of API object. Kinds are stateless: everything comes in as arguments."""

    name: t.ClassVar[str]
    description: t.ClassVar[str]
    source: t.ClassVar[str]
    """The vendor's calls that this is made from."""
    options: t.ClassVar[Options]
    everywhere: t.ClassVar[bool] = False
    """True: it belongs to no region, so every endpoint of the account sees it."""
    after: t.ClassVar[tuple[str, ...]] = ()
    """Kinds whose objects must be there first although no option names them."""
    deadline: t.ClassVar[float] = 600
    """Seconds after which waiting for it has failed, unless the caller allows less."""
    protected: t.ClassVar[bool] = False
    """True: deleted only by consent that names it, because data is lost."""
    access: t.ClassVar[bool] = False
    """True: removing one may lock us out, so a purge of even one needs consent."""
    create_impact: t.ClassVar[Impact] = Impact.NONE
    delete_impact: t.ClassVar[Impact] = Impact.DISRUPTIVE

    later: t.ClassVar[tuple[str, ...]] = ()
    """Fields that the creating call does not take: update() sets them as soon as it is there."""
    bulk: t.ClassVar[bool] = False
    """True: create_many() is one call for all of them."""

    def key(self, options: Values) -> str:
        """The name, unique among the kind's objects behind one endpoint."""
        return str(options["name"])

    def check(self, options: Values) -> str:
        """What is wrong with the options together, or ''. Pure."""
        return ""

    def renews(self, fields: t.Collection[str]) -> t.Collection[str]:
        """Attributes that have another value once those fields are changed. Pure."""
        return ()

    def refusal(self, field: str, before: t.Any, after: t.Any) -> str:
        """Why that change of a field that may change is not made, or ''. Pure."""
        return ""

    def impact(self, seen: Seen, field: str) -> Impact:
        """What changing that field of that object may disturb: less than its option says where nothing relies on it.

        Pure.
        """
        return self.options[field].impact

    def normal(self, options: Values) -> Values:
        """The options in normal form: the spelling that observe() uses. Pure."""
        return options

    def meant(self, port: Port, query: Query) -> t.Sequence[Wish]:
        """The query's wishes, with what only the endpoint can tell in place of a word for it, as "latest". Reads only.

        Raises EstateError for a wish that the endpoint could not fulfil.
        """
        return query.wishes

    def not_yet(self, error: EstateError) -> bool:
        """True when a write was refused only because the endpoint does not see a dependency yet."""
        return isinstance(error, NotFound)

    def create_many(
        self, port: Port, estate: str, wishes: t.Mapping[str, Values]
    ) -> t.Mapping[str, Seen | EstateError]:
        """Make many at once, for kinds that say bulk; one answer for each name."""
        raise NotImplementedError(self.name)

    @abc.abstractmethod
    def observe(self, port: Port, query: Query) -> t.Sequence[Seen]:
        """All objects that the query is about, in as few calls as the endpoint allows."""

    @abc.abstractmethod
    def create(self, port: Port, estate: str, name: str, options: Values) -> Seen:
        """Make it, marked as ours in the same call; it may come back PENDING.

        References in options are the endpoint's identifiers by now. The state of the answer is not
        compared; the second look is.
        """

    def resume(self, port: Port, seen: Seen) -> None:
        """What is left to do for an object that is observed PENDING; the engine then waits until it is READY.

        For endpoints that cannot mark an object in the creating call: a run may die between the two.
        """

    @abc.abstractmethod
    def update(self, port: Port, seen: Seen, options: Values, fields: t.Collection[str]) -> t.Iterator[Watch]:
        """Change those fields; yields what has to come true before the next call."""

    @abc.abstractmethod
    def delete(self, port: Port, seen: Seen) -> t.Iterator[Watch]:
        """Remove it; the engine then waits until an observation does not find it any more."""


class BulkKind(Kind[Port]):
    """A kind that makes many objects at once: the engine asks it for all that may be made together."""

    bulk = True

    @abc.abstractmethod
    def create_many(
        self, port: Port, estate: str, wishes: t.Mapping[str, Values]
    ) -> t.Mapping[str, Seen | EstateError]:
        """See Kind."""

    def create(self, port: Port, estate: str, name: str, options: Values) -> Seen:
        """One of them alone."""
        answer = self.create_many(port, estate, {name: options})[name]
        if isinstance(answer, EstateError):
            raise answer
        return answer
