# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The admin machine, from which EKS Anywhere's first cluster is made."""

from __future__ import annotations

from ._pydantic import Field
from .base import Model


class AdminMachine(Model):
    """Where eksctl anywhere runs; it needs kubectl and, for the bootstrap cluster, Docker."""

    ssh: list[str] = Field(
        default=[],
        description="Command that runs another one there, for example [ssh, -o, BatchMode=yes, eksa@admin]; empty: "
        "this machine.",
    )
    directory: str | None = Field(
        default=None, description="Work directory there; null: directory eksa beside the kubeconfigs of this machine."
    )
    command: list[str] = Field(default=[], description="How eksctl anywhere is called there; empty: eksctl anywhere.")
    flags: list[str] = Field(
        default=[], description="Flags of each of its calls, for example [--bundles-override, bundles.yaml]."
    )
