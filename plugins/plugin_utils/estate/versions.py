# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which versions work together.

Sources: EKS Anywhere's release notes for v0.26; istio.io, supported releases; the images in the Kubeflow community
distribution's manifests; the vendor's version tables of Gloo Mesh; NVIDIA's data-center driver notes. Each row is a
fact of its vendor: extend it when they publish a new one.
"""

from __future__ import annotations

Minor = tuple[int, int]


def minor(version: str) -> Minor:
    """The first two numbers of a version: '1.29.6' and 'v1.29' are (1, 29)."""
    parts = version.removeprefix("v").replace("-", ".").split(".")
    numbers = [int(part) if part.isdigit() else 0 for part in (*parts, "0")[:2]]
    return numbers[0], numbers[1]


def text(version: Minor) -> str:
    """A minor version as people write it."""
    return f"{version[0]}.{version[1]}"


# Kubernetes minors, first and last.
EKS: tuple[Minor, Minor] = ((1, 31), (1, 36))
EKS_ANYWHERE: dict[Minor, tuple[Minor, Minor]] = {(0, 25): ((1, 29), (1, 35)), (0, 26): ((1, 30), (1, 36))}
ISTIO: dict[Minor, tuple[Minor, Minor]] = {
    (1, 28): ((1, 30), (1, 34)),
    (1, 29): ((1, 31), (1, 35)),
    (1, 30): ((1, 32), (1, 36)),
}
# vSphere majors that EKS Anywhere v0.25 and newer run on.
VSPHERE_OF_EKS_ANYWHERE = frozenset({7, 8})
# Istio of the images in Kubeflow's manifests; the mesh may be newer by so many minors and still read its objects.
ISTIO_OF_KUBEFLOW: dict[Minor, Minor] = {(1, 10): (1, 26), (26, 3): (1, 28)}
ISTIO_SKEW = 2
# Istio minors, first and last, for each minor of Gloo Mesh.
ISTIO_OF_GLOO: dict[Minor, tuple[Minor, Minor]] = {
    (2, 11): ((1, 25), (1, 28)),
    (2, 12): ((1, 25), (1, 29)),
    (2, 13): ((1, 26), (1, 30)),
    (2, 14): ((1, 27), (1, 31)),
}
# Newest data-center driver branch that still knows an architecture; those not listed are known by all.
LAST_DRIVER = {"pascal": 580, "volta": 580}
# Kueue follows the order of clusters from here on.
KUEUE_IN_ORDER: Minor = (0, 19)
