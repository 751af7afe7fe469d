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
from ..._engine.kind import Query, Wish
from . import eks, eks_addon_call, eks_addon_configuration, eks_addon_versions
from .parallel import each

Row = t.Mapping[str, t.Any]


def meant(port: Port, query: Query) -> list[Wish]:
    """The wishes, with the version that V(default) or V(latest) mean.

    Raises Invalid for a version that is not offered for the cluster's Kubernetes and for a configuration against the
    add-on's schema, before anything is written. EKS is asked only about what differs from what is installed.
    """
    return each(lambda wish: wish if wish.reference else _meant(port, query, wish), query.wishes)


def _meant(port: Port, query: Query, wish: Wish) -> Wish:
    installed = _installed(port, query, wish)
    word = wish.options.get("version")
    version = word if isinstance(word, str) and word != installed.get("version") else None
    configuration = _new(wish.options.get("configuration"), installed)
    addon = eks.pair(wish.name)[1]
    try:
        if installed and not version:
            # EKS may have stopped to offer it: what runs can be configured nevertheless.
            _allowed(port, addon, str(installed["version"]), configuration)
            return wish
        kubernetes = _kubernetes(port, query, wish) if version or configuration else None
        if kubernetes is None:
            return wish
        target = _target(eks_addon_versions.offer(port, addon, kubernetes), version, installed)
        _allowed(port, addon, target, configuration)
    except Invalid as error:
        raise error.during("plan", wish.kind, wish.name) from error
    return dataclasses.replace(wish, options={**wish.options, "version": target}) if version else wish


def _target(offer: eks_addon_versions.Offer, version: str | None, installed: Row) -> str:
    if not version:
        return offer.default
    if installed and offer.keeps(version, str(installed["version"])):
        return str(installed["version"])
    return offer.meant(version)


def _installed(port: Port, query: Query, wish: Wish) -> Row:
    row = eks_addon_call.looked(port, query, *eks.pair(wish.name))
    if row is None or row["status"] == "DELETING":
        return {}
    return {"version": row.get("addonVersion"), "configuration": eks_addon_call.configuration(row)}


def _new(wished: t.Any, installed: Row) -> Row | None:
    """The configuration if it is to change and is known as a whole."""
    if not wished or canonical(wished) == canonical(installed.get("configuration")):
        return None
    unknown = any(mark in canonical(wished) for mark in ('"$ref":', '"$secret":'))
    return None if unknown else t.cast(Row, wished)


def _allowed(port: Port, addon: str, version: str, configuration: Row | None) -> None:
    if configuration is None:
        return
    try:
        answer = port.call("eks", "describe_addon_configuration", addonName=addon, addonVersion=version)
    except NotFound:
        # Without a schema EKS itself says what it does not take.
        return
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
