# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This file is private to the collection: its content may change in any release.
"""Kind eks_addon."""

from __future__ import annotations

import typing as t

from ..._clients.aws import Port
from ..._engine.errors import EstateError
from ..._engine.kind import Kind, Query, Seen, Status, Watch, Wish
from ..._engine.options import Impact, document, setting, table
from . import eks, eks_addon_call, eks_addon_check, marks
from .eks import Row
from .parallel import each, existing


class EksAddon(Kind[Port]):
    """Software of a cluster that EKS installs and updates."""

    name = "eks_addon"
    description = "An add-on of an EKS cluster. Its name is the add-on's, as V(vpc-cni); unique by cluster and name."
    source = "EKS CreateAddon, UpdateAddon, DescribeAddonVersions, DescribeAddonConfiguration"
    options = {
        "cluster": setting("Cluster that it is installed in.", ref="eks_cluster", needed=True, immutable=True),
        "version": setting(
            "Version: one that EKS offers, as V(v1.20.4-eksbuild.1), V(default) for EKS' choice for the cluster's "
            "Kubernetes, which is kept as long as EKS offers it, or V(latest) for the newest, which follows EKS. "
            "EKS chooses at the creation, and nothing is compared later, unless it is given.",
            impact=Impact.BRIEF,
        ),
        "kubernetes_version": setting(
            "Kubernetes version that C(version) is checked against before the cluster exists.", compared=False
        ),
        "configuration": document(
            "The whole configuration, checked against the add-on's own schema. C({}) is EKS' own.", impact=Impact.BRIEF
        ),
        "role": setting(
            "Role for the add-on's service account by the cluster's OIDC provider. C(pod_identity_associations) in its "
            "place take it away, and so does an empty text. With neither the add-on acts with the role of the nodes.",
            ref="iam_role",
            ref_attribute="arn",
            impact=Impact.BRIEF,
        ),
        "pod_identity_associations": table(
            "All roles that service accounts of the add-on get by EKS Pod Identity.",
            {
                "service_account": setting("Service account of the add-on.", needed=True),
                "role": setting("Role that it gets.", ref="iam_role", ref_attribute="arn", needed=True),
            },
            keys=("service_account",),
            impact=Impact.BRIEF,
        ),
        "resolve_conflicts_on_create": setting(
            "What becomes of objects in the cluster that somebody else installed and that differ: V(OVERWRITE) takes "
            "them over, with V(NONE) the creation fails, which is EKS' own choice.",
            choices=("NONE", "OVERWRITE"),
            compared=False,
        ),
        "resolve_conflicts_on_update": setting(
            "What becomes of values that somebody changed in the cluster: V(PRESERVE) leaves them, V(OVERWRITE) sets "
            "them back, with V(NONE) the update fails, which is EKS' own choice.",
            choices=("NONE", "OVERWRITE", "PRESERVE"),
            compared=False,
        ),
        "namespace": setting("Namespace of the add-on, its own unless given.", immutable=True),
        "preserve": setting("Leave the software in the cluster when the add-on goes.", type="bool", compared=False),
        "tags": marks.TAGS,
    }
    # Most need nodes to run on; and who is to reach the API while they come must be let in.
    after = ("eks_nodegroup", "eks_access_entry")
    deadline = 2400

    def key(self, options: Row) -> str:
        """Cluster and name, with a slash between them."""
        return eks.key(options)

    def check(self, options: Row) -> str:
        """See Kind."""
        if options.get("role") and options.get("pod_identity_associations"):
            return "role and pod_identity_associations exclude each other: a service account gets its role in one way"
        return ""

    def renews(self, fields: t.Collection[str]) -> t.Collection[str]:
        """Another version is told as an attribute as well."""
        return ("version",) if "version" in fields else ()

    def not_yet(self, error: EstateError) -> bool:
        """See eks.not_yet."""
        return eks.not_yet(error)

    def meant(self, port: Port, query: Query) -> t.Sequence[Wish]:
        """Words for versions as versions, and configurations held against the add-on's schema."""
        return eks_addon_check.meant(port, query)

    def observe(self, port: Port, query: Query) -> t.Sequence[Seen]:
        """Those asked for; in a sweep all of the clusters that are ours or wished."""
        found = each(lambda pair: eks_addon_call.looked(port, query, *pair), sorted(self._asked(port, query)))
        rows = [row for row in found if row]
        associated = any("pod_identity_associations" in wish.options for wish in query.wishes) or bool(query.ids)
        identities = eks_addon_call.identities(port, rows) if associated else {}
        return [_seen(row, query, identities.get(row["addonArn"], [])) for row in rows]

    @staticmethod
    def _asked(port: Port, query: Query) -> set[eks.Pair]:
        asked = {eks.pair(name) for name in (query.ids or [wish.name for wish in query.wishes])}
        if query.sweep and not query.ids:
            clusters = eks.searched(port, query)
            listed = existing(lambda c: [(c, name) for name in _listed(port, c)], clusters)
            asked |= {pair for pairs in listed for pair in pairs}
        return asked

    def create(self, port: Port, estate: str, name: str, options: Row) -> Seen:
        """One call; EKS then installs it and waits until it runs."""
        own = eks.pair(name)[1]
        row = eks_addon_call.create(port, own, options, marks.marked(estate, own, options.get("tags")))
        return _seen(row, Query(estate), [])

    def update(self, port: Port, seen: Seen, options: Row, fields: t.Collection[str]) -> t.Iterator[Watch]:
        """All of it in one update, for UpdateAddon forgets what it is not told."""
        if "tags" in fields:
            eks.retag(port, seen.attributes["arn"], seen.state["tags"], options["tags"])
        yield from eks_addon_call.update(port, seen.handle["row"], options, set(fields) - {"tags"})

    def delete(self, port: Port, seen: Seen) -> t.Iterator[Watch]:
        """EKS removes what it installed, unless that is to stay."""
        cluster, name = eks.pair(seen.id)
        keep = {"preserve": True} if seen.handle["preserve"] else {}
        yield from eks.deleting(port, "delete_addon", clusterName=cluster, addonName=name, **keep)


def _listed(port: Port, cluster: str) -> list[str]:
    return port.pages("eks", "list_addons", "addons", clusterName=cluster)


def _seen(row: Row, query: Query, identities: t.Sequence[Row]) -> Seen:
    tags = row.get("tags") or {}
    key = f"{row['clusterName']}/{row['addonName']}"
    wish = next((wish.options for wish in query.wishes if wish.name == key), {})
    told = eks.reason(row)
    return Seen(
        name=key,
        id=key,
        state={
            "cluster": row["clusterName"],
            "version": row.get("addonVersion"),
            "configuration": eks_addon_call.configuration(row),
            "role": row.get("serviceAccountRoleArn") or "",
            "pod_identity_associations": list(identities),
            "namespace": (row.get("namespaceConfig") or {}).get("namespace"),
            "tags": marks.shown(tags),
        },
        owner=marks.owner(tags, query.estate),
        status=eks.STATUSES.get(row["status"], Status.READY),
        reason=told,
        aliases=(row["addonArn"],),
        attributes={
            "arn": row["addonArn"],
            "version": row.get("addonVersion"),
            "status": row["status"],
            "health": told if row["status"] != "ACTIVE" else "",
        },
        handle={"row": row, "preserve": bool(wish.get("preserve"))},
    )
