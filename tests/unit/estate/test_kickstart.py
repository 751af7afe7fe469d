# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Tables kickstart.yml: files that install a host, and whether a live one still is what they made."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from ansible_collections.kubeops.hybrid.plugins.module_utils._kinds.vsphere.host_settings_state import captured
from ansible_collections.kubeops.hybrid.plugins.plugin_utils.estate import kickstart
from ansible_collections.kubeops.hybrid.plugins.plugin_utils.estate.hosts import Host
from ansible_collections.kubeops.hybrid.plugins.plugin_utils.estate.onprem import OnPremises
from tests.unit.estate.onsite import site

TABLE = yaml.safe_load((Path(__file__).parent / "kickstart.yml").read_text(encoding="utf-8"))
HASH = f"$6$somesalt${'a' * 86}"
IMAGE = "bootstate=0\ntitle=Loading\nkernel=/b.b00\nkernelopt=runweasel cdromBoot\nmodules=/jumpstrt.gz --- /k.b00\n"


def shape_of(changes: list[dict[str, Any]]) -> OnPremises:
    """The reference estate with changes."""
    return OnPremises.model_validate(site("astromined", *changes))


def host_of(shape: OnPremises, name: str = "esx-pit1-01") -> Host:
    """One of its hosts."""
    return next(host for host in shape.all_hosts if host.name == name)


@pytest.mark.parametrize("case", [pytest.param(case, id=case["name"]) for case in TABLE["kickstart"]])
def test_kickstart(case: dict[str, Any]) -> None:
    shape = shape_of(case.get("changes", []))
    host = host_of(shape, case.get("host", "esx-pit1-01"))
    arguments = (shape, host, case.get("hash", HASH), case.get("adapters"))
    if "error" in case:
        with pytest.raises(ValueError, match=case["error"]):
            kickstart.kickstart(*arguments)
        return
    text = kickstart.kickstart(*arguments)
    assert f"rootpw --iscrypted {HASH}\n" in text
    assert [line for line in case.get("has", ()) if line not in text] == [], text
    assert [line for line in case.get("lacks", ()) if line in text] == [], text


def test_every_command_stands_behind_the_installation() -> None:
    shape = shape_of([])
    before, _mark, after = kickstart.kickstart(shape, host_of(shape), HASH).partition("%firstboot")
    assert "esxcli" not in before
    assert "reboot" not in after


def as_installed(shape: OnPremises) -> dict[str, Any]:
    """What a host tells that is as its profile says."""
    vendor, device = shape.gpus.pci_device.split(":") if shape.gpus is not None else ("0", "0")
    return {
        "config.dateTimeInfo": {
            "ntpConfig": {"server": ["ntp1.astromined.example.com", "ntp2.astromined.example.com"]}
        },
        "config.network.dnsConfig": {
            "domainName": "astromined.example.com",
            "address": ["10.32.1.2", "10.32.2.2"],
            "searchDomain": ["astromined.example.com"],
        },
        "config.option": [{"key": "Syslog.global.logHost", "value": "tcp://log.astromined.example.com:1514"}],
        "config.service": {
            "service": [
                {"key": "TSM-SSH", "running": False, "policy": "off"},
                {"key": "TSM", "running": True, "policy": "on"},
                {"key": "ntpd", "running": True, "policy": "on"},
                {"key": "snmpd", "running": False, "policy": "off"},
            ]
        },
        "config.firewall": {"ruleset": [{"key": "syslog", "enabled": True, "allowedHosts": {"allIp": True}}]},
        "config.pciPassthruInfo": [
            {"id": "1", "passthruEnabled": True, "passthruCapable": True, "passthruActive": True}
        ],
        "hardware.pciDevice": [{"id": "1", "vendorId": int(vendor, 16), "deviceId": int(device, 16)}],
    }


@pytest.mark.parametrize("case", [pytest.param(case, id=case["name"]) for case in TABLE["live"]])
def test_live_host(case: dict[str, Any]) -> None:
    shape = shape_of([])
    live = {**as_installed(shape), **case.get("row", {})}
    assert sorted(c.field for c in kickstart.differences(shape, host_of(shape), live)) == case["fields"]


def test_what_was_captured_is_what_was_there() -> None:
    shape = shape_of([])
    live = {**as_installed(shape), "config.dateTimeInfo": {"ntpConfig": {"server": ["old"]}}}
    before = captured(live, kickstart.expected(shape, host_of(shape)))
    assert before["ntp_servers"] == ["old"]
    assert set(before["services"]) == {"TSM-SSH", "TSM", "ntpd"}, "only what we would change"
    assert "lockdown_mode" not in before
    assert set(captured(live)["services"]) == {"TSM-SSH", "TSM", "ntpd", "snmpd"}


def test_boot_configuration() -> None:
    shape = shape_of([])
    host = host_of(shape)
    text = kickstart.boot_configuration(IMAGE, "http://boot/esxi", "https://boot/01-aa/token/ks.cfg", shape, host)
    assert text.splitlines() == [
        "title=Installing esx-pit1-01",
        "prefix=http://boot/esxi",
        "kernelopt=runweasel ks=https://boot/01-aa/token/ks.cfg netdevice=vmnic0 ip=10.32.1.11 "
        "netmask=255.255.255.0 gateway=10.32.1.1 nameserver=10.32.1.2,10.32.2.2 vlanid=101",
        "bootstate=0",
        "kernel=b.b00",
        "modules=jumpstrt.gz --- k.b00",
    ]
    with pytest.raises(ValueError, match="names no modules"):
        kickstart.boot_configuration("title=x\n", "http://boot", "https://boot/ks.cfg", shape, host)


def test_places_are_for_one_machine_and_one_reading() -> None:
    token = "t" * 22
    found = kickstart.places("AA-BB-CC-00-11-22", token)
    assert found == {"boot": "01-aa-bb-cc-00-11-22/boot.cfg", "kickstart": f"01-aa-bb-cc-00-11-22/{token}/ks.cfg"}
    with pytest.raises(ValueError, match="no MAC address"):
        kickstart.places("host-1", token)
    with pytest.raises(ValueError, match="guess"):
        kickstart.places("aa:bb:cc:00:11:22", "short")
