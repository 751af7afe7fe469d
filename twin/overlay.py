# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The twin's inventory overlay: how endpoints are reached, and nothing else of the estate."""

from __future__ import annotations

import shutil
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml
from ansible.inventory.manager import InventoryManager
from ansible.parsing.dataloader import DataLoader
from ansible.vars.manager import VariableManager

from twin.contract import TwinError

ALLOWED: Mapping[str, frozenset[str]] = {
    "kubeops_aws_endpoint": frozenset({"endpoint_url", "profile", "shared_credentials_file", "ca_bundle"}),
    "kubeops_vsphere_endpoint": frozenset({"address", "port", "username", "password_file", "ca_bundle"}),
    "kubeops_esxi_endpoint": frozenset({"password_file"}),
    "kubeops_timing": frozenset({"poll_interval", "settle_timeout", "wait_timeout", "lease_ttl"}),
}
"""The only variables, with their only keys, that may differ between the twin and the field."""

AWS_GROUP = "aws_regions"
VCENTER_GROUP = "vcenters"
_FILE = "twin.yml"


def timing(scale: float) -> dict[str, float]:
    """Real seconds for `kubeops_timing`: what is polled scales with the twin's time, what guards a run does not."""
    return {
        "poll_interval": round(max(0.1, 15 / scale), 3),
        "settle_timeout": round(max(15.0, 60 / scale), 3),
        "wait_timeout": 180.0,
        "lease_ttl": 30.0,
    }


def aws_endpoint(url: str, credentials: Path) -> dict[str, str]:
    """The value of `kubeops_aws_endpoint`."""
    return {"endpoint_url": url, "profile": "twin", "shared_credentials_file": str(credentials)}


def vsphere_endpoints(reached: Mapping[str, Any], password: Path, hosts_password: Path) -> dict[str, dict[str, Any]]:
    """What the overlay says of one vCenter and of the hosts that join it; `reached` is what the vCenter said of itself.

    `hosts_password` holds the password of every host's root.
    """
    known = {key: reached[key] for key in ("address", "port", "username", "ca_bundle")}
    return {
        "kubeops_vsphere_endpoint": {**known, "password_file": str(password)},
        "kubeops_esxi_endpoint": {"password_file": str(hosts_password)},
    }


@dataclass(frozen=True)
class Inventories:
    """Inventory sources, read as Ansible reads them."""

    inventory: InventoryManager
    variables: VariableManager
    loader: DataLoader

    def hosts(self, group: str) -> dict[str, dict[str, Any]]:
        """The variables of each host of a group, as they are written; empty when there is no such group."""
        found = self.inventory.groups.get(group)
        hosts = found.get_hosts() if found else ()
        return {str(host.name): self.variables.get_vars(host=host, include_hostvars=False) for host in hosts}


def read(sources: Sequence[Path]) -> Inventories:
    """Read inventories. Raises TwinError when a source does not exist."""
    for source in sources:
        if not source.exists():
            raise TwinError(f"there is no inventory {source}")
    loader = DataLoader()
    inventory = InventoryManager(loader=loader, sources=[str(source) for source in sources])
    return Inventories(inventory, VariableManager(loader=loader, inventory=inventory), loader)


def aws_regions(sources: Sequence[Path]) -> dict[str, str]:
    """Host to region name for the group `aws_regions` of the inventories; a host without `region` is named after it.

    Raises TwinError when a source does not exist.
    """
    hosts = read(sources).hosts(AWS_GROUP) if sources else {}
    return {name: str(variables.get("region") or name) for name, variables in hosts.items()}


def write(
    directory: Path,
    *,
    hosts: Iterable[str],
    endpoint: Mapping[str, str],
    timing: Mapping[str, float],
    vcenters: Mapping[str, Mapping[str, Any]] | None = None,
) -> None:
    """Write the overlay as an inventory directory, over one that is there.

    Variables stand in host_vars and group_vars/all, since only files of these beat the same files of the inventory
    that the overlay is put behind. `vcenters`: the endpoints of each by variable, its own and that of its hosts.
    """
    shutil.rmtree(directory, ignore_errors=True)
    names, centers = sorted(hosts), dict(vcenters or {})
    every = {"kubeops_timing": dict(timing)}
    groups = {AWS_GROUP: names, **({VCENTER_GROUP: sorted(centers)} if centers else {})}
    _dump(directory / "hosts.yml", {group: {"hosts": dict.fromkeys(members)} for group, members in groups.items()})
    _dump(directory / "group_vars" / "all" / _FILE, every)
    for name in names:
        _dump(directory / "host_vars" / name / _FILE, {"kubeops_aws_endpoint": dict(endpoint), **every})
    for name, reached in centers.items():
        _dump(directory / "host_vars" / name / _FILE, {**reached, **every})
    refuse_others(directory)


def refuse_others(directory: Path) -> None:
    """Raises TwinError when a file of the overlay sets anything that ALLOWED does not name."""
    for path in sorted(directory.rglob("*")):
        if path.is_file():
            content = yaml.safe_load(path.read_text()) or {}
            wrong = _others_in_hosts(content) if path.parent == directory else _others(content)
            if wrong:
                raise TwinError(f"{path}: an overlay may not set {', '.join(wrong)}")


def _others_in_hosts(content: Mapping[str, Any]) -> list[str]:
    """A file of hosts may name groups and hosts; any variable in it would be at the wrong place."""
    return [
        f"{name}.{key}"
        for name, group in content.items()
        for key, value in (group or {}).items()
        if key != "hosts" or any((value or {}).values())
    ]


def _others(content: Mapping[str, Any]) -> list[str]:
    unknown = [name for name in content if name not in ALLOWED]
    keys = [
        f"{name}.{key}"
        for name, value in content.items()
        if name in ALLOWED
        for key in value
        if key not in ALLOWED[name]
    ]
    return sorted(unknown + keys)


def _dump(path: Path, content: object) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    text = yaml.safe_dump(content, sort_keys=False)
    path.write_text(f"# Written by `python -m twin up`; the next one overwrites it.\n{text}")
