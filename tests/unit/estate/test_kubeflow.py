# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Kubeflow's shape: what is left out of its manifests, what takes the place of it, and what is checked before."""

from __future__ import annotations

from typing import Any

import pytest
import yaml

from ansible_collections.kubeops.hybrid.plugins.module_utils._engine.secrets import KNOWN_DEFAULTS, is_known_default
from ansible_collections.kubeops.hybrid.plugins.module_utils._kinds.kubernetes.registry import MAKERS, expand
from ansible_collections.kubeops.hybrid.plugins.plugin_utils.estate import layers_kubeflow
from ansible_collections.kubeops.hybrid.plugins.plugin_utils.estate.kubeflow_releases import RELEASES
from ansible_collections.kubeops.hybrid.plugins.plugin_utils.estate.problems import InvalidEstate

Entry = dict[str, Any]
SMALL: Entry = {
    "version": "26.03",
    "clusters": ["lab"],
    "components": ["pipelines", "notebooks", "dashboard"],
    "storage_class": "fast",
}
TEAM: Entry = {"name": "team-a", "owner": "a@example.com"}


def entries(provided: tuple[str, ...] = (), **changes: Any) -> list[Entry]:
    """Resources of the small shape with changes."""
    return layers_kubeflow.kubeflow_resources({**SMALL, **changes}, stream="/stream.jsonl", provided=provided)


def named(found: list[Entry], kind: str) -> dict[str, Entry]:
    """Entries of a kind by name."""
    return {one["name"]: one for one in found if one["kind"] == kind}


def patched(found: list[Entry], kind: str, name: str) -> Entry:
    """What the first of the stream's patches changes of an object."""
    changes = [one for one in found[0]["patches"] if (one["kind"], one["name"]) == (kind, name)]
    merge: Entry = changes[0]["merge"]
    return merge


def refused(**changes: Any) -> str:
    """What is said about a wrong shape."""
    with pytest.raises(InvalidEstate) as caught:
        entries(**changes)
    return str(caught.value)


def test_no_published_secret_is_left_in_the_stream_and_each_has_one_of_ours_instead() -> None:
    """Expected: the same names left out and made, of the chosen components only."""
    found = entries()
    omitted = {(one["namespace"], one["name"]) for one in found[0]["omit"] if one["kind"] == "Secret"}
    made = {(one["namespace"], one["name"]) for one in named(found, "secret").values()}
    assert omitted <= made
    assert made - omitted == {("auth", "kubeflow-logins")}
    assert ("kubeflow", "mysql-secret") in omitted
    assert ("kubeflow", "katib-mysql-secrets") not in omitted
    assert ("kubeflow", "katib-mysql-secrets") in {
        (one["namespace"], one["name"]) for one in named(entries(components=["katib"]), "secret").values()
    }


def test_the_model_registry_has_a_password_and_a_class_too() -> None:
    """Expected: its published Secret is replaced, and its claim gets the class."""
    found = entries(components=["model_registry"])
    data = named(found, "secret")["model-registry-db-secrets"]["data"]
    assert data["MYSQL_USER_NAME"] == {"value": "root"}
    assert "generate" in data["MYSQL_ROOT_PASSWORD"]
    assert patched(found, "PersistentVolumeClaim", "metadata-mysql")["spec"] == {"storageClassName": "fast"}


def test_what_nobody_gives_is_generated_and_what_is_given_is_taken_by_name() -> None:
    """Expected: a reference whose secret has a value, a generated value without one."""
    shape = {"credentials": {"object_store": {"secret": "s3"}, "dex_password": {"secret": "login"}}}
    without = named(entries(**shape), "secret")
    assert without["mlpipeline-minio-artifact"]["data"]["secretkey"]["generate"]["length"] == 24
    assert without["dex-passwords"]["data"] == {
        "DEX_USER_PASSWORD": {"bcrypt": {"object": "Secret/auth/kubeflow-logins", "key": "user_at_example.com"}}
    }
    given = named(entries(("s3", "login"), **shape), "secret")
    assert given["mlpipeline-minio-artifact"]["data"]["secretkey"] == {"secret": "s3"}
    assert given["dex-passwords"]["data"] == {"DEX_USER_PASSWORD": {"bcrypt": "login"}}
    assert "kubeflow-logins" not in given


