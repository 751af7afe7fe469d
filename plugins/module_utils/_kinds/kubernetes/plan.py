# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This file is private to the collection: its content may change in any release.
"""What a set's call does with each object: the wish, what is there, and what the server's dry runs tell. Pure."""

from __future__ import annotations

import dataclasses
import typing as t

from ..._clients.kube_errors import FieldConflict, Heals, UnknownKind
from ..._engine.compare import Change
from ..._engine.errors import EstateError, Immutable
from ..._engine.guards import Consent
from ..._engine.kind import Owner
from ..._engine.options import Impact
from ..._engine.plan import Entry, Outcome, PlanErrors, Verb
from .claims import foreign, of_estate, other_set
from .differences import changes, concealed, content, overlaid
from .fields import applied_set, lost, managed
from .gates import fleeting
from .immutable import from_refusal, immutable_changes, refused_changes
from .objects import ADOPTED_LABEL, SET_LABEL, Body, Key, Live, Manifest
from .opened_by import locked, locks_of
from .outdated import outdated
from .owned_by_others import autoscaled, released, unscaled
from .published import published
from .replaces import held
from .sorts import PROTECTED
from .steps import Observed, Step

Ready = t.Callable[[Live, Manifest], tuple[bool, str]]
_KEEP_ANNOTATION = "helm.sh/resource-policy"
# What of these goes away is used by nobody while it is made anew.
_BRIEF = frozenset({"ClusterRoleBinding", "RoleBinding", "ConfigMap", "Secret", "StorageClass", "IngressClass",
                    "PriorityClass", "RuntimeClass", "CSIDriver", "ResourceQuota"})  # fmt: skip


def doubtful(
    wishes: t.Sequence[Manifest], observed: Observed, *, adopt: t.Collection[str] = (), take_over: bool = False
) -> list[Manifest]:
    """The wishes of which only a dry run tells what they would change, as they are to be sent. Digests given.

    take_over changes nothing here: it decides how a dry run is made, see forced.
    """
    found = []
    for wish in wishes:
        live = _standing(wish.key, observed)
        if live is None or live.partial or not _claimed(wish, live, adopt):
            continue
        sent = as_sent(wish, live)
        if (not known(wish, observed) or lost(sent.body, live)) and not immutable_changes(sent, live):
            found.append(sent)
    return found


def forced(wish: Manifest, observed: Observed, *, adopt: t.Collection[str] = (), take_over: bool = False) -> bool:
    """True when fields that others hold are to be taken: ours by an earlier run, or by the word of whoever calls; and
    what they hold is no secret at all."""
    agreed = take_over or wish.key.address in adopt
    return agreed or known(wish, observed) or published(wish, observed.live.get(wish.key))


def known(wish: Manifest, observed: Observed) -> bool:
    """True when an earlier run applied just this and noted it."""
    record = observed.records.get(wish.key)
    return record is not None and bool(wish.digest) and (record.version, record.digest) == (wish.version, wish.digest)


def as_sent(wish: Manifest, live: Live | None) -> Manifest:
    """The wish as it goes to what is there: marked if that was before us, without what its controller took over."""
    if live is None:
        return wish
    body = released(wish.body, managed(live)) if wish.key.kind.endswith("WebhookConfiguration") else wish.body
    if "replicas" in (body.get("spec") or {}) and autoscaled(live.body):
        body = unscaled(body)
    if live.owner is not Owner.OURS:
        labels = {**body["metadata"]["labels"], ADOPTED_LABEL: "true"}
        body = {**body, "metadata": {**body["metadata"], "labels": labels}}
    return wish if body is wish.body else dataclasses.replace(wish, body=body)


def make_steps(
    wishes: t.Sequence[Manifest],
    observed: Observed,
    *,
    ready: Ready,
    consent: Consent,
    take_over: bool,
    adopt: t.Collection[str],
    unfilled: t.Mapping[Key, Body] | None = None,
) -> list[Step]:
    """One step a wish, in the wishes' order. Raises PlanErrors with everything that keeps them from being made.

    unfilled: bodies before secrets were filled in; what came from one is not shown.
    """
    planner = _Planner(wishes, observed, ready, consent, take_over, adopt, unfilled or {})
    locks = locks_of(wishes, observed)
    steps: list[Step] = []
    errors: list[EstateError] = []
    for wish in wishes:
        try:
            steps.append(locked(held(planner.step(wish), observed.live, consent), locks, observed, consent))
        except EstateError as error:
            errors.append(error.during("plan", wish.key.sort, wish.key.place))
    if errors:
        raise PlanErrors(errors)
    return steps


