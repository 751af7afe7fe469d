# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This file is private to the collection: its content may change in any release.
"""What must not be deleted or disturbed without somebody saying so. Pure."""

from __future__ import annotations

import dataclasses
import datetime
import typing as t
import zoneinfo

from .errors import Denied, Invalid
from .kind import Owner, Seen
from .options import Impact
from .plan import Entry, Outcome, Verb
from .world import Declared, World

_DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


@dataclasses.dataclass(frozen=True)
class Consent:
    """What a person allowed. deletes: kind to number. addresses and impacts: what may disturb.
    windows: [{days: [sat], start: "22:00", hours: 6, time_zone}]; teardown: all of ours may go."""

    deletes: t.Mapping[str, int] = dataclasses.field(default_factory=dict)
    addresses: frozenset[str] = frozenset()
    windows: tuple[t.Mapping[str, t.Any], ...] = ()
    teardown: bool = False


def undeclared(world: World, declared: Declared, spared: t.Collection[str] = ()) -> list[tuple[str, Seen]]:
    """Objects of ours that no inventory declares, by kind and name. spared: addresses told to be ignored."""
    return [
        (kind, seen)
        for kind in world.kinds()
        for seen in world.all(kind)
        if seen.owner is Owner.OURS and seen.name not in declared.get(kind, ()) and f"{kind}/{seen.name}" not in spared
    ]


def ours(world: World) -> dict[str, int]:
    """How many objects of ours there are, by kind."""
    return {kind: sum(seen.owner is Owner.OURS for seen in world.all(kind)) for kind in world.kinds()}


class Guarded(t.Protocol):
    """What decides how freely objects of a kind are deleted; see Kind."""

    @property
    def protected(self) -> bool:
        """Data goes with them."""

    @property
    def access(self) -> bool:
        """Ours may go with them."""


def allow_deletes(
    entries: t.Sequence[Entry], have: t.Mapping[str, int], kinds: t.Mapping[str, Guarded], consent: Consent
) -> None:
    """Raise Denied when more would go than anybody agreed to. have: kind to how many of ours there are."""
    doomed: dict[str, list[str]] = {}
    for entry in entries:
        if entry.verb is Verb.DELETE:
            doomed.setdefault(entry.kind, []).append(entry.name)
    lacking: dict[str, list[str]] = {}
    for kind, names in sorted(doomed.items()):
        needs = kinds[kind].protected or (not consent.teardown and (kinds[kind].access or len(names) * 10 > have[kind]))
        if needs and consent.deletes.get(kind, 0) < len(names):
            lacking[kind] = names
    if lacking:
        told = [f"{len(names)} of {have[kind]} {kind}: {_few(names)}" for kind, names in lacking.items()]
        wanted = ",".join(f"{kind}:{len(names)}" for kind, names in lacking.items())
        raise Denied(
            f"this would delete {'; '.join(told)}",
            remedy=f"If that is meant, say kubeops_allow_delete={wanted}. Nothing was deleted.",
        )


def _few(names: t.Sequence[str]) -> str:
    more = f" and {len(names) - 5} more" if len(names) > 5 else ""
    return ", ".join(sorted(names)[:5]) + more


def open_now(windows: t.Sequence[t.Mapping[str, t.Any]], now: datetime.datetime) -> bool:
    """True inside a maintenance window, which may go over midnight."""
    return any(_inside(window, now) for window in windows)


def _inside(window: t.Mapping[str, t.Any], now: datetime.datetime) -> bool:
    local = now.astimezone(_zone(str(window.get("time_zone") or "UTC")))
    days = [str(day).lower()[:3] for day in window.get("days") or _DAYS]
    minutes = _minutes(window["start"])
    length = datetime.timedelta(hours=float(window["hours"]))
    for back in range(length.days + 2):
        day = local.date() - datetime.timedelta(days=back)
        began = datetime.datetime.combine(day, datetime.time(minutes // 60, minutes % 60), local.tzinfo)
        if _DAYS[day.weekday()] in days and began <= local < began + length:
            return True
    return False


def _zone(name: str) -> datetime.tzinfo:
    try:
        return zoneinfo.ZoneInfo(name)
    except (ValueError, zoneinfo.ZoneInfoNotFoundError) as error:
        raise Invalid(f"{name!r} is no time zone", remedy="Write for example America/New_York or UTC.") from error


def _minutes(time: t.Any) -> int:
    # YAML reads 22:00 without quotes as a number to the base of 60, which happens to be the minutes.
    try:
        hour, _colon, minute = str(time).partition(":")
        minutes = time if isinstance(time, int) else int(hour) * 60 + int(minute)
        if not 0 <= minutes < 24 * 60:
            raise ValueError(time)
        return minutes
    except ValueError:
        raise Invalid(f"{time!r} is no time of day", remedy='Write maintenance windows as "22:00".') from None


def hold_back(entries: t.Iterable[Entry], consent: Consent, now: datetime.datetime) -> None:
    """Let disruptive changes wait that nobody agreed to and that no window allows now."""
    if consent.teardown or open_now(consent.windows, now):
        return
    for entry in entries:
        if entry.outcome is not Outcome.PLANNED:
            continue
        disturbing = entry.verb in (Verb.CREATE, Verb.UPDATE) and entry.impact >= Impact.DISRUPTIVE
        if disturbing and not {entry.address, entry.impact.label} & consent.addresses:
            entry.outcome = Outcome.WAITING
            entry.reason = (
                f"the change is {entry.impact.label}: it waits for a maintenance window; "
                f"to do it now, say kubeops_consent={entry.address}"
            )
