# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""cert-manager's controller: issuers that sign by themselves or with a CA's Secret, and the certificates of them.

Not played: ACME, Vault and Venafi issuers, CertificateRequests, renewal before the end, keystores, other key sizes.
"""

from __future__ import annotations

import datetime
import json
import re
from collections.abc import Mapping, Sequence
from typing import ClassVar

from twin.cluster import secrets
from twin.cluster.cluster import DEPLOYMENTS, SECRETS
from twin.cluster.controller import Controller, Item
from twin.cluster.issuing import Request, belongs, certificate, issue
from twin.cluster.objects import Object, annotation, condition, conditions, is_deleted, key_of
from twin.contract import TwinError
from twin.pki import KeyPair

_API = "/apis/cert-manager.io/v1"
CERTIFICATES = f"{_API}/certificates"
ISSUERS = f"{_API}/issuers"
CLUSTER_ISSUERS = f"{_API}/clusterissuers"
NAMESPACE = "cert-manager"
_DEPLOYMENT = "cert-manager"
_PREFIX = "cert-manager.io"
_DURATION = re.compile(r"(\d+(?:\.\d+)?)(h|m|s)")
_SECONDS = {"h": 3600, "m": 60, "s": 1}


class _NotPossible(TwinError):
    """Cannot be issued now; the reason goes into the status."""


class CertManager(Controller):
    """Issues when its Deployment is available, with the delay of the table."""

    watches: ClassVar[Sequence[str]] = (ISSUERS, CLUSTER_ISSUERS, CERTIFICATES, SECRETS, DEPLOYMENTS)

    def related(self, path: str, thing: Object) -> Sequence[Item] | None:
        """Issuers and Secrets concern certificates; the Deployment concerns everything."""
        if path == CERTIFICATES:
            return None
        if path == DEPLOYMENTS:
            return self._everything() if key_of(thing) == (NAMESPACE, _DEPLOYMENT) else []
        if path == SECRETS:
            return self._of_secret(thing)
        return [Item(path, *key_of(thing)), *self._items(CERTIFICATES)]

    def reconcile(self, path: str, thing: Object) -> float | None:
        """Issuers become ready, certificates get their Secrets."""
        if is_deleted(thing) or not self.cluster.available(NAMESPACE, _DEPLOYMENT):
            return None
        if path != CERTIFICATES:
            self._set_issuer(path, thing)
            return None
        return self._set_certificate(thing)

    def _items(self, path: str) -> list[Item]:
        return [Item(path, *key_of(thing)) for thing in self.cluster.informer(path).all()]

    def _everything(self) -> list[Item]:
        return [item for path in (ISSUERS, CLUSTER_ISSUERS, CERTIFICATES) for item in self._items(path)]

    def _of_secret(self, secret: Object) -> list[Item]:
        namespace, name = key_of(secret)
        found = [
            Item(CERTIFICATES, namespace, thing["metadata"]["name"])
            for thing in self.cluster.informer(CERTIFICATES).all(namespace) if thing["spec"].get("secretName") == name
        ]  # fmt: skip
        found += [
            Item(path, *key_of(issuer))
            for path in (ISSUERS, CLUSTER_ISSUERS)
            for issuer in self.cluster.informer(path).all()
            if (issuer["spec"].get("ca") or {}).get("secretName") == name
        ]
        return found

    def _set_issuer(self, path: str, issuer: Object) -> None:
        try:
            self._authority(issuer)
            wish = ("True", "IsReady", "")
            if "ca" in issuer["spec"]:
                wish = ("True", "KeyPairVerified", "Signing CA verified")
        except _NotPossible as error:
            wish = ("False", "ErrGetKeyPair", f"Error getting keypair for CA issuer: {error}")
        if _ready(issuer) != wish:
            self._write_status(path, issuer, wish)

    def _authority(self, issuer: Object) -> KeyPair | None:
        """The pair that signs, None for an issuer whose certificates sign themselves."""
        spec = issuer["spec"]
        if "selfSigned" in spec:
            return None
        if "ca" not in spec:
            raise _NotPossible("the twin plays issuers of the sorts selfSigned and ca only")
        # A ClusterIssuer's Secret is in the namespace of cert-manager itself.
        namespace, name = issuer["metadata"].get("namespace", NAMESPACE), spec["ca"]["secretName"]
        secret = self.cluster.known(SECRETS, namespace, name)
        if secret is None:
            raise _NotPossible(f'secret "{name}" not found')
        pair = _pair(secret)
        if not belongs(pair):
            raise _NotPossible(f'secret "{name}" holds no certificate with its key')
        return pair

    def _issuer(self, wish: Object) -> Object:
        reference = wish["spec"].get("issuerRef") or {}
        kind, name = reference.get("kind") or "Issuer", reference.get("name", "")
        path, namespace = (ISSUERS, wish["metadata"]["namespace"]) if kind == "Issuer" else (CLUSTER_ISSUERS, "")
        found = self.cluster.known(path, namespace, name)
        if found is None or condition(found, "Ready") != "True":
            raise _NotPossible(f'Referenced "{kind}" not found or not ready: {kind.lower()}.cert-manager.io "{name}"')
        return found

    def _set_certificate(self, wish: Object) -> float | None:
        namespace = wish["metadata"]["namespace"]
        secret = self.cluster.known(SECRETS, namespace, wish["spec"]["secretName"])
        if _matches(secret, wish):
            self._say(wish, ("True", "Ready", "Certificate is up to date and has not expired"), secret)
            return None
        reason = "SecretMismatch" if secret else "DoesNotExist"
        message = "Issuing certificate as Secret " + ("does not match its spec" if secret else "does not exist")
        try:
            issuer = self._issuer(wish)
            authority = self._authority(issuer)
        except _NotPossible as error:
            self._say(wish, ("False", reason, str(error)), None)
            return None
        attempt = (
            wish["metadata"]["uid"],
            wish["metadata"]["generation"],
            (secret or {}).get("metadata", {}).get("uid"),
        )
        if (left := self.left("certificate", attempt)) > 0:
            self._say(wish, ("False", reason, message), None)
            return left
        self._issue(wish, authority, secret)
        return None

    def _issue(self, wish: Object, authority: KeyPair | None, secret: Object | None) -> None:
        namespace = wish["metadata"]["namespace"]
        pair = issue(_request(wish), authority)
        data = {
            "tls.crt": pair.certificate, "tls.key": pair.key,
            "ca.crt": (authority or pair).certificate,
        }  # fmt: skip
        secrets.write(
            self.api, namespace, wish["spec"]["secretName"], data, manager="cert-manager-certificates-issuing",
            existing=secret, kind="kubernetes.io/tls", labels={"controller.cert-manager.io/fao": "true"},
            annotations=_annotations(wish),
        )  # fmt: skip

    def _say(self, wish: Object, state: tuple[str, str, str], secret: Object | None) -> None:
        seen = next((c.get("observedGeneration") for c in conditions(wish) if c["type"] == "Ready"), None)
        if _ready(wish) == state and seen == wish["metadata"]["generation"]:
            return
        about: Object = {}
        if secret is not None and (found := certificate(secrets.decoded(secret, "tls.crt"))) is not None:
            begin, end = found.not_valid_before_utc, found.not_valid_after_utc
            about = {
                "notBefore": _time(begin), "notAfter": _time(end), "renewalTime": _time(begin + (end - begin) * 2 / 3),
                "revision": 1,
            }  # fmt: skip
        self._write_status(CERTIFICATES, wish, state, **about)

    def _write_status(self, path: str, thing: Object, state: tuple[str, str, str], **about: object) -> None:
        status, reason, message = state
        wish = {
            "type": "Ready", "status": status, "reason": reason, "message": message,
            "observedGeneration": thing["metadata"]["generation"],
            "lastTransitionTime": _time(datetime.datetime.now(datetime.UTC)),
        }  # fmt: skip
        namespace, name = key_of(thing)
        base, _, plural = path.rpartition("/")
        place = f"{base}/namespaces/{namespace}/{plural}" if namespace else path
        change = {"status": {"conditions": [wish], **about}}
        self.api.merge(f"{place}/{name}/status", change, manager="cert-manager")


def _ready(thing: Object) -> tuple[str, str, str] | None:
    found = next((c for c in conditions(thing) if c["type"] == "Ready"), None)
    return (found["status"], found.get("reason", ""), found.get("message", "")) if found else None


def _pair(secret: Object) -> KeyPair:
    return KeyPair(secrets.decoded(secret, "tls.crt"), secrets.decoded(secret, "tls.key"))


def _matches(secret: Object | None, wish: Object) -> bool:
    if secret is None or not belongs(_pair(secret)):
        return False
    return all(annotation(secret, name) == value for name, value in _annotations(wish).items())


def _annotations(wish: Object) -> Mapping[str, str]:
    """What cert-manager notes at the Secret, and compares with the Certificate to see whether to issue again."""
    spec, reference = wish["spec"], wish["spec"].get("issuerRef") or {}
    return {
        f"{_PREFIX}/certificate-name": wish["metadata"]["name"],
        f"{_PREFIX}/common-name": spec.get("commonName", ""),
        f"{_PREFIX}/alt-names": ",".join(spec.get("dnsNames") or []),
        f"{_PREFIX}/ip-sans": ",".join(spec.get("ipAddresses") or []),
        f"{_PREFIX}/issuer-name": reference.get("name", ""),
        f"{_PREFIX}/issuer-kind": reference.get("kind", "Issuer"),
        f"{_PREFIX}/issuer-group": reference.get("group", ""),
        # Not upstream's, which compares the certificate itself.
        "twin.kubeops.io/other-fields": json.dumps(
            {name: spec.get(name) for name in ("isCA", "duration", "privateKey")}, sort_keys=True
        ),
    }


def _request(wish: Object) -> Request:
    spec = wish["spec"]
    return Request(
        common_name=spec.get("commonName", ""), dns_names=spec.get("dnsNames") or (),
        ip_addresses=spec.get("ipAddresses") or (), is_ca=bool(spec.get("isCA")),
        life=duration(spec.get("duration") or "2160h"),
        key="ECDSA" if (spec.get("privateKey") or {}).get("algorithm") in ("ECDSA", "Ed25519") else "RSA",
    )  # fmt: skip


def duration(text: str) -> datetime.timedelta:
    """A duration as Go writes it ("2160h0m0s"); what cannot be read counts nothing."""
    return datetime.timedelta(seconds=sum(float(n) * _SECONDS[unit] for n, unit in _DURATION.findall(text)))


def _time(moment: datetime.datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")