class _Planner:
    def __init__(
        self,
        wishes: t.Sequence[Manifest],
        observed: Observed,
        ready: Ready,
        consent: Consent,
        take_over: bool,
        adopt: t.Collection[str],
        unfilled: t.Mapping[Key, Body],
    ) -> None:
        self._wishes = wishes
        self._observed = observed
        self._ready = ready
        self._consent = consent
        self._take_over = take_over
        self._adopt = adopt
        self._unfilled = unfilled

    def step(self, wish: Manifest) -> Step:
        """What happens to one object."""
        live = _standing(wish.key, self._observed)
        entry = Entry(wish.key.sort, wish.key.place, Verb.CREATE)
        if live is None:
            if fleeting(wish.body) and known(wish, self._observed) and wish.key not in self._observed.live:
                entry.verb, entry.reason = Verb.KEEP, "it has run, and the cluster took it away since"
            if wish.key in self._observed.live:
                entry.reason = "the one that is there is going away; it is made anew when that is gone"
            return Step(wish.key, entry, wish, self._observed.live.get(wish.key))
        self._check_owner(wish, live)
        wish = as_sent(wish, live)
        step = Step(wish.key, entry, wish, live)
        gone = lost(wish.body, live)
        if known(wish, self._observed) and not gone and live.owner is not Owner.FOREIGN:
            return self._kept(step, wish, live)
        stuck = immutable_changes(wish, live, unfilled=self._unfilled.get(wish.key))
        if stuck:
            return self._recreated(step, live, stuck)
        return self._compared(step, wish, live, gone)

    def _check_owner(self, wish: Manifest, live: Live) -> None:
        adopted = wish.key.address in self._adopt
        if live.owner is Owner.FOREIGN and (not adopted or of_estate(live)):
            raise foreign(live)
        if live.owner is not Owner.FOREIGN and not adopted and not _same_set(wish, live):
            raise other_set(live)

    def _compared(self, step: Step, wish: Manifest, live: Live, gone: t.Sequence[str]) -> Step:
        step.force = forced(wish, self._observed, adopt=self._adopt, take_over=self._take_over)
        probe = self._observed.probes.get(wish.key)
        if isinstance(probe, EstateError):
            return self._refused(step, wish, live, probe)
        if probe is None:
            return self._updated(step, self._told(live, overlaid(live.body, wish.body), wish), gone)
        if content(probe) == content(live.body) and applied_set(probe) == managed(live):
            step.force = False
            return self._kept(step, wish, live)
        return self._updated(step, self._told(live, probe, wish), gone)

    def _told(self, live: Live, after: Body, wish: Manifest) -> tuple[Change, ...]:
        return changes(live.body, after, wish=self._unfilled.get(wish.key, wish.body))

    def _kept(self, step: Step, wish: Manifest, live: Live) -> Step:
        done, reason = self._ready(live, wish)
        step.entry.verb = Verb.KEEP if done else Verb.CONTINUE
        step.entry.reason = "" if done else reason
        return step

    def _updated(self, step: Step, told: tuple[Change, ...], gone: t.Sequence[str]) -> Step:
        step.entry.verb = Verb.UPDATE
        # Where nothing looks different, fields of the wish still are not ours: whoever has them may change them.
        ours = Change("metadata.managedFields", None, f"ours: {', '.join(gone[:5]) or 'as wished'}")
        step.entry.changes = told or (ours,)
        pods = step.key.group == "apps" and any(one.field.startswith("spec.template.") for one in told)
        step.entry.impact = Impact.BRIEF if pods else Impact.NONE
        return step

    def _refused(self, step: Step, wish: Manifest, live: Live, error: EstateError) -> Step:
        error.cause = concealed(error.cause, self._unfilled.get(wish.key) or {}, wish.body)
        if from_refusal(error):
            told = self._told(live, overlaid(live.body, wish.body), wish)
            return self._recreated(step, live, refused_changes(error, told))
        if isinstance(error, FieldConflict) and not step.force:
            raise error
        heals = isinstance(error, (Heals, FieldConflict)) or (isinstance(error, UnknownKind) and self._defined(wish))
        if heals or outdated(error, wish, self._wishes, lambda one: not known(one, self._observed)):
            step.entry.reason = f"compared without the server's help: {error.cause}"
            return self._updated(step, self._told(live, overlaid(live.body, wish.body), wish), ())
        raise error

    def _defined(self, wish: Manifest) -> bool:
        return wish.key.group not in ("", "apps", "batch")

    def _recreated(self, step: Step, live: Live, stuck: t.Sequence[Change]) -> Step:
        told = "; ".join(f"{one.field} is {one.before!r}, wished {one.after!r}" for one in stuck)
        if step.key.sort in PROTECTED or live.owner is not Owner.OURS:
            why = "data goes with it" if step.key.sort in PROTECTED else "it was there before us"
            raise Immutable(
                told,
                remedy=f"That cannot change in place, and it is never deleted for it: {why}. Wish what is there, "
                "or make one of another name.",
            )
        step.recreate = True
        entry = step.entry
        entry.verb, entry.changes = Verb.UPDATE, tuple(stuck)
        entry.impact = Impact.BRIEF if step.key.kind in _BRIEF else Impact.DISRUPTIVE
        if not {entry.address, entry.impact.label} & self._consent.addresses:
            entry.outcome = Outcome.WAITING
            entry.reason = (
                f"{told}. That cannot change in place: {entry.address} has to be deleted and made anew; "
                f"to have that done, say kubeops_consent={entry.address}"
            )
        return step


