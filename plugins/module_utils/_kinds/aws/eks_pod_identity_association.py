# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This file is private to the collection: its content may change in any release.
"""Kind eks_pod_identity_association."""

from __future__ import annotations

import typing as t

from ..._clients.aws import Port
from ..._engine.errors import EstateError
from ..._engine.kind import Kind, Owner, Query, Seen, Watch
from ..._engine.options import Impact, setting
from . import eks, marks
from .eks import Row
from .parallel import existing


class EksPodIdentityAssociation(Kind[Port]):
    """Which role a service account of a cluster gets. Those that add-ons own carry no mark and are left alone."""

    name = "eks_pod_identity_association"
    description = (
        "A role for the pods of a service account, by EKS Pod Identity. The role has to allow "
        "V(pods.eks.amazonaws.com) both V(sts:AssumeRole) and V(sts:TagSession). The cluster needs the add-on "
        "V(eks-pod-identity-agent). Unique by cluster and name."
    )
    source = "EKS CreatePodIdentityAssociation, UpdatePodIdentityAssociation"
    options = {
        "cluster": setting("Cluster of the service account.", ref="eks_cluster", needed=True, immutable=True),
        "namespace": setting("Namespace of the service account.", needed=True, immutable=True),
        "service_account": setting("Service account. It need not exist yet.", needed=True, immutable=True),
        "role": setting(
            "Role that its pods get.", ref="iam_role", ref_attribute="arn", needed=True, impact=Impact.BRIEF
        ),
        "target_role": setting(
            "ARN of a role, often of another account, that C(role) takes for them.", impact=Impact.BRIEF
        ),
        "disable_session_tags": setting(
            "Whether credentials go without the tags that name cluster, namespace and service account.",
            type="bool",
            impact=Impact.BRIEF,
        ),
        "tags": marks.TAGS,
    }

    def key(self, options: Row) -> str:
        """Cluster and name, with a slash between them."""
        return eks.key(options)

    def not_yet(self, error: EstateError) -> bool:
        """See eks.not_yet."""
        return eks.not_yet(error)

    def observe(self, port: Port, query: Query) -> t.Sequence[Seen]:
        """All of the clusters in question, but for those that belong to add-ons: the add-on's kind tells of them."""
        if query.ids:
            pairs = [eks.pair(one) for one in sorted(query.ids)]
        else:
            listed = existing(lambda cluster: _listed(port, cluster), eks.searched(port, query))
            pairs = [pair for found in listed for pair in found]
        return [_seen(row, query) for row in existing(lambda pair: _described(port, *pair), pairs)]

    def create(self, port: Port, estate: str, name: str, options: Row) -> Seen:
        """One call; it holds for pods that start from then on."""
        wish = {
            "targetRoleArn": options.get("target_role"),
            "disableSessionTags": options.get("disable_session_tags"),
        }
        answer = port.call(
            "eks",
            "create_pod_identity_association",
            clusterName=options["cluster"],
            namespace=options["namespace"],
            serviceAccount=options["service_account"],
            roleArn=options["role"],
            tags=marks.marked(estate, eks.pair(name)[1], options.get("tags")),
            **{key: value for key, value in wish.items() if value},
        )
        return _seen(answer["association"], Query(estate))

    def update(self, port: Port, seen: Seen, options: Row, fields: t.Collection[str]) -> t.Iterator[Watch]:
        """Pods that run keep what they have until their credentials end."""
        cluster, identifier = eks.pair(seen.id)
        if "tags" in fields:
            eks.retag(port, seen.attributes["arn"], seen.state["tags"], options["tags"])
        words = {"role": "roleArn", "target_role": "targetRoleArn", "disable_session_tags": "disableSessionTags"}
        new = {parameter: options[field] for field, parameter in words.items() if field in fields}
        if new:
            place = {"clusterName": cluster, "associationId": identifier}
            port.call("eks", "update_pod_identity_association", **place, **new)
        yield from ()

    def delete(self, port: Port, seen: Seen) -> t.Iterator[Watch]:
        """At once."""
        cluster, identifier = eks.pair(seen.id)
        yield from eks.deleting(port, "delete_pod_identity_association", clusterName=cluster, associationId=identifier)


def _listed(port: Port, cluster: str) -> list[eks.Pair]:
    rows = port.pages("eks", "list_pod_identity_associations", "associations", clusterName=cluster)
    return [(cluster, row["associationId"]) for row in rows if not row.get("ownerArn")]


def _described(port: Port, cluster: str, identifier: str) -> Row:
    place = {"clusterName": cluster, "associationId": identifier}
    return t.cast(Row, port.call("eks", "describe_pod_identity_association", **place)["association"])


def _name(row: Row, query: Query) -> str:
    """Ours by mark. Another's for a wished service account bears the wish's name: EKS has one for each."""
    cluster, tags = row["clusterName"], row.get("tags") or {}
    if marks.owner(tags, query.estate) is not Owner.FOREIGN:
        return f"{cluster}/{marks.name_of(tags)}"
    place = {"cluster": cluster, "namespace": row["namespace"], "service_account": row["serviceAccount"]}
    same = (wish.name for wish in query.wishes if place.items() <= wish.options.items())
    return next(same, f"{cluster}/{row['associationId']}")


def _seen(row: Row, query: Query) -> Seen:
    tags = row.get("tags") or {}
    return Seen(
        name=_name(row, query),
        id=f"{row['clusterName']}/{row['associationId']}",
        state={
            "cluster": row["clusterName"],
            "namespace": row["namespace"],
            "service_account": row["serviceAccount"],
            "role": row["roleArn"],
            "target_role": row.get("targetRoleArn"),
            "disable_session_tags": bool(row.get("disableSessionTags")),
            "tags": marks.shown(tags),
        },
        owner=marks.owner(tags, query.estate),
        aliases=(row["associationArn"],),
        attributes={"arn": row["associationArn"], "external_id": row.get("externalId")},
    )
