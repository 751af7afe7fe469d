# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""All that a simulated account holds, as its own APIs describe it: so that before and after can be compared."""

from __future__ import annotations

import json
from typing import Any

from tests.system.estate import Estate

Things = dict[str, Any]

# Operation of EC2 to the field that identifies what it lists.
_EC2 = {
    "vpcs": "VpcId",
    "subnets": "SubnetId",
    "internet_gateways": "InternetGatewayId",
    "addresses": "AllocationId",
    "nat_gateways": "NatGatewayId",
    "route_tables": "RouteTableId",
    "security_groups": "GroupId",
    "security_group_rules": "SecurityGroupRuleId",
    "vpc_endpoints": "VpcEndpointId",
    "launch_templates": "LaunchTemplateId",
    "network_interfaces": "NetworkInterfaceId",
    "volumes": "VolumeId",
    "network_acls": "NetworkAclId",
    "flow_logs": "FlowLogId",
    "key_pairs": "KeyPairId",
}
_GONE = {"deleted", "terminated"}


def everything(estate: Estate) -> Things:
    """Id to description of all that the account holds; what has been deleted and is only still shown is left out."""
    ec2, eks = estate.client("ec2"), estate.client("eks")
    found: Things = {}
    for operation, key in _EC2.items():
        listed = _pages(ec2, f"describe_{operation}")
        found.update({f"{operation} {item[key]}": item for item in listed if item.get("State") not in _GONE})
    for tag in _pages(ec2, "describe_tags"):
        found[f"tag {tag['ResourceId']} {tag['Key']}"] = tag["Value"]
    for reservation in _pages(ec2, "describe_instances"):
        for instance in reservation["Instances"]:
            if instance["State"]["Name"] not in _GONE:
                found[f"instance {instance['InstanceId']}"] = instance
    found.update(_vpc_attributes(ec2, found), **_launch_template_versions(ec2, found), **_iam(estate.client("iam")))
    for group in _pages(estate.client("autoscaling"), "describe_auto_scaling_groups"):
        found[f"auto scaling group {group['AutoScalingGroupName']}"] = group
    for cluster in _pages(eks, "list_clusters"):
        found.update(_cluster(eks, cluster))
    plain: Things = json.loads(json.dumps(_without_tags_of(found), default=str, sort_keys=True))
    return plain


def _without_tags_of(found: Things) -> Things:
    """Tags of what was deleted go with it, whatever DescribeTags still lists."""
    ids = {name.split()[-1] for name in found if not name.startswith("tag ")}
    return {name: item for name, item in found.items() if not name.startswith("tag ") or name.split()[1] in ids}


def _pages(client: Any, operation: str, **parameters: Any) -> list[Any]:
    if client.can_paginate(operation):
        pages = list(client.get_paginator(operation).paginate(**parameters))
    else:
        pages = [getattr(client, operation)(**parameters)]
    return [item for page in pages for key, value in page.items() if isinstance(value, list) for item in value]


def _vpc_attributes(ec2: Any, found: Things) -> Things:
    return {
        f"{name} {attribute}": ec2.describe_vpc_attribute(VpcId=name.split()[1], Attribute=attribute)[
            attribute[0].upper() + attribute[1:]
        ]
        for name in list(found)
        if name.startswith("vpcs ")
        for attribute in ("enableDnsSupport", "enableDnsHostnames")
    }


def _launch_template_versions(ec2: Any, found: Things) -> Things:
    return {
        f"{name} versions": ec2.describe_launch_template_versions(LaunchTemplateId=name.split()[1])[
            "LaunchTemplateVersions"
        ]
        for name in list(found)
        if name.startswith("launch_templates ")
    }


def _iam(iam: Any) -> Things:
    found: Things = {}
    for role in iam.get_account_authorization_details(Filter=["Role"])["RoleDetailList"]:
        found[f"role {role['RoleName']}"] = role
        found[f"role {role['RoleName']} itself"] = iam.get_role(RoleName=role["RoleName"])["Role"]
    for profile in _pages(iam, "list_instance_profiles"):
        name = profile["InstanceProfileName"]
        found[f"instance profile {name}"] = profile
        found[f"instance profile {name} itself"] = iam.get_instance_profile(InstanceProfileName=name)["InstanceProfile"]
    for policy in _pages(iam, "list_policies", Scope="Local"):
        found[f"policy {policy['Arn']}"] = policy
    for user in _pages(iam, "list_users"):
        found[f"user {user['UserName']}"] = user
    return found


def _cluster(eks: Any, cluster: str) -> Things:
    described = eks.describe_cluster(name=cluster)["cluster"]
    found: Things = {f"cluster {cluster}": described}
    for group in _pages(eks, "list_nodegroups", clusterName=cluster):
        found[f"node group {cluster}/{group}"] = eks.describe_nodegroup(clusterName=cluster, nodegroupName=group)[
            "nodegroup"
        ]
    if described["accessConfig"]["authenticationMode"] == "CONFIG_MAP":
        return found
    for principal in _pages(eks, "list_access_entries", clusterName=cluster):
        entry = eks.describe_access_entry(clusterName=cluster, principalArn=principal)["accessEntry"]
        policies = eks.list_associated_access_policies(clusterName=cluster, principalArn=principal)
        found[f"access entry {cluster}/{principal}"] = [entry, policies["associatedAccessPolicies"]]
    return found


def mine(everything_: Things, before: Things) -> Things:
    """What is there now and was not before."""
    return {name: item for name, item in everything_.items() if name not in before}
