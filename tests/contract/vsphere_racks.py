# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What stands in the racks that an inventory describes, as a simulated vCenter has to know it."""

from __future__ import annotations

from ansible_collections.kubeops.hybrid.plugins.plugin_utils.estate.estate import Estate
from twin.vcenter_hosts import Disk, Gpu, KnownHost

ROOT_PASSWORD = "racked-and-labelled"
"""Of every host."""


def racks(estate: Estate) -> list[KnownHost]:
    """The ESXi hosts of an estate with their processors, devices and the disks of all datastores."""
    disks = tuple(
        Disk(one.source, one.size_gib) for one in estate.datastores if one.source and not one.source.startswith("/")
    )
    found = []
    for host in estate.hosts:
        model = estate.hardware[host.hardware]
        found.append(
            KnownHost(
                name=host.name,
                address=host.address,
                thumbprint=host.thumbprint or "",
                password=ROOT_PASSWORD,
                site=host.site,
                sockets=model.sockets,
                cores_per_socket=model.cores_per_socket,
                clock_mhz=model.clock_mhz,
                memory_gib=model.memory_gib,
                nics=tuple(model.uplinks),
                nic_gbit=model.uplink_gbit,
                gpus=tuple(Gpu() for _number in range(estate.gpus_of(host))),
                disks=disks,
            )
        )
    return found
