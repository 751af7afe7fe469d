# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""OIDC providers: what moto's IAM lacks of them."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Any

from twin.aws.call import Call
from twin.aws.errors import AwsError
from twin.aws.world import World

MAX_CLIENT_IDS = 100


def check_new(world: World, call: Call) -> None:
    """Refuse an issuer without TLS, a second provider of one issuer, and one too many.

    :raises AwsError: with IAM's codes.
    """
    url = str(call.params["Url"])
    if not url.startswith("https://"):
        raise AwsError("InvalidInput", "Invalid Open ID Connect Provider URL")
    providers = world.iam(call.account).open_id_providers
    host = url.removeprefix("https://").rstrip("/")
    if any(arn.partition(":oidc-provider/")[2] == host for arn in providers):
        raise AwsError("EntityAlreadyExists", f"Provider with url {url} already exists.", 409)
    if len(providers) >= world.quotas.iam_oidc_providers:
        message = f"Cannot exceed quota for OpenIDConnectProvidersPerAccount: {world.quotas.iam_oidc_providers}"
        raise AwsError("LimitExceeded", message, 409)


def find_thumbprint(world: World, call: Call) -> None:
    """After a creation without thumbprints: IAM takes that of the issuer's own authority."""
    host = str(call.params["Url"]).removeprefix("https://").rstrip("/")
    for arn, provider in world.iam(call.account).open_id_providers.items():
        if arn.endswith(f":oidc-provider/{host}") and not provider.thumbprint_list:
            provider.thumbprint_list = [hashlib.sha1(host.encode(), usedforsecurity=False).hexdigest()]


def provider_exists(world: World, call: Call) -> None:
    """Refuse what names a provider that does not exist, with IAM's code."""
    _provider(world, call)


def add_client_id(world: World, call: Call) -> Mapping[str, Any]:
    """One audience more; one that is there already is no error."""
    provider = _provider(world, call)
    if call.params["ClientID"] not in provider.client_id_list:
        if len(provider.client_id_list) >= MAX_CLIENT_IDS:
            message = f"Cannot exceed quota for ClientIdsPerOpenIdConnectProvider: {MAX_CLIENT_IDS}"
            raise AwsError("LimitExceeded", message, 409)
        provider.client_id_list = [*provider.client_id_list, call.params["ClientID"]]
    return {}


def remove_client_id(world: World, call: Call) -> Mapping[str, Any]:
    """One audience less; one that is not there is no error."""
    provider = _provider(world, call)
    provider.client_id_list = [one for one in provider.client_id_list if one != call.params["ClientID"]]
    return {}


def _provider(world: World, call: Call) -> Any:
    arn = str(call.params["OpenIDConnectProviderArn"])
    found = world.iam(call.account).open_id_providers.get(arn)
    if found is None:
        raise AwsError("NoSuchEntity", f"OpenIDConnect Provider not found for arn {arn}", 404)
    return found
