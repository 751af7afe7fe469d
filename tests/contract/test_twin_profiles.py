# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Profiles become namespaces with rights, quotas and what pipelines need; denials are the API server's own."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tests.contract.kube_objects import DEFINITIONS, definition, found, seen, workload
from twin.build import build
from twin.contract import NodeSpec
from twin.host import LocalClusterHost
from twin.kube_api import KubeApi, KubeApiError

pytestmark = pytest.mark.slow

CLUSTER = "profiles"
PROFILES = "/apis/kubeflow.org/v1/profiles"
RBAC = "/apis/rbac.authorization.k8s.io/v1"
KUBEFLOW = "/api/v1/namespaces/kubeflow"
LABELS = 'app.kubernetes.io/part-of: "kubeflow-profile"\npipelines.kubeflow.org/enabled: "true"\nunwanted: ""\n'


def config_map(name: str, **data: str) -> dict[str, Any]:
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name, "namespace": "kubeflow"}, "data": data}


def roles() -> Iterator[tuple[str, dict[str, Any]]]:
    """Kubeflow's, as they look once they are aggregated."""
    for role, verbs in (("view", ["get", "list"]), ("edit", ["*"]), ("admin", ["*"])):
        rules = [{"apiGroups": [""], "resources": ["pods", "secrets"], "verbs": verbs}]
        wish = {
            "apiVersion": "rbac.authorization.k8s.io/v1",
            "kind": "ClusterRole",
            "metadata": {"name": f"kubeflow-{role}"},
        }
        yield f"{RBAC}/clusterroles/kubeflow-{role}", {**wish, "rules": rules}


def ask(api: KubeApi, method: str, path: str, body: object = None, *, user: str) -> int:
    try:
        api.request(method, path, body, user=user)
    except KubeApiError as error:
        return error.status
    return 200


@pytest.fixture(scope="module")
def host(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalClusterHost]:
    host = LocalClusterHost(tmp_path_factory.mktemp("twin"), programs=build, scale=60.0)
    host.start(CLUSTER, "1.34", "https://kubernetes.default.svc")
    host.set_nodes(CLUSTER, [NodeSpec("n", "aws:///us-east-2a/i-1", "us-east-2a", "m7i.large")])
    yield host
    host.stop_all()


@pytest.fixture(scope="module")
def api(host: LocalClusterHost) -> KubeApi:
    """A cluster that has of Kubeflow what Profiles need."""
    api = host.api(CLUSTER)
    policies = definition(
        "security.istio.io", "AuthorizationPolicy", plural="authorizationpolicies", version="v1beta1"
    )  # fmt: skip
    for wish in (definition("kubeflow.org", "Profile", scope="Cluster"), policies):
        api.request("POST", DEFINITIONS, wish)
    api.request("POST", "/api/v1/namespaces", {"metadata": {"name": "kubeflow"}})
    for path, role in roles():
        api.apply(path, role)
    for wish in (
        config_map("labels-1", **{"namespace-labels.yaml": LABELS}),
        config_map("settings-1", USERID_HEADER="kubeflow-userid", ISTIO_INGRESS_GATEWAY_PRINCIPAL="gateway"),
        config_map("pipeline-install-config", ARTIFACTS_PROXY_ENABLED="false", defaultPipelineRoot="s3://root"),
    ):
        api.request("POST", f"{KUBEFLOW}/configmaps", wish)
    mounted = {"name": "labels", "configMap": {"name": "labels-1"}}
    settings = {"envFrom": [{"configMapRef": {"name": "settings-1"}}]}
    own_keys = {"env": [{"name": "OBJECT_STORE_HOST", "value": "seaweedfs"}]}
    for plural, wish in (
        (
            "deployments",
            workload("Deployment", "profiles-deployment", "kubeflow", volumes=[mounted], container=settings),
        ),
        (
            "deployments",
            workload("Deployment", "kubeflow-pipelines-profile-controller", "kubeflow", container=own_keys),
        ),
        ("statefulsets", workload("StatefulSet", "metacontroller", "kubeflow")),
    ):
        api.request("POST", f"/apis/apps/v1/namespaces/kubeflow/{plural}", wish)
    seen(lambda: found(api, PROFILES) and True, "Profiles to be served")
    return api


