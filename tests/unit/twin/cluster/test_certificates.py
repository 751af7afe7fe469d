# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Certificates are really signed, by whom they say; and the table of those who sign for themselves is sound."""

from __future__ import annotations

import datetime
import ssl
from collections.abc import Callable
from pathlib import Path

import pytest
from cryptography import x509

from twin.cluster.certificates import duration
from twin.cluster.clients import clients, set_bundles
from twin.cluster.components import COMPONENTS, component_of
from twin.cluster.delays import SECONDS, Delays
from twin.cluster.issuing import Request, belongs, certificate, issue
from twin.cluster.objects import Object, selects
from twin.cluster.own_fields import own_fields
from twin.cluster.secrets import decoded, encoded
from twin.pki import KeyPair

PEM = b"-----BEGIN CERTIFICATE-----\n"


@pytest.mark.parametrize("key", ["ECDSA", "RSA"])
def test_a_certificate_is_signed_by_its_authority(key: str) -> None:
    authority = issue(Request("authority", is_ca=True))
    pair = issue(Request("server", dns_names=["a.example"], ip_addresses=["127.0.0.1"], key=key), authority)
    found, signer = (certificate(each.certificate) for each in (pair, authority))
    assert found is not None
    assert signer is not None
    found.verify_directly_issued_by(signer)
    names = found.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert names.get_values_for_type(x509.DNSName) == ["a.example"]
    assert belongs(pair)
    assert not belongs(KeyPair(pair.certificate, authority.key))


def test_python_takes_the_chain(tmp_path: Path) -> None:
    """A strict verifier: it refuses an authority without keyUsage, and a chain without key identifiers."""
    authority = issue(Request("authority", is_ca=True))
    pair = issue(Request("server", dns_names=["a.example"]), authority)
    (tmp_path / "pair.pem").write_bytes(pair.certificate + pair.key)
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.load_cert_chain(tmp_path / "pair.pem")
    client = ssl.create_default_context(cadata=authority.certificate.decode())
    here, there, back, forth = ssl.MemoryBIO(), ssl.MemoryBIO(), ssl.MemoryBIO(), ssl.MemoryBIO()
    one = client.wrap_bio(here, there, server_hostname="a.example")
    two = server.wrap_bio(back, forth, server_side=True)
    done: set[Callable[[], None]] = set()
    for _ in range(4):
        for side in (one, two):
            try:
                side.do_handshake()
                done.add(side.do_handshake)
            except ssl.SSLWantReadError:
                pass
        back.write(there.read())
        here.write(forth.read())
    assert len(done) == 2


def test_what_is_no_pair_belongs_to_nobody() -> None:
    assert not belongs(KeyPair(b"redacted", b"redacted"))
    assert decoded({"data": {"a": "no base64!"}}, "a") == b""
    assert decoded(None, "a") == b""


@pytest.mark.parametrize(("text", "seconds"), [("2160h0m0s", 7776000), ("1h30m", 5400), ("90s", 90), ("", 0)])
def test_durations_are_read_as_go_writes_them(text: str, seconds: int) -> None:
    assert duration(text) == datetime.timedelta(seconds=seconds)


def configuration(service: str, **webhook: object) -> Object:
    client = {"service": {"namespace": "ns", "name": service}}
    return {"kind": "ValidatingWebhookConfiguration", "metadata": {"name": webhook.pop("name", "c")},
            "webhooks": [{"name": "w", "clientConfig": client, **webhook}]}  # fmt: skip


def test_bundles_are_set_once() -> None:
    thing = configuration("a")
    changed = set_bundles(thing, {("ns", "a"): PEM})
    assert changed is not None
    assert [client.config["caBundle"] for client in clients(changed)] == [encoded(PEM)]
    assert set_bundles(changed, {("ns", "a"): PEM}) is None
    assert set_bundles(thing, {("ns", "other"): PEM}) is None


def test_an_api_service_that_is_not_verified_gets_no_bundle() -> None:
    spec = {"groupPriorityMinimum": 1, "service": {"namespace": "ns", "name": "a"}, "insecureSkipTLSVerify": True}
    assert set_bundles({"metadata": {"name": "x"}, "spec": spec}, {("ns", "a"): PEM}) is None


def test_knative_writes_rules_and_paths_and_istio_its_policy() -> None:
    knative = configuration("webhook", name="config.webhook.serving.knative.dev")
    written = own_fields(knative, {("ns", "webhook"): PEM})
    assert written is not None
    assert written["webhooks"][0]["rules"][0]["resources"] == ["configmaps"]
    assert written["webhooks"][0]["clientConfig"]["service"]["path"] == "/config-validation"
    assert own_fields(written, {("ns", "webhook"): PEM}) is None
    istio = own_fields(configuration("istiod", failurePolicy="Ignore"), {("ns", "istiod"): PEM})
    assert istio is not None
    assert istio["webhooks"][0]["failurePolicy"] == "Fail"


def test_components_are_found_by_service_and_have_keys_that_can_serve() -> None:
    for component in COMPONENTS:
        assert component_of(component.service) == component
        assert component.keys.authority
        assert bool(component.keys.certificate) == bool(component.keys.key)
        assert component.keys.certificate or component.keys.authority_key


def test_delays_are_scaled_and_stretched() -> None:
    delays = Delays(10)
    assert delays.real("certificate") == SECONDS["certificate"] / 10
    delays.stretch({"cert*": 3})
    assert delays.real("certificate") == SECONDS["certificate"] / 10 * 3
    assert delays.real("volume") == SECONDS["volume"] / 10
    delays.stretch({})
    assert delays.real("certificate") == SECONDS["certificate"] / 10


@pytest.mark.parametrize(
    ("selector", "taken"),
    [
        ({}, True), (None, True), ({"matchLabels": {"a": "1"}}, True), ({"matchLabels": {"a": "2"}}, False),
        ({"matchExpressions": [{"key": "a", "operator": "In", "values": ["1"]}]}, True),
        ({"matchExpressions": [{"key": "b", "operator": "NotIn", "values": ["1"]}]}, True),
        ({"matchExpressions": [{"key": "b", "operator": "Exists"}]}, False),
        ({"matchExpressions": [{"key": "b", "operator": "DoesNotExist"}]}, True),
    ],
)  # fmt: skip
def test_selectors_take_labels(selector: Object | None, taken: bool) -> None:
    assert selects(selector, {"a": "1"}) is taken
