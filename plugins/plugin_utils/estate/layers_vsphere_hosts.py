# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""From the host profile to the settings and adapters of every host."""

from __future__ import annotations

from collections.abc import Iterator

from .hosts import Host, HostProfile, VmKernelAdapter
from .layers_network import Resource
from .onprem import OnPremises, netmask


def host_parts(shape: OnPremises) -> Iterator[Resource]:
    """All resources of the layer."""
    profile = shape.host_profile
    if profile is None:
        return
    for host in shape.all_hosts:
        yield _settings(shape, profile, host)
        yield from _adapters(shape, profile, host)


def _settings(shape: OnPremises, profile: HostProfile, host: Host) -> Resource:
    resource: Resource = {
        "kind": "host_settings",
        "name": host.name,
        "manage": host.manage,
        "services": {
            "ntp": _service(bool(profile.ntp_servers)),
            "esxi_shell": _service(profile.esxi_shell),
            "ssh": _service(profile.ssh),
        },
    }
    if profile.ntp_servers:
        resource["ntp_servers"] = list(profile.ntp_servers)
    if profile.dns_servers:
        resource["dns_servers"] = list(profile.dns_servers)
    if profile.dns_domain is not None:
        resource["dns_domain"] = profile.dns_domain
        resource["dns_search_domains"] = [profile.dns_domain]
    if profile.log_server is not None:
        resource["log_host"] = profile.log_server
        resource["firewall"] = {"syslog": {"enabled": True}}
    if profile.options:
        resource["advanced_options"] = dict(profile.options)
    if shape.gpus is not None and shape.gpus.mode == "passthrough" and shape.gpus_of(host):
        resource["passthrough"] = {shape.gpus.pci_device: True}
    return resource


def _service(runs: bool) -> Resource:
    return {"running": runs, "policy": "on" if runs else "off"}


def _adapters(shape: OnPremises, profile: HostProfile, host: Host) -> Iterator[Resource]:
    for adapter in profile.vmkernel:
        # The management adapter came with the installation: it stays on the standard switch, as its address does.
        if "management" not in adapter.services:
            yield _adapter(shape, adapter, host)


def _adapter(shape: OnPremises, adapter: VmKernelAdapter, host: Host) -> Resource:
    network = shape.network_of(adapter.network, host.site)
    resource: Resource = {
        "kind": "vmkernel_adapter",
        "name": adapter.name,
        "host": host.name,
        "manage": host.manage,
        "mtu": adapter.mtu,
        "services": [_SERVICES[service] for service in adapter.services if service in _SERVICES],
    }
    if network is not None:
        resource["distributed_port_group"] = network.name
    address = host.vmkernel.get(adapter.name)
    if address is None:
        resource["dhcp"] = True
    else:
        resource["ip_address"] = address
        if network is not None and network.cidr is not None:
            resource["subnet_mask"] = netmask(network.cidr)
    return resource


# Storage is no service to vSphere: iSCSI and NFS take whatever adapter reaches their target.
_SERVICES = {
    "vmotion": "vmotion",
    "vsan": "vsan",
    "provisioning": "vsphere_provisioning",
    "fault_tolerance": "fault_tolerance_logging",
}
