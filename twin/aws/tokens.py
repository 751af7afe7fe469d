# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Tokens of EKS clusters: a presigned STS call, whose signer the cluster's access entries turn into a user.

The form is that of the authenticator that EKS runs: ``k8s-aws-v1.`` and the URL of a presigned GetCallerIdentity in
base64url without padding, with the cluster's name in the signed header ``x-k8s-aws-id``.
"""

from __future__ import annotations

import base64
import binascii
import logging
import re
from dataclasses import dataclass
from datetime import UTC, datetime
from urllib.parse import SplitResult, parse_qs, urlsplit

from twin.aws import sigv4
from twin.aws.call import SCOPE
from twin.aws.eks.access import POLICY_PREFIX
from twin.aws.eks.models import AccessEntry, Cluster
from twin.aws.principal import Principal
from twin.aws.world import World
from twin.contract import UserInfo

LOG = logging.getLogger(__name__)
PREFIX = "k8s-aws-v1."
CLUSTER_HEADER = "x-k8s-aws-id"
HOSTS = re.compile(r"(sts(\.[a-z0-9-]+)?\.amazonaws\.com|127\.0\.0\.1|localhost)(:\d+)?")


class Refused(ValueError):
    """The token proves nothing; the message says why, for the log only."""


@dataclass
class _Current:
    """The account whose clusters ask; one lives in a process at a time."""

    world: World | None = None


_CURRENT = _Current()


def serve(world: World) -> None:
    """Let ``review`` answer for the clusters of this world."""
    _CURRENT.world = world


def review(cluster: str, token: str) -> UserInfo | None:
    """Who the token belongs to.

    :param cluster: the cluster's key at the cluster host.
    :returns: None for a token that is wrong, expired, of another cluster, or of somebody without an access entry.
    """
    world = _CURRENT.world
    if world is None:
        return None
    with world.lock:
        world.schedule.run_due()
        found = _cluster_of(world, cluster)
        if found is None:
            return None
        try:
            return user_of(found, verified(world, found, token, datetime.now(UTC)))
        except Refused as reason:
            LOG.info("token for %s refused: %s", cluster, reason)
            return None


def verified(world: World, cluster: Cluster, token: str, now: datetime) -> Principal:
    """The signer of a token.

    :raises Refused: if the token is not a presigned GetCallerIdentity for this cluster, signed by a known key, in time.
    """
    url = _url(token)
    query = {name: values[0] for name, values in parse_qs(url.query, keep_blank_values=True).items()}
    if query.get("Action") != "GetCallerIdentity" or not HOSTS.fullmatch(url.netloc) or url.path not in ("", "/"):
        raise Refused("not a GetCallerIdentity call of STS")
    scope = SCOPE.search(f"Credential={query.get('X-Amz-Credential', '')}")
    if scope is None or scope["service"] != "sts":
        raise Refused("not signed for STS")
    if CLUSTER_HEADER not in query.get("X-Amz-SignedHeaders", "").split(";"):
        raise Refused(f"{CLUSTER_HEADER} is not signed")
    known = world.credentials.find(scope["key"])
    if known is None or (query.get("X-Amz-Security-Token") or None) != known.credentials.token:
        raise Refused("unknown access key")
    try:
        sigv4.verify_query(
            url=url.geturl(),
            headers={CLUSTER_HEADER: cluster.name},
            credentials=known.credentials,
            service="sts",
            region=scope["region"],
            now=now,
        )
    except ValueError as error:
        raise Refused(str(error)) from error
    return known.principal


def user_of(cluster: Cluster, principal: Principal) -> UserInfo:
    """The Kubernetes user that the cluster's access entries make of a principal.

    :raises Refused: if there is no entry for it.
    """
    if cluster.access["authenticationMode"] == "CONFIG_MAP":
        # Entries do not count yet; whoever created the cluster is its administrator by birth.
        if principal.role_arn == cluster.creator and cluster.access["bootstrapClusterCreatorAdminPermissions"]:
            return UserInfo("kubernetes-admin", _uid(principal), ("system:masters",))
        raise Refused(f"{principal.arn} is not in the aws-auth ConfigMap")
    entry = cluster.entries.get(principal.role_arn)
    if entry is None:
        raise Refused(f"no access entry for {principal.role_arn}")
    return UserInfo(_username(entry, principal), _uid(principal), tuple([*entry.groups, *_policy_groups(entry)]))


def _policy_groups(entry: AccessEntry) -> list[str]:
    groups: list[str] = []
    for arn, association in entry.policies.items():
        group = f"eks:access-policy:{arn.removeprefix(POLICY_PREFIX)}"
        scope = association["accessScope"]
        groups += [group] if scope["type"] == "cluster" else [f"{group}:{name}" for name in scope["namespaces"]]
    return groups


def _username(entry: AccessEntry, principal: Principal) -> str:
    session = principal.arn.rpartition("/")[2]
    name = entry.username.replace("{{SessionNameRaw}}", session).replace("{{AccountID}}", principal.account)
    return name.replace("{{SessionName}}", session.replace("@", "-")).replace("{{EC2PrivateDNSName}}", session)


def _uid(principal: Principal) -> str:
    return f"aws-iam-authenticator:{principal.account}:{principal.user_id.partition(':')[0]}"


def _url(token: str) -> SplitResult:
    if not token.startswith(PREFIX):
        raise Refused(f"does not start with {PREFIX}")
    encoded = token.removeprefix(PREFIX)
    try:
        text = base64.urlsafe_b64decode(encoded + "=" * (-len(encoded) % 4)).decode()
        return urlsplit(text)
    except (binascii.Error, ValueError) as error:
        raise Refused("not base64url") from error


def _cluster_of(world: World, key: str) -> Cluster | None:
    every = (cluster for clusters in world.clusters.values() for cluster in clusters.values())
    return next((cluster for cluster in every if cluster.key == key), None)