def test_both_ends_of_the_login_hold_one_client_secret() -> None:
    """Expected: the proxy's is a copy of Dex's."""
    data = named(entries(), "secret")["oauth2-proxy-h675gf55ht"]["data"]
    assert data["client-secret"] == {"copy": {"object": "Secret/auth/dex-oidc-client", "key": "OIDC_CLIENT_SECRET"}}
    assert data["cookie-secret"]["generate"]["length"] == 32


def test_who_checks_logins_starts_again_when_what_it_checks_against_changes() -> None:
    """Expected: Dex and the proxy are marked with Secrets that are made here."""
    found = entries()
    made = {f"Secret/{one['namespace']}/{one['name']}" for one in named(found, "secret").values()}
    readers = [one for one in found[0]["patches"] if "checksum/secrets" in str(one["merge"])]
    assert {one["name"] for one in readers} == {"dex", "oauth2-proxy"}
    for one in readers:
        marks = one["merge"]["spec"]["template"]["metadata"]["annotations"]
        assert set(marks["checksum/secrets"]["$fingerprint"]) <= made


def test_only_listed_users_log_in_and_each_with_a_password_of_its_own() -> None:
    """Expected: Dex's configuration names exactly them; ids stay the same; changed settings restart it."""
    users = [{"email": "a@example.com"}, {"email": "b@example.com", "password": {"secret": "b"}}]
    found = entries(("b",), users=users)
    config = yaml.safe_load(patched(found, "ConfigMap", "dex")["data"]["config.yaml"])
    assert [(one["email"], one["hashFromEnv"]) for one in config["staticPasswords"]] == [
        ("a@example.com", "DEX_USER_PASSWORD"),
        ("b@example.com", "DEX_USER_PASSWORD_2"),
    ]
    assert set(config) >= {"enablePasswordDB", "staticClients"}
    assert "connectors" not in config
    again = yaml.safe_load(patched(entries(users=users), "ConfigMap", "dex")["data"]["config.yaml"])
    assert again == config
    mark = "checksum/config"
    before = patched(found, "Deployment", "dex")["spec"]["template"]["metadata"]["annotations"][mark]
    after = patched(entries(users=users[:1]), "Deployment", "dex")
    assert after["spec"]["template"]["metadata"]["annotations"][mark] != before
    assert named(found, "secret")["dex-passwords"]["data"]["DEX_USER_PASSWORD_2"] == {"bcrypt": "b"}


def test_the_first_profile_owner_logs_in_where_no_user_is_listed() -> None:
    """Expected: the owner's address in Dex."""
    config = yaml.safe_load(patched(entries(profiles=[TEAM]), "ConfigMap", "dex")["data"]["config.yaml"])
    assert [one["email"] for one in config["staticPasswords"]] == ["a@example.com"]


def test_claims_get_the_class_and_the_database_a_password() -> None:
    """Expected: a patch of each claim of the chosen components, and root's password from the Secret."""
    found = entries()
    assert patched(found, "PersistentVolumeClaim", "seaweedfs-pvc") == {"spec": {"storageClassName": "fast"}}
    assert not [one for one in found[0]["patches"] if one["name"] == "katib-mysql"]
    container = patched(found, "Deployment", "mysql")["spec"]["template"]["spec"]["containers[name=mysql]"]
    assert container["env[name=MYSQL_ROOT_PASSWORD]"]["valueFrom"]["secretKeyRef"]["name"] == "mysql-secret"


def test_a_new_store_of_artifacts_says_whose_place_it_takes() -> None:
    """Expected: what turns away from the old store's claim is marked, so that it is done by consent only."""
    marked = {
        (one["kind"], one["name"])
        for one in entries()[0]["patches"]
        if "kubeops.io/replaces" in one["merge"].get("metadata", {}).get("annotations", {})
    }
    assert ("Deployment", "ml-pipeline") in marked
    assert ("PersistentVolumeClaim", "seaweedfs-pvc") in marked
    assert "kubeops.io/replaces" not in str(entries(version="1.10.2")[0]["patches"])


def test_databases_say_which_secret_opens_them() -> None:
    """Expected: each claim of a database names a Secret that is made here."""
    found = entries(components=["pipelines", "katib"])
    made = {f"Secret/{one['namespace']}/{one['name']}" for one in named(found, "secret").values()}
    told = [one["merge"].get("metadata", {}).get("annotations", {}) for one in found[0]["patches"]]
    opened_by = [one["kubeops.io/opened-by"] for one in told if "kubeops.io/opened-by" in one]
    assert len(opened_by) == 2
    assert set(opened_by) <= made


