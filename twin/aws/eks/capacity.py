# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What an instance type brings to a cluster, from the vendor's own figures."""

from __future__ import annotations

from typing import Any

from moto.ec2.models.instance_types import INSTANCE_TYPES

# Types that AWS has retired from its listings and that estates still name: (vCPUs, MiB, GPUs).
RETIRED = {
    "p3.2xlarge": (8, 62464, 1),
    "p3.8xlarge": (32, 249856, 4),
    "p3.16xlarge": (64, 499712, 8),
    "p3dn.24xlarge": (96, 786432, 8),
}
# What the kubelet and the system keep for themselves, roughly; EKS computes it from the number of pods.
RESERVED_MIB = 1024
DEFAULT_PODS = 110


def known(instance_type: str) -> bool:
    """Whether EC2 has, or had, this type."""
    return instance_type in INSTANCE_TYPES or instance_type in RETIRED


def capacity(instance_type: str) -> dict[str, str]:
    """Resources of a node of this type as Kubernetes quantities: cpu, memory, pods, and GPUs if it has any."""
    if instance_type in RETIRED:
        cpus, mebibytes, gpus = RETIRED[instance_type]
        pods = DEFAULT_PODS
    else:
        facts: dict[str, Any] = INSTANCE_TYPES[instance_type]
        cpus = facts["VCpuInfo"]["DefaultVCpus"]
        mebibytes = facts["MemoryInfo"]["SizeInMiB"]
        gpus = sum(
            gpu["Count"] for gpu in (facts.get("GpuInfo") or {}).get("Gpus", []) if gpu["Manufacturer"] == "NVIDIA"
        )
        pods = _pods(facts.get("NetworkInfo") or {})
    found = {"cpu": str(cpus), "memory": f"{mebibytes - RESERVED_MIB}Mi", "pods": str(pods)}
    if gpus:
        found["nvidia.com/gpu"] = str(gpus)
    return found


def architecture(instance_type: str) -> str:
    """Kubernetes's name of the processor architecture."""
    facts: dict[str, Any] = INSTANCE_TYPES.get(instance_type, {})
    return "arm64" if "arm64" in facts.get("ProcessorInfo", {}).get("SupportedArchitectures", []) else "amd64"


def _pods(network: dict[str, Any]) -> int:
    """EKS's formula for the VPC network plug-in without prefixes."""
    interfaces, addresses = network.get("MaximumNetworkInterfaces"), network.get("Ipv4AddressesPerInterface")
    return int(interfaces * (addresses - 1) + 2) if interfaces and addresses else DEFAULT_PODS
