# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This file is private to the collection: its content may change in any release.
"""Which calls change an EKS cluster, in which order, and which changes there is no call for. Pure."""

from __future__ import annotations

import typing as t

Row = t.Mapping[str, t.Any]
Step = tuple[str, dict[str, t.Any]]

MODES = ("CONFIG_MAP", "API_AND_CONFIG_MAP", "API")
"""Authentication modes in the only order in which EKS lets a cluster go through them."""

_ENDPOINT = {
    "endpoint_public_access": "endpointPublicAccess",
    "endpoint_private_access": "endpointPrivateAccess",
    "public_access_cidrs": "publicAccessCidrs",
}
_NETWORK = {"subnets": "subnetIds", "security_groups": "securityGroupIds"}


def refusal(field: str, before: t.Any, after: t.Any) -> str:
    """Why a change cannot be made, or ''."""
    if field == "version":
        return (
            f"version is {before}, wished {after}: a version upgrade is not offered by this release. "
            "Keep the version, upgrade with EKS' own tools, or make a new cluster beside it"
        )
    if field == "authentication_mode" and before in MODES and MODES.index(after) < MODES.index(before):
        return f"authentication_mode is {before}, wished {after}: EKS never goes back from there"
    return ""


def vpc_config(options: Row, fields: t.Collection[str] = (*_NETWORK, *_ENDPOINT)) -> dict[str, t.Any]:
    """EKS' resourcesVpcConfig from those of the fields that the options give."""
    return {
        parameter: sorted(options[field]) if isinstance(options[field], list) else options[field]
        for field, parameter in {**_NETWORK, **_ENDPOINT}.items()
        if field in fields and options.get(field) is not None
    }


def steps(before: Row, options: Row, fields: t.Collection[str]) -> t.Iterator[Step]:
    """(what, parameters of UpdateClusterConfig), one sort of change each."""
    for what, table in (("the change of its network", _NETWORK), ("the change of endpoint access", _ENDPOINT)):
        config = vpc_config(options, [field for field in table if field in fields])
        if config:
            yield what, {"resourcesVpcConfig": config}
    if "authentication_mode" in fields:
        passed = MODES.index(before.get("authentication_mode") or MODES[0])
        for mode in MODES[passed + 1 : MODES.index(options["authentication_mode"]) + 1]:
            yield f"the change to authentication mode {mode}", {"accessConfig": {"authenticationMode": mode}}
    if "logging" in fields:
        yield "the change of logging", {"logging": logging(before["logging"], options["logging"])}


def logging(before: t.Collection[str], wished: t.Collection[str]) -> dict[str, t.Any]:
    """EKS' logging parameter with just what changes."""
    on, off = sorted(set(wished) - set(before)), sorted(set(before) - set(wished))
    setups = [{"types": kinds, "enabled": enabled} for kinds, enabled in ((on, True), (off, False)) if kinds]
    return {"clusterLogging": setups}
