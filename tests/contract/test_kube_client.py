# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The Kubernetes client against a real API server: what it reads, what it writes, and how refusals are told."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest
import yaml

from ansible_collections.kubeops.hybrid.plugins.module_utils._clients.kube import KubeClient, refuse_writes
from ansible_collections.kubeops.hybrid.plugins.module_utils._clients.kube_config import load
from ansible_collections.kubeops.hybrid.plugins.module_utils._clients.kube_discovery import Resource
from ansible_collections.kubeops.hybrid.plugins.module_utils._clients.kube_errors import (
    Expired,
    FieldConflict,
    MissingNamespace,
    UnknownKind,
)
from ansible_collections.kubeops.hybrid.plugins.module_utils._engine.errors import (
    Conflict,
    Denied,
    EstateError,
    Immutable,
    Invalid,
    NotFound,
    Unavailable,
)
from twin.build import build
from twin.control_plane import ControlPlane

pytestmark = pytest.mark.slow
CONFIG_MAPS = Resource("", "v1", "ConfigMap", "configmaps", True)
DEPLOYMENTS = Resource("apps", "v1", "Deployment", "deployments", True)
MANAGER = "kubeops-hybrid"


@pytest.fixture(scope="module")
def plane(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ControlPlane]:
    """A control plane for the tests of this file."""
    plane = ControlPlane("client", tmp_path_factory.mktemp("planes"), programs=build(), kubernetes_version="1.35")
    plane.start()
    yield plane
    plane.stop()


@pytest.fixture(scope="module")
def client(plane: ControlPlane) -> KubeClient:
    """Its administrator."""
    return KubeClient(load(str(plane.admin_kubeconfig)))


def config_map(name: str, **data: str) -> dict[str, Any]:
    """A ConfigMap of the namespace default."""
    return {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {"name": name, "namespace": "default"},
        "data": data,
    }


def deployment(name: str, **selector: str) -> dict[str, Any]:
    """A Deployment that selects its pods by these labels."""
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": name, "namespace": "default"},
        "spec": {
            "selector": {"matchLabels": selector},
            "template": {
                "metadata": {"labels": selector},
                "spec": {"containers": [{"name": "one", "image": "example.com/one:1"}]},
            },
        },
    }


def refusal(call: Any, kind: type[EstateError]) -> str:
    """The message of the refusal that the call meets."""
    with pytest.raises(kind) as caught:
        call()
    return str(caught.value)


def test_discovery_tells_scope_and_the_version_that_is_emulated(client: KubeClient) -> None:
    resources = client.resources()
    namespace, secret = resources.find("", "Namespace"), resources.find("", "Secret")
    assert namespace is not None
    assert secret is not None
    assert (namespace.namespaced, secret.namespaced) == (False, True)
    assert resources.find("apps", "Deployment", "v1") == DEPLOYMENTS
    assert resources.find("apps", "Deployment", "v1beta1") is None
    assert client.version() == (1, 35)


def test_lists_go_over_several_pages_and_say_what_their_items_are(client: KubeClient) -> None:
    for number in range(501):
        client.apply(CONFIG_MAPS, config_map(f"page-{number}", a="b"), manager=MANAGER)
    names = {one["metadata"]["name"] for one in client.listed(CONFIG_MAPS, "default")}
    assert {f"page-{number}" for number in range(501)} <= names
    one = client.listed(CONFIG_MAPS, "default", fields="metadata.name=page-7")[0]
    assert (one["apiVersion"], one["kind"], one["data"]) == ("v1", "ConfigMap", {"a": "b"})
    assert one["metadata"]["managedFields"][0]["manager"] == MANAGER
    assert "data" not in client.listed(CONFIG_MAPS, "default", metadata_only=True)[0]


def test_what_is_not_there_is_none_and_what_no_server_knows_is_an_error(client: KubeClient) -> None:
    assert client.get(CONFIG_MAPS, "default", "nobody") is None
    assert client.delete(CONFIG_MAPS, "default", "nobody") is False
    unknown = Resource("example.com", "v1", "Thing", "things", True)
    refusal(lambda: client.listed(unknown), UnknownKind)


def test_a_field_that_others_hold_is_told_with_its_manager_and_taken_only_by_force(client: KubeClient) -> None:
    client.apply(CONFIG_MAPS, config_map("held", colour="blue"), manager="somebody")
    wish = config_map("held", colour="green")
    with pytest.raises(FieldConflict) as caught:
        client.apply(CONFIG_MAPS, wish, manager=MANAGER)
    assert caught.value.fields == (("somebody", ".data.colour"),)
    assert client.apply(CONFIG_MAPS, wish, manager=MANAGER, force=True)["data"] == {"colour": "green"}


def test_a_dry_run_writes_nothing_although_a_guard_would_refuse(plane: ControlPlane, client: KubeClient) -> None:
    reader = KubeClient(load(str(plane.admin_kubeconfig)), guard=refuse_writes)
    assert reader.apply(CONFIG_MAPS, config_map("dry", a="b"), manager=MANAGER, dry_run=True)["data"] == {"a": "b"}
    assert client.get(CONFIG_MAPS, "default", "dry") is None
    refusal(lambda: reader.apply(CONFIG_MAPS, config_map("dry", a="b"), manager=MANAGER), Denied)
    refusal(lambda: reader.delete(CONFIG_MAPS, "default", "page-1"), Denied)


