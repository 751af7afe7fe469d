# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Data centers, and the switches and storage fabrics between them."""

from __future__ import annotations

from typing import Literal

from ._pydantic import Field
from .base import Managed, Model
from .fields import Address, Name


class Site(Managed):
    """A data center."""

    name: Name = Field(description="Short name, for example pit1.")
    location: str = Field(description="Where it is.")


class CoreSwitch(Managed):
    """A core switch."""

    name: Name = Field(description="Name.")
    site: str = Field(description="Site, by name.")
    address: Address = Field(description="Management address.")


class StorageFabric(Managed):
    """A network of its own between hosts and storage."""

    name: Name = Field(description="Name.")
    protocol: Literal["fibre_channel", "iscsi", "nvme_tcp", "nfs"] = Field(description="What it carries.")
    sites: list[str] = Field(min_length=1, description="Sites that it spans, by name.")


class Fabric(Model):
    """What joins the sites."""

    core_switches: list[CoreSwitch] = Field(default=[], description="Core switches; two for each site are redundant.")
    storage: list[StorageFabric] = Field(default=[], description="Storage fabrics.")
