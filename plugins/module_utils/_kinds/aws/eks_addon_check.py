# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This file is private to the collection: its content may change in any release.
"""What only EKS knows of a wish for an add-on: which version it means, and whether its configuration is allowed."""

from __future__ import annotations

import dataclasses
import typing as t

from ..._clients.aws import Port
from ..._engine.compare import canonical
from ..._engine.errors import Invalid, NotFound
from ..._engine.kind import Query, Seen, Status, Wish
from . import eks, eks_addon_configuration, eks_addon_versions
from .parallel import each

Row = t.Mapping[str, t.Any]


def judged(port: Port, query: Query, seen: t.Sequence[Seen]) -> list[Seen]:
    """The add-ons, those whose version is what V(default) or V(latest) mean with that word as their version.

    Raises Invalid for a version that is not offered for the cluster's Kubernetes and for a configuration against the
    add-on's schema, before anything is written. EKS is asked only about what differs from what is installed.
    """
    there = {one.name: one for one in seen}
    wishes = [wish for wish in query.wishes if not wish.reference]
    answers = each(lambda wish: _judge(port, query, wish, there.get(wish.name)), wishes)
    there.update({one.name: one for one in answers if one})
    return list(there.values())


def _judge(port: Port, query: Query, wish: Wish, seen: Seen | None) -> Seen | None:
    installed = seen.state if seen and seen.status is not Status.DELETING else {}
    word = wish.options.get("version")
    version = word if isinstance(word, str) and word != installed.get("version") else None
    configuration = _new(wish.options.get("configuration"), installed)
    kubernetes = _kubernetes(port, query, wish) if version or configuration else None
    if kubernetes is None:
        return seen
    try:
        offer = eks_addon_versions.offer(port, eks.pair(wish.name)[1], kubernetes)
        kept = bool(version and installed and offer.keeps(version, installed["version"]))
        # A removal looks at everything, and what is wished must not keep anything from going.
        if not query.sweep:
            target = offer.default if not installed else str(installed["version"])
            if version and not kept:
                target = offer.meant(version)
            _allowed(port, offer.addon, target, configuration)
    except Invalid as error:
        if query.sweep:
            return seen
        raise error.during("plan", wish.kind, wish.name) from error
    if seen and kept:
        return dataclasses.replace(seen, state={**seen.state, "version": version})
    return seen


def _new(wished: t.Any, installed: Row) -> Row | None:
    """The configuration if it is to change and is known as a whole."""
    if not wished or canonical(wished) == canonical(installed.get("configuration")):
        return None
    unknown = any(mark in canonical(wished) for mark in ('"$ref":', '"$secret":'))
    return None if unknown else t.cast(Row, wished)


def _allowed(port: Port, addon: str, version: str, configuration: Row | None) -> None:
    if configuration is None:
        return
    answer = port.call("eks", "describe_addon_configuration", addonName=addon, addonVersion=version)
    wrong = eks_addon_configuration.wrong(configuration, answer.get("configurationSchema") or "")
    if wrong:
        raise Invalid(f"{wrong} (by the schema of {addon} {version})")


def _kubernetes(port: Port, query: Query, wish: Wish) -> str | None:
    """Version of the cluster, or while there is none the one that the wish names."""
    cluster = str(wish.options["cluster"])

    def read() -> str | None:
        try:
            return t.cast("str | None", eks.described(port, cluster).get("version"))
        except NotFound:
            return None

    planned = wish.options.get("kubernetes_version")
    found = query.shared(f"eks.version.{cluster}", read)
    return found or (planned if isinstance(planned, str) else None)
