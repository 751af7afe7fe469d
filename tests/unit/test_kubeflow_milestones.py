# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Milestones 2.a.iv and 2.a.v on a small cluster of rows: met as it is, and unmet with the reason for each defect."""

from __future__ import annotations

import base64
import datetime
from collections.abc import Callable
from typing import Any

import bcrypt
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from ansible_collections.kubeops.hybrid.plugins.module_utils._clients.kube_discovery import Resource, Resources
from ansible_collections.kubeops.hybrid.plugins.module_utils._clients.kube_errors import WebhookDown
from ansible_collections.kubeops.hybrid.plugins.module_utils._engine.errors import Denied
from ansible_collections.kubeops.hybrid.plugins.module_utils._engine.evidence import Evidence
from ansible_collections.kubeops.hybrid.plugins.module_utils._kinds.kubernetes.milestones import gather

Row = dict[str, Any]
GROUPS = {
    "": ("ConfigMap", "Secret", "Namespace", "ResourceQuota", "Pod"),
    "admissionregistration.k8s.io": ("MutatingWebhookConfiguration", "ValidatingWebhookConfiguration"),
    "apps": ("Deployment", "StatefulSet", "DaemonSet"),
    "authorization.k8s.io": ("SubjectAccessReview",),
    "cert-manager.io": ("Certificate",),
    "discovery.k8s.io": ("EndpointSlice",),
    "kubeflow.org": ("Profile", "Experiment", "Notebook"),
    "security.istio.io": ("AuthorizationPolicy",),
}
ABOUT = {"cluster": "lab-eks", "estate": "lab", "set": "kubeflow"}
DEPLOYED = {"milestone": "2.a.iv", **ABOUT, "version": "26.03"}
VALIDATED = {
    "milestone": "2.a.v",
    **ABOUT,
    "secrets": {"auth/dex-passwords": ["DEX_USER_PASSWORD"], "auth/client": ["OIDC_CLIENT_SECRET"]},
    "administrators": [{"group": "platform"}],
    "registration": ["centraldashboard-parameters", "CD_REGISTRATION_FLOW"],
    "profiles": [
        {
            "name": "team-a",
            "owner": "a@example.com",
            "quota": {"requests.nvidia.com/gpu": "2"},
            "contributors": [{"user": "b@example.com", "role": "view"}],
            "notebooks": True,
            "pipelines": False,
        }
    ],
}
OURS = {"managedFields": [{"manager": "kubeops-hybrid", "operation": "Apply"}]}


def row(kind: str, name: str, namespace: str = "", metadata: Row | None = None, **rest: Any) -> Row:
    """An object as a list call shows it."""
    place = {"namespace": namespace} if namespace else {}
    return {"kind": kind, "metadata": {"name": name, **place, **(metadata or {})}, **rest}


def secret(namespace: str, name: str, **values: str) -> Row:
    """A Secret with those values."""
    return row(
        "Secret", name, namespace, data={key: base64.b64encode(v.encode()).decode() for key, v in values.items()}
    )


