# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the layers of the reference estate consist of, and what each part of a shape adds."""

from __future__ import annotations

import ipaddress
import itertools
from collections import Counter
from typing import Any

import pytest
from ansible.module_utils.common.arg_spec import ArgumentSpecValidator

from ansible_collections.kubeops.hybrid.plugins.module_utils._engine.options import argument_spec
from ansible_collections.kubeops.hybrid.plugins.module_utils._kinds.aws.registry import KINDS
from ansible_collections.kubeops.hybrid.plugins.plugin_utils.estate import layers
from ansible_collections.kubeops.hybrid.plugins.plugin_utils.estate.declared import declared
from ansible_collections.kubeops.hybrid.plugins.plugin_utils.estate.layers_eks import partition, trust_policy
from ansible_collections.kubeops.hybrid.plugins.plugin_utils.estate.problems import InvalidEstate
from tests.unit.estate.inventories import NAMES, changed, read

Resource = dict[str, Any]
REGION = "us-east-2"
# What a run adds to a derived entry, since it depends on the machine.
ADDED_BY_THE_RUN = {"eks_kubeconfig": {"command": ["token"]}}


def _entries(name: str, *changes: dict[str, Any]) -> list[Resource]:
    variables = changed(name, [{"host": REGION, **change} for change in changes]).hosts[REGION]
    vpcs, clusters = variables["aws_network_vpcs"], variables["eks_clusters"]
    network = layers.aws_network_resources(vpcs, estate=name, region=REGION)
    return network + layers.eks_resources(clusters, estate=name, region=REGION, vpcs=vpcs)


def _of(entries: list[Resource], kind: str) -> dict[str, Resource]:
    return {layers.address(entry)[1]: entry for entry in entries if entry["kind"] == kind}


def test_the_reference_estate_has_so_many_of_each() -> None:
    assert Counter(entry["kind"] for entry in _entries("astromined")) == {
        "vpc": 1,
        "subnet": 6,
        "internet_gateway": 1,
        "elastic_ip": 3,
        "nat_gateway": 3,
        "route_table": 4,
        "security_group": 1,
        "vpc_endpoint": 9,
        "iam_role": 4,
        "iam_instance_profile": 1,
        "eks_cluster": 1,
        "launch_template": 2,
        "eks_nodegroup": 2,
        "eks_access_entry": 1,
        "eks_addon": 6,
        "eks_kubeconfig": 1,
    }


def test_subnets_of_the_reference_estate_are_disjoint_and_over_three_zones() -> None:
    subnets = _of(_entries("astromined"), "subnet").values()
    blocks = sorted(ipaddress.ip_network(subnet["cidr"]) for subnet in subnets)
    assert not any(one.overlaps(other) for one, other in itertools.pairwise(blocks))
    assert {subnet["availability_zone"] for subnet in subnets} == {f"us-east-2{zone}" for zone in "abc"}


def test_each_private_subnet_reaches_the_internet_through_its_own_zone() -> None:
    entries = _entries("astromined")
    tables, gateways = _of(entries, "route_table"), _of(entries, "nat_gateway")
    for zone in "abc":
        table = tables[f"astromined-private-us-east-2{zone}"]
        assert table["subnets"] == [f"astromined-private-us-east-2{zone}"]
        assert table["routes"] == [{"destination": "0.0.0.0/0", "target": f"nat_gateway/astromined-us-east-2{zone}"}]
        assert gateways[f"astromined-us-east-2{zone}"]["subnet"] == f"astromined-public-us-east-2{zone}"


def test_a_single_nat_gateway_serves_all_zones() -> None:
    entries = _entries("lab")
    assert list(_of(entries, "nat_gateway")) == ["lab-us-east-2a"]
    targets = [route["target"] for table in _of(entries, "route_table").values() for route in table["routes"]]
    assert targets == ["internet_gateway/lab", "nat_gateway/lab-us-east-2a", "nat_gateway/lab-us-east-2a"]


def test_without_nat_private_subnets_have_no_way_out() -> None:
    entries = _entries("lab", {"path": "aws_network_vpcs[0].nat", "value": "none"})
    assert not _of(entries, "nat_gateway")
    assert not _of(entries, "elastic_ip")
    assert _of(entries, "route_table")["lab-private-us-east-2a"]["routes"] == []


def test_load_balancers_find_their_subnets_by_tags() -> None:
    subnets = _of(_entries("astromined"), "subnet")
    shared = {"kubernetes.io/cluster/astromined-eks": "shared"}
    assert subnets["astromined-public-us-east-2a"]["tags"] == {"kubernetes.io/role/elb": "1", **shared}
    assert subnets["astromined-private-us-east-2a"]["tags"] == {"kubernetes.io/role/internal-elb": "1", **shared}


@pytest.mark.parametrize("name", NAMES)
def test_every_entry_is_what_its_kind_takes(name: str) -> None:
    for entry in _entries(name):
        kind = KINDS[entry["kind"]]
        options = {key: value for key, value in entry.items() if key not in {"kind", "name", "manage"}}
        options |= ADDED_BY_THE_RUN.get(entry["kind"], {})
        told = ArgumentSpecValidator(argument_spec(kind.options)).validate(options).error_messages
        assert not told, f"{layers.address(entry)}: {told}"
        assert not kind.check(options)


