# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This file is private to the collection: its content may change in any release.
"""Which proxy the environment names for an address, by the rules that kubectl and its like follow. Pure."""

from __future__ import annotations

import ipaddress
import typing as t
import urllib.parse


def proxy_of(address: str, environment: t.Mapping[str, str]) -> str:
    """URL of the proxy for that address, '' for none. environment: HTTPS_PROXY, HTTP_PROXY and NO_PROXY, or small.

    NO_PROXY holds names with all that ends in them, .names, addresses, networks as 10.0.0.0/8, each perhaps with a
    port, or *. This machine itself is never asked by a proxy.
    """
    parts = urllib.parse.urlsplit(address)
    host = (parts.hostname or "").rstrip(".")
    proxy = _value(environment, f"{parts.scheme}_proxy")
    if not proxy or host == "localhost" or _is_loopback(host):
        return ""
    port = parts.port or (443 if parts.scheme == "https" else 80)
    excepted = (one.strip().lower() for one in _value(environment, "no_proxy").split(","))
    if any(one and _excepts(one, host, port) for one in excepted):
        return ""
    return proxy if "://" in proxy else f"http://{proxy}"


def _value(environment: t.Mapping[str, str], name: str) -> str:
    return environment.get(name.upper()) or environment.get(name) or ""


def _is_loopback(host: str) -> bool:
    found = _address(host)
    return found is not None and found.is_loopback


def _address(text: str) -> t.Union[ipaddress.IPv4Address, ipaddress.IPv6Address, None]:
    try:
        return ipaddress.ip_address(text.strip("[]"))
    except ValueError:
        return None


def _excepts(one: str, host: str, port: int) -> bool:
    if one == "*":
        return True
    there = _address(host)
    if "/" in one:
        try:
            return there is not None and there in ipaddress.ip_network(one, strict=False)
        except ValueError:
            return False
    if _address(one) is None:
        name, _colon, wanted = one.rpartition(":")
        if name and wanted.isdigit():
            if int(wanted) != port:
                return False
            one = name
    if there is not None:
        return _address(one) == there
    name = one.removeprefix("*").strip(".")
    return host.endswith(f".{name}") or (host == name and not one.startswith((".", "*")))
