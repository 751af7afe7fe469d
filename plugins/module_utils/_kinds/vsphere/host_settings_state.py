# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This file is private to the collection: its content may change in any release.
"""Settings of a host in normal form: from what vCenter tells, and from what an inventory says. Pure."""

from __future__ import annotations

import ipaddress
import typing as t

Row = t.Mapping[str, t.Any]

LOG_HOST = "Syslog.global.logHost"
EVERYBODY = "all"
"""The word for "any address may" in a firewall rule set."""

PARTLY = "partly"
"""What is told of devices of which some are passed through, or will be at the next start."""

_SERVICES = {"ssh": "TSM-SSH", "esxi_shell": "TSM", "ntp": "ntpd"}
_LOCKDOWN = {"lockdownDisabled": "disabled", "lockdownNormal": "normal", "lockdownStrict": "strict"}
LOCKDOWN_MODES = {word: mode for mode, word in _LOCKDOWN.items()}
# Dicts of which only declared entries are managed: telling all of a host's would drown a plan.
_BY_ENTRY = ("advanced_options", "services", "firewall", "passthrough")

PATHS = (
    "config.dateTimeInfo",
    "config.network.dnsConfig",
    "config.option",
    "config.service",
    "config.firewall",
    "config.lockdownMode",
    "config.powerSystemInfo",
    "config.powerSystemCapability",
    "config.pciPassthruInfo",
    "hardware.pciDevice",
)
"""What state() reads of a HostSystem."""


def device_name(vendor: int, device: int) -> str:
    """Vendor and device id as everybody writes them, 10de:1db6; the API tells signed 16-bit numbers."""
    return f"{vendor & 0xFFFF:04x}:{device & 0xFFFF:04x}"


def option_text(value: t.Any) -> str:
    """An advanced option's value as text: inventories and hosts differ in how they type it."""
    return str(value).lower() if isinstance(value, bool) else str(value)


def options_of(row: Row) -> dict[str, t.Any]:
    """Advanced options as the host types them."""
    return {entry["key"]: entry.get("value") for entry in row.get("config.option") or ()}


def devices(row: Row) -> dict[str, list[Row]]:
    """Passthrough records of a host's PCI devices that can be passed through, by vendor and device id."""
    names = {d["id"]: device_name(d["vendorId"], d["deviceId"]) for d in row.get("hardware.pciDevice") or ()}
    found: dict[str, list[Row]] = {}
    for record in row.get("config.pciPassthruInfo") or ():
        if record["id"] in names and record.get("passthruCapable"):
            found.setdefault(names[record["id"]], []).append(record)
    return found


def state(row: Row) -> dict[str, t.Any]:
    """All settings that a row of PATHS tells, in normal form. What the host does not tell is absent."""
    dns = row.get("config.network.dnsConfig") or {}
    options = options_of(row)
    told = {
        "ntp_servers": sorted(((row.get("config.dateTimeInfo") or {}).get("ntpConfig") or {}).get("server") or ()),
        "dns_servers": list(dns.get("address") or ()),
        "dns_domain": dns.get("domainName"),
        "dns_search_domains": list(dns.get("searchDomain") or ()),
        "log_host": options.get(LOG_HOST) if LOG_HOST in options else None,
        "advanced_options": {key: option_text(value) for key, value in options.items()},
        "services": {service["key"]: _service(service) for service in _listed(row, "config.service", "service")},
        "firewall": {rules["key"]: _rules(rules) for rules in _listed(row, "config.firewall", "ruleset")},
        "lockdown_mode": _LOCKDOWN.get(row.get("config.lockdownMode") or ""),
        "power_policy": ((row.get("config.powerSystemInfo") or {}).get("currentPolicy") or {}).get("shortName"),
        "passthrough": {name: _passed(records) for name, records in devices(row).items()},
    }
    return {field: value for field, value in told.items() if value is not None}


def _listed(row: Row, path: str, key: str) -> t.Sequence[Row]:
    return (row.get(path) or {}).get(key) or ()


def _service(service: Row) -> dict[str, t.Any]:
    return {"running": bool(service["running"]), "policy": service["policy"]}


def _rules(rules: Row) -> dict[str, t.Any]:
    hosts = rules.get("allowedHosts") or {"allIp": True}
    networks = [f"{entry['network']}/{entry['prefixLength']}" for entry in hosts.get("ipNetwork") or ()]
    allowed = [EVERYBODY] if hosts.get("allIp") else sorted([*(hosts.get("ipAddress") or ()), *networks])
    return {"enabled": bool(rules["enabled"]), "allowed": allowed}


def _passed(records: t.Sequence[Row]) -> t.Union[bool, str]:
    # Also one that waits for the reboot is neither here nor there.
    told = {bool(record.get(key)) for record in records for key in ("passthruEnabled", "passthruActive")}
    return told.pop() if len(told) == 1 else PARTLY


def normal(options: Row) -> dict[str, t.Any]:
    """What an inventory says, in the spelling of state(). Raises ValueError for what is no address."""
    wish = dict(options)
    if wish.get("ntp_servers") is not None:
        wish["ntp_servers"] = sorted(wish["ntp_servers"])
    if wish.get("advanced_options"):
        values = wish["advanced_options"].items()
        wish["advanced_options"] = {key: option_text(value) for key, value in values if value is not None}
    if wish.get("services"):
        wish["services"] = {_SERVICES.get(name, name): value for name, value in wish["services"].items()}
    if wish.get("firewall"):
        wish["firewall"] = {name: _normal_rules(rules) for name, rules in wish["firewall"].items()}
    if wish.get("passthrough"):
        wish["passthrough"] = {name.lower(): value for name, value in wish["passthrough"].items()}
    return wish


def _normal_rules(rules: t.Any) -> t.Any:
    if not rules or rules.get("allowed") is None:
        return rules
    return {**rules, "allowed": sorted(entry if entry == EVERYBODY else _address(entry) for entry in rules["allowed"])}


def _address(text: str) -> str:
    return str(ipaddress.ip_network(text, strict=False) if "/" in text else ipaddress.ip_address(text))


def about(whole: Row, wish: Row) -> dict[str, t.Any]:
    """The part of a state that a wish speaks of; of dicts with one entry for each thing, those entries.

    An entry that the host does not have is told as None.
    """
    part = {field: value for field, value in whole.items() if field not in _BY_ENTRY}
    for field in _BY_ENTRY:
        if field in whole:
            part[field] = {key: whole[field].get(key) for key in wish.get(field) or ()}
    return part


def captured(row: Row, wish: t.Optional[Row] = None) -> dict[str, t.Any]:
    """A host's settings as options of a host_settings: what they were before our first change.

    With a wish, only what that wish would change: enough to undo it, and small enough to keep. Entries that the host
    does not have have nothing to go back to and are left out. See HostSettings for how it is used.
    """
    whole = state(row)
    if wish is None:
        return whole
    part = {field: value for field, value in about(whole, wish).items() if wish.get(field) is not None}
    return {field: _restorable(value) if field in _BY_ENTRY else value for field, value in part.items()}


def _restorable(entries: Row) -> dict[str, t.Any]:
    return {key: value for key, value in entries.items() if value not in (None, PARTLY)}