@pytest.mark.parametrize("name", NAMES)
def test_every_reference_leads_to_an_entry_before_it(name: str) -> None:
    known: set[tuple[str, str]] = set()
    for entry in _entries(name):
        for field, option in KINDS[entry["kind"]].options.items():
            value = entry.get(field)
            if option.ref in (None, "*") or not value:
                continue
            for target in value if isinstance(value, list) else [value]:
                assert (option.ref, target) in known, f"{layers.address(entry)}.{field}"
        known.add(layers.address(entry))


@pytest.mark.parametrize("name", NAMES)
def test_declared_names_every_entry(name: str) -> None:
    names = declared(read(name).estate())
    assert {(kind, one) for kind, there in names.items() for one in there} == {
        layers.address(entry) for entry in _entries(name)
    }


def test_an_ignored_layer_declares_nothing() -> None:
    estate = changed("lab", [{"path": "kubeops_estate.layers", "value": {"eks": "ignore"}}]).estate()
    assert not [kind for kind in declared(estate) if kind.startswith(("eks_", "iam_"))]


def test_a_layer_that_is_only_referred_to_marks_everything_but_files() -> None:
    variables = read("lab").hosts[REGION]
    entries = layers.eks_resources(
        variables["eks_clusters"],
        estate="lab",
        region=REGION,
        vpcs=variables["aws_network_vpcs"],
        manage="reference",
    )
    assert {entry.get("manage") for entry in entries if entry["kind"] != "eks_kubeconfig"} == {"reference"}
    assert "manage" not in _of(entries, "eks_kubeconfig")["lab-eks"]
    assert not layers.aws_network_resources(variables["aws_network_vpcs"], estate="lab", region=REGION, manage="ignore")


def test_what_is_only_referred_to_is_marked_so() -> None:
    entries = _entries("lab", {"path": "aws_network_vpcs[0].manage", "value": "reference"})
    network = [entry for entry in entries if entry["kind"] in {"vpc", "subnet", "nat_gateway", "route_table"}]
    assert {entry.get("manage") for entry in network} == {"reference"}
    assert {entry.get("manage") for entry in entries if entry["kind"].startswith("iam_")} == {None}


def test_what_is_ignored_is_left_out() -> None:
    entries = _entries("lab", {"path": "eks_clusters[0].manage", "value": "ignore"})
    assert not [entry for entry in entries if entry["kind"].startswith(("eks_", "iam_", "launch_"))]


def test_an_administrator_of_two_clusters_has_one_role() -> None:
    second = {**read("lab").hosts[REGION]["eks_clusters"][0], "name": "lab-two"}
    del second["service_ipv4_cidr"]
    entries = _entries("lab", {"path": "eks_clusters", "value": [*read("lab").hosts[REGION]["eks_clusters"], second]})
    roles = [entry for entry in entries if entry["kind"] == "iam_role" and entry["name"] == "lab-bastion"]
    assert [sorted(role["inline_policies"]) for role in roles] == [["describe-lab-eks", "describe-lab-two"]]
    assert set(_of(entries, "eks_access_entry")) == {"lab-eks/lab-bastion", "lab-two/lab-bastion"}


def test_clusters_without_described_vpcs_list_their_zones() -> None:
    cluster = {"name": "c", "version": "1.35", "vpc": "elsewhere", "zones": ["us-east-2a", "us-east-2b"]}
    entries = layers.eks_resources([cluster], estate="e", region=REGION)
    assert _of(entries, "eks_cluster")["c"]["subnets"] == [
        "elsewhere-private-us-east-2a",
        "elsewhere-private-us-east-2b",
    ]
    with pytest.raises(InvalidEstate, match="is required where the VPC is not described"):
        layers.eks_resources([{**cluster, "zones": None}], estate="e", region=REGION)


_FULL_VPC: Resource = {
    "name": "full",
    "cidr": "10.0.0.0/20",
    "secondary_cidrs": ["10.1.0.0/20"],
    "tenancy": "default",
    "zones": ["us-east-2a", "us-east-2b"],
    "tiers": {"dmz": {"prefix": 24, "public": True, "tags": {"tier": "dmz"}}, "data": {"prefix": 24, "nat": False}},
    "endpoints": {"interface": [{"service": "sts", "private_dns": False, "policy": {"Version": "2012-10-17"}}]},
    "security_groups": [
        {
            "name": "full-a",
            "description": "first",
            "ingress": [{"protocol": "tcp", "from_port": 22, "cidr": "10.9.0.0/16", "description": "SSH"}],
            "egress": [{"protocol": "all", "security_group": "full-b"}],
        },
        {"name": "full-b", "description": "second", "manage": "reference"},
        {"name": "full-c", "description": "third", "manage": "ignore"},
    ],
    "tags": {"owner": "us"},
}