def test_notebooks_offer_what_the_inventory_says() -> None:
    """Expected: our images and GPUs in the form, and idle notebooks stopped; without a word upstream's choices."""
    assert not [one for one in entries()[0]["patches"] if one["name"].startswith("jupyter")]
    notebooks = {
        "images": ["registry.example.com/ml:1", "registry.example.com/ml:2"],
        "gpu_vendors": [{"resource": "amd.com/gpu", "name": "AMD"}],
        "culling": {"idle_minutes": 60},
    }
    found = entries(notebooks=notebooks)
    form = patched(found, "ConfigMap", "jupyter-web-app-config-9c2fbg2gdc")["data"]["spawner_ui_config.yaml"]
    fields = yaml.safe_load(form)["spawnerFormDefaults"]
    assert fields["image"] == {"value": notebooks["images"][0], "options": notebooks["images"]}
    assert fields["gpus"]["value"]["vendors"] == [{"limitsKey": "amd.com/gpu", "uiName": "AMD"}]
    assert fields["workspaceVolume"]["value"]["newPvc"]["spec"]["storageClassName"] == "fast"
    culling = patched(found, "ConfigMap", "notebook-controller-config-fhm9f7tdt5")["data"]
    assert culling == {"ENABLE_CULLING": "true", "CULL_IDLE_TIME": "60", "IDLENESS_CHECK_PERIOD": "1"}


def test_a_profile_has_quota_contributors_and_the_settings_of_all() -> None:
    """Expected: GPUs limited even where none are granted; quantities as they are; one entry a contributor."""
    team = {
        **TEAM,
        "quota": {"pods": 20, "memory": "64Gi", "storage": "1Ti"},
        "contributors": [{"user": "b@example.com", "role": "view"}],
    }
    pod_default = {"name": "proxy", "description": "Proxy", "match_labels": {"proxy": "true"}, "env": {"P": "x"}}
    found = entries(profiles=[team], pod_defaults=[pod_default])
    profile = named(found, "kubeflow_profile")["team-a"]
    assert profile["quota"] == {
        "memory": "64Gi",
        "pods": "20",
        "requests.storage": "1Ti",
        "requests.nvidia.com/gpu": "0",
    }
    assert [one["name"] for one in profile["pod_defaults"]] == ["access-ml-pipeline", "proxy"]
    assert profile["pod_defaults"][1]["spec"]["env"] == [{"name": "P", "value": "x"}]
    assert {"kind": "kubeflow_contributor", "profile": "team-a", "user": "b@example.com", "role": "view"} in found


def test_administrators_are_bound_and_the_first_user_administers_access() -> None:
    """Expected: one binding of all, and the access manager told of one."""
    found = entries(administrators=[{"group": "platform"}, {"user": "boss@example.com"}])
    binding = named(found, "role_binding")["kubeops-kubeflow-administrators"]
    assert binding["cluster_role"] == "kubeflow-admin"
    assert (binding["users"], binding["groups"]) == (["boss@example.com"], ["platform"])
    assert patched(found, "ConfigMap", "profiles-config-5h9m86f79f") == {"data": {"ADMIN": "boss@example.com"}}


def test_every_entry_but_the_stream_is_what_its_maker_takes() -> None:
    """Expected: no complaint of any maker."""
    team = {**TEAM, "gpus": 1, "contributors": [{"user": "b@example.com"}]}
    found = entries(profiles=[team], administrators=[{"group": "platform"}])
    assert {one["kind"] for one in found} <= set(MAKERS)
    objects = expand(found[1:])
    assert {body["kind"] for body, _place in objects} >= {"Profile", "PodDefault", "RoleBinding", "Secret"}


@pytest.mark.parametrize("version", sorted(RELEASES))
def test_the_same_shape_goes_with_every_release(version: str) -> None:
    """Expected: resources and expectations of each release, with or without the v before its number."""
    shape = {**SMALL, "version": f"v{version}"}
    assert layers_kubeflow.kubeflow_resources(shape, stream="/s")[0]["name"] == f"kubeflow v{version}"
    expected = layers_kubeflow.kubeflow_milestones(shape, estate="lab", cluster="lab-eks")
    assert [one["milestone"] for one in expected] == ["2.a.iii", "2.a.iv", "2.a.v"]


