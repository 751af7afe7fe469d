# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a cloud's cluster gives to whoever installs on it: volumes and load balancers, both also in the account."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from werkzeug.middleware.dispatcher import DispatcherMiddleware
from werkzeug.wrappers import Response

from tests.contract.aws_account import REGION, Account, cluster, network, served
from tests.contract.kube_objects import found as found_at
from tests.contract.kube_objects import seen
from twin import addons
from twin.aws.platform import Platform
from twin.build import build
from twin.contract import NodeSpec
from twin.host import LocalClusterHost
from twin.kube_api import KubeApi
from twin.platform_api import PREFIX, PlatformApi
from twin.serving import LoopbackServer

pytestmark = pytest.mark.slow

CLUSTER = f"{REGION}-demo"
ROLE = "arn:aws:iam::123456789012:role/ebs-csi"
SYSTEM = "/apis/apps/v1/namespaces/kube-system"
DEFAULT = "/api/v1/namespaces/default"
CLAIMS = f"{DEFAULT}/persistentvolumeclaims"
SERVICES = f"{DEFAULT}/services"


def node(index: int) -> NodeSpec:
    zone = f"{REGION}{'abc'[index % 3]}"
    name = f"ip-10-0-{index}-10.{REGION}.compute.internal"
    return NodeSpec(name=name, provider_id=f"aws:///{zone}/i-{index:017x}", zone=zone, instance_type="m7i.large")


