# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""EKS Pod Identity: which role a service account gets. Associations are there at once."""

from __future__ import annotations

import secrets
import string
import uuid
from collections.abc import Mapping, Sequence
from typing import Any

from twin.aws.call import Call
from twin.aws.eks.finding import active_cluster_of, cluster_of
from twin.aws.eks.models import Cluster, PodIdentity
from twin.aws.eks.network import too_many
from twin.aws.eks.pages import page
from twin.aws.eks.roles import require_pod_role
from twin.aws.errors import AwsError
from twin.aws.world import World

_LETTERS = string.ascii_lowercase + string.digits


def create_pod_identity_association(world: World, call: Call) -> Mapping[str, Any]:
    """One for each service account; neither that nor its namespace has to exist."""
    cluster, params = active_cluster_of(world, call), call.params
    for one in cluster.identities.values():
        if (one.namespace, one.service_account) == (params["namespace"], params["serviceAccount"]):
            if one.token and one.token == params.get("clientRequestToken"):
                return {"association": one.describe()}
            raise _exists(one)
    if len(cluster.identities) >= world.quotas.eks_pod_identity_associations:
        raise too_many("PodIdentityAssociation", world.quotas.eks_pod_identity_associations)
    require_pod_role(world, call.account, params["roleArn"])
    made = _add(world, cluster, params["namespace"], params["serviceAccount"], params["roleArn"])
    made.tags = dict(params.get("tags") or {})
    made.token = params.get("clientRequestToken")
    made.target_role_arn = params.get("targetRoleArn")
    made.disable_session_tags = bool(params.get("disableSessionTags"))
    return {"association": made.describe()}


def describe_pod_identity_association(world: World, call: Call) -> Mapping[str, Any]:
    """One association."""
    return {"association": _association_of(world, call)[1].describe()}


def list_pod_identity_associations(world: World, call: Call) -> Mapping[str, Any]:
    """All of a cluster, of a namespace or of a service account, in short."""
    namespace, account = call.params.get("namespace"), call.params.get("serviceAccount")
    rows = [
        one.summary()
        for one in cluster_of(world, call).identities.values()
        if one.namespace == (namespace or one.namespace) and one.service_account == (account or one.service_account)
    ]
    return page(call, rows, "associations")


def update_pod_identity_association(world: World, call: Call) -> Mapping[str, Any]:
    """Another role, another target role, session tags or none."""
    cluster, one = _association_of(world, call)
    _require_free(cluster, one)
    params = call.params
    if params.get("roleArn"):
        require_pod_role(world, call.account, params["roleArn"])
        one.role_arn = params["roleArn"]
    if params.get("targetRoleArn") is not None:
        one.target_role_arn = params["targetRoleArn"] or None
    if params.get("disableSessionTags") is not None:
        one.disable_session_tags = params["disableSessionTags"]
    one.modified_at = world.now()
    return {"association": one.describe()}


def delete_pod_identity_association(world: World, call: Call) -> Mapping[str, Any]:
    """Gone at once."""
    cluster, one = _association_of(world, call)
    _require_free(cluster, one)
    del cluster.identities[one.id]
    return {"association": one.describe()}


def owned(cluster: Cluster, arn: str) -> list[str]:
    """ARNs of the associations of an add-on."""
    return [one.arn for one in cluster.identities.values() if one.owner_arn == arn]


def check_owned(cluster: Cluster, owner: str, rows: Sequence[Mapping[str, str]]) -> None:
    """Refuse service accounts whose role comes from elsewhere, for there is one for each.

    :raises AwsError: ResourceInUseException.
    """
    wanted = {("kube-system", row["serviceAccount"]) for row in rows}
    for one in cluster.identities.values():
        if one.owner_arn != owner and (one.namespace, one.service_account) in wanted:
            raise _exists(one)


def replace_owned(world: World, cluster: Cluster, owner: str, rows: Sequence[Mapping[str, str]]) -> None:
    """Make the associations of an add-on exactly these ({serviceAccount, roleArn})."""
    for identifier in [one.id for one in cluster.identities.values() if one.owner_arn == owner]:
        del cluster.identities[identifier]
    for row in rows:
        _add(world, cluster, "kube-system", row["serviceAccount"], row["roleArn"]).owner_arn = owner


def _add(world: World, cluster: Cluster, namespace: str, account: str, role: str) -> PodIdentity:
    identifier = "a-" + "".join(secrets.choice(_LETTERS) for _ in range(17))
    made = PodIdentity(
        id=identifier,
        arn=f"arn:aws:eks:{cluster.region}:{cluster.account}:podidentityassociation/{cluster.name}/{identifier}",
        cluster=cluster.name,
        namespace=namespace,
        service_account=account,
        role_arn=role,
        external_id=f"{cluster.region}/{cluster.account}/{cluster.name}/{uuid.uuid4()}",
        created_at=world.now(),
        modified_at=world.now(),
    )
    cluster.identities[identifier] = made
    return made


def _exists(one: PodIdentity) -> AwsError:
    return AwsError("ResourceInUseException", f"Association already exists: {one.id}", clusterName=one.cluster)


def _association_of(world: World, call: Call) -> tuple[Cluster, PodIdentity]:
    cluster = cluster_of(world, call)
    found = cluster.identities.get(str(call.params["associationId"]))
    if found is None:
        message = f"No association found for ID: {call.params['associationId']}"
        raise AwsError("ResourceNotFoundException", message, clusterName=cluster.name)
    return cluster, found


def _require_free(cluster: Cluster, one: PodIdentity) -> None:
    if one.owner_arn:
        message = f"Association {one.id} is owned by {one.owner_arn} and can only be changed through it"
        raise AwsError("InvalidRequestException", message, clusterName=cluster.name)
