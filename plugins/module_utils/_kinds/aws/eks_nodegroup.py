# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This file is private to the collection: its content may change in any release.
"""Kind eks_nodegroup."""

from __future__ import annotations

import typing as t

from ..._clients.aws import Port
from ..._engine.errors import EstateError
from ..._engine.kind import Kind, Query, Seen, Status, Watch
from ..._engine.options import Collection, Impact, Option, leaves, names, setting, table
from . import eks, eks_nodegroup_change, marks
from .eks import Row
from .parallel import existing

_EFFECTS = ("NO_SCHEDULE", "NO_EXECUTE", "PREFER_NO_SCHEDULE")


class EksNodegroup(Kind[Port]):
    """Nodes that EKS keeps as an Auto Scaling group and updates node by node."""

    name = "eks_nodegroup"
    description = "A managed node group of an EKS cluster. Unique by cluster and name."
    source = "EKS CreateNodegroup, UpdateNodegroupConfig, UpdateNodegroupVersion, DescribeUpdate"
    options = {
        "cluster": setting("Cluster of the nodes.", ref="eks_cluster", needed=True, immutable=True),
        "role": setting("Role of the nodes.", ref="iam_role", ref_attribute="arn", needed=True, immutable=True),
        "subnets": names("Subnets of the nodes.", ref="subnet", needed=True, immutable=True),
        "instance_types": Option(
            "Instance types, the preferred one first.",
            type="list",
            elements="str",
            collection=Collection.ORDERED,
            immutable=True,
        ),
        "ami_type": setting("Image family in EKS' words, as V(AL2023_x86_64_STANDARD).", immutable=True),
        "capacity_type": setting("How capacity is bought.", choices=("ON_DEMAND", "SPOT"), immutable=True),
        "disk_size": setting("Root volume in GiB. Not together with C(launch_template).", type="int", immutable=True),
        "scaling": leaves(
            "Size of the group in nodes.",
            {
                "min": setting("Smallest size.", type="int"),
                "max": setting("Largest size.", type="int"),
                "desired": setting("Size now. Leave it out where an autoscaler decides.", type="int"),
            },
            impact=Impact.BRIEF,
        ),
        "labels": leaves("Kubernetes labels of the nodes. Undeclared ones are left alone, C({}) removes all."),
        "taints": table(
            "All Kubernetes taints of the nodes.",
            {
                "key": setting("Key.", needed=True, no_log=False),
                "value": setting("Value."),
                "effect": setting("What happens to pods that do not tolerate it.", needed=True, choices=_EFFECTS),
            },
            keys=("key", "effect"),
            impact=Impact.BRIEF,
        ),
        "launch_template": setting("Launch template of the instances.", ref="launch_template", immutable=True),
        "launch_template_version": setting(
            "Version of it, as a number. A change replaces the nodes one after the other.", impact=Impact.DISRUPTIVE
        ),
        "update": leaves(
            "How many nodes may be missing while nodes are replaced: one of the two.",
            {
                "max_unavailable": setting("Number of nodes.", type="int"),
                "max_unavailable_percentage": setting("Share of the nodes in percent.", type="int"),
            },
        ),
        "tags": marks.TAGS,
    }
    after = ("internet_gateway", "nat_gateway", "route_table", "vpc_endpoint")
    deadline = 3600

    def key(self, options: Row) -> str:
        """Cluster and name, with a slash between them."""
        return eks.key(options)

    def check(self, options: Row) -> str:
        """See Kind."""
        return eks_nodegroup_change.wrong(options)

    def normal(self, options: Row) -> Row:
        """Taints without a value have an empty one."""
        if options.get("taints") is None:
            return options
        return {**options, "taints": [{**taint, "value": taint.get("value") or ""} for taint in options["taints"]]}

    def not_yet(self, error: EstateError) -> bool:
        """See eks.not_yet."""
        return eks.not_yet(error)

    def observe(self, port: Port, query: Query) -> t.Sequence[Seen]:
        """Those asked for; in a sweep all of the clusters that are ours or wished."""
        rows = existing(lambda pair: _described(port, *pair), sorted(self._asked(port, query)))
        return [_seen(row, query.estate) for row in rows]

    @staticmethod
    def _asked(port: Port, query: Query) -> set[eks.Pair]:
        asked = {eks.pair(name) for name in (query.ids or [wish.name for wish in query.wishes])}
        if query.sweep and not query.ids:
            clusters = eks.searched(port, query)
            listed = existing(lambda c: [(c, name) for name in _listed(port, c)], clusters)
            asked |= {pair for pairs in listed for pair in pairs}
        return asked

    def create(self, port: Port, estate: str, name: str, options: Row) -> Seen:
        """One call; EKS then takes some minutes until the nodes are ready."""
        own = eks.pair(name)[1]
        answer = port.call(
            "eks",
            "create_nodegroup",
            clusterName=options["cluster"],
            nodegroupName=own,
            tags=marks.marked(estate, own, options.get("tags")),
            **eks_nodegroup_change.creation(options),
        )
        return _seen(answer["nodegroup"], estate)

    def update(self, port: Port, seen: Seen, options: Row, fields: t.Collection[str]) -> t.Iterator[Watch]:
        """Settings first, so that a replacement of nodes already follows the new pace."""
        cluster, name = eks.pair(seen.id)
        place = {"clusterName": cluster, "nodegroupName": name}
        if "tags" in fields:
            eks.retag(port, seen.attributes["arn"], seen.state["tags"], options["tags"])
        config = eks_nodegroup_change.config(seen.state, options, fields)
        if config:
            answer = port.call("eks", "update_nodegroup_config", **place, **config)
            yield eks.updating(port, answer, "the change of its settings", cluster, name)
        if "launch_template_version" in fields:
            rolled = eks_nodegroup_change.replacement(seen.handle, options["launch_template_version"])
            answer = port.call("eks", "update_nodegroup_version", **place, **rolled)
            yield eks.updating(port, answer, "the replacement of its nodes", cluster, name)

    def delete(self, port: Port, seen: Seen) -> t.Iterator[Watch]:
        """EKS drains the nodes and ends them."""
        cluster, name = eks.pair(seen.id)
        yield from eks.deleting(port, "delete_nodegroup", clusterName=cluster, nodegroupName=name)


def _listed(port: Port, cluster: str) -> list[str]:
    return port.pages("eks", "list_nodegroups", "nodegroups", clusterName=cluster)


def _described(port: Port, cluster: str, name: str) -> Row:
    answer = port.call("eks", "describe_nodegroup", clusterName=cluster, nodegroupName=name)
    return t.cast(Row, answer["nodegroup"])


def _seen(row: Row, estate: str) -> Seen:
    tags = row.get("tags") or {}
    key = f"{row['clusterName']}/{row['nodegroupName']}"
    groups = row.get("resources", {}).get("autoScalingGroups", ())
    return Seen(
        name=key,
        id=key,
        state={**eks_nodegroup_change.state(row), "tags": marks.shown(tags)},
        owner=marks.owner(tags, estate),
        status=eks.STATUSES.get(row["status"], Status.READY),
        reason=eks.reason(row),
        aliases=(row["nodegroupArn"],),
        attributes={"arn": row["nodegroupArn"], "autoscaling_groups": [group["name"] for group in groups]},
        handle=row,
    )
