# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What installs an ESXi host, from its profile: kickstart file and boot configuration; and whether a host still is so.

Pure. A kickstart file holds the hash of root's password and is handed out once, behind an address that nobody guesses
(see places); the password itself never comes here. With Secure Boot a host does not run %firstboot: then only the
network and the password are set here, and everything else by host_settings, once the host has joined.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Collection, Iterator, Mapping
from typing import Any

from ansible_collections.kubeops.hybrid.plugins.module_utils._engine.compare import Change, changes
from ansible_collections.kubeops.hybrid.plugins.module_utils._kinds.vsphere import host_settings_state
from ansible_collections.kubeops.hybrid.plugins.module_utils._kinds.vsphere.host_settings_options import OPTIONS

from .hosts import Host, HostProfile, VmKernelAdapter
from .layers_vsphere_hosts import host_parts
from .networks import LocalNetwork
from .onprem import OnPremises, gateway, netmask

_HASH = re.compile(r"\$6\$(rounds=\d{4,9}\$)?[./0-9A-Za-z]{1,16}\$[./0-9A-Za-z]{86}")
_MAC = re.compile(r"[0-9a-f]{2}(:[0-9a-f]{2}){5}")
_TOKEN = re.compile(r"[0-9A-Za-z_-]{22,}")
_SWITCH = "vSwitch0"
# esxcli has words of its own for the traffic of an adapter; storage needs none.
_TAGS = {
    "vmotion": "VMotion",
    "vsan": "VSAN",
    "provisioning": "vSphereProvisioning",
    "fault_tolerance": "faultToleranceLogging",
}


def kickstart(shape: OnPremises, host: Host, password_hash: str, adapters: Collection[str] | None = None) -> str:
    """The ks.cfg of a host.

    password_hash: SHA-512 in crypt's form ($6$...). adapters: which VMkernel adapters beside that of management it
    makes, on the standard switch; None: all of the profile. Those for which a distributed switch waits can be left to
    the layer of hosts, for moving an adapter that is in use is disruptive.
    Raises ValueError for what would install a host that nobody reaches.
    """
    if not _HASH.fullmatch(password_hash):
        raise ValueError("the password is not a SHA-512 hash in crypt's form: openssl passwd -6 makes one")
    profile = _profile(shape)
    management = _management(profile)
    wanted = [a for a in profile.vmkernel if a is not management and (adapters is None or a.name in adapters)]
    lines = [
        "vmaccepteula",
        f"rootpw --iscrypted {password_hash}",
        # What lies on the other disks, and on this one, is not ours to erase.
        "install --firstdisk=local --preservevmfs",
        _network_line(shape, profile, management, host),
        "reboot",
        "",
        "%firstboot --interpreter=busybox",
        *_identity(profile, host),
        *_switch(profile, [management, *wanted]),
        *[line for adapter in wanted for line in _adapter(shape, adapter, host)],
        *_time_and_logs(profile),
        *_access(profile),
        *[_option(key, value) for key, value in sorted(profile.options.items())],
    ]
    return "\n".join(lines) + "\n"


def _profile(shape: OnPremises) -> HostProfile:
    if shape.host_profile is None:
        raise ValueError("the inventory has no kubeops_host_profile")
    return shape.host_profile


def _management(profile: HostProfile) -> VmKernelAdapter:
    for adapter in profile.vmkernel:
        if "management" in adapter.services:
            return adapter
    raise ValueError("no adapter of the host profile carries management")


def _network(shape: OnPremises, adapter: VmKernelAdapter, host: Host) -> tuple[LocalNetwork, str]:
    """The network of an adapter and its CIDR."""
    network = shape.network_of(adapter.network, host.site)
    if network is None or network.cidr is None:
        raise ValueError(f"{adapter.name} of {host.name} is in network {adapter.network}, which has no CIDR")
    return network, network.cidr


def _network_line(shape: OnPremises, profile: HostProfile, adapter: VmKernelAdapter, host: Host) -> str:
    network, cidr = _network(shape, adapter, host)
    given = {
        "device": profile.standard_uplinks[0],
        "ip": host.address,
        "netmask": netmask(cidr),
        "gateway": gateway(network),
        "nameserver": ",".join(profile.dns_servers),
        "hostname": _full_name(profile, host),
        "vlanid": network.vlan,
        "addvmportgroup": 0,
    }
    told = " ".join(f"--{key}={value}" for key, value in given.items() if value not in (None, ""))
    return f"network --bootproto=static {told}"


def _full_name(profile: HostProfile, host: Host) -> str:
    return f"{host.name}.{profile.dns_domain}" if profile.dns_domain else host.name


def _command(*words: Any) -> str:
    return shlex.join(str(word) for word in words)


def _identity(profile: HostProfile, host: Host) -> Iterator[str]:
    if profile.dns_domain:
        yield _command("esxcli", "system", "hostname", "set", f"--fqdn={_full_name(profile, host)}")
        yield _command("esxcli", "network", "ip", "dns", "search", "add", f"--domain={profile.dns_domain}")


def _switch(profile: HostProfile, adapters: list[VmKernelAdapter]) -> Iterator[str]:
    standard = ("esxcli", "network", "vswitch", "standard")
    for uplink in profile.standard_uplinks[1:]:
        yield _command(*standard, "uplink", "add", f"--uplink-name={uplink}", f"--vswitch-name={_SWITCH}")
    mtu = max(adapter.mtu for adapter in adapters)
    if mtu != 1500:
        yield _command(*standard, "set", f"--mtu={mtu}", f"--vswitch-name={_SWITCH}")


