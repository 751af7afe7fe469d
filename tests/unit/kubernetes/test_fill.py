# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Values that no file holds: by name, generated once, hashed; and that what is there and good stays."""

from __future__ import annotations

import base64
from typing import Any

import bcrypt
import pytest

from ansible_collections.kubeops.hybrid.plugins.module_utils._engine.errors import EstateError
from ansible_collections.kubeops.hybrid.plugins.module_utils._engine.kind import Owner
from ansible_collections.kubeops.hybrid.plugins.module_utils._engine.secrets import Secrets
from ansible_collections.kubeops.hybrid.plugins.module_utils._kinds.kubernetes.fill import filled
from ansible_collections.kubeops.hybrid.plugins.module_utils._kinds.kubernetes.objects import Key, Live, Manifest

SECRETS = Secrets({"dex": "correct horse", "weak": "minio123", "empty": ""})


def wish(data: dict[str, Any], name: str = "login", kind: str = "Secret") -> Manifest:
    """An object with that data."""
    body = {"apiVersion": "v1", "kind": kind, "metadata": {"name": name, "namespace": "auth"}, "data": data}
    return Manifest(Key("", kind, "auth", name), "v1", body)


def there(**data: str) -> dict[Key, Live]:
    """The Secret login as the cluster has it."""
    encoded = {name: base64.b64encode(value.encode()).decode() for name, value in data.items()}
    return {Key("", "Secret", "auth", "login"): Live(wish({}).key, wish(encoded).body, Owner.OURS)}


def value(manifests: list[Manifest], key: str, number: int = 0) -> str:
    """What stands at a key of a Secret's data."""
    return base64.b64decode(manifests[number].body["data"][key]).decode()


def refused(data: dict[str, Any]) -> str:
    """Why it cannot be filled in."""
    with pytest.raises(EstateError) as caught:
        filled([wish(data)], {}, SECRETS)
    return str(caught.value)


def test_a_secret_by_name_is_encoded_in_a_secret_and_plain_elsewhere() -> None:
    assert value(filled([wish({"password": {"$secret": "dex"}})], {}, SECRETS), "password") == "correct horse"
    plain = filled([wish({"password": {"$secret": "dex"}}, kind="ConfigMap")], {}, SECRETS)
    assert plain[0].body["data"] == {"password": "correct horse"}


@pytest.mark.parametrize(
    ("name", "told"),
    [("weak", "everybody knows"), ("empty", "is empty"), ("dexx", "Did you mean dex?")],
)
def test_a_secret_that_is_none_is_refused_without_its_value(name: str, told: str) -> None:
    message = refused({"password": {"$secret": name}})
    assert told in message
    assert "Secret auth/login" in message
    assert "minio123" not in message


def test_what_was_generated_stays_as_it_is_in_the_cluster() -> None:
    data = {"password": {"$generate": {"length": 20, "alphabet": "hex"}}}
    first = value(filled([wish(data)], {}, SECRETS), "password")
    assert len(first) == 20
    assert set(first) <= set("0123456789abcdef")
    assert value(filled([wish(data)], there(password=first), SECRETS), "password") == first
    assert value(filled([wish(data)], {}, SECRETS), "password") != first


@pytest.mark.parametrize("known", ["minio123", "published"])
def test_a_password_that_everybody_knows_does_not_stay(known: str) -> None:
    data = {"password": {"$generate": {"refuse": ["published"]}}}
    assert value(filled([wish(data)], there(password=known), SECRETS), "password") != known


def test_a_hash_that_fits_stays_and_another_is_replaced() -> None:
    data = {"hash": {"$bcrypt": "dex"}}
    first = value(filled([wish(data)], {}, SECRETS), "hash")
    assert bcrypt.checkpw(b"correct horse", first.encode())
    assert value(filled([wish(data)], there(hash=first), SECRETS), "hash") == first
    other = bcrypt.hashpw(b"something else", bcrypt.gensalt(4)).decode()
    assert value(filled([wish(data)], there(hash=other), SECRETS), "hash") != other
    assert value(filled([wish(data)], there(hash="no hash at all"), SECRETS), "hash") != "no hash at all"


def test_a_hash_and_a_copy_of_what_is_generated_beside_it() -> None:
    source = {"object": "Secret/auth/login", "key": "password"}
    wishes = [
        wish({"hash": {"$bcrypt": source}, "same": {"$copy": source}}, name="dex"),
        wish({"password": {"$generate": {}}}),
    ]
    done = filled(wishes, {}, SECRETS)
    assert value(done, "same") == value(done, "password", 1)
    assert bcrypt.checkpw(value(done, "password", 1).encode(), value(done, "hash").encode())


def test_whoever_reads_a_secret_when_it_starts_is_marked_with_what_it_reads() -> None:
    def mark(key: bytes = b"k", **data: Any) -> str:
        reader = wish({"mark": {"$fingerprint": ["Secret/auth/login"]}}, "reader", "ConfigMap")
        return str(filled([reader, wish(data)], {}, SECRETS, key)[0].body["data"]["mark"])

    one = mark(password={"$secret": "dex"})
    assert one == mark(password={"$secret": "dex"})
    assert one != mark(password={"$secret": "dex"}, more="eA==", other={"$secret": "dex"})
    assert one != mark(b"another", password={"$secret": "dex"}), "it tells nothing without the key"
    with pytest.raises(EstateError, match="not all of Secret/auth/login"):
        filled([wish({"mark": {"$fingerprint": ["Secret/auth/login"]}}, "reader", "ConfigMap")], {}, SECRETS)


def test_a_source_that_nobody_wishes_is_named() -> None:
    assert "Secret/auth/other" in refused({"hash": {"$copy": {"object": "Secret/auth/other", "key": "password"}}})


def test_a_password_longer_than_bcrypt_reads_is_refused() -> None:
    with pytest.raises(EstateError, match="72 bytes"):
        filled([wish({"hash": {"$bcrypt": "long"}})], {}, Secrets({"long": "x" * 73}))


def test_objects_without_placeholders_are_the_very_same() -> None:
    one = wish({"password": "Zm9v"})
    assert filled([one], {}, SECRETS)[0] is one
