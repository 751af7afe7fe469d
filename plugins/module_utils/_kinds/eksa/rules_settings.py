# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This file is private to the collection: its content may change in any release.
"""Rules about the rest: proxy, registry mirror, identity providers, kubelet, audit policy, packages, health checks."""

from __future__ import annotations

import re
import typing as t
import urllib.parse

from . import documents
from .documents import Row
from .rule import Cluster, Failure, address_of, network_of, rule

try:
    import yaml

    HAS_YAML = True
except ImportError:
    HAS_YAML = False

_HOST_PORT = re.compile(r"[A-Za-z0-9._-]+:\d{1,5}")
_NAME = re.compile(r"[A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?")
_PACKAGES = "eks-anywhere-packages"
# What the cloud provider and Cluster API decide.
_NOT_OURS = ("providerID", "cloudProvider")
_OIDC_FLAGS = "oidc-"


@rule
def proxy(cluster: Cluster) -> t.Iterator[Failure]:
    """Both addresses, or none."""
    config = cluster.spec.get("proxyConfiguration")
    if config is None:
        return
    for field in ("httpProxy", "httpsProxy"):
        value, path = config.get(field), f"spec.proxyConfiguration.{field}"
        if not value:
            yield cluster.at("proxy.both", path, None, "is missing", "give both, they may be the same")
        elif not _proxy(str(value)):
            yield cluster.at("proxy.form", path, value, "is no <host>:<port>", "for example proxy.example.com:3128")


def _proxy(value: str) -> bool:
    text = urllib.parse.urlsplit(value).netloc if value.startswith(("http://", "https://")) else value
    return bool(_HOST_PORT.fullmatch(text)) and 0 < int(text.rpartition(":")[2]) < 65536


@rule
def mirror(cluster: Cluster) -> t.Iterator[Failure]:
    """A registry of one's own, instead of those in the internet."""
    config = cluster.spec.get("registryMirrorConfiguration")
    if config is None:
        return
    path = "spec.registryMirrorConfiguration"
    endpoint, port = config.get("endpoint"), config.get("port")
    if not endpoint or (address_of(endpoint) is None and not _NAME.fullmatch(str(endpoint))):
        message = "is neither a name nor an address"
        yield cluster.at("mirror.endpoint", f"{path}.endpoint", endpoint, message, "without scheme and port")
    if not str(port or "443").isdigit() or not 0 < int(str(port or "443")) < 65536:
        yield cluster.at("mirror.port", f"{path}.port", port, "is no port", "for example '443'")
    packages = [one for one in config.get("ociNamespaces") or () if _PACKAGES in str(one.get("namespace"))]
    if len(packages) > 1:
        message = "names more than one namespace for packages"
        yield cluster.at("mirror.packages", f"{path}.ociNamespaces", None, message, "keep one")
    if config.get("insecureSkipVerify") and config.get("caCertContent"):
        message = "is given although certificates are not verified"
        yield cluster.at("mirror.trust", f"{path}.caCertContent", None, message, "leave insecureSkipVerify out")


@rule
def identity_providers(cluster: Cluster) -> t.Iterator[Failure]:
    """What an OIDCConfig says must not be said again by flags."""
    kinds = [str(one.get("kind")) for one in cluster.spec.get("identityProviderRefs") or ()]
    flags = cluster.control_plane.get("apiServerExtraArgs") or {}
    told = sorted(flag for flag in flags if str(flag).startswith(_OIDC_FLAGS))
    if "OIDCConfig" in kinds and told:
        path = "spec.controlPlaneConfiguration.apiServerExtraArgs"
        yield cluster.at("oidc.twice", path, told, "are given by the OIDCConfig as well", "leave them out here")
    for kind in sorted(set(kinds)):
        if kinds.count(kind) > 1:
            message = f"names {kinds.count(kind)} of kind {kind}"
            yield cluster.at("identity.one", "spec.identityProviderRefs", None, message, "keep one of each kind")


@rule
def kubelets(cluster: Cluster) -> t.Iterator[Failure]:
    """Some settings of the kubelet belong to the providers."""
    for path, group in documents.groups(cluster.spec):
        config: Row = group.get("kubeletConfiguration") or {}
        for field in _NOT_OURS:
            if field in config:
                where = f"{path}.kubeletConfiguration.{field}"
                yield cluster.at("kubelet.field", where, config[field], "is set by the provider", "leave it out")


@rule
def audit_policy(cluster: Cluster) -> t.Iterator[Failure]:
    """The API server does not start with a policy that it cannot read."""
    text = cluster.control_plane.get("auditPolicyContent")
    if not text or not HAS_YAML:
        return
    path = "spec.controlPlaneConfiguration.auditPolicyContent"
    try:
        policy = yaml.safe_load(text)
    except yaml.YAMLError as error:
        place = getattr(error, "problem_mark", None)
        line = f" (line {place.line + 1})" if place else ""
        yield cluster.at("audit.yaml", path, None, f"is no YAML{line}", "correct it")
        return
    if not isinstance(policy, dict) or policy.get("kind") != "Policy":
        yield cluster.at("audit.kind", path, None, "is no Policy of audit.k8s.io", "begin with kind: Policy")


@rule
def packages(cluster: Cluster) -> t.Iterator[Failure]:
    """One controller of packages serves all clusters of a management cluster."""
    config = cluster.spec.get("packages") or {}
    if config.get("controller") and not cluster.manages_itself:
        path = "spec.packages.controller"
        message = "is given for a workload cluster, whose packages the management cluster handles"
        yield cluster.at(
            "packages.controller", path, None, message, "leave it out, or say it of the management cluster"
        )


@rule
def pod_iam(cluster: Cluster) -> t.Iterator[Failure]:
    """AWS fetches the keys of the issuer over TLS."""
    value = (cluster.spec.get("podIamConfig") or {}).get("serviceAccountIssuer")
    if value is not None and not str(value).startswith("https://"):
        path = "spec.podIamConfig.serviceAccountIssuer"
        yield cluster.at("pod_iam.issuer", path, value, "is no address of https", "use https://...")


@rule
def no_proxy(cluster: Cluster) -> t.Iterator[Failure]:
    """What never goes through the proxy."""
    for index, value in enumerate((cluster.spec.get("proxyConfiguration") or {}).get("noProxy") or ()):
        text = str(value)
        fine = network_of(text) is not None or address_of(text) is not None or _NAME.fullmatch(text.strip(".*"))
        if not fine:
            path = f"spec.proxyConfiguration.noProxy[{index}]"
            yield cluster.at(
                "proxy.no_proxy", path, value, "is neither a name nor an address nor a block", "correct it"
            )
