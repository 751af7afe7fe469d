# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The twin's inventory overlay: how endpoints are reached, and nothing else of the estate."""

from __future__ import annotations

import shutil
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import yaml
from ansible.inventory.manager import InventoryManager
from ansible.parsing.dataloader import DataLoader
from ansible.vars.manager import VariableManager

from twin.contract import TwinError

ALLOWED: Mapping[str, frozenset[str]] = {
    "kubeops_aws_endpoint": frozenset({"endpoint_url", "profile", "shared_credentials_file", "ca_bundle"}),
    "kubeops_timing": frozenset({"poll_interval", "settle_timeout", "wait_timeout", "lease_ttl"}),
}
"""The only variables, with their only keys, that may differ between the twin and the field."""

AWS_GROUP = "aws_regions"
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


def aws_regions(sources: Sequence[Path]) -> dict[str, str]:
    """Host to region name for the group `aws_regions` of the inventories; a host without `region` is named after it.

    Raises TwinError when a source does not exist.
    """
    for source in sources:
        if not source.exists():
            raise TwinError(f"there is no inventory {source}")
    if not sources:
        return {}
    loader = DataLoader()
    inventory = InventoryManager(loader=loader, sources=[str(source) for source in sources])
    group = inventory.groups.get(AWS_GROUP)
    if group is None:
        return {}
    variables = VariableManager(loader=loader, inventory=inventory)
    found: dict[str, str] = {}
    for host in group.get_hosts():
        region = variables.get_vars(host=host, include_hostvars=False).get("region")
        found[str(host.name)] = str(region or host.name)
    return found


def write(directory: Path, *, hosts: Iterable[str], endpoint: Mapping[str, str], timing: Mapping[str, float]) -> None:
    """Write the overlay as an inventory directory, over one that is there.

    Variables stand in host_vars and group_vars/all, since only files of these beat the same files of the inventory
    that the overlay is put behind.
    """
    shutil.rmtree(directory, ignore_errors=True)
    names = sorted(hosts)
    every = {"kubeops_timing": dict(timing)}
    _dump(directory / "hosts.yml", {AWS_GROUP: {"hosts": {name: None for name in names}}})
    _dump(directory / "group_vars" / "all" / _FILE, every)
    for name in names:
        _dump(directory / "host_vars" / name / _FILE, {"kubeops_aws_endpoint": dict(endpoint), **every})
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
