# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is made of the bill of materials when there is nothing else."""

from __future__ import annotations

import collections
import pathlib

import pytest

from ansible_collections.kubeops.hybrid.plugins.module_utils._engine.errors import EstateError, Invalid
from ansible_collections.kubeops.hybrid.plugins.plugin_utils.artifacts import Rendered, Request, render, stand_ins
from ansible_collections.kubeops.hybrid.plugins.plugin_utils.artifacts.stand_ins import LABEL, rows
from tests.unit.artifacts.small import bodies


@pytest.fixture(autouse=True)
def without_a_network(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing listens where the way to upstream is."""
    for name in ("https_proxy", "HTTPS_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")


def made(store: pathlib.Path, **more: object) -> Rendered:
    """Kubeflow, without mirror and network."""
    return render(Request("kubeflow", str(store), "26.03", **{"stand_ins": True, **more}))  # type: ignore[arg-type]  # why: any option


def test_they_are_what_upstream_has_by_name_and_said_to_be_none(tmp_path: pathlib.Path) -> None:
    rendered = made(tmp_path)
    found = bodies(rendered)
    kinds = collections.Counter(one["kind"] for one in found)
    assert (len(found), kinds["CustomResourceDefinition"], kinds["Deployment"]) == (675, 74, 49)
    assert all(one["metadata"]["labels"][LABEL] == "true" for one in found)
    assert rendered.origin == "stand_ins"
    assert rendered.warnings[0].startswith("STAND-INS: kubeflow 26.03 is made of its bill of materials")


def test_a_store_that_was_begun_with_them_goes_on_with_them(tmp_path: pathlib.Path) -> None:
    first, again = made(tmp_path), made(tmp_path)
    assert (again.stream, again.cached, again.changed) == (first.stream, True, False)
    assert again.warnings == first.warnings
    with pytest.raises(EstateError):
        made(tmp_path, stand_ins=False)


def test_services_and_webhooks_find_their_workloads(tmp_path: pathlib.Path) -> None:
    found = bodies(made(tmp_path))
    services = {
        (one["metadata"]["namespace"], one["metadata"]["name"]): one for one in found if one["kind"] == "Service"
    }
    pods = [
        (one["metadata"]["namespace"], one["spec"]["template"]["metadata"]["labels"])
        for one in found
        if one["kind"] in ("Deployment", "StatefulSet", "DaemonSet")
    ]
    hooks = [hook for one in found for hook in one.get("webhooks", ())]
    assert len(hooks) == 42
    for hook in hooks:
        service = hook["clientConfig"]["service"]
        there = services[service["namespace"], service["name"]]
        assert service["port"] in [port["port"] for port in there["spec"]["ports"]]
        wanted = there["spec"]["selector"].items()
        assert any(space == service["namespace"] and wanted <= labels.items() for space, labels in pods)


def test_pods_may_run_in_namespaces_that_restrict_them(tmp_path: pathlib.Path) -> None:
    found = bodies(made(tmp_path))
    enforced = {
        one["metadata"]["labels"]["pod-security.kubernetes.io/enforce"] for one in found if one["kind"] == "Namespace"
    }
    assert enforced == {"restricted"}
    pods = [one["spec"]["template"]["spec"] for one in found if one["kind"] in ("Deployment", "StatefulSet")]
    for pod in pods:
        assert pod["securityContext"]["runAsNonRoot"] is True
        assert pod["securityContext"]["seccompProfile"]["type"] == "RuntimeDefault"
        for container in pod["containers"]:
            assert container["securityContext"]["allowPrivilegeEscalation"] is False
            assert container["securityContext"]["capabilities"] == {"drop": ["ALL"]}


def test_pods_wait_for_no_secret_that_upstream_can_do_without(tmp_path: pathlib.Path) -> None:
    istiod = next(
        one for one in bodies(made(tmp_path)) if (one["kind"], one["metadata"]["name"]) == ("Deployment", "istiod")
    )
    volumes = istiod["spec"]["template"]["spec"]["volumes"]
    assert {one["secret"]["secretName"] for one in volumes} == {"cacerts", "istio-kubeconfig", "istiod-tls"}
    assert all(one["secret"]["optional"] for one in volumes)


def test_secrets_are_made_when_they_are_applied(tmp_path: pathlib.Path) -> None:
    values = [value for one in bodies(made(tmp_path)) if one["kind"] == "Secret" for value in one["data"].values()]
    assert values
    assert all(value == {"$generate": {}} for value in values)


def test_what_knative_wants_of_its_own_certificates_is_there(tmp_path: pathlib.Path) -> None:
    found = [one for one in bodies(made(tmp_path)) if one["apiVersion"].startswith("networking.internal.knative.dev")]
    assert found
    assert all({"dnsNames", "secretName"} == one["spec"].keys() for one in found if one["kind"] == "Certificate")


def test_components_and_owners_hold_for_them_as_well(tmp_path: pathlib.Path) -> None:
    found = bodies(made(tmp_path, components=["katib", "model_registry"], owners={"istio": "mesh"}))
    names = {(one["kind"], one["metadata"]["name"]) for one in found}
    assert ("Deployment", "katib-controller") in names
    assert ("Deployment", "model-registry-deployment") in names
    assert not {("Deployment", "istiod"), ("Deployment", "ml-pipeline")} & names
    with pytest.raises(EstateError, match="has no knative_eventing"):
        made(tmp_path, components=["knative_eventing"])


def test_a_malformed_bill_is_told_with_its_line(tmp_path: pathlib.Path) -> None:
    bill = tmp_path / "bill.tsv"
    bill.write_text("# one\nbase\tv1\tService\n")
    with pytest.raises(Invalid, match="line 2"):
        list(rows(bill))
    assert stand_ins.BILLS.is_dir()
