# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This file is private to the collection: its content may change in any release.
"""The calls of EKS that read, make and change an add-on, and their parameters."""

from __future__ import annotations

import typing as t

from ..._clients.aws import Port
from ..._engine.errors import Conflict, Fenced, NotFound
from ..._engine.kind import Query, Status, Watch
from . import eks, eks_addon_configuration, eks_addon_versions
from .parallel import existing

Row = t.Mapping[str, t.Any]


def described(port: Port, cluster: str, name: str) -> Row:
    """An add-on as EKS shows it; raises NotFound."""
    return t.cast(Row, port.call("eks", "describe_addon", clusterName=cluster, addonName=name)["addon"])


def looked(port: Port, query: Query, cluster: str, name: str) -> Row | None:
    """As described(), once for a query; None for an add-on that is not there."""

    def read() -> Row | None:
        try:
            return described(port, cluster, name)
        except NotFound:
            return None

    return t.cast("Row | None", query.shared(f"eks.addon.{cluster}/{name}", read))


def configuration(row: Row) -> t.Any:
    """The configuration as a document."""
    return eks_addon_configuration.parsed(row.get("configurationValues"))


def identities(port: Port, rows: t.Sequence[Row]) -> dict[str, list[Row]]:
    """ARN of an add-on to the roles of its service accounts, [{service_account, role}]."""
    asked = [(row, arn.rpartition("/")[2]) for row in rows for arn in row.get("podIdentityAssociations") or ()]

    def read(pair: tuple[Row, str]) -> tuple[str, Row]:
        place = {"clusterName": pair[0]["clusterName"], "associationId": pair[1]}
        one = port.call("eks", "describe_pod_identity_association", **place)["association"]
        return pair[0]["addonArn"], {"service_account": one["serviceAccount"], "role": one["roleArn"]}

    found: dict[str, list[Row]] = {}
    for arn, identity in existing(read, asked):
        found.setdefault(arn, []).append(identity)
    return found


def create(port: Port, name: str, options: Row, tags: t.Mapping[str, str]) -> Row:
    """Install an add-on; answers its row. Raises Invalid for a version that is not offered."""
    wish: dict[str, t.Any] = {
        "addonVersion": _version(port, options["cluster"], name, options.get("version")),
        "resolveConflicts": options.get("resolve_conflicts_on_create"),
        "serviceAccountRoleArn": options.get("role"),
    }
    if options.get("configuration"):
        wish["configurationValues"] = eks_addon_configuration.text(options["configuration"])
    if options.get("pod_identity_associations"):
        wish["podIdentityAssociations"] = _associations(options)
    if options.get("namespace"):
        wish["namespaceConfig"] = {"namespace": options["namespace"]}
    given = {key: value for key, value in wish.items() if value}
    answer = port.call("eks", "create_addon", clusterName=options["cluster"], addonName=name, tags=tags, **given)
    return t.cast(Row, answer["addon"])


def update(port: Port, row: Row, options: Row, fields: t.Collection[str]) -> t.Iterator[Watch]:
    """Change those of version, configuration, role and pod_identity_associations; row: the add-on before."""
    if not fields:
        return
    cluster, name = row["clusterName"], row["addonName"]
    given = _changed(row, options, fields)
    if "version" in fields:
        given["addonVersion"] = _version(port, cluster, name, options["version"])
    answers: list[Row] = []

    def attempt() -> tuple[Status, str]:
        try:
            answers.append(port.call("eks", "update_addon", clusterName=cluster, addonName=name, **given))
        except Fenced:
            raise
        except Conflict as error:
            # EKS changes an add-on once at a time, and by itself as well. Time does not help a service account that has
            # its role from elsewhere, which EKS refuses with the same code.
            if "InUse" not in error.cause or "already exists" in error.cause:
                raise
            return Status.PENDING, error.cause
        return Status.READY, ""

    if attempt()[0] is not Status.READY:
        yield Watch("EKS accepts the update", attempt)
    yield eks.updating(port, answers[-1], f"the change of {', '.join(sorted(fields))}", cluster, addon=name)


def _changed(row: Row, options: Row, fields: t.Collection[str]) -> dict[str, t.Any]:
    """What an update does not say, EKS takes for a wish to have none: everything is said that is to stay."""
    wish: dict[str, t.Any] = {
        "resolveConflicts": options.get("resolve_conflicts_on_update"),
        "configurationValues": row.get("configurationValues"),
    }
    if "configuration" in fields:
        wish["configurationValues"] = eks_addon_configuration.text(options["configuration"])
    if not options.get("pod_identity_associations"):
        # An empty one is not said, and so taken away.
        wish["serviceAccountRoleArn"] = options["role"] if "role" in fields else row.get("serviceAccountRoleArn")
    given = {key: value for key, value in wish.items() if value}
    if "pod_identity_associations" in fields:
        given["podIdentityAssociations"] = _associations(options)
    return given


def _version(port: Port, cluster: str, name: str, wish: str | None) -> str | None:
    if wish not in (eks_addon_versions.DEFAULT, eks_addon_versions.LATEST):
        return wish
    kubernetes = str(eks.described(port, cluster)["version"])
    return eks_addon_versions.offer(port, name, kubernetes).meant(wish)


def _associations(options: Row) -> list[dict[str, str]]:
    rows = options["pod_identity_associations"]
    return [{"serviceAccount": row["service_account"], "roleArn": row["role"]} for row in rows]
