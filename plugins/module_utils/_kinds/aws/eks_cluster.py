# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This file is private to the collection: its content may change in any release.
"""Kind eks_cluster."""

from __future__ import annotations

import typing as t

from ..._clients.aws import Port
from ..._engine.errors import EstateError
from ..._engine.kind import Kind, Query, Seen, Status, Watch
from ..._engine.options import Impact, names, setting
from . import eks, eks_cluster_change, marks, ranges
from .eks import Row
from .parallel import existing

LOG_TYPES = ("api", "audit", "authenticator", "controllerManager", "scheduler")


class EksCluster(Kind[Port]):
    """The control plane that AWS manages; node groups, access entries and add-ons are kinds of their own."""

    name = "eks_cluster"
    description = "An EKS cluster: a Kubernetes control plane that AWS manages."
    source = "EKS CreateCluster, UpdateClusterConfig, DescribeUpdate"
    options = {
        "version": setting("Kubernetes version, as V(1.35). An upgrade in place is not offered by this release."),
        "role": setting(
            "Role that the control plane acts as.", ref="iam_role", ref_attribute="arn", needed=True, immutable=True
        ),
        "subnets": names(
            "Subnets of its network interfaces, in two zones at least.",
            ref="subnet",
            needed=True,
            impact=Impact.DISRUPTIVE,
        ),
        "security_groups": names(
            "Further security groups of its network interfaces.", ref="security_group", impact=Impact.DISRUPTIVE
        ),
        "endpoint_public_access": setting(
            "Whether the API is reached from outside.", type="bool", impact=Impact.DISRUPTIVE
        ),
        "endpoint_private_access": setting(
            "Whether the API is reached inside the VPC.", type="bool", impact=Impact.DISRUPTIVE
        ),
        "public_access_cidrs": names("Who may reach the public endpoint.", impact=Impact.DISRUPTIVE),
        "logging": names(f"Control plane logs to keep: {', '.join(f'V({one})' for one in LOG_TYPES)}."),
        "authentication_mode": setting(
            "Where access is declared. It changes towards V(API) only, never back.",
            choices=eks_cluster_change.MODES,
            impact=Impact.IRREVERSIBLE,
        ),
        "bootstrap_cluster_creator_admin_permissions": setting(
            "Whether the creator becomes an administrator of the cluster.", type="bool", immutable=True, compared=False
        ),
        "service_ipv4_cidr": setting("Range of service addresses.", immutable=True),
        "ip_family": setting("Family of pod and service addresses.", choices=("ipv4", "ipv6"), immutable=True),
        "tags": marks.TAGS,
    }
    after = ("internet_gateway", "route_table", "vpc_endpoint")
    deadline = 1800

    def check(self, options: Row) -> str:
        """See Kind."""
        public, cidrs = options.get("endpoint_public_access"), options.get("public_access_cidrs")
        unknown = sorted(set(options.get("logging") or ()) - set(LOG_TYPES))
        if unknown:
            return f"logging: {', '.join(unknown)} is no log type, there are {', '.join(LOG_TYPES)}"
        if public is False and options.get("endpoint_private_access") is False:
            return "endpoint_public_access and endpoint_private_access are both false: nobody could reach the cluster"
        if public is False and cidrs is not None:
            return "public_access_cidrs says nothing while endpoint_public_access is false: leave it out"
        if cidrs == []:
            return "public_access_cidrs is empty, which EKS takes for everybody: write 0.0.0.0/0 if that is meant"
        creator = options.get("bootstrap_cluster_creator_admin_permissions")
        if options.get("authentication_mode") == "CONFIG_MAP" and creator is False:
            return "bootstrap_cluster_creator_admin_permissions has to be true with authentication_mode CONFIG_MAP"
        if options.get("ip_family") == "ipv6" and options.get("service_ipv4_cidr"):
            return "service_ipv4_cidr is for ip_family ipv4: EKS gives IPv6 clusters a range of its own"
        wrong = ranges.wrong(*(cidrs or ()))
        return f"public_access_cidrs: {wrong}" if wrong else ""

    def normal(self, options: Row) -> Row:
        """Ranges without host bits, as EKS keeps them."""
        if not options.get("public_access_cidrs"):
            return options
        return {**options, "public_access_cidrs": [ranges.canonical(one) for one in options["public_access_cidrs"]]}

    def not_yet(self, error: EstateError) -> bool:
        """See eks.not_yet."""
        return eks.not_yet(error)

    def refusal(self, field: str, before: t.Any, after: t.Any) -> str:
        """Why this release or AWS does not make that change, or ''."""
        return eks_cluster_change.refusal(field, before, after)

    def observe(self, port: Port, query: Query) -> t.Sequence[Seen]:
        """Those asked for by name; in a sweep all, of which others' are left out."""
        asked = query.ids or {wish.name for wish in query.wishes}
        if query.sweep and not query.ids:
            everything = eks.every_cluster(port, query)
            rows = [row for row in everything if row["name"] in asked or _estate(row) == query.estate]
        else:
            rows = existing(lambda name: eks.described(port, name), sorted(asked))
        return [_seen(row, query.estate) for row in rows]

    def create(self, port: Port, estate: str, name: str, options: Row) -> Seen:
        """One call; EKS then takes about ten minutes."""
        wish = {
            "resourcesVpcConfig": eks_cluster_change.vpc_config(options),
            "kubernetesNetworkConfig": _given(
                serviceIpv4Cidr=options.get("service_ipv4_cidr"), ipFamily=options.get("ip_family")
            ),
            "accessConfig": _given(
                authenticationMode=options.get("authentication_mode"),
                bootstrapClusterCreatorAdminPermissions=options.get("bootstrap_cluster_creator_admin_permissions"),
            ),
            "version": options.get("version"),
        }
        if options.get("logging"):
            wish["logging"] = {"clusterLogging": [{"types": sorted(options["logging"]), "enabled": True}]}
        answer = port.call(
            "eks",
            "create_cluster",
            name=name,
            roleArn=options["role"],
            tags=marks.marked(estate, name, options.get("tags")),
            **{key: value for key, value in wish.items() if value},
        )
        return _seen(answer["cluster"], estate)

    def update(self, port: Port, seen: Seen, options: Row, fields: t.Collection[str]) -> t.Iterator[Watch]:
        """EKS takes one sort of change at a time: each is waited for before the next."""
        if "tags" in fields:
            eks.retag(port, seen.attributes["arn"], seen.state["tags"], options["tags"])
        for what, change in eks_cluster_change.steps(seen.state, options, fields):
            answer = port.call("eks", "update_cluster_config", name=seen.id, **change)
            yield eks.updating(port, answer, what, seen.id)

    def delete(self, port: Port, seen: Seen) -> t.Iterator[Watch]:
        """Refused by EKS while it has node groups."""
        yield from eks.deleting(port, "delete_cluster", name=seen.id)