def profile(api: KubeApi, name: str, owner: str, **spec: Any) -> str:
    wish = {
        "apiVersion": "kubeflow.org/v1",
        "kind": "Profile",
        "metadata": {"name": name},
        "spec": {"owner": {"kind": "User", "name": owner, "apiGroup": "rbac.authorization.k8s.io"}, **spec},
    }
    api.request("POST", PROFILES, wish)
    return f"{PROFILES}/{name}"


@pytest.fixture(scope="module")
def team(api: KubeApi) -> str:
    """A Profile that is done: its finalizer is the last thing that is made."""
    path = profile(api, "team", "ann@example.org", resourceQuotaSpec={"hard": {"pods": "1"}})
    seen(lambda: api.request("GET", path)["metadata"].get("finalizers"), "the Profile's end")
    return "team"


def test_a_profile_has_its_namespace_and_objects(api: KubeApi, team: str) -> None:
    space = api.request("GET", f"/api/v1/namespaces/{team}")["metadata"]
    assert space["annotations"] == {"owner": "ann@example.org"}
    assert space["ownerReferences"][0]["kind"] == "Profile"
    assert space["labels"] == {
        "istio-injection": "enabled",
        "app.kubernetes.io/part-of": "kubeflow-profile",
        "pipelines.kubeflow.org/enabled": "true",
        "kubernetes.io/metadata.name": team,
    }
    bindings = {item["metadata"]["name"]: item for item in
                api.request("GET", f"{RBAC}/namespaces/{team}/rolebindings")["items"]}  # fmt: skip
    assert {name: item["roleRef"]["name"] for name, item in bindings.items()} == {
        "default-editor": "kubeflow-edit", "default-viewer": "kubeflow-view", "namespaceAdmin": "kubeflow-admin"
    }  # fmt: skip
    assert bindings["namespaceAdmin"]["metadata"]["annotations"] == {"user": "ann@example.org", "role": "admin"}
    assert api.request("GET", f"/api/v1/namespaces/{team}/resourcequotas/kf-resource-quota")["spec"]["hard"]["pods"]
    path = f"/apis/security.istio.io/v1beta1/namespaces/{team}/authorizationpolicies/ns-owner-access-istio"
    first = api.request("GET", path)["spec"]["rules"][0]
    assert first["when"] == [{"key": "request.headers[kubeflow-userid]", "values": ["ann@example.org"]}]
    assert first["from"] == [{"source": {"principals": ["gateway"]}}]


def test_its_namespace_has_what_pipelines_need(api: KubeApi, team: str) -> None:
    secret = f"/api/v1/namespaces/{team}/secrets/mlpipeline-minio-artifact"
    keys = seen(lambda: (found(api, secret) or {}).get("data"), "the Secret")
    assert set(keys) == {"accesskey", "secretkey"}
    launcher = f"/api/v1/namespaces/{team}/configmaps/kfp-launcher"
    assert seen(lambda: found(api, launcher), "its settings")["data"] == {"defaultPipelineRoot": "s3://root"}
    assert found(api, f"/apis/apps/v1/namespaces/{team}/deployments/ml-pipeline-ui-artifact") is None


