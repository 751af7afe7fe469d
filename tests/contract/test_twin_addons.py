# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""An EKS add-on that is active has its objects in the cluster, and they run."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.contract.kube_objects import found, seen
from twin import addons
from twin.build import build
from twin.contract import NodeSpec
from twin.host import LocalClusterHost
from twin.kube_api import KubeApi, KubeApiError

pytestmark = pytest.mark.slow

CLUSTER = "addons"
ROLE = "arn:aws:iam::123456789012:role/ebs-csi"
SYSTEM = "/apis/apps/v1/namespaces/kube-system"


@pytest.fixture(scope="module")
def host(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalClusterHost]:
    host = LocalClusterHost(tmp_path_factory.mktemp("twin"), programs=build, scale=60.0)
    host.start(CLUSTER, "1.34", "https://kubernetes.default.svc")
    nodes = [NodeSpec(f"n{index}", f"aws:///us-east-2a/i-{index}", "us-east-2a", "m7i.large") for index in range(3)]
    host.set_nodes(CLUSTER, nodes)
    yield host
    host.stop_all()


@pytest.fixture(scope="module")
def api(host: LocalClusterHost) -> KubeApi:
    return host.api(CLUSTER)


def exists(api: KubeApi, path: str) -> bool:
    return found(api, path) is not None


def ready(api: KubeApi, name: str, replicas: int) -> bool | None:
    deployment = api.request("GET", f"{SYSTEM}/deployments/{name}")
    return deployment["status"].get("readyReplicas") == replicas or None


def test_metrics_are_an_api_that_is_there(host: LocalClusterHost, api: KubeApi) -> None:
    host.addon(CLUSTER, "metrics-server", "v0.8.0-eksbuild.1", "", None, None, True)
    host.settle(CLUSTER)
    nodes = "/apis/metrics.k8s.io/v1beta1/nodes"
    assert seen(lambda: answers(api, nodes), "the aggregated API")["kind"] == "NodeMetricsList"
    host.addon(CLUSTER, "metrics-server", "", "", None, None, False)
    host.settle(CLUSTER)
    seen(lambda: not exists(api, nodes) or None, "its end")


def answers(api: KubeApi, path: str) -> dict[str, str] | None:
    try:
        return found(api, path)
    except KubeApiError as error:
        if error.status != 503:
            raise
        return None


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
