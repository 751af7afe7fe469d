# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Machine images that the simulated account offers: those that an estate asks for, instead of moto's 1,300 of 2018.

Ids are derived from the names, so that they are the same in every region and every run.
"""

from __future__ import annotations

import hashlib
from datetime import datetime
from typing import Any

from moto.ec2.models.amis import Ami, AmiBackend

AMAZON = ("137112412989", "amazon")
EKS = ("602401143452", "amazon")
CANONICAL = ("099720109477", None)
PUBLISHED = datetime(2026, 6, 1)
RELEASE = "20260601"
KUBERNETES_VERSIONS = ("1.33", "1.34", "1.35", "1.36")


def image_id(name: str) -> str:
    """The id of the image of this name."""
    return f"ami-{hashlib.sha256(name.encode()).hexdigest()[:17]}"


def eks_image_name(version: str, architecture: str, variant: str = "standard") -> str:
    """Name of the image that EKS publishes for a Kubernetes version. ``architecture``: x86_64 or arm64."""
    return f"amazon-eks-node-al2023-{architecture}-{variant}-{version}-v{RELEASE}"


def catalogue() -> list[dict[str, Any]]:
    """All images, as moto's model takes them."""
    images = [
        _image(f"al2023-ami-2023.8.{RELEASE}.0-kernel-6.12-{architecture}", architecture, AMAZON, "/dev/xvda")
        for architecture in ("x86_64", "arm64")
    ]
    for release in ("jammy-22.04", "noble-24.04"):
        for spelled, architecture in (("amd64", "x86_64"), ("arm64", "arm64")):
            name = f"ubuntu/images/hvm-ssd-gp3/ubuntu-{release}-{spelled}-server-{RELEASE}"
            images.append(_image(name, architecture, CANONICAL, "/dev/sda1"))
    for version in KUBERNETES_VERSIONS:
        for architecture, variant in (("x86_64", "standard"), ("arm64", "standard"), ("x86_64", "nvidia")):
            images.append(_image(eks_image_name(version, architecture, variant), architecture, EKS, "/dev/xvda"))
    return images


def load(backend: Any) -> None:
    """Fill a region's backend."""
    for image in catalogue():
        backend.amis[image["ami_id"]] = Ami(backend, **image)


def install() -> None:
    """Let moto's backends be filled so."""
    for name, function in (("_load_amis", load),):
        setattr(AmiBackend, name, function)


def _image(name: str, architecture: str, owner: tuple[str, str | None], root: str) -> dict[str, Any]:
    return {
        "ami_id": image_id(name),
        "name": name,
        "description": name,
        "owner_id": owner[0],
        "owner_alias": owner[1],
        "public": True,
        "virtualization_type": "hvm",
        "architecture": architecture,
        "creation_date": PUBLISHED,
        "image_location": f"{owner[0]}/{name}",
        "hypervisor": "xen",
        "root_device_type": "ebs",
        "root_device_name": root,
    }
