# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which Kubernetes an EKS Anywhere release brings: EKS Distro's releases, from a Bundles manifest or this table."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

EKSA_VERSION = "v0.26.1"
"""What the stand-in of the command line says it is."""

BUNDLES = "bundles-101"
"""The name of its Bundles object, unless a manifest overrides it."""


class Distro(NamedTuple):
    """EKS Distro of one Kubernetes minor: Kubernetes' patch, and the number of the release."""

    patch: int
    release: int


RELEASES: Mapping[str, Distro] = {
    "1.30": Distro(14, 55), "1.31": Distro(14, 46), "1.32": Distro(11, 38), "1.33": Distro(8, 30),
    "1.34": Distro(5, 22), "1.35": Distro(3, 14), "1.36": Distro(1, 6),
}  # fmt: skip
"""Only 1.36's is upstream's; the others' numbers are made up, and only templates' tags show them."""


def from_bundles(bundles: Mapping[str, Any]) -> Mapping[str, Distro]:
    """The releases of a Bundles manifest. Raises ValueError when it has none that can be read."""
    found = {}
    for each in (bundles.get("spec") or {}).get("versionsBundles") or []:
        name = str((each.get("eksD") or {}).get("name", ""))
        version = str((each.get("eksD") or {}).get("kubeVersion", f"v{each.get('kubeVersion')}.0")).lstrip("v")
        release, patch = name.rpartition("-")[2], version.split(".")[2:]
        if release.isdigit():
            found[str(each["kubeVersion"])] = Distro(int(patch[0]) if patch else 0, int(release))
    if not found:
        raise ValueError("no versionsBundles with eksD.name")
    return found


def tag(minor: str, releases: Mapping[str, Distro] = RELEASES) -> str:
    """The tag that a template of this Kubernetes needs ("eksdRelease:kubernetes-1-36-eks-6")."""
    return f"eksdRelease:kubernetes-{minor.replace('.', '-')}-eks-{releases[minor].release}"


def machine_version(minor: str, releases: Mapping[str, Distro] = RELEASES) -> str:
    """The version in machine objects ("v1.36.1-eks-1-36-6")."""
    distro = releases[minor]
    return f"v{minor}.{distro.patch}-eks-{minor.replace('.', '-')}-{distro.release}"


def kubelet_version(version: str) -> str:
    """What a node says of a machine's version: the release is no part of it."""
    return version.removeprefix("v").partition("-eks-")[0] + "-eks-twin"