def bundle(days: int) -> str:
    """A caBundle whose certificate ends in so many days."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "test")])
    now = datetime.datetime.now(datetime.UTC)
    made = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
    made = made.serial_number(1).not_valid_before(now - datetime.timedelta(days=9))
    certificate = made.not_valid_after(now + datetime.timedelta(days=days)).sign(key, hashes.SHA256())
    return base64.b64encode(certificate.public_bytes(serialization.Encoding.PEM)).decode()


class Cluster:
    """The port's reads on rows. Nothing but dry runs and reviews is taken."""

    def __init__(self) -> None:
        lines = (
            "|".join(("apps", "Deployment", "kubeflow", "web", "v1", "d")),
            "|".join(("admissionregistration.k8s.io", "MutatingWebhookConfiguration", "", "katib", "v1", "d")),
            "|".join(("cert-manager.io", "Certificate", "kubeflow", "cert", "v1", "d")),
        )
        hashed = bcrypt.hashpw(b"long and secret", bcrypt.gensalt(4)).decode()
        ready = {"conditions": [{"type": "Ready", "status": "True"}], "notAfter": "2999-01-01T00:00:00Z"}
        webhook = {
            "name": "katib",
            "clientConfig": {"caBundle": bundle(9), "service": {"namespace": "kubeflow", "name": "katib"}},
            "rules": [{"operations": ["CREATE"], "apiGroups": ["kubeflow.org"], "resources": ["experiment"]}],
        }
        served = {"kubernetes.io/service-name": "katib"}
        self.rows: dict[str, list[Row]] = {
            "ConfigMap": [
                row("ConfigMap", "inventory.kubeflow.0", "kubeops-system", data={"objects": "\n".join(lines)}),
                row("ConfigMap", "centraldashboard-parameters", "kubeflow", data={"CD_REGISTRATION_FLOW": "false"}),
            ],
            "Secret": [
                secret("kubeops-system", "inventory-key", key="0123456789"),
                secret("auth", "dex-passwords", DEX_USER_PASSWORD=hashed),
                secret("auth", "client", OIDC_CLIENT_SECRET="nobody knows it"),
            ],
            "Deployment": [
                row("Deployment", "web", "kubeflow", OURS, spec={"replicas": 1}, status={"availableReplicas": 1})
            ],
            "MutatingWebhookConfiguration": [
                row("MutatingWebhookConfiguration", "katib", "", OURS, webhooks=[webhook])
            ],
            "Certificate": [row("Certificate", "cert", "kubeflow", OURS, status=ready)],
            "EndpointSlice": [
                row("EndpointSlice", "k", "kubeflow", {"labels": served}, endpoints=[{"conditions": {"ready": True}}])
            ],
            "Profile": [row("Profile", "team-a", spec={"owner": {"kind": "User", "name": "a@example.com"}})],
            "Namespace": [row("Namespace", "team-a", status={"phase": "Active"})],
            "ResourceQuota": [row("ResourceQuota", "q", "team-a", spec={"hard": {"requests.nvidia.com/gpu": "2"}})],
            "AuthorizationPolicy": [row("AuthorizationPolicy", "kubeops-default-deny", "team-a")],
        }
        self.rights = {
            ("a@example.com", "list"), ("a@example.com", "create"), ("b@example.com", "list"), ("platform", "create"),
        }  # fmt: skip
        self.most_gpus = 2
        self.down = ""

    def resources(self, *, fresh: bool = False) -> Resources:
        return Resources(
            [Resource(group, "v1", kind, kind.lower(), True) for group, kinds in GROUPS.items() for kind in kinds]
        )

    def version(self) -> tuple[int, int]:
        return 1, 35

    def listed(self, resource: Resource, namespace: str = "", **_rest: Any) -> list[Row]:
        rows = self.rows.get(resource.kind, [])
        return [one for one in rows if not namespace or one["metadata"].get("namespace") == namespace]

    def get(self, resource: Resource, namespace: str, name: str) -> Row | None:
        return next((one for one in self.listed(resource, namespace) if one["metadata"]["name"] == name), None)

    def create(self, resource: Resource, body: Row, *, dry_run: bool = False, subresource: str = "") -> Row:
        assert dry_run
        if resource.kind == self.down:
            raise WebhookDown(f'failed calling webhook "{self.down.lower()}": no endpoints')
        if resource.kind == "Pod":
            asked = int(body["spec"]["containers"][0]["resources"]["limits"].get("nvidia.com/gpu", 0))
            if asked > self.most_gpus:
                raise Denied("pods is forbidden: exceeded quota: kf-resource-quota")
        return body

    def review(self, resource: Resource, body: Row) -> Row:
        spec = body["spec"]
        who = {spec["user"], *spec["groups"]}
        verb = spec["resourceAttributes"]["verb"]
        return {"status": {"allowed": any((one, verb) in self.rights for one in who)}}

    def raw(self, path: str) -> Any:
        raise AssertionError(path)


def evidence(cluster: Cluster, expected: Row) -> Evidence:
    """The one answer."""
    return gather(cluster, [expected])[0]


def test_a_cluster_as_it_should_be_meets_both() -> None:
    """Expected: met, with what was seen and no value of a secret."""
    deployed, validated = (evidence(Cluster(), one) for one in (DEPLOYED, VALIDATED))
    assert deployed.met, deployed.reason
    assert deployed.value == {"version": "26.03", "objects": 3, "kinds": 3, "workloads": 1, "available": 1}
    assert validated.met, validated.reason
    assert validated.value["webhooks"]["tried"] == ["Experiment.kubeflow.org"]
    assert validated.value["profiles"] == {"team-a": "holds"}
    assert "nobody knows it" not in str(validated.document())