def test_what_never_heals_is_told_by_its_cause(client: KubeClient) -> None:
    wrong = {**config_map("wrong"), "daat": {"a": "b"}}
    assert ".daat: field not declared" in refusal(lambda: client.apply(CONFIG_MAPS, wrong, manager=MANAGER), Invalid)
    lost = config_map("lost")
    lost["metadata"]["namespace"] = "nowhere"
    assert "nowhere" in refusal(lambda: client.apply(CONFIG_MAPS, lost, manager=MANAGER), MissingNamespace)
    client.apply(DEPLOYMENTS, deployment("fixed", app="one"), manager=MANAGER)
    again = deployment("fixed", app="two")
    assert "spec.selector" in refusal(lambda: client.apply(DEPLOYMENTS, again, manager=MANAGER), Immutable)
    large = config_map("large", text="x" * 1_100_000)
    assert "1048576" in refusal(lambda: client.apply(CONFIG_MAPS, large, manager=MANAGER), Invalid)


def test_only_the_very_object_that_was_seen_is_deleted(client: KubeClient) -> None:
    made = client.apply(CONFIG_MAPS, config_map("again"), manager=MANAGER)
    stranger = "00000000-0000-0000-0000-000000000000"
    refusal(lambda: client.delete(CONFIG_MAPS, "default", "again", uid=stranger), Conflict)
    assert client.delete(CONFIG_MAPS, "default", "again", uid=made["metadata"]["uid"]) is True


def test_others_see_what_their_rights_let_them_see(client: KubeClient) -> None:
    stranger = client.impersonating("stranger@example.com", ["guests"])
    assert "stranger@example.com" in refusal(lambda: stranger.listed(CONFIG_MAPS, "default"), Denied)


def kubeconfig(directory: Path, plane: ControlPlane, user: dict[str, Any], **cluster: Any) -> str:
    """A kubeconfig for the plane with another user."""
    document = yaml.safe_load(plane.admin_kubeconfig.read_text())
    document["users"][0]["user"] = user
    document["clusters"][0]["cluster"].update(cluster)
    path = directory / "kubeconfig"
    path.write_text(yaml.safe_dump(document))
    return str(path)


def execute(command: Sequence[str], environment: Mapping[str, str]) -> tuple[int, str, str]:
    """As a module would run a credential plugin."""
    done = subprocess.run(command, env={**os.environ, **environment}, capture_output=True, text=True, check=False)
    return done.returncode, done.stdout, done.stderr


def test_credentials_that_are_refused_are_asked_for_again_and_then_told(plane: ControlPlane, tmp_path: Path) -> None:
    answers = tmp_path / "answers"
    answer = '{"apiVersion": "client.authentication.k8s.io/v1", "kind": "ExecCredential", "status": {"token": "old"}}'
    command = f"echo x >> {answers}; echo '{answer}'"
    plugin = {
        "apiVersion": "client.authentication.k8s.io/v1",
        "command": "sh",
        "args": ["-c", command],
    }
    client = KubeClient(load(kubeconfig(tmp_path, plane, {"exec": plugin})), execute=execute)
    told = refusal(lambda: client.listed(CONFIG_MAPS, "default"), Expired)
    assert "Unauthorized" in told
    assert "old" not in told
    assert answers.read_text().split() == ["x", "x"]


def test_a_plugin_that_fails_is_told_with_its_own_words(plane: ControlPlane, tmp_path: Path) -> None:
    plugin = {
        "apiVersion": "client.authentication.k8s.io/v1",
        "command": "sh",
        "args": ["-c", "echo no session >&2; exit 3"],
    }
    config = load(kubeconfig(tmp_path, plane, {"exec": plugin}))
    assert "no session" in refusal(lambda: KubeClient(config, execute=execute), Expired)


def test_a_server_that_is_not_there_or_not_trusted_is_told(plane: ControlPlane, tmp_path: Path) -> None:
    away = KubeClient(load(kubeconfig(tmp_path, plane, {}, server="https://127.0.0.1:9")))
    assert "127.0.0.1:9" in refusal(lambda: away.resources(), Unavailable)
    config = load(kubeconfig(tmp_path, plane, {}))
    document = yaml.safe_load(Path(config.path).read_text())
    document["clusters"][0]["cluster"].pop("certificate-authority")
    Path(config.path).write_text(yaml.safe_dump(document))
    assert "authority" in refusal(lambda: KubeClient(load(config.path)).resources(), Unavailable)


def test_a_kubeconfig_says_what_is_wrong_with_it(tmp_path: Path) -> None:
    missing = tmp_path / "missing"
    assert str(missing) in refusal(lambda: load(str(missing)), NotFound)
    other = tmp_path / "other"
    other.write_text("contexts: [{name: a, context: {}}]\ncurrent-context: b\n")
    assert "there is a" in refusal(lambda: load(str(other)), Invalid)
