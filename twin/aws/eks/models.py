# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the simulated EKS remembers of a cluster and of what belongs to it."""

from __future__ import annotations

import uuid
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any


@dataclass
class Update:
    """A change under way: ``type`` and ``params`` in EKS's words."""

    type: str
    params: list[dict[str, str]]
    created_at: datetime
    nodegroup: str | None = None
    addon: str | None = None
    status: str = "InProgress"
    errors: list[dict[str, Any]] = field(default_factory=list)
    id: str = field(default_factory=lambda: str(uuid.uuid4()))

    def describe(self) -> dict[str, Any]:
        """As in DescribeUpdate."""
        return {
            "id": self.id,
            "status": self.status,
            "type": self.type,
            "params": self.params,
            "createdAt": self.created_at,
            "errors": self.errors,
        }


@dataclass
class AccessEntry:
    """A principal's way into a cluster. ``policies`` maps a policy ARN to its association as EKS shows it."""

    cluster: str
    principal_arn: str
    arn: str
    type: str
    username: str
    groups: list[str]
    tags: dict[str, str]
    created_at: datetime
    modified_at: datetime
    policies: dict[str, dict[str, Any]] = field(default_factory=dict)

    def describe(self) -> dict[str, Any]:
        """As in DescribeAccessEntry."""
        return {
            "clusterName": self.cluster,
            "principalArn": self.principal_arn,
            "kubernetesGroups": self.groups,
            "accessEntryArn": self.arn,
            "createdAt": self.created_at,
            "modifiedAt": self.modified_at,
            "tags": self.tags,
            "username": self.username,
            "type": self.type,
        }


@dataclass
class Nodegroup:
    """A managed node group; ``config`` holds the members that DescribeNodegroup shows just as they were given.

    ``template_id`` is the launch template that EKS makes for its Auto Scaling group ``asg``; ``user_template`` is the
    one that the caller named (id, name, version) and ``template_instance_type`` that one's instance type.
    """

    name: str
    cluster: str
    arn: str
    uuid: str
    created_at: datetime
    modified_at: datetime
    version: str
    config: dict[str, Any]
    tags: dict[str, str]
    user_template: dict[str, str] | None = None
    status: str = "CREATING"
    issues: list[dict[str, Any]] = field(default_factory=list)
    template_id: str = ""
    template_instance_type: str = ""
    asg: str = ""
    token: str | None = None

    def describe(self) -> dict[str, Any]:
        """As in DescribeNodegroup."""
        shown = dict(self.config)
        if self.user_template:
            shown["launchTemplate"] = dict(self.user_template)
        return shown | {
            "nodegroupName": self.name,
            "nodegroupArn": self.arn,
            "clusterName": self.cluster,
            "version": self.version,
            "createdAt": self.created_at,
            "modifiedAt": self.modified_at,
            "status": self.status,
            "resources": {"autoScalingGroups": [{"name": self.asg}]} if self.asg else {},
            "health": {"issues": self.issues},
            "tags": self.tags,
        }


@dataclass
class Addon:
    """An add-on; ``configuration`` is its configurationValues as they were given, "" for none."""

    name: str
    cluster: str
    arn: str
    version: str
    configuration: str
    role_arn: str | None
    namespace: str
    tags: dict[str, str]
    created_at: datetime
    modified_at: datetime
    status: str = "CREATING"
    issues: list[dict[str, Any]] = field(default_factory=list)
    token: str | None = None


@dataclass
class PodIdentity:
    """A service account's role; ``owner_arn`` is the add-on that it belongs to, if any."""

    id: str
    arn: str
    cluster: str
    namespace: str
    service_account: str
    role_arn: str
    external_id: str
    created_at: datetime
    modified_at: datetime
    tags: dict[str, str] = field(default_factory=dict)
    owner_arn: str | None = None
    target_role_arn: str | None = None
    disable_session_tags: bool = False
    token: str | None = None

    def summary(self) -> dict[str, Any]:
        """As in ListPodIdentityAssociations."""
        shown = {
            "clusterName": self.cluster,
            "namespace": self.namespace,
            "serviceAccount": self.service_account,
            "associationArn": self.arn,
            "associationId": self.id,
        }
        return shown | ({"ownerArn": self.owner_arn} if self.owner_arn else {})

    def describe(self) -> dict[str, Any]:
        """As in DescribePodIdentityAssociation."""
        shown = self.summary() | {
            "roleArn": self.role_arn,
            "tags": self.tags,
            "createdAt": self.created_at,
            "modifiedAt": self.modified_at,
            "disableSessionTags": self.disable_session_tags,
        }
        target = {"targetRoleArn": self.target_role_arn, "externalId": self.external_id}
        return shown | (target if self.target_role_arn else {})


@dataclass
class Cluster:
    """A cluster. ``key`` is its name at the cluster host, ``creator`` the ARN that created it.

    ``self_managed``: names of add-ons whose software is in the cluster without being one.
    """

    name: str
    key: str
    arn: str
    account: str
    region: str
    role_arn: str
    version: str
    platform_version: str
    issuer: str
    creator: str
    created_at: datetime
    vpc: dict[str, Any]
    network: dict[str, Any]
    logging: dict[str, bool]
    access: dict[str, Any]
    tags: dict[str, str]
    extra: dict[str, Any]
    token: str | None = None
    status: str = "CREATING"
    endpoint: str | None = None
    ca_pem: str | None = None
    issues: list[dict[str, Any]] = field(default_factory=list)
    enis: list[str] = field(default_factory=list)
    updates: dict[str, Update] = field(default_factory=dict)
    entries: dict[str, AccessEntry] = field(default_factory=dict)
    nodegroups: dict[str, Nodegroup] = field(default_factory=dict)
    addons: dict[str, Addon] = field(default_factory=dict)
    identities: dict[str, PodIdentity] = field(default_factory=dict)
    self_managed: set[str] = field(default_factory=set)

    @property
    def place(self) -> tuple[str, str]:
        """(account, region)."""
        return self.account, self.region

    def running_update(self, nodegroup: str | None = None) -> Update | None:
        """The update in progress of the cluster itself or of a node group."""
        running = (u for u in self.updates.values() if u.status == "InProgress" and u.addon is None)
        return next((update for update in running if update.nodegroup == nodegroup), None)
