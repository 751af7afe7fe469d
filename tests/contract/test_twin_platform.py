# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a cloud's cluster gives to whoever installs on it: add-ons, volumes, load balancers, Profiles, real denials."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from twin import addons
from twin.build import build
from twin.contract import NodeSpec
from twin.host import LocalClusterHost
from twin.kube_api import KubeApi, KubeApiError
from twin.processes import wait_until

CLUSTER = "us-east-2.platform"
ISSUER = "https://oidc.eks.us-east-2.amazonaws.com/id/0123456789ABCDEF0123456789ABCDEF"
ROLE = "arn:aws:iam::123456789012:role/ebs-csi"
SYSTEM = "/apis/apps/v1/namespaces/kube-system"


def node(index: int) -> NodeSpec:
    zone = f"us-east-2{'abc'[index % 3]}"
    name = f"ip-10-0-{index}-10.us-east-2.compute.internal"
    return NodeSpec(name=name, provider_id=f"aws:///{zone}/i-{index:017x}", zone=zone, instance_type="m7i.large")


@pytest.fixture(scope="module")
def host(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalClusterHost]:
    host = LocalClusterHost(tmp_path_factory.mktemp("twin"), programs=build)
    host.start(CLUSTER, "1.34", ISSUER)
    host.set_nodes(CLUSTER, [node(index) for index in range(3)], group="workers")
    host.settle(CLUSTER)
    yield host
    host.stop_all()


@pytest.fixture(scope="module")
def api(host: LocalClusterHost) -> KubeApi:
    return host.api(CLUSTER)


def seen[T](look: Callable[[], T | None], what: str) -> T:
    return wait_until(look, seconds=60, interval=0.1, what=what)


def exists(api: KubeApi, path: str) -> bool:
    try:
        api.request("GET", path)
    except KubeApiError as error:
        if error.status != 404:
            raise
        return False
    return True


def ready(api: KubeApi, name: str, replicas: int) -> bool | None:
    deployment = api.request("GET", f"{SYSTEM}/deployments/{name}")
    return deployment["status"].get("readyReplicas") == replicas or None


def test_an_add_on_brings_its_objects_and_takes_them_along(host: LocalClusterHost, api: KubeApi) -> None:
    account = "/api/v1/namespaces/kube-system/serviceaccounts/ebs-csi-controller-sa"
    host.addon(CLUSTER, "aws-ebs-csi-driver", "v1.60.0-eksbuild.1", "", ROLE, None, True)
    host.settle(CLUSTER)
    assert api.request("GET", account)["metadata"]["annotations"] == {addons.ROLE_ANNOTATION: ROLE}
    assert exists(api, "/apis/storage.k8s.io/v1/csidrivers/ebs.csi.aws.com")
    seen(lambda: ready(api, "ebs-csi-controller", 2), "the controller's pods")

    def agents() -> bool | None:
        return api.request("GET", f"{SYSTEM}/daemonsets/ebs-csi-node")["status"].get("numberReady") == 3 or None

    seen(agents, "an agent on each node")
    host.addon(CLUSTER, "aws-ebs-csi-driver", "v1.60.0-eksbuild.1", "", None, None, False)
    host.settle(CLUSTER)
    assert not exists(api, f"{SYSTEM}/deployments/ebs-csi-controller")
    assert not exists(api, account)


def test_an_add_on_s_configuration_and_version_take_effect(host: LocalClusterHost, api: KubeApi) -> None:
    path = f"{SYSTEM}/deployments/coredns"
    host.addon(CLUSTER, "coredns", "v1.12.4-eksbuild.1", '{"replicaCount": 3}', None, None, True)
    host.settle(CLUSTER)
    seen(lambda: ready(api, "coredns", 3), "three pods")
    host.addon(CLUSTER, "coredns", "v1.12.5-eksbuild.1", "", None, None, True)
    host.settle(CLUSTER)
    seen(lambda: ready(api, "coredns", 2), "two pods")
    image = api.request("GET", path)["spec"]["template"]["spec"]["containers"][0]["image"]
    assert image.endswith(":v1.12.5-eksbuild.1")


@pytest.mark.parametrize("name", [*addons.SHAPES, "somebody-s-addon"])
def test_every_add_on_comes_and_goes_whole(api: KubeApi, name: str) -> None:
    addon = addons.Addon(name, "v1")
    addons.install(api, addon)
    assert addons.installed(api, name)
    addons.remove(api, name)
    left = [path for path, wish in addons.objects(addon) if wish["kind"] != "Namespace" and exists(api, path)]
    # What ends in the background is on its way.
    assert [path for path in left if "deletionTimestamp" not in api.request("GET", path)["metadata"]] == []