def test_a_release_without_components_is_taken_whole() -> None:
    """Expected: nothing to choose, all secrets replaced, and no component left to others."""
    whole = layers_kubeflow.selection({**SMALL, "version": "1.10.2"})
    assert whole == {"version": "v1.10.2", "components": None, "owners": {}}
    assert "katib-mysql-secrets" in named(entries(version="1.10.2"), "secret")
    with pytest.raises(InvalidEstate, match="istio cannot be left to others"):
        layers_kubeflow.selection({**SMALL, "version": "1.10.2"}, {"istio": "mesh"})


def test_what_others_own_is_told_to_whoever_renders() -> None:
    """Expected: only what is not Kubeflow's own; the notebook server of another chart is not Kubeflow's part."""
    shape = {**SMALL, "components": ["pipelines", "jupyterhub"], "owners": {"cert_manager": "eksa"}}
    chosen = layers_kubeflow.selection(shape, {"istio": "mesh"})
    assert chosen["owners"] == {"istio": "mesh", "cert_manager": "eksa"}
    assert chosen["components"] == ["pipelines", "user_namespace"]
    with pytest.raises(InvalidEstate, match=r"kubeflow_owners\.istio"):
        layers_kubeflow.selection(SMALL, {"istio": "gloo"})


def test_only_secrets_that_are_referred_to_are_looked_up() -> None:
    """Expected: others are never asked for; empty ones count as not given."""

    class Vault(dict[str, str]):
        def __getitem__(self, name: str) -> str:
            assert name in ("s3", "login")
            return super().__getitem__(name)

    shape = {**SMALL, "credentials": {"object_store": {"secret": "s3"}, "dex_password": {"secret": "login"}}}
    secrets = Vault(s3="kept", login="", other="never")
    assert layers_kubeflow.credentials(shape, secrets) == {"s3": "kept"}


def test_nothing_is_derived_of_what_is_not_ours() -> None:
    """Expected: no objects of a layer or a Kubeflow that is only referred to, and no expectation of an ignored one."""
    assert layers_kubeflow.kubeflow_resources(SMALL, stream="/s", manage="reference") == []
    assert entries(manage="ignore") == []
    assert layers_kubeflow.kubeflow_milestones(SMALL, estate="e", cluster="c", manage="ignore") == []


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"version": "25.01"}, "kubeflow.version = 25.01: is no release of Kubeflow whose manifests we know"),
        ({"deployment": "cognito"}, "kubeflow.deployment = cognito: is not built by this version"),
        ({"profiles": [TEAM, TEAM]}, "kubeflow.profiles[1].name = team-a: is also kubeflow.profiles[0].name"),
        ({"profiles": [{**TEAM, "name": "kube-public"}]}, "is a namespace of the system"),
        ({"profiles": [{**TEAM, "name": "team.a"}]}, "takes no dots"),
        ({"profiles": [{**TEAM, "quota": {"memory": "64 GB"}}]}, "is not a quantity of Kubernetes"),
        ({"profiles": [{**TEAM, "quota": {"memory": "64ki"}}]}, "is not a quantity of Kubernetes"),
        ({"profiles": [{**TEAM, "contributors": [{"user": "a@example.com"}]}]}, "owns the profile already"),
        ({"administrators": [{}]}, "needs either user or group"),
        ({"users": [{"email": "a@example.com"}] * 2}, "is also kubeflow.users[0].email"),
        ({"credentials": {"dex_password": "12341234"}}, "holds a secret in plain text (its value is not shown)"),
    ],
)
def test_wrong_shapes_are_told_with_place_and_remedy(changes: Entry, told: str) -> None:
    """Expected: the sentence for each."""
    text = refused(**changes)
    assert told in text
    assert "12341234" not in text


def test_every_published_value_is_known() -> None:
    """Expected: what upstream's examples hold is refused wherever it is given, in any case of letters."""
    published = ("12341234", "minio123", "test", "root", "postgres", "7d16fee92f8d11b8940b081b3f8b8acb")
    assert all(is_known_default(value) for value in published)
    assert all(value == value.lower() for value in KNOWN_DEFAULTS)
