# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Kubeflow's credentials: Secrets that take the place of those that its example manifests hold in public."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import Any

from .kubeflow import Kubeflow, User
from .kubeflow_releases import EXAMPLE_USER, Release
from .secrets import SecretReference

Resource = dict[str, Any]
CLIENT = "kubeflow-oidc-authservice"
"""Name by which the proxy knows itself to Dex. Its secret is what counts."""
LOGINS = "kubeflow-logins"
"""Secret of namespace auth with the passwords that we generated: whoever administers the cluster hands them out."""
PASSWORD = "DEX_USER_PASSWORD"
# The proxy takes keys of 16, 24 or 32 bytes, and reads what could be base64 as that: 32 letters are 24 bytes then.
_COOKIE = 32
_LENGTH = 24


def users_of(kubeflow: Kubeflow) -> list[User]:
    """Who may log in. Without a list it is the owner of the first profile, with the password of the credentials."""
    if kubeflow.users:
        return list(kubeflow.users)
    owner = kubeflow.profiles[0].owner if kubeflow.profiles else EXAMPLE_USER
    return [User(email=owner, password=kubeflow.credentials.dex_password)]


def password_key(index: int) -> str:
    """Name of the environment variable in which Dex finds the hash of a user's password."""
    return PASSWORD if index == 0 else f"{PASSWORD}_{index + 1}"


def secret_names(kubeflow: Kubeflow, release: Release) -> dict[str, tuple[str, ...]]:
    """namespace/name of each published Secret that is replaced to the keys that must not hold what is published."""
    names: dict[str, tuple[str, ...]] = {
        "auth/dex-oidc-client": ("OIDC_CLIENT_SECRET",),
        "auth/dex-passwords": tuple(password_key(index) for index, _user in enumerate(users_of(kubeflow))),
        f"oauth2-proxy/{release.proxy_secret}": ("client-secret", "cookie-secret"),
    }
    if "pipelines" in kubeflow.components:
        names["kubeflow/mlpipeline-minio-artifact"] = ("secretkey",)
        names["kubeflow/mysql-secret"] = ("password",)
    if "katib" in kubeflow.components:
        names["kubeflow/katib-mysql-secrets"] = ("MYSQL_ROOT_PASSWORD",)
    if "model_registry" in kubeflow.components:
        names.update({place: (one.password_key,) for place, one in release.databases.items()})
    return names


def named_secrets(kubeflow: Kubeflow) -> list[str]:
    """Names of kubeops_secrets to which credentials and users refer."""
    given = kubeflow.credentials
    references = [getattr(given, field) for field in type(given).model_fields]
    references += [user.password for user in kubeflow.users]
    return sorted({one.secret for one in references if one is not None})


def secret_resources(kubeflow: Kubeflow, release: Release, provided: Collection[str]) -> Iterator[Resource]:
    """Entries of kind secret. provided: names of those secrets of the call that have a value."""
    given = kubeflow.credentials

    def wish(reference: SecretReference | None, length: int = _LENGTH) -> Resource:
        if reference is not None and reference.secret in provided:
            return {"secret": reference.secret}
        return {"generate": {"length": length, "alphabet": "alphanumeric"}}

    client = {"OIDC_CLIENT_ID": {"value": CLIENT}, "OIDC_CLIENT_SECRET": wish(given.dex_client, _COOKIE)}
    yield _secret("auth/dex-oidc-client", client)
    yield from _logins(users_of(kubeflow), provided)
    proxy = {
        "client-id": {"value": CLIENT},
        "client-secret": {"copy": {"object": "Secret/auth/dex-oidc-client", "key": "OIDC_CLIENT_SECRET"}},
        "cookie-secret": wish(given.proxy_cookie, _COOKIE),
    }
    yield _secret(f"oauth2-proxy/{release.proxy_secret}", proxy)
    names = secret_names(kubeflow, release)
    for name, data in (
        ("mlpipeline-minio-artifact", {"accesskey": {"value": "minio"}, "secretkey": wish(given.object_store)}),
        ("mysql-secret", {"username": {"value": "root"}, "password": wish(given.pipelines_database)}),
        ("katib-mysql-secrets", {"MYSQL_ROOT_PASSWORD": wish(given.katib_database)}),
    ):
        if f"kubeflow/{name}" in names:
            yield _secret(f"kubeflow/{name}", data)
    for place, one in release.databases.items():
        if place in names:
            yield _secret(place, {one.user_key: {"value": one.user}, one.password_key: wish(None)})


def _logins(users: list[User], provided: Collection[str]) -> Iterator[Resource]:
    """Hashes for Dex; and where a password is given by nobody, that itself, since a hash tells it to nobody."""
    hashes: Resource = {}
    made: Resource = {}
    for index, user in enumerate(users):
        if user.password is not None and user.password.secret in provided:
            hashes[password_key(index)] = {"bcrypt": user.password.secret}
            continue
        key = user.email.replace("@", "_at_")
        made[key] = {"generate": {"length": _LENGTH, "alphabet": "alphanumeric"}}
        hashes[password_key(index)] = {"bcrypt": {"object": f"Secret/auth/{LOGINS}", "key": key}}
    if made:
        yield _secret(f"auth/{LOGINS}", made)
    yield _secret("auth/dex-passwords", hashes)


def _secret(place: str, data: Resource) -> Resource:
    namespace, _slash, name = place.partition("/")
    return {"kind": "secret", "namespace": namespace, "name": name, "data": data}
