# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What EKS refuses of a wish for an add-on, and what it tells of those that it offers."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

import jsonschema
import yaml

from twin.aws.call import Call
from twin.aws.eks.addon_catalogue import PRODUCTS, describe
from twin.aws.eks.finding import invalid
from twin.aws.eks.models import Cluster
from twin.aws.eks.pages import page
from twin.aws.eks.roles import find_role, require_pod_role
from twin.aws.eks.versions import VERSIONS
from twin.aws.errors import AwsError
from twin.aws.world import World


def describe_addon_versions(world: World, call: Call) -> Mapping[str, Any]:
    """What is offered: all, or one add-on, or for one version of Kubernetes."""
    wanted, kubernetes = call.params.get("addonName"), call.params.get("kubernetesVersion")
    if wanted and wanted not in PRODUCTS:
        raise AwsError("ResourceNotFoundException", f"Addon {wanted} not found", addonName=str(wanted))
    if kubernetes and kubernetes not in VERSIONS:
        raise invalid(f"Kubernetes version {kubernetes} is not supported")
    types = call.params.get("types") or []
    products = [p for p in PRODUCTS.values() if p.name == (wanted or p.name) and (not types or p.type in types)]
    return page(call, [describe(product, kubernetes) for product in products], "addons")


def describe_addon_configuration(world: World, call: Call) -> Mapping[str, Any]:
    """The schema of a version's configuration, and which roles its service accounts want."""
    name, wanted = str(call.params["addonName"]), str(call.params["addonVersion"])
    product = PRODUCTS.get(name)
    if product is None or all(wanted not in product.versions(minor) for minor in VERSIONS):
        raise AwsError("ResourceNotFoundException", f"Addon version {wanted} of {name} not found", addonName=name)
    identities = [
        {"serviceAccount": account, "recommendedManagedPolicies": [f"arn:aws:iam::aws:policy/{p}" for p in policies]}
        for account, policies in product.accounts.items()
    ]
    return {
        "addonName": name,
        "addonVersion": wanted,
        "configurationSchema": json.dumps(product.schema()),
        "podIdentityConfiguration": identities,
    }


def version(cluster: Cluster, name: str, wanted: str | None) -> str:
    """The version that was asked for, or the default for the cluster.

    :raises AwsError: InvalidParameterException for an add-on or a version that is not offered.
    """
    product = PRODUCTS.get(name)
    if product is None:
        raise invalid("Addon specified is not supported")
    offered = product.versions(cluster.version)
    if wanted and wanted not in offered:
        raise invalid(f"Addon version specified is not supported in {cluster.version} kubernetes version")
    return wanted or offered[product.default]


def configuration(name: str, text: str | None) -> None:
    """Refuse a configuration that the add-on's schema does not allow.

    :raises AwsError: InvalidParameterException.
    """
    if not text:
        return
    try:
        values = yaml.safe_load(text)
    except yaml.YAMLError as error:
        raise invalid("ConfigurationValue provided in request is neither JSON nor YAML") from error
    errors = jsonschema.Draft6Validator(PRODUCTS[name].schema()).iter_errors({} if values is None else values)
    told = ", ".join(f"{error.json_path}: {error.message}" for error in errors)
    if told:
        raise invalid(
            "ConfigurationValue provided in request is not supported: "
            f"Json schema validation failed with error: [{told}]"
        )


def role(world: World, call: Call, arn: str | None) -> None:
    """Refuse a role that does not exist.

    :raises AwsError: InvalidParameterException.
    """
    if arn and find_role(world, call.account, arn) is None:
        raise invalid(f"Role with arn: {arn} does not exist or could not be assumed (the trust policy)")


def identities(world: World, call: Call, name: str, rows: Sequence[Mapping[str, str]] | None) -> None:
    """Refuse roles for service accounts that the add-on does not have, and roles that pods may not take.

    :raises AwsError: InvalidParameterException.
    """
    known = PRODUCTS[name].accounts
    for row in rows or []:
        if row["serviceAccount"] not in known:
            raise invalid(f"Service account {row['serviceAccount']} is not supported by addon {name}")
        require_pod_role(world, call.account, row["roleArn"])
