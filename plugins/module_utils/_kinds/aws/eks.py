# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This file is private to the collection: its content may change in any release.
"""What the kinds of EKS have in common: states, update records, tags, and which clusters to look into."""

from __future__ import annotations

import typing as t

from ..._clients.aws import Port
from ..._engine.errors import Conflict, EstateError, Fenced, Invalid, NotFound
from ..._engine.kind import Owner, Query, Status, Watch
from . import marks
from .parallel import existing

Row = t.Mapping[str, t.Any]
Pair = tuple[str, str]

STATUSES: t.Mapping[str, Status] = {
    "CREATING": Status.PENDING,
    "UPDATING": Status.PENDING,
    "PENDING": Status.PENDING,
    "DELETING": Status.DELETING,
    "FAILED": Status.FAILED,
    "CREATE_FAILED": Status.FAILED,
    "DELETE_FAILED": Status.FAILED,
}
"""What EKS' words for the life of clusters, node groups and add-ons mean; others mean READY. DEGRADED and UPDATE_FAILED
are READY too: they take changes, which may be their cure, and how well it works is for evidence to say."""

_NOT_THERE_YET = (
    "does not exist",
    "not be assumed",
    "not be found",
    "not found",
    "invalid principal",
    # Of a role whose trust IAM already shows and EKS does not see.
    "trust policy",
    # Of a role whose policies IAM already shows and EKS does not see.
    "error in role params",
    "managed policies associated with it",
    "policy must include",
)


def key(options: Row) -> str:
    """The engine's name of a part of a cluster: "cluster/name"; raises KeyError for the one that is missing."""
    return f"{options['cluster']}/{options['name']}"


def pair(name: str) -> Pair:
    """Cluster and the rest of a name that key() made."""
    cluster, _slash, rest = name.partition("/")
    return cluster, rest


def not_yet(error: EstateError) -> bool:
    """True when EKS refused something new only because it does not see it yet.

    EKS answers InvalidParameterException with a sentence for a role or subnet that IAM or EC2 already shows.
    """
    told = error.cause.lower()
    found = any(words in told for words in _NOT_THERE_YET)
    return isinstance(error, NotFound) or (isinstance(error, Invalid) and found)


def reason(row: Row) -> str:
    """EKS' own words about what is wrong with a cluster or node group, or what it is going through."""
    issues = row.get("health", {}).get("issues", ())
    told = "; ".join(f"{issue['code']}: {issue.get('message', '')}" for issue in issues)
    return told or ("" if row.get("status") == "ACTIVE" else str(row.get("status", "")))


def described(port: Port, cluster: str) -> Row:
    """A cluster; raises NotFound."""
    try:
        return t.cast(Row, port.call("eks", "describe_cluster", name=cluster)["cluster"])
    except Invalid as error:
        # Sometimes ClientException instead of ResourceNotFoundException.
        if "No cluster found" in error.cause:
            raise NotFound(error.cause) from error
        raise


def every_cluster(port: Port, query: Query) -> list[Row]:
    """All clusters of the region, read once for all kinds of a sweep."""

    def read() -> list[Row]:
        return existing(lambda name: described(port, name), port.pages("eks", "list_clusters", "clusters"))

    return t.cast("list[Row]", query.shared("eks.clusters", read))


def searched(port: Port, query: Query) -> list[str]:
    """Clusters to look for parts in: those that wishes name, and for a sweep all of ours."""
    names = {str(wish.options["cluster"]) for wish in query.wishes if "cluster" in wish.options}
    if query.sweep:
        rows = every_cluster(port, query)
        names |= {row["name"] for row in rows if marks.owner(row.get("tags", {}), query.estate) is not Owner.FOREIGN}
    return sorted(names)


def retag(port: Port, arn: str, before: marks.Tags, wish: marks.Tags) -> None:
    """As marks.retag, in EKS' calls."""
    new = {key: value for key, value in wish.items() if value is not None and before.get(key) != value}
    if new:
        port.call("eks", "tag_resource", resourceArn=arn, tags=new)
    if before and not wish:
        port.call("eks", "untag_resource", resourceArn=arn, tagKeys=sorted(before))


def deleting(port: Port, operation: str, **place: t.Any) -> t.Iterator[Watch]:
    """A deleting call. EKS refuses it while it scales a control plane by itself, which ends without our doing."""

    def attempt() -> tuple[Status, str]:
        try:
            port.call("eks", operation, **place)
        except NotFound:
            return Status.READY, ""
        except Fenced:
            raise
        except Conflict as error:
            if "in progress" not in error.cause:
                raise
            return Status.PENDING, error.cause
        return Status.READY, ""

    if attempt()[0] is not Status.READY:
        yield Watch("EKS accepts the deletion", attempt)


def updating(port: Port, answer: Row, what: str, cluster: str, nodegroup: str = "", addon: str = "") -> Watch:
    """The wait for an update that EKS accepted: the record says how it went, the object when it takes the next one."""
    parts = {"nodegroupName": nodegroup, "addonName": addon}
    place = {"name": cluster, **{key: name for key, name in parts.items() if name}}

    def poll() -> tuple[Status, str]:
        update = port.call("eks", "describe_update", updateId=answer["update"]["id"], **place)["update"]
        if update["status"] in ("Failed", "Cancelled"):
            told = "; ".join(f"{e['errorCode']}: {e.get('errorMessage', '')}" for e in update.get("errors", ()))
            return Status.FAILED, f"{what}: {told or update['status'].lower()}"
        if update["status"] == "InProgress":
            return Status.PENDING, f"{what} is in progress"
        return _idle(port, cluster, nodegroup, addon), f"{what} is done, EKS still says UPDATING"

    return Watch(what, poll)


def _idle(port: Port, cluster: str, nodegroup: str, addon: str) -> Status:
    if addon:
        row = port.call("eks", "describe_addon", clusterName=cluster, addonName=addon)["addon"]
    elif nodegroup:
        row = port.call("eks", "describe_nodegroup", clusterName=cluster, nodegroupName=nodegroup)["nodegroup"]
    else:
        row = described(port, cluster)
    return Status.PENDING if row["status"] == "UPDATING" else Status.READY