def _set(kind: str, *path: Any, to: Any) -> Callable[[Cluster], None]:
    def change(cluster: Cluster) -> None:
        target: Any = cluster.rows[kind]
        for part in path[:-1]:
            target = target[part]
        target[path[-1]] = to

    return change


def _attribute(name: str, value: Any) -> Callable[[Cluster], None]:
    return lambda cluster: setattr(cluster, name, value)


def _drop(kind: str, number: int = 0) -> Callable[[Cluster], Any]:
    return lambda cluster: cluster.rows[kind].pop(number)


HOOK = ("MutatingWebhookConfiguration", 0, "webhooks", 0, "clientConfig", "caBundle")


@pytest.mark.parametrize(
    ("expected", "change", "told"),
    [
        (DEPLOYED, _drop("ConfigMap"), "it was never installed"),
        (DEPLOYED, _drop("Deployment"), "objects that are gone: Deployment.apps/kubeflow/web"),
        (DEPLOYED, _set("Deployment", 0, "status", to={}), "Deployment.apps/kubeflow/web (0 of 1 ready)"),
        (DEPLOYED, _set("Deployment", 0, "metadata", "managedFields", to=[]), "not as we applied them"),
        (DEPLOYED, _set("Deployment", 0, "metadata", "deletionTimestamp", to="now"), "being deleted"),
        (VALIDATED, _drop("EndpointSlice"), "its service kubeflow/katib has no ready endpoint"),
        (VALIDATED, _set(*HOOK, to=""), "it has no caBundle"),
        (VALIDATED, _set(*HOOK, to="aGVsbG8="), "holds no certificates"),
        (VALIDATED, _set(*HOOK, to=bundle(-1)), "no certificate that is valid now"),
        (VALIDATED, _attribute("down", "Experiment"), 'failed calling webhook "experiment"'),
        (VALIDATED, _set("Certificate", 0, "status", "notAfter", to="2001-01-01T00:00:00Z"), "it ends 2001-01-01"),
        (VALIDATED, _set("Certificate", 0, "status", to={}), "certificate kubeflow/cert: it is not ready"),
        (VALIDATED, _drop("Secret", 2), "there is no Secret auth/client"),
        (VALIDATED, _set("Secret", 2, "data", to={"OIDC_CLIENT_SECRET": "dGVzdA=="}), "it holds what everybody knows"),
        (VALIDATED, _set("Secret", 2, "data", to={}), "key OIDC_CLIENT_SECRET: it is empty"),
        (
            VALIDATED,
            _set("Secret", 1, "data", "DEX_USER_PASSWORD", to=base64.b64encode(
                bcrypt.hashpw(b"12341234", bcrypt.gensalt(4))).decode()),
            "the published password fits it",
        ),
        (VALIDATED, _set("ConfigMap", 1, "data", to={"CD_REGISTRATION_FLOW": "true"}), "may register themselves"),
        (VALIDATED, _attribute("rights", set()), "administrator platform may not administer Kubeflow"),
        (VALIDATED, _attribute("rights", {("nobody@not-a-member.invalid", "list")}), "invalid may list pods"),
        (VALIDATED, _attribute("rights", {("system:authenticated", "list")}), "invalid may list pods"),
        (VALIDATED, _attribute("most_gpus", 99), "a pod with 3 GPUs is let in, although the quota is 2"),
        (VALIDATED, _drop("Profile"), "profile team-a: it is not there"),
        (VALIDATED, _drop("Namespace"), "its controller has made no namespace"),
        (VALIDATED, _drop("ResourceQuota"), "is not there, declared is 2"),
        (VALIDATED, _drop("AuthorizationPolicy"), "its policy kubeops-default-deny is not there"),
        (VALIDATED, _attribute("down", "Notebook"), "a Notebook is refused"),
    ],
)  # fmt: skip
def test_each_defect_is_named(expected: Row, change: Callable[[Cluster], Any], told: str) -> None:
    """Expected: unmet, with the sentence."""
    cluster = Cluster()
    change(cluster)
    found = evidence(cluster, expected)
    assert not found.met
    assert told in found.reason
