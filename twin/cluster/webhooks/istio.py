# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""istiod's validation of its own kinds.

Checked: hosts and routes of virtual services, servers of gateways, hosts and subsets of destination rules, hosts of
service entries, rules of authorization policies. Not checked: everything else, and no references between objects.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from twin.cluster.objects import Object
from twin.cluster.webhooks.fields import at
from twin.cluster.webhooks.review import Refused, Review

_SIMPLE_TLS = ("SIMPLE", "MUTUAL", "OPTIONAL_MUTUAL")


def validate(review: Review) -> None:
    """Refuse what istiod refuses, in its words."""
    check = _CHECKS.get(review.kind)
    if review.deletes or check is None:
        return
    problems = list(check(review.spec))
    if problems:
        told = problems[0] if len(problems) == 1 else f"{len(problems)} errors occurred:\n" + "".join(
            f"\t* {problem}\n" for problem in problems
        )  # fmt: skip
        raise Refused(f"configuration is invalid: {told}", code=400)


def _virtual_service(spec: Object) -> Iterator[str]:
    if not spec.get("hosts") and spec.get("gateways"):
        yield "delegate virtual service must have no gateways specified"
    if not any(spec.get(protocol) for protocol in ("http", "tcp", "tls")):
        yield "http, tcp or tls must be provided in virtual service"
    for route in spec.get("http") or []:
        answers = [name for name in ("route", "redirect", "delegate", "directResponse") if route.get(name)]
        if not answers:
            yield "HTTP route, redirect or direct_response is required"
        weights = [destination.get("weight", 0) for destination in route.get("route") or []]
        if len(weights) > 1 and not sum(weights):
            yield "total destination weight = 0"
        if any(not at(destination, "destination", "host") for destination in route.get("route") or []):
            yield "destination host is required"


def _gateway(spec: Object) -> Iterator[str]:
    if not spec.get("servers"):
        yield "gateway must have at least one server"
    for server in spec.get("servers") or []:
        if not server.get("hosts"):
            yield f"server config must contain at least one host: {server}"
        if not at(server, "port", "number"):
            yield "port is required"
        tls = server.get("tls") or {}
        if tls.get("mode") in _SIMPLE_TLS and not (tls.get("credentialName") or tls.get("serverCertificate")):
            yield f"{tls['mode']} TLS requires a server certificate"


def _destination_rule(spec: Object) -> Iterator[str]:
    if not spec.get("host"):
        yield 'domain name "" invalid (label "" invalid)'
    names = [subset.get("name", "") for subset in spec.get("subsets") or []]
    if "" in names:
        yield "subset name is invalid: empty string"
    for name in sorted({name for name in names if names.count(name) > 1}):
        yield f"duplicate subset names: {name}"


def _service_entry(spec: Object) -> Iterator[str]:
    if not spec.get("hosts"):
        yield "service entry must have at least one host"
    if spec.get("endpoints") and spec.get("workloadSelector"):
        yield "only one of WorkloadSelector or Endpoints is allowed in Service Entry"


def _authorization_policy(spec: Object) -> Iterator[str]:
    if spec.get("action") == "CUSTOM" and not at(spec, "provider", "name"):
        yield "`provider.name` must not be empty"
    for index, rule in enumerate(spec.get("rules") or []):
        if "from" in rule and not rule["from"]:
            yield f"`from` cannot be empty, found at rule {index}"
        if "to" in rule and not rule["to"]:
            yield f"`to` cannot be empty, found at rule {index}"


_CHECKS: dict[str, Callable[[Object], Iterator[str]]] = {
    "VirtualService": _virtual_service,
    "Gateway": _gateway,
    "DestinationRule": _destination_rule,
    "ServiceEntry": _service_entry,
    "AuthorizationPolicy": _authorization_policy,
}