def _standing(key: Key, observed: Observed) -> Live | None:
    """What is there to stay: neither it nor its namespace is being deleted."""
    live = observed.live.get(key)
    if live is None or live.deleting:
        return None
    namespace = observed.live.get(Key("", "Namespace", "", key.namespace)) if key.namespace else None
    return None if namespace is not None and namespace.deleting else live


def _claimed(wish: Manifest, live: Live, adopt: t.Collection[str]) -> bool:
    if live.owner is Owner.FOREIGN:
        return wish.key.address in adopt and not of_estate(live)
    return wish.key.address in adopt or _same_set(wish, live)


def _same_set(wish: Manifest, live: Live) -> bool:
    labels = live.metadata.get("labels") or {}
    return bool(labels.get(SET_LABEL) == wish.body["metadata"]["labels"].get(SET_LABEL))


def undeclared(wishes: t.Sequence[Manifest], observed: Observed) -> list[Live]:
    """What an earlier call of this set applied and nobody wishes any more, as its inventory knows it.

    Never by label alone: controllers copy labels to what they make. No wishes at all: everything in the inventory.
    """
    wished = {wish.key for wish in wishes}
    found = []
    for key in observed.records:
        live = observed.live.get(key)
        if key in wished or live is None or live.owner is Owner.FOREIGN:
            continue
        if not wishes or _same_set(wishes[0], live):
            found.append(live)
    return found


def prunable(live: Live) -> str:
    """Why an object that nobody wishes any more stays; '' when it may go."""
    if live.owner is not Owner.OURS:
        return "it was there before us" if live.owner is Owner.ADOPTED else "it is not ours"
    if live.key.sort in PROTECTED:
        return f"data goes with a {live.key.kind}: it is deleted by consent only"
    if (live.metadata.get("annotations") or {}).get(_KEEP_ANNOTATION) == "keep":
        return f"its annotation {_KEEP_ANNOTATION} says keep"
    return ""


def deletions(lives: t.Iterable[Live]) -> list[Step]:
    """Steps that delete, for what may go."""
    return [
        Step(live.key, Entry(live.key.sort, live.key.place, Verb.DELETE, _delete_impact(live.key)), live=live)
        for live in lives
    ]


def _delete_impact(key: Key) -> Impact:
    return Impact.IRREVERSIBLE if key.sort in PROTECTED else Impact.DISRUPTIVE