def _given(**values: t.Any) -> dict[str, t.Any]:
    return {key: value for key, value in values.items() if value is not None}


def _estate(row: Row) -> str | None:
    tags: marks.Tags = row.get("tags", {})
    return tags.get(marks.ESTATE)


def access(row: Row) -> str | None:
    """Name, endpoint and certificate authority of a cluster in one text: what a kubeconfig is made from.

    One text, so that a cluster made anew shows as one changed reference. None until EKS tells the endpoint.
    """
    authority = row.get("certificateAuthority", {}).get("data")
    return f"{row['name']} {row['endpoint']} {authority}" if authority and row.get("endpoint") else None


def _seen(row: Row, estate: str) -> Seen:
    tags = row.get("tags", {})
    how, issuer = access(row), row.get("identity", {}).get("oidc", {}).get("issuer")
    return Seen(
        name=row["name"],
        id=row["name"],
        state={**_state(row), "tags": marks.shown(tags)},
        owner=marks.owner(tags, estate),
        status=eks.STATUSES.get(row["status"], Status.READY),
        reason=eks.reason(row),
        aliases=tuple(one for one in (row["arn"], how, issuer) if one),
        attributes={
            "arn": row["arn"],
            "access": how,
            "endpoint": row.get("endpoint"),
            "certificate_authority": row.get("certificateAuthority", {}).get("data"),
            "oidc_issuer": issuer,
            "security_group": row["resourcesVpcConfig"].get("clusterSecurityGroupId"),
            "vpc": row["resourcesVpcConfig"].get("vpcId"),
        },
    )


def _state(row: Row) -> dict[str, t.Any]:
    vpc, network = row["resourcesVpcConfig"], row.get("kubernetesNetworkConfig", {})
    logs = row.get("logging", {}).get("clusterLogging", ())
    return {
        "version": row.get("version"),
        "role": row["roleArn"],
        "subnets": sorted(vpc.get("subnetIds", ())),
        "security_groups": sorted(vpc.get("securityGroupIds", ())),
        "endpoint_public_access": vpc.get("endpointPublicAccess"),
        "endpoint_private_access": vpc.get("endpointPrivateAccess"),
        "public_access_cidrs": sorted(vpc.get("publicAccessCidrs", ())),
        "logging": sorted(kind for setup in logs if setup["enabled"] for kind in setup["types"]),
        "authentication_mode": row.get("accessConfig", {}).get("authenticationMode"),
        "service_ipv4_cidr": network.get("serviceIpv4Cidr"),
        "ip_family": network.get("ipFamily"),
    }