def test_everything_that_a_vpc_may_say_becomes_options() -> None:
    entries = layers.aws_network_resources([_FULL_VPC], estate="full", region=REGION)
    assert _of(entries, "vpc")["full"]["secondary_cidrs"] == ["10.1.0.0/20"]
    assert _of(entries, "vpc")["full"]["tenancy"] == "default"
    assert _of(entries, "subnet")["full-dmz-us-east-2a"]["tags"] == {"owner": "us", "tier": "dmz"}
    assert not _of(entries, "nat_gateway")
    endpoint = _of(entries, "vpc_endpoint")["full-sts"]
    assert endpoint["private_dns"] is False
    assert endpoint["policy"] == {"Version": "2012-10-17"}
    groups = _of(entries, "security_group")
    assert set(groups) == {"full-endpoints", "full-a", "full-b"}
    assert [rule["cidr"] for rule in groups["full-endpoints"]["ingress"]] == ["10.0.0.0/20", "10.1.0.0/20"]
    assert groups["full-a"]["ingress"] == [
        {"protocol": "tcp", "from_port": 22, "to_port": 22, "cidr": "10.9.0.0/16", "description": "SSH"}
    ]
    assert groups["full-a"]["egress"] == [{"protocol": "all", "security_group": "full-b"}]
    assert groups["full-b"]["manage"] == "reference"
    assert "ingress" not in groups["full-b"]


def test_everything_that_a_cluster_may_say_becomes_options() -> None:
    boundary = "arn:aws:iam::123456789012:policy/boundary"
    operators = "arn:aws:iam::123456789012:role/operators"
    cluster = {
        "name": "full",
        "version": "1.35",
        "vpc": "full",
        "subnets_tier": "data",
        "permissions_boundary": boundary,
        "endpoint": {"public": True, "open_to_anyone": True},
        "administrators": [{"principal": operators, "username": "operators"}],
        "access_entries": [
            {"principal": "arn:aws:iam::123456789012:user/reader", "policy": "AmazonEKSViewPolicy"},
            {
                "principal": "arn:aws:iam::123456789012:role/team",
                "policy": "AmazonEKSEditPolicy",
                "namespaces": ["team"],
                "kubernetes_groups": ["team"],
            },
        ],
        "node_groups": [{"name": "adopted", "instance_types": ["m5.large"], "min": 1, "max": 2, "manage": "reference"}],
        "kubeconfig": None,
        "tags": {"owner": "us"},
    }
    entries = layers.eks_resources([cluster], estate="full", region=REGION, vpcs=[_FULL_VPC])
    assert {role["permissions_boundary"] for role in _of(entries, "iam_role").values()} == {boundary}
    assert _of(entries, "eks_cluster")["full"]["public_access_cidrs"] == ["0.0.0.0/0"]
    access = _of(entries, "eks_access_entry")
    assert access["full/operators"]["principal"] == operators
    assert access["full/operators"]["username"] == "operators"
    assert access["full/reader"]["policies"] == [{"policy": "AmazonEKSViewPolicy", "scope": "cluster"}]
    scoped = {"policy": "AmazonEKSEditPolicy", "scope": "namespace", "namespaces": ["team"]}
    assert access["full/team"]["policies"] == [scoped]
    assert _of(entries, "eks_nodegroup")["full/adopted"]["manage"] == "reference"
    assert not _of(entries, "eks_kubeconfig")
    assert {entry["tags"]["owner"] for entry in entries} == {"us"}


@pytest.mark.parametrize(
    ("region", "name", "service", "principal"),
    [
        ("us-east-2", "aws", "ec2", "ec2.amazonaws.com"),
        ("us-gov-east-1", "aws-us-gov", "ec2", "ec2.amazonaws.com"),
        ("cn-north-1", "aws-cn", "ec2", "ec2.amazonaws.com.cn"),
        ("cn-north-1", "aws-cn", "eks", "eks.amazonaws.com"),
    ],
)
def test_principals_are_those_of_the_partition(region: str, name: str, service: str, principal: str) -> None:
    assert partition(region) == name
    assert trust_policy(service, region)["Statement"][0]["Principal"] == {"Service": principal}


def test_images_and_pods_of_bottlerocket_lie_on_its_second_device() -> None:
    entries = _entries("lab", {"path": "eks_clusters[0].node_groups[0].ami_type", "value": "BOTTLEROCKET_x86_64"})
    volumes = _of(entries, "launch_template")["lab-eks-workers"]["volumes"]
    assert [volume["device"] for volume in volumes] == ["/dev/xvda", "/dev/xvdb"]
    assert all(volume["encrypted"] for volume in volumes)
    assert "size" not in volumes[0]


def test_windows_has_its_volume_elsewhere() -> None:
    ami = "WINDOWS_CORE_2022_x86_64"
    entries = _entries("lab", {"path": "eks_clusters[0].node_groups[0].ami_type", "value": ami})
    volumes = _of(entries, "launch_template")["lab-eks-workers"]["volumes"]
    assert [volume["device"] for volume in volumes] == ["/dev/sda1"]
