# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Types of single values: each refuses what an API would refuse later, with the remedy."""

from __future__ import annotations

import functools
import ipaddress
import re
from typing import Annotated, Any

from ansible_collections.kubeops.hybrid.plugins.module_utils._kinds.kubernetes.quantities import amount

from ._pydantic import AfterValidator, BeforeValidator, Field
from .base import refused

Network = ipaddress.IPv4Network | ipaddress.IPv6Network


@functools.cache
def network(text: str) -> Network:
    """A CIDR block as an object. Raises ValueError."""
    return ipaddress.ip_network(text)


def lies_within(one: Network, block: Network) -> bool:
    """Whether a block is part of another (of the same address family)."""
    if isinstance(one, ipaddress.IPv4Network) and isinstance(block, ipaddress.IPv4Network):
        return one.subnet_of(block)
    if isinstance(one, ipaddress.IPv6Network) and isinstance(block, ipaddress.IPv6Network):
        return one.subnet_of(block)
    return False


def _cidr(value: str) -> str:
    try:
        block = ipaddress.ip_network(value, strict=False)
    except ValueError as error:
        raise refused("is not a CIDR block", "write an address and a prefix length, for example 10.0.0.0/16") from error
    if "/" not in value:
        raise refused("is an address without a prefix length", f"for this one address write {block}")
    if str(block) != str(ipaddress.ip_interface(value)):
        raise refused("has bits set behind its prefix", f"the block that holds this address is {block}")
    return value


def _address(value: str) -> str:
    try:
        ipaddress.ip_address(value)
    except ValueError as error:
        raise refused("is not an IP address", "write one address, for example 10.0.0.10") from error
    return value


def _interface(value: str) -> str:
    try:
        ipaddress.ip_interface(value)
    except ValueError as error:
        raise refused("is not an address with a prefix length", "write it as 169.254.10.1/30") from error
    if "/" not in value:
        raise refused("lacks its prefix length", f"write it as {value}/30")
    return value


def quantity(value: object) -> str:
    """A quantity of Kubernetes as text, which is what the API always answers."""
    number = amount(value)
    if not isinstance(value, str | int) or number.is_nan() or number < 0:
        raise refused("is not a quantity of Kubernetes", "write it as '4', '500m', '16Gi' or '1Ti'")
    return str(value)


_NAME = re.compile(r"[a-z0-9]([a-z0-9.-]*[a-z0-9])?")


def _name(value: str) -> str:
    if not _NAME.fullmatch(value) or len(value) > 63:
        raise refused(
            "is not a usable name",
            "use lower-case letters, digits, '-' and '.', at most 63 characters, with a letter or digit at both ends",
        )
    return value


def _text_of_digits(what: str) -> Any:
    def check(value: Any) -> Any:
        if isinstance(value, int | float) and not isinstance(value, bool):
            raise refused(f"{what} was read as a number", "put it in quotes: YAML reads 1.30 as 1.3 and 012 as 10")
        return value

    return check


def _version(value: str) -> str:
    if not re.fullmatch(r"v?\d+(\.\d+)*([-.+ ]?[0-9A-Za-z]+)*", value):
        raise refused("is not a version", "write it as the vendor does, for example '1.35' or 'v0.26.1'")
    return value


def _account(value: str) -> str:
    if not re.fullmatch(r"\d{12}", value):
        raise refused("is not an AWS account id", "an account id has twelve digits; quote it")
    return value


def _arn(value: str) -> str:
    if not re.fullmatch(r"arn:aws[a-z-]*:[a-z0-9-]+:[a-z0-9-]*:(\d{12}|aws)?:\S+", value):
        raise refused("is not an ARN", "an ARN reads arn:<partition>:<service>:<region>:<account>:<resource>")
    return value


Name = Annotated[str, AfterValidator(_name)]
Cidr = Annotated[str, AfterValidator(_cidr)]
Address = Annotated[str, AfterValidator(_address)]
InterfaceAddress = Annotated[str, AfterValidator(_interface)]
Arn = Annotated[str, AfterValidator(_arn)]
AccountId = Annotated[str, BeforeValidator(_text_of_digits("an account id")), AfterValidator(_account)]
Version = Annotated[str, BeforeValidator(_text_of_digits("a version")), AfterValidator(_version)]
Percent = Annotated[int, Field(ge=0, le=100)]
Count = Annotated[int, Field(ge=0)]
Positive = Annotated[int, Field(ge=1)]
Port = Annotated[int, Field(ge=1, le=65535)]
Asn = Annotated[int, Field(ge=1, le=4294967294)]
Mtu = Annotated[int, Field(ge=1280, le=9216)]
