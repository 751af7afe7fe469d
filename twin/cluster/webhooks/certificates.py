# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""cert-manager's validating webhook.

Checked: that a certificate names something, its durations, its issuer's group, that an issuer is of one sort. Not
checked: usages, key sizes by algorithm, keystores, ACME orders and challenges, who may approve requests.
"""

from __future__ import annotations

from collections.abc import Iterator

from twin.cluster.certificates import duration
from twin.cluster.webhooks.review import Refused, Review

_NAMES = ("commonName", "dnsNames", "uris", "emailAddresses", "ipAddresses", "otherNames", "literalSubject")
_ISSUER_SORTS = ("acme", "ca", "vault", "selfSigned", "venafi")
_LEAST_DURATION = "1h0m0s"


def validate(review: Review) -> None:
    """Refuse what cert-manager refuses, in its words."""
    if review.deletes:
        return
    problems = []
    if review.kind == "Certificate":
        problems = list(_certificate(review.spec))
    elif review.kind in ("Issuer", "ClusterIssuer"):
        problems = list(_issuer(review.spec))
    if problems:
        raise Refused(problems[0] if len(problems) == 1 else f"[{', '.join(problems)}]")


def _certificate(spec: dict[str, object]) -> Iterator[str]:
    if not spec.get("secretName"):
        yield "spec.secretName: Required value: must be specified"
    reference = spec.get("issuerRef")
    reference = reference if isinstance(reference, dict) else {}
    if not reference.get("name"):
        yield "spec.issuerRef.name: Required value: must be specified"
    if reference.get("group", "") in ("", "cert-manager.io") and reference.get("kind", "Issuer") not in (
        "Issuer", "ClusterIssuer",
    ):  # fmt: skip
        yield f'spec.issuerRef.kind: Invalid value: "{reference["kind"]}": must be one of Issuer or ClusterIssuer'
    if not any(spec.get(name) for name in _NAMES):
        yield (
            'spec: Invalid value: "": at least one of commonName (from the commonName field or from a literalSubject), '
            "dnsNames, uriSANs, ipAddresses, emailSANs or otherNames must be set"
        )
    common_name = str(spec.get("commonName") or "")
    if len(common_name) > 64:
        yield f'spec.commonName: Too long: may not be more than 64 bytes: "{common_name}"'
    yield from _durations(str(spec.get("duration") or "2160h"), str(spec.get("renewBefore") or ""))


def _durations(life: str, renew_before: str) -> Iterator[str]:
    if duration(life) < duration(_LEAST_DURATION):
        yield f'spec.duration: Invalid value: "{life}": certificate duration must be greater than {_LEAST_DURATION}'
    if renew_before and duration(renew_before) >= duration(life):
        yield (
            f'spec.renewBefore: Invalid value: "{renew_before}": certificate duration {life} must be greater than '
            f"renewBefore {renew_before}"
        )


def _issuer(spec: dict[str, object]) -> Iterator[str]:
    sorts = [sort for sort in _ISSUER_SORTS if sort in spec]
    if not sorts:
        yield "spec: Required value: at least one issuer must be configured"
    for sort in sorts[1:]:
        yield f"spec.{sort}: Forbidden: may not specify more than one issuer type"
    authority = spec.get("ca")
    if isinstance(authority, dict) and not authority.get("secretName"):
        yield "spec.ca.secretName: Required value: must be specified"
