# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Kubernetes versions that the simulated EKS offers: those that the twin's control plane can emulate."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from twin.aws.call import Call
from twin.aws.eks.pages import page
from twin.aws.errors import AwsError
from twin.aws.world import World

STANDARD_SUPPORT = timedelta(days=14 * 30)
EXTENDED_SUPPORT = timedelta(days=12 * 30)


@dataclass(frozen=True)
class Version:
    """A minor version: ``patch`` is what runs, ``platform`` the EKS platform version, ``released`` approximate."""

    name: str
    patch: str
    platform: str
    released: datetime


VERSIONS = {
    version.name: version
    for version in (
        Version("1.33", "1.33.13", "eks.24", datetime(2025, 5, 29)),
        Version("1.34", "1.34.4", "eks.17", datetime(2025, 10, 2)),
        Version("1.35", "1.35.4", "eks.9", datetime(2026, 1, 27)),
        Version("1.36", "1.36.1", "eks.3", datetime(2026, 6, 2)),
    )
}
DEFAULT_VERSION = "1.35"


def supported(name: str | None) -> Version:
    """The version that was asked for, or the default.

    :raises AwsError: InvalidParameterException for one that EKS does not offer.
    """
    version = VERSIONS.get(name or DEFAULT_VERSION)
    if version is None:
        raise AwsError("InvalidParameterException", f"unsupported Kubernetes version {name}")
    return version


def describe_cluster_versions(world: World, call: Call) -> Mapping[str, Any]:
    """Newest first, as EKS lists them."""
    wanted = call.params.get("clusterVersions") or list(VERSIONS)
    rows = [_row(VERSIONS[name], world.now()) for name in reversed(VERSIONS) if name in wanted]
    if call.params.get("defaultOnly"):
        rows = [row for row in rows if row["defaultVersion"]]
    status = call.params.get("versionStatus") or str(call.params.get("status") or "").upper().replace("-", "_")
    if status:
        rows = [row for row in rows if row["versionStatus"] == status]
    return page(call, rows, "clusterVersions")


def _row(version: Version, now: datetime) -> dict[str, Any]:
    standard_until = version.released + STANDARD_SUPPORT
    status = "STANDARD_SUPPORT" if now < standard_until else "EXTENDED_SUPPORT"
    return {
        "clusterVersion": version.name,
        "clusterType": "eks",
        "defaultPlatformVersion": version.platform,
        "defaultVersion": version.name == DEFAULT_VERSION,
        "releaseDate": version.released,
        "endOfStandardSupportDate": standard_until,
        "endOfExtendedSupportDate": standard_until + EXTENDED_SUPPORT,
        "status": status.lower().replace("_", "-"),
        "versionStatus": status,
        "kubernetesPatchVersion": version.patch,
    }
