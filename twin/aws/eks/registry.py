# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which function answers which operation of EKS."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from twin.aws.call import Call
from twin.aws.eks import (
    access,
    addon_checks,
    addons,
    cluster_config,
    clusters,
    nodegroup_config,
    nodegroups,
    pod_identity,
    policies,
    tags,
    updates,
    versions,
)
from twin.aws.errors import Unsupported
from twin.aws.world import Handler, World

_BY_OPERATION: dict[str, Handler] = {
    "CreateCluster": clusters.create_cluster,
    "DescribeCluster": clusters.describe_cluster,
    "ListClusters": clusters.list_clusters,
    "DeleteCluster": clusters.delete_cluster,
    "UpdateClusterVersion": clusters.update_cluster_version,
    "UpdateClusterConfig": cluster_config.update_cluster_config,
    "DescribeClusterVersions": versions.describe_cluster_versions,
    "DescribeUpdate": updates.describe_update,
    "ListUpdates": updates.list_updates,
    "CreateNodegroup": nodegroups.create_nodegroup,
    "DescribeNodegroup": nodegroups.describe_nodegroup,
    "ListNodegroups": nodegroups.list_nodegroups,
    "DeleteNodegroup": nodegroups.delete_nodegroup,
    "UpdateNodegroupConfig": nodegroup_config.update_nodegroup_config,
    "UpdateNodegroupVersion": nodegroup_config.update_nodegroup_version,
    "CreateAccessEntry": access.create_access_entry,
    "DescribeAccessEntry": access.describe_access_entry,
    "ListAccessEntries": access.list_access_entries,
    "UpdateAccessEntry": access.update_access_entry,
    "DeleteAccessEntry": access.delete_access_entry,
    "ListAccessPolicies": policies.list_access_policies,
    "AssociateAccessPolicy": policies.associate_access_policy,
    "DisassociateAccessPolicy": policies.disassociate_access_policy,
    "ListAssociatedAccessPolicies": policies.list_associated_access_policies,
    "CreateAddon": addons.create_addon,
    "DescribeAddon": addons.describe_addon,
    "ListAddons": addons.list_addons,
    "UpdateAddon": addons.update_addon,
    "DeleteAddon": addons.delete_addon,
    "DescribeAddonVersions": addon_checks.describe_addon_versions,
    "DescribeAddonConfiguration": addon_checks.describe_addon_configuration,
    "CreatePodIdentityAssociation": pod_identity.create_pod_identity_association,
    "DescribePodIdentityAssociation": pod_identity.describe_pod_identity_association,
    "ListPodIdentityAssociations": pod_identity.list_pod_identity_associations,
    "UpdatePodIdentityAssociation": pod_identity.update_pod_identity_association,
    "DeletePodIdentityAssociation": pod_identity.delete_pod_identity_association,
    "TagResource": tags.tag_resource,
    "UntagResource": tags.untag_resource,
    "ListTagsForResource": tags.list_tags_for_resource,
}
HANDLERS: dict[tuple[str, str], Handler] = {("eks", name): handler for name, handler in _BY_OPERATION.items()}


def unsupported(world: World, call: Call) -> Mapping[str, Any]:
    """Every other operation of EKS: moto's clusters are not ours, so it must not answer."""
    raise Unsupported("eks", call.operation)