def test_who_is_no_member_is_denied_and_a_contributor_is_not(api: KubeApi, team: str) -> None:
    pods = f"/api/v1/namespaces/{team}/pods"
    assert ask(api, "GET", pods, user="ann@example.org") == 200
    assert ask(api, "GET", pods, user="bob@example.org") == 403
    contributor = {
        "apiVersion": "rbac.authorization.k8s.io/v1",
        "kind": "RoleBinding",
        "metadata": {"name": "user-bob", "annotations": {"user": "bob@example.org", "role": "edit"}},
        "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": "kubeflow-edit"},
        "subjects": [{"kind": "User", "name": "bob@example.org", "apiGroup": "rbac.authorization.k8s.io"}],
    }
    api.request("POST", f"{RBAC}/namespaces/{team}/rolebindings", contributor)
    seen(lambda: ask(api, "GET", pods, user="bob@example.org") == 200 or None, "the contributor's rights")
    assert ask(api, "GET", "/api/v1/namespaces/default/pods", user="bob@example.org") == 403


def test_what_exceeds_the_quota_is_refused(api: KubeApi, team: str) -> None:
    pods = f"/api/v1/namespaces/{team}/pods"
    spec = {"containers": [{"name": "c", "image": "example.org/none"}]}

    def second() -> str | None:
        try:
            api.request("POST", f"{pods}?dryRun=All", {"metadata": {"generateName": "p-"}, "spec": spec})
        except KubeApiError as error:
            return str(error) if error.status == 403 else None
        return None

    api.request("POST", pods, {"metadata": {"name": "first"}, "spec": spec})
    assert "exceeded quota: kf-resource-quota" in seen(second, "a refusal")


def test_what_a_profile_has_made_comes_back(api: KubeApi, team: str) -> None:
    path = f"{RBAC}/namespaces/{team}/rolebindings/namespaceAdmin"
    before = api.request("GET", path)["metadata"]["uid"]
    api.delete(path)
    seen(lambda: (found(api, path) or {"metadata": {"uid": before}})["metadata"]["uid"] != before or None, "it again")


def test_somebody_else_s_namespace_is_not_taken_over(api: KubeApi) -> None:
    api.request("POST", "/api/v1/namespaces", {"metadata": {"name": "theirs"}})
    path = profile(api, "theirs", "eve@example.org")
    conditions = seen(lambda: api.request("GET", path).get("status", {}).get("conditions"), "the refusal")
    message = "namespace already exist, but not owned by profile creator eve@example.org"
    assert conditions == [{"type": "Failed", "message": message}]
    assert found(api, f"{RBAC}/namespaces/theirs/rolebindings/namespaceAdmin") is None
    api.delete(path)
    seen(lambda: found(api, path) is None or None, "the end of the Profile")
    assert found(api, "/api/v1/namespaces/theirs")


def test_a_profile_takes_its_namespace_along(api: KubeApi) -> None:
    path = profile(api, "short", "ann@example.org")
    seen(lambda: api.request("GET", path)["metadata"].get("finalizers"), "the Profile's end")
    api.delete(path)
    seen(lambda: found(api, "/api/v1/namespaces/short") is None or None, "the end of the namespace")
    assert found(api, path) is None


def test_without_its_controller_a_profile_stays_as_it_is(api: KubeApi) -> None:
    scale = "/apis/apps/v1/namespaces/kubeflow/deployments/profiles-deployment"
    merge = "application/merge-patch+json"

    def ready(replicas: int) -> bool | None:
        return api.request("GET", scale)["status"].get("readyReplicas", 0) == replicas or None

    api.request("PATCH", scale, {"spec": {"replicas": 0}}, content_type=merge)
    seen(lambda: ready(0), "the end of the controller")
    path = profile(api, "later", "ann@example.org")
    # The other controller goes on meanwhile, so time enough has passed when a new namespace has its Secret.
    api.request("POST", "/api/v1/namespaces",
                {"metadata": {"name": "labelled", "labels": {"pipelines.kubeflow.org/enabled": "true"}}})  # fmt: skip
    seen(lambda: found(api, "/api/v1/namespaces/labelled/secrets/mlpipeline-minio-artifact"), "the other controller")
    assert found(api, "/api/v1/namespaces/later") is None
    api.request("PATCH", scale, {"spec": {"replicas": 1}}, content_type=merge)
    seen(lambda: api.request("GET", path)["metadata"].get("finalizers"), "the Profile's end")
