# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This file is private to the collection: its content may change in any release.
"""Kind eks_access_entry."""

from __future__ import annotations

import typing as t

from ..._clients.aws import Port
from ..._engine.errors import EstateError, Invalid
from ..._engine.kind import Kind, Owner, Query, Seen, Watch
from ..._engine.options import Impact, names, setting, table
from . import eks, marks
from .eks import Row
from .parallel import each, existing

_POLICY = ":eks::aws:cluster-access-policy/"


class EksAccessEntry(Kind[Port]):
    """Who an IAM principal is in a cluster. Entries that EKS makes itself carry no mark and are left alone."""

    name = "eks_access_entry"
    description = "Access of an IAM principal to an EKS cluster. Unique by cluster and name."
    source = "EKS CreateAccessEntry, UpdateAccessEntry, AssociateAccessPolicy"
    options = {
        "cluster": setting("Cluster to get access to.", ref="eks_cluster", needed=True, immutable=True),
        "principal": setting(
            "Role as V(iam_role/name), or the ARN of any principal.",
            ref="*",
            ref_attribute="arn",
            needed=True,
            immutable=True,
        ),
        "type": setting("Sort of access, V(STANDARD) for people and programs.", immutable=True),
        "kubernetes_groups": names("All groups in Kubernetes, for rules of its own.", impact=Impact.BRIEF),
        "username": setting("Name in Kubernetes. Made from the principal unless given.", impact=Impact.BRIEF),
        "policies": table(
            "All access policies.",
            {
                "policy": setting("Name of the policy, as V(AmazonEKSClusterAdminPolicy).", needed=True),
                "scope": setting("Where it holds, V(cluster) unless given.", choices=("cluster", "namespace")),
                "namespaces": names("Namespaces it holds in, for scope V(namespace)."),
            },
            keys=("policy",),
            impact=Impact.BRIEF,
        ),
        "tags": marks.TAGS,
    }
    access = True
    later = ("policies",)

    def key(self, options: Row) -> str:
        """Cluster and name, with a slash between them."""
        return eks.key(options)

    def check(self, options: Row) -> str:
        """See Kind."""
        for row in options.get("policies") or ():
            if (row.get("scope") == "namespace") != bool(row.get("namespaces")):
                return f"policies: {row['policy']} takes namespaces with scope namespace, and only then"
        return ""

    def normal(self, options: Row) -> Row:
        """Policies by name, each with its scope."""
        if options.get("policies") is None:
            return options
        rows = [
            {
                "policy": row["policy"].rpartition("/")[2],
                "scope": row.get("scope") or "cluster",
                "namespaces": sorted(row.get("namespaces") or ()),
            }
            for row in options["policies"]
        ]
        return {**options, "policies": rows}

    def not_yet(self, error: EstateError) -> bool:
        """See eks.not_yet."""
        return eks.not_yet(error)

    def observe(self, port: Port, query: Query) -> t.Sequence[Seen]:
        """All entries of the clusters in question; policies are read only of ours."""
        if query.ids:
            pairs = [eks.pair(one) for one in sorted(query.ids)]
        else:
            listed = existing(lambda cluster: _listed(port, cluster), eks.searched(port, query))
            pairs = [pair for found in listed for pair in found]
        rows = existing(lambda pair: _described(port, *pair), pairs)
        ours = [row for row in rows if marks.owner(row.get("tags") or {}, query.estate) is not Owner.FOREIGN]
        policies = each(lambda row: _policies(port, row), ours)
        named = {row["accessEntryArn"]: rows for row, rows in zip(ours, policies, strict=True)}
        return [_seen(row, named.get(row["accessEntryArn"], []), query) for row in rows]

    def create(self, port: Port, estate: str, name: str, options: Row) -> Seen:
        """The bare entry; policies come later."""
        wish = {
            "clusterName": options["cluster"],
            "principalArn": options["principal"],
            "kubernetesGroups": options.get("kubernetes_groups"),
            "username": options.get("username"),
            "type": options.get("type"),
            "tags": marks.marked(estate, eks.pair(name)[1], options.get("tags")),
        }
        given = {key: value for key, value in wish.items() if value}
        return _seen(port.call("eks", "create_access_entry", **given)["accessEntry"], [], Query(estate))

    def update(self, port: Port, seen: Seen, options: Row, fields: t.Collection[str]) -> t.Iterator[Watch]:
        """New policies first, so that nobody is locked out between two calls."""
        place = dict(zip(("clusterName", "principalArn"), eks.pair(seen.id), strict=True))
        if "tags" in fields:
            eks.retag(port, seen.attributes["arn"], seen.state["tags"], options["tags"])
        words = {"kubernetes_groups": "kubernetesGroups", "username": "username"}
        new = {parameter: options[field] for field, parameter in words.items() if field in fields}
        if new:
            port.call("eks", "update_access_entry", **place, **new)
        if "policies" in fields:
            _give(port, place, seen.state["policies"], options["policies"])
        yield from ()

    def delete(self, port: Port, seen: Seen) -> t.Iterator[Watch]:
        """Its policies go with it."""
        cluster, principal = eks.pair(seen.id)
        port.call("eks", "delete_access_entry", clusterName=cluster, principalArn=principal)
        yield from ()


