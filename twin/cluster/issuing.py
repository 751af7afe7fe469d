# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Certificates that are really signed: by themselves, or by an authority that is at hand as PEM."""

from __future__ import annotations

import datetime
import ipaddress
from collections.abc import Sequence
from dataclasses import dataclass

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from twin.pki import KeyPair

type PrivateKey = ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey

_SKEW = datetime.timedelta(minutes=1)


@dataclass(frozen=True)
class Request:
    """What a certificate shall say. `key`: "ECDSA" or "RSA" (2048 bits: others cost time and prove nothing here)."""

    common_name: str = ""
    dns_names: Sequence[str] = ()
    ip_addresses: Sequence[str] = ()
    is_ca: bool = False
    life: datetime.timedelta = datetime.timedelta(days=90)
    key: str = "ECDSA"


def issue(request: Request, issuer: KeyPair | None = None) -> KeyPair:
    """A new key with a certificate, signed by `issuer` or by itself. Raises ValueError for an issuer that is none."""
    key: PrivateKey
    if request.key == "RSA":
        key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    else:
        key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, request.common_name)] if request.common_name else [])
    signer, signer_name = (key, subject) if issuer is None else _signer(issuer)
    now = datetime.datetime.now(datetime.UTC)
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(signer_name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - _SKEW)
        .not_valid_after(now + request.life)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(signer.public_key()), critical=False)
        .add_extension(x509.BasicConstraints(ca=request.is_ca, path_length=None), critical=True)
        .add_extension(_usage(is_ca=request.is_ca), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
    )
    names: list[x509.GeneralName] = [x509.DNSName(name) for name in request.dns_names]
    names += [x509.IPAddress(ipaddress.ip_address(address)) for address in request.ip_addresses]
    if names:
        builder = builder.add_extension(x509.SubjectAlternativeName(names), critical=not request.common_name)
    return KeyPair(builder.sign(signer, hashes.SHA256()).public_bytes(serialization.Encoding.PEM), _pem(key))


def certificate(pem: bytes) -> x509.Certificate | None:
    """The first certificate of a PEM text, None when there is none."""
    try:
        return x509.load_pem_x509_certificate(pem)
    except ValueError:
        return None


def belongs(pair: KeyPair) -> bool:
    """Whether these are a certificate and its key."""
    found = certificate(pair.certificate)
    try:
        key = serialization.load_pem_private_key(pair.key, None)
    except (ValueError, TypeError):
        return False
    return found is not None and _public(found.public_key()) == _public(key.public_key())


def _public(key: object) -> bytes:
    if not isinstance(key, ec.EllipticCurvePublicKey | rsa.RSAPublicKey):
        return b""
    return key.public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)


def _signer(issuer: KeyPair) -> tuple[PrivateKey, x509.Name]:
    key = serialization.load_pem_private_key(issuer.key, None)
    if not isinstance(key, ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey):
        raise ValueError("the issuer's key is neither RSA nor ECDSA")
    return key, x509.load_pem_x509_certificate(issuer.certificate).subject


def _usage(*, is_ca: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=True, key_encipherment=True, key_cert_sign=is_ca, crl_sign=is_ca, content_commitment=False,
        data_encipherment=False, key_agreement=False, encipher_only=False, decipher_only=False,
    )  # fmt: skip


def _pem(key: PrivateKey) -> bytes:
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
