# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Components that make their own webhook certificates: who, into which Secret, for which service. Data only."""

from __future__ import annotations

import fnmatch
from collections.abc import Sequence
from typing import NamedTuple


class Keys(NamedTuple):
    """Under which keys of the Secret what is kept; "" where it is not kept."""

    certificate: str
    key: str
    authority: str
    authority_key: str = ""


ROTATOR = Keys("tls.crt", "tls.key", "ca.crt", "ca.key")  # open-policy-agent's cert-controller, and kin
KNATIVE = Keys("server-cert.pem", "server-key.pem", "ca-cert.pem")
SPARK = Keys("server-cert.pem", "server-key.pem", "ca-cert.pem", "ca-key.pem")
ISTIO = Keys("", "", "ca-cert.pem", "ca-key.pem")
HOOK_JOB = Keys("cert", "key", "ca")


class Component(NamedTuple):
    """One of them. `service` and `secret` are globs resp. names within the service's namespace."""

    service: str
    """Name of the Service that webhooks, conversions or aggregated APIs are called at (glob)."""
    worker: str
    """The Deployment that writes; "job:NAME" for a Job that does so once and must have succeeded."""
    secret: str
    keys: Keys
    makes_secret: bool = False
    """Whether it creates the Secret; else that must come with the manifests, and is filled."""
    fills_bundles: bool = True
    """Whether it writes the caBundle as well."""
    also_for: Sequence[str] = ()
    """Further Services of the namespace that the certificate is valid for."""
    bundles_by: str = ""
    """Who writes the caBundle when it is not `worker`; as there."""
    kinds: str = ""
    """CustomResourceDefinitions (glob) whose conversion it serves and signs for."""
    only_redacted: bool = False
    """The chart invents the certificate; this stands in for it only where a mirror has blanked it ("redacted")."""


COMPONENTS: Sequence[Component] = (
    Component("istiod", "istiod", "istio-ca-secret", ISTIO, makes_secret=True),
    Component("webhook", "webhook", "webhook-certs", KNATIVE),
    Component("net-istio-webhook", "net-istio-webhook", "net-istio-webhook-certs", KNATIVE),
    Component("eventing-webhook", "eventing-webhook", "eventing-webhook-certs", KNATIVE, kinds="*.knative.dev"),
    Component("jobset-webhook-service", "jobset-controller-manager", "jobset-webhook-server-cert", ROTATOR),
    Component(
        "kubeflow-trainer-controller-manager", "kubeflow-trainer-controller-manager", "kubeflow-trainer-webhook-cert",
        ROTATOR,
    ),
    Component("training-operator", "training-operator", "training-operator-webhook-cert", ROTATOR),
    Component(
        "spark-operator-webhook-svc", "spark-operator-webhook", "spark-operator-webhook-certs", SPARK,
        makes_secret=True,
    ),
    Component(
        "kueue-webhook-service", "kueue-controller-manager", "kueue-webhook-server-cert", ROTATOR,
        kinds="*.kueue.x-k8s.io",
    ),
    Component(
        "keda-admission-webhooks", "keda-operator", "kedaorg-certs", ROTATOR, makes_secret=True,
        also_for=("keda-operator", "keda-operator-metrics-apiserver"),
    ),
    Component(
        "keda-operator-metrics-apiserver", "keda-operator", "kedaorg-certs", ROTATOR, makes_secret=True,
        also_for=("keda-operator", "keda-admission-webhooks"),
    ),
    Component(
        "external-secrets-webhook", "external-secrets-cert-controller", "external-secrets-webhook", ROTATOR
    ),
    Component(
        "kube-prometheus-stack-operator", "job:kube-prometheus-stack-admission-create",
        "kube-prometheus-stack-admission", HOOK_JOB, makes_secret=True,
        bundles_by="job:kube-prometheus-stack-admission-patch",
    ),
    Component(
        "aws-load-balancer-webhook-service", "aws-load-balancer-controller", "aws-load-balancer-tls", ROTATOR,
        only_redacted=True,
    ),
    Component("cert-manager-webhook", "cert-manager-webhook", "cert-manager-webhook-ca", Keys(
        "", "", "ca.crt", "tls.key"), makes_secret=True, fills_bundles=False),
)  # fmt: skip


def component_of(service: str) -> Component | None:
    """The component behind a service of this name."""
    return next((c for c in COMPONENTS if fnmatch.fnmatchcase(service, c.service)), None)