def _listed(port: Port, cluster: str) -> list[eks.Pair]:
    try:
        arns = port.pages("eks", "list_access_entries", "accessEntries", clusterName=cluster)
    except Invalid as error:
        # A cluster in mode CONFIG_MAP refuses to list what it cannot have.
        if "authentication mode" in error.cause:
            return []
        raise
    return [(cluster, arn) for arn in arns]


def _described(port: Port, cluster: str, principal: str) -> Row:
    answer = port.call("eks", "describe_access_entry", clusterName=cluster, principalArn=principal)
    return t.cast(Row, answer["accessEntry"])


def _policies(port: Port, row: Row) -> list[Row]:
    found = port.pages("eks", "list_associated_access_policies", "associatedAccessPolicies", **_place(row))
    return [
        {
            "policy": one["policyArn"].rpartition("/")[2],
            "scope": one["accessScope"]["type"],
            "namespaces": sorted(one["accessScope"].get("namespaces") or ()),
        }
        for one in found
    ]


def _place(row: Row) -> dict[str, str]:
    return {"clusterName": row["clusterName"], "principalArn": row["principalArn"]}


def _arn(port: Port, policy: str) -> str:
    return f"arn:{port.partition}{_POLICY}{policy}"


def _associate(port: Port, place: t.Mapping[str, str], row: Row) -> None:
    scope = {"type": row["scope"], **({"namespaces": row["namespaces"]} if row["namespaces"] else {})}
    port.call("eks", "associate_access_policy", **place, policyArn=_arn(port, row["policy"]), accessScope=scope)


def _give(port: Port, place: t.Mapping[str, str], before: t.Sequence[Row], wish: t.Sequence[Row]) -> None:
    there = {row["policy"]: row for row in before}
    for row in wish:
        if there.get(row["policy"]) != row:
            _associate(port, place, row)
    for policy in sorted(there.keys() - {row["policy"] for row in wish}):
        port.call("eks", "disassociate_access_policy", **place, policyArn=_arn(port, policy))


def _name(row: Row, query: Query) -> str:
    """Ours by mark. Another's entry for a wished principal bears the wish's name: EKS has one entry for each."""
    cluster, arn, tags = row["clusterName"], row["principalArn"], row.get("tags") or {}
    if marks.owner(tags, query.estate) is not Owner.FOREIGN:
        return f"{cluster}/{marks.name_of(tags)}"
    for wish in query.wishes:
        principal = str(wish.options.get("principal"))
        role = principal.removeprefix("iam_role/")
        same = principal == arn or (role != principal and ":role/" in arn and arn.endswith(f"/{role}"))
        if same and wish.options.get("cluster") == cluster:
            return wish.name
    return f"{cluster}/{arn}"


def _seen(row: Row, policies: t.Sequence[Row], query: Query) -> Seen:
    tags = row.get("tags") or {}
    return Seen(
        name=_name(row, query),
        id=f"{row['clusterName']}/{row['principalArn']}",
        state={
            "cluster": row["clusterName"],
            "principal": row["principalArn"],
            "type": row.get("type"),
            "kubernetes_groups": sorted(row.get("kubernetesGroups") or ()),
            "username": row.get("username"),
            "policies": list(policies),
            "tags": marks.shown(tags),
        },
        owner=marks.owner(tags, query.estate),
        aliases=(row["accessEntryArn"],),
        attributes={"arn": row["accessEntryArn"]},
    )