@pytest.fixture(scope="module")
def state(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("twin")


@pytest.fixture(scope="module")
def host(state: Path) -> Iterator[LocalClusterHost]:
    host = LocalClusterHost(state, programs=build, scale=60.0)
    yield host
    host.stop_all()


@pytest.fixture(scope="module")
def account(state: Path, host: LocalClusterHost) -> Iterator[Account]:
    """An account with one EKS cluster in public subnets, and the way to it that the cluster's controllers take."""
    with served(state, host=host) as account:
        inside = LoopbackServer(DispatcherMiddleware(Response(status=404), {PREFIX: api_of(account)}))
        inside.start()
        (state / "daemon.json").write_text(json.dumps({"control_url": inside.url}))
        net = network(account)
        ec2 = account.client("ec2")
        main = ec2.describe_route_tables(Filters=[{"Name": "vpc-id", "Values": [net.vpc]}])["RouteTables"][0]
        ec2.create_route(
            RouteTableId=main["RouteTableId"], DestinationCidrBlock="0.0.0.0/0", GatewayId=net.gateway
        )  # fmt: skip
        cluster(account, net, version="1.34")
        host.set_nodes(CLUSTER, [node(index) for index in range(3)], group="workers")
        host.settle(CLUSTER)
        yield account
        inside.stop()


def api_of(account: Account) -> PlatformApi:
    return PlatformApi(Platform(account.app.world))


@pytest.fixture(scope="module")
def api(host: LocalClusterHost, account: Account) -> KubeApi:
    assert account.app.world.clusters
    return host.api(CLUSTER)


def exists(api: KubeApi, path: str) -> bool:
    return found_at(api, path) is not None


def ready(api: KubeApi, name: str, replicas: int) -> bool | None:
    deployment = api.request("GET", f"{SYSTEM}/deployments/{name}")
    return deployment["status"].get("readyReplicas") == replicas or None


def storage_class(api: KubeApi, name: str, **changes: Any) -> str:
    wish = {
        "apiVersion": "storage.k8s.io/v1",
        "kind": "StorageClass",
        "metadata": {"name": name},
        "provisioner": "ebs.csi.aws.com",
        "allowVolumeExpansion": True,
        "volumeBindingMode": "WaitForFirstConsumer",
        **changes,
    }
    api.apply(f"/apis/storage.k8s.io/v1/storageclasses/{name}", wish)
    return name


def claim(api: KubeApi, name: str, storage_class: str, size: str = "10Gi") -> str:
    spec = {
        "accessModes": ["ReadWriteOnce"],
        "storageClassName": storage_class,
        "resources": {"requests": {"storage": size}},
    }
    api.request("POST", CLAIMS, {"metadata": {"name": name}, "spec": spec})
    return f"{CLAIMS}/{name}"


def pod(api: KubeApi, name: str, claim: str) -> str:
    volume = {"name": "data", "persistentVolumeClaim": {"claimName": claim}}
    container = {"name": "c", "image": "example.org/none", "volumeMounts": [{"name": "data", "mountPath": "/data"}]}
    api.request("POST", f"{DEFAULT}/pods", {"metadata": {"name": name},
                                            "spec": {"volumes": [volume], "containers": [container]}})  # fmt: skip
    return f"{DEFAULT}/pods/{name}"


def bound(api: KubeApi, path: str) -> dict[str, Any] | None:
    found: dict[str, Any] = api.request("GET", path)
    return found if found["status"].get("phase") == "Bound" else None


def reasons(api: KubeApi, name: str) -> list[str]:
    events = api.request("GET", f"{DEFAULT}/events?fieldSelector=involvedObject.name={name}")["items"]
    return [f"{event['reason']}: {event['message']}" for event in events]


def told(api: KubeApi, name: str, text: str) -> str:
    return seen(lambda: next((one for one in reasons(api, name) if text in one), None), f"{text!r} on {name}")


def volumes(account: Account) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = account.client("ec2").describe_volumes()["Volumes"]
    return [volume for volume in found if any(tag["Key"] == "CSIVolumeName" for tag in volume.get("Tags", []))]


@pytest.fixture(scope="module")
def driver(host: LocalClusterHost, api: KubeApi) -> None:
    host.addon(CLUSTER, "aws-ebs-csi-driver", "v1.60.0-eksbuild.1", "", ROLE, None, True)
    host.settle(CLUSTER)
    seen(lambda: ready(api, "ebs-csi-controller", 2), "the driver")


def test_without_a_driver_a_claim_waits_and_says_so(host: LocalClusterHost, api: KubeApi) -> None:
    path = claim(api, "early", storage_class(api, "immediate", volumeBindingMode="Immediate"))
    told(api, "early", "ExternalProvisioning: Waiting for a volume to be created")
    assert api.request("GET", path)["status"]["phase"] == "Pending"
    host.addon(CLUSTER, "aws-ebs-csi-driver", "v1.60.0-eksbuild.1", "", ROLE, None, True)
    seen(lambda: bound(api, path), "the claim to be bound when the driver comes")
    api.delete(path)


@pytest.mark.usefixtures("driver")
def test_a_volume_comes_with_its_first_pod_in_that_pod_s_zone_and_goes(api: KubeApi, account: Account) -> None:
    parameters = {"type": "gp3", "iops": "4000", "encrypted": "true"}
    path = claim(api, "data", storage_class(api, "gp3", parameters=parameters), "10500Mi")
    told(api, "data", "WaitForFirstConsumer")
    assert not [volume for volume in volumes(account) if name_of(volume) == "data"]
    user = pod(api, "user", "data")
    found = seen(lambda: bound(api, path), "the claim to be bound")
    assert found["status"]["capacity"] == {"storage": "11Gi"}
    volume = next(volume for volume in volumes(account) if name_of(volume) == "data")
    assert (volume["Size"], volume["VolumeType"], volume["Iops"], volume["Encrypted"]) == (11, "gp3", 4000, True)
    running = seen(lambda: api.request("GET", user)["spec"].get("nodeName"), "the pod's node")
    labels = api.request("GET", f"/api/v1/nodes/{running}")["metadata"]["labels"]
    assert volume["AvailabilityZone"] == labels["topology.kubernetes.io/zone"]
    tags = {tag["Key"]: tag["Value"] for tag in volume["Tags"]}
    assert tags["kubernetes.io/created-for/pvc/namespace"] == "default"
    assert (tags["ebs.csi.aws.com/cluster"], tags["kubernetes.io/cluster/demo"]) == ("true", "owned")

    grown = {"spec": {"resources": {"requests": {"storage": "20Gi"}}}}
    api.request("PATCH", path, grown, content_type="application/merge-patch+json")
    seen(lambda: api.request("GET", path)["status"]["capacity"] == {"storage": "20Gi"} or None, "the larger volume")
    assert next(one for one in volumes(account) if name_of(one) == "data")["Size"] == 20

    api.delete(f"{user}?gracePeriodSeconds=0")
    api.delete(path)
    seen(lambda: not [one for one in volumes(account) if name_of(one) == "data"] or None, "the end of the volume")
    seen(lambda: not exists(api, f"/api/v1/persistentvolumes/{found['spec']['volumeName']}") or None, "its object's")


def name_of(volume: dict[str, Any]) -> str:
    return next(str(tag["Value"]) for tag in volume["Tags"] if tag["Key"] == "kubernetes.io/created-for/pvc/name")


@pytest.mark.usefixtures("driver")
def test_a_retained_volume_stays_in_the_account(api: KubeApi, account: Account) -> None:
    kept = storage_class(api, "kept", reclaimPolicy="Retain", volumeBindingMode="Immediate")
    path = claim(api, "precious", kept)
    found = seen(lambda: bound(api, path), "the claim to be bound")
    api.delete(path)
    volume = f"/api/v1/persistentvolumes/{found['spec']['volumeName']}"
    seen(lambda: api.request("GET", volume)["status"]["phase"] == "Released" or None, "the release")
    assert [one for one in volumes(account) if name_of(one) == "precious"]


@pytest.mark.usefixtures("driver")
@pytest.mark.parametrize(
    ("name", "parameters", "why"),
    [
        ("oddtype", {"type": "gp9"}, 'invalid volume type "gp9"'),
        ("oddkey", {"colour": "red"}, "Invalid parameter key colour for CreateVolume"),
        ("io1", {"type": "io1"}, "code = Internal desc = api error"),
    ],
)
def test_a_class_that_cannot_be_is_refused_on_the_claim(
    api: KubeApi, name: str, parameters: dict[str, str], why: str
) -> None:
    odd = storage_class(api, name, parameters=parameters, volumeBindingMode="Immediate")
    path = claim(api, f"of-{name}", odd)
    assert told(api, f"of-{name}", why).startswith("ProvisioningFailed")
    assert api.request("GET", path)["status"]["phase"] == "Pending"
    api.delete(path)


# Load balancers


def service(api: KubeApi, name: str, **annotations: str) -> str:
    prefix = "service.beta.kubernetes.io/aws-load-balancer-"
    metadata = {"name": name, "annotations": {prefix + key: value for key, value in annotations.items()}}
    spec = {"type": "LoadBalancer", "ports": [{"port": 443}], "selector": {"app": name}}
    api.request("POST", SERVICES, {"metadata": metadata, "spec": spec})
    return f"{SERVICES}/{name}"


def hostname(api: KubeApi, path: str) -> str | None:
    ingress = api.request("GET", path)["status"]["loadBalancer"].get("ingress")
    return str(ingress[0]["hostname"]) if ingress else None


def test_a_service_gets_a_classic_balancer_and_takes_it_along(api: KubeApi, account: Account) -> None:
    elb = account.client("elb")
    path = service(api, "front")
    name = seen(lambda: hostname(api, path), "the address")
    found = elb.describe_load_balancers()["LoadBalancerDescriptions"]
    assert [(one["DNSName"], one["Scheme"], len(one["Subnets"])) for one in found] == [(name, "internet-facing", 3)]
    tags = elb.describe_tags(LoadBalancerNames=[found[0]["LoadBalancerName"]])["TagDescriptions"][0]["Tags"]
    assert {"Key": "kubernetes.io/service-name", "Value": "default/front"} in tags
    assert {"Key": "kubernetes.io/cluster/demo", "Value": "owned"} in tags
    assert len(interfaces(account)) == 3
    api.delete(path)
    assert exists(api, path)  # it stays until its balancer is gone
    seen(lambda: not exists(api, path) or None, "the end of the Service")
    assert elb.describe_load_balancers()["LoadBalancerDescriptions"] == []
    assert interfaces(account) == []
    groups = account.client("ec2").describe_security_groups()["SecurityGroups"]
    assert [group for group in groups if group["GroupName"].startswith("k8s-elb-")] == []


def interfaces(account: Account) -> list[str]:
    """Of load balancers: they keep the network from being deleted."""
    found = account.client("ec2").describe_network_interfaces()["NetworkInterfaces"]
    return [str(one["Description"]) for one in found if one["Description"].startswith("ELB ")]


def test_a_network_balancer_by_annotation(api: KubeApi, account: Account) -> None:
    path = service(api, "inner", type="nlb", internal="true")
    seen(lambda: hostname(api, path), "the address")
    found = account.client("elbv2").describe_load_balancers()["LoadBalancers"]
    assert [(one["Type"], one["Scheme"]) for one in found] == [("network", "internal")]
    change = {"spec": {"type": "ClusterIP"}}
    api.request("PATCH", path, change, content_type="application/merge-patch+json")
    seen(lambda: account.client("elbv2").describe_load_balancers()["LoadBalancers"] == [] or None, "its end")
    assert api.request("GET", path)["status"] == {"loadBalancer": {}}
    api.delete(path)


def test_a_service_for_the_load_balancer_controller_waits_for_it(api: KubeApi, account: Account) -> None:
    path = service(api, "addressed", type="external")
    controller = addons.Addon("aws-load-balancer-controller", "v3")
    addons.install(api, controller)
    seen(lambda: hostname(api, path), "the address")
    found = account.client("elbv2").describe_load_balancers()["LoadBalancers"]
    assert found[0]["LoadBalancerName"].startswith("k8s-default-addresse-")
    assert api.request("GET", path)["metadata"]["finalizers"] == ["service.k8s.aws/resources"]
    api.delete(path)
    seen(lambda: not exists(api, path) or None, "the end of the Service")
    addons.remove(api, "aws-load-balancer-controller")
