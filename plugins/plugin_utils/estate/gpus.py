# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""GPUs on site: one number decides how many."""

from __future__ import annotations

from typing import Literal

from ._pydantic import Field
from .base import Model
from .fields import Count, Positive

# In the order of their appearance: rules speak of "before Turing".
ARCHITECTURES = ("pascal", "volta", "turing", "ampere", "ada", "hopper", "blackwell")
Architecture = Literal["pascal", "volta", "turing", "ampere", "ada", "hopper", "blackwell"]


class Gpus(Model):
    """The GPUs of the ESXi hosts."""

    model: str = Field(description="Model, as the vendor names it, for example NVIDIA V100 PCIe 32 GB.")
    pci_device: str = Field(
        default="10de:1db6",
        pattern=r"^[0-9a-f]{4}:[0-9a-f]{4}$",
        description="Vendor and device id on the PCI bus, for example 10de:1db6.",
    )
    architecture: Architecture = Field(description="Architecture; it decides which drivers there are.")
    memory_gib: Positive = Field(description="Memory of each GPU in GiB.")
    per_host: Count = Field(description="Number of GPUs in each host (hosts may differ by overrides).")
    mode: Literal["passthrough", "vgpu"] = Field(
        default="passthrough", description="Whole GPUs handed to a machine (DirectPath I/O), or shares of one (vGPU)."
    )
    vgpu_profile: str | None = Field(default=None, description="vGPU profile, for example grid_v100d-16c.")
    driver_branch: Positive = Field(description="Branch of the data-center driver, for example 580.")
    driver_by: Literal["operator", "hypervisor"] = Field(
        default="operator", description="Who brings the driver: the GPU operator, or the host for vGPU."
    )

    def older_than(self, architecture: Architecture) -> bool:
        """Whether these GPUs are of an earlier architecture."""
        return ARCHITECTURES.index(self.architecture) < ARCHITECTURES.index(architecture)
