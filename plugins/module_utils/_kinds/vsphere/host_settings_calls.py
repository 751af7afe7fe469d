# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This file is private to the collection: its content may change in any release.
"""The calls that change settings of a host, one function a field. Rows and wishes are those of host_settings_state."""

from __future__ import annotations

import difflib
import typing as t

from ..._clients.vsphere import Port
from ..._engine.errors import Invalid, NotFound
from .host_settings_state import EVERYBODY, LOCKDOWN_MODES, LOG_HOST, Row, options_of

_DNS = {"dns_servers": "address", "dns_domain": "domainName", "dns_search_domains": "searchDomain"}
_TRUE = ("true", "yes", "on", "1")


def manager(row: Row, name: str) -> str:
    """One of the host's managers; raises NotFound where this host has none."""
    found = (row.get("configManager") or {}).get(name)
    if not found:
        raise NotFound(f"the host has no {name}", remedy="Is it connected, and is its version one that has it?")
    return str(found)


def change(port: Port, row: Row, options: Row, fields: t.Collection[str]) -> None:
    """Set the fields, those that could shut us out last."""
    if "ntp_servers" in fields:
        config = {"ntpConfig": {"server": list(options["ntp_servers"])}}
        port.call(manager(row, "dateTimeSystem"), "UpdateDateTimeConfig", config=config)
    if set(fields) & set(_DNS):
        _set_dns(port, row, options, fields)
    _set_options(port, row, options, fields)
    if "power_policy" in fields:
        _set_power(port, row, options["power_policy"])
    if "firewall" in fields:
        _set_firewall(port, row, options["firewall"])
    if "services" in fields:
        _set_services(port, row, options["services"])
    if "lockdown_mode" in fields:
        mode = LOCKDOWN_MODES[options["lockdown_mode"]]
        port.call(manager(row, "hostAccessManager"), "ChangeLockdownMode", mode=mode)


def _set_dns(port: Port, row: Row, options: Row, fields: t.Collection[str]) -> None:
    # The call takes the whole configuration: what is not managed goes back as it came.
    config = {**row["config.network.dnsConfig"], "dhcp": False}
    for key in ("virtualNicDevice", "ipv6VirtualNicDevice"):
        config.pop(key, None)
    for field, key in _DNS.items():
        if field in fields:
            config[key] = options[field]
    port.call(manager(row, "networkSystem"), "UpdateDnsConfig", config=config)


def _set_options(port: Port, row: Row, options: Row, fields: t.Collection[str]) -> None:
    have, wish = options_of(row), {}
    if "advanced_options" in fields:
        wish.update({key: value for key, value in options["advanced_options"].items() if value is not None})
    if "log_host" in fields:
        wish[LOG_HOST] = options["log_host"]
    if not wish:
        return
    system = manager(row, "advancedOption")
    told = {key: typed(key, value, have) for key, value in sorted(wish.items())}
    widths = _widths(port, system) if any(_is_number(value) for value in told.values()) else {}
    new = [
        {"_type": "OptionValue", "key": key, "value": _wide(value, widths.get(key, "long"))}
        for key, value in told.items()
    ]
    port.call(system, "UpdateOptions", changedValue=new)


def _widths(port: Port, system: str) -> dict[str, str]:
    """How wide the host's numbers are: it refuses an int where it has a long."""
    definitions = [
        entry for row in port.get([system], ["supportedOption"]) for entry in row.get("supportedOption") or ()
    ]
    return {entry["key"]: "int" for entry in definitions if entry["optionType"]["_type"] == "IntOption"}


def _wide(value: t.Any, width: str) -> t.Any:
    return {"_type": f"xsd:{width}", "value": value} if _is_number(value) else value


def _is_number(value: t.Any) -> bool:
    """True and False are none."""
    return isinstance(value, int) and not isinstance(value, bool)


def typed(key: str, text: str, have: Row) -> t.Any:
    """An option's value in the type that the host has for it, for it refuses any other."""
    if key not in have:
        near = difflib.get_close_matches(key, have, n=3)
        raise Invalid(f"the host has no advanced option {key!r}", remedy=f"Nearest: {', '.join(near)}." if near else "")
    old = have[key]
    if isinstance(old, bool):
        return text.lower() in _TRUE
    if not isinstance(old, int):
        return text
    try:
        return int(text)
    except ValueError:
        raise Invalid(f"advanced option {key} is a number, and {text!r} is none") from None


def _set_power(port: Port, row: Row, wish: str) -> None:
    policies = {p["shortName"]: p["key"] for p in (row.get("config.powerSystemCapability") or {})["availablePolicy"]}
    if wish not in policies:
        raise Invalid(f"the host has no power policy {wish!r}", remedy=f"It has: {', '.join(sorted(policies))}.")
    port.call(manager(row, "powerSystem"), "ConfigurePowerPolicy", key=policies[wish])


def _known(entries: t.Iterable[Row], wish: Row, what: str) -> dict[str, Row]:
    have = {entry["key"]: entry for entry in entries}
    for name in wish:
        if name not in have:
            near = difflib.get_close_matches(name, have, n=3) or sorted(have)[:10]
            raise NotFound(f"the host has no {what} {name!r}", remedy=f"It has: {', '.join(near)}.")
    return have


def _set_services(port: Port, row: Row, wish: Row) -> None:
    have = _known((row.get("config.service") or {}).get("service") or (), wish, "service")
    system = manager(row, "serviceSystem")
    for name, service in sorted(wish.items()):
        old = have[name]
        if service.get("policy") not in (None, old["policy"]):
            port.call(system, "UpdateServicePolicy", id=name, policy=service["policy"])
        if service.get("running") not in (None, old["running"]):
            port.call(system, "StartService" if service["running"] else "StopService", id=name)


def _set_firewall(port: Port, row: Row, wish: Row) -> None:
    have = _known((row.get("config.firewall") or {}).get("ruleset") or (), wish, "firewall rule set")
    system = manager(row, "firewallSystem")
    for name, rules in sorted(wish.items()):
        # Who may come is narrowed before anybody may, and an open door is shut before.
        if rules.get("enabled") is False and have[name]["enabled"]:
            port.call(system, "DisableRuleset", id=name)
        if rules.get("allowed") is not None:
            port.call(system, "UpdateRuleset", id=name, spec={"allowedHosts": _allowed(rules["allowed"])})
        if rules.get("enabled") and not have[name]["enabled"]:
            port.call(system, "EnableRuleset", id=name)


def _allowed(entries: t.Sequence[str]) -> dict[str, t.Any]:
    networks = [entry.partition("/") for entry in entries if "/" in entry]
    return {
        "allIp": EVERYBODY in entries,
        "ipAddress": [entry for entry in entries if "/" not in entry and entry != EVERYBODY],
        "ipNetwork": [{"network": network, "prefixLength": int(length)} for network, _slash, length in networks],
    }