def _adapter(shape: OnPremises, adapter: VmKernelAdapter, host: Host) -> Iterator[str]:
    """A port group with its VLAN, the adapter on it, its address, its traffic."""
    network, cidr = _network(shape, adapter, host)
    group = ("esxcli", "network", "vswitch", "standard", "portgroup")
    place = f"--portgroup-name={network.name}"
    yield _command(*group, "add", place, f"--vswitch-name={_SWITCH}")
    yield _command(*group, "set", place, f"--vlan-id={network.vlan}")
    name = f"--interface-name={adapter.name}"
    interface = ("esxcli", "network", "ip", "interface")
    yield _command(*interface, "add", name, place, f"--mtu={adapter.mtu}")
    address = host.vmkernel.get(adapter.name)
    if address is None:
        yield _command(*interface, "ipv4", "set", name, "--type=dhcp")
    else:
        mask = f"--netmask={netmask(cidr)}"
        yield _command(*interface, "ipv4", "set", name, "--type=static", f"--ipv4={address}", mask)
    for service in adapter.services:
        if service in _TAGS:
            yield _command(*interface, "tag", "add", name, f"--tagname={_TAGS[service]}")


def _time_and_logs(profile: HostProfile) -> Iterator[str]:
    if profile.ntp_servers:
        servers = [f"--server={server}" for server in profile.ntp_servers]
        yield _command("esxcli", "system", "ntp", "set", *servers, "--enabled=true")
    if profile.log_server:
        yield _command("esxcli", "system", "syslog", "config", "set", f"--loghost={profile.log_server}")
        yield "esxcli network firewall ruleset set --ruleset-id=syslog --enabled=true"
        yield "esxcli system syslog reload"


def _access(profile: HostProfile) -> Iterator[str]:
    for key in profile.ssh_keys:
        if "\n" in key.strip():
            raise ValueError("an SSH key of the host profile has several lines: write one entry for each key")
        yield f"printf '%s\\n' {shlex.quote(key.strip())} >> /etc/ssh/keys-root/authorized_keys"
    for word, runs in (("ssh", profile.ssh), ("esx_shell", profile.esxi_shell)):
        verbs = ("enable", "start") if runs else ("disable", "stop")
        yield from (f"vim-cmd hostsvc/{verb}_{word}" for verb in verbs)


def _option(key: str, value: str | int | bool) -> str:
    # esxcli knows numbers and texts only, and takes a truth for a number.
    how = f"--int-value={int(value)}" if isinstance(value, int) else f"--string-value={value}"
    return _command("esxcli", "system", "settings", "advanced", "set", f"--option=/{key.replace('.', '/')}", how)


def boot_configuration(image: str, prefix: str, kickstart_address: str, shape: OnPremises, host: Host) -> str:
    """The boot.cfg of a host, made from that of the installation image.

    prefix: where the image's files are (http://boot.example.com/esxi-8.0.3). kickstart_address: where the host finds
    its ks.cfg. Raises ValueError for a file that is no boot.cfg.
    """
    if not re.search(r"^modules=", image, re.MULTILINE):
        raise ValueError("the image's boot.cfg names no modules")
    profile = _profile(shape)
    network, cidr = _network(shape, _management(profile), host)
    options = {
        "ks": kickstart_address,
        "netdevice": profile.standard_uplinks[0],
        "ip": host.address,
        "netmask": netmask(cidr),
        "gateway": gateway(network),
        "nameserver": ",".join(profile.dns_servers),
        "vlanid": network.vlan,
    }
    told = " ".join(f"{key}={value}" for key, value in options.items() if value not in (None, ""))
    ours = {"title": f"Installing {host.name}", "prefix": prefix, "kernelopt": f"runweasel {told}"}
    kept = [line for line in image.splitlines() if line.partition("=")[0] not in ours]
    # Files of an image on a disc begin with a slash, below a prefix they do not.
    kept = [re.sub(r"(?<=[= ])/", "", line) if line.startswith(("kernel=", "modules=")) else line for line in kept]
    return "\n".join([*[f"{key}={value}" for key, value in ours.items()], *kept]) + "\n"


def places(mac: str, token: str) -> dict[str, str]:
    """Paths under which a boot server hands out a host's files: the boot loader asks by MAC, the installer by token.

    token: random text of 128 bits or more, for one installation only: the server forgets it after one reading.
    """
    low = mac.lower().replace("-", ":")
    if not _MAC.fullmatch(low):
        raise ValueError(f"{mac!r} is no MAC address")
    if not _TOKEN.fullmatch(token):
        raise ValueError("the token is shorter than 22 characters of URLs, so somebody could guess it")
    directory = f"01-{low.replace(':', '-')}"
    return {"boot": f"{directory}/boot.cfg", "kickstart": f"{directory}/{token}/ks.cfg"}


def expected(shape: OnPremises, host: Host) -> Mapping[str, Any]:
    """The settings that the profile gives a host, in the normal form of host_settings."""
    wishes = (part for part in host_parts(shape) if part["kind"] == "host_settings" and part["name"] == host.name)
    wish = next(wishes, {})
    return host_settings_state.normal({field: value for field, value in wish.items() if field in OPTIONS})


def differences(shape: OnPremises, host: Host, live: Mapping[str, Any]) -> tuple[Change, ...]:
    """Fields in which a live host is not what its profile says; none: it still matches.

    live: the host as vCenter, or the host itself, tells it: a row of host_settings_state.PATHS.
    """
    wish = expected(shape, host)
    return changes(wish, host_settings_state.about(host_settings_state.state(live), wish), OPTIONS)
