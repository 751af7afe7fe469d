# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The shape of a site as roles compose it from the variables of an inventory."""

from __future__ import annotations

from typing import Any

from ansible_collections.kubeops.hybrid.plugins.plugin_utils.estate.onprem import OnPremises
from tests.unit.estate.inventories import changed


def site(name: str, *changes: dict[str, Any]) -> dict[str, Any]:
    """The shape of an inventory of the repository, with changes as tests.unit.estate.inventories takes them."""
    inventory = changed(name, changes)
    variables = inventory.variables
    (host,) = inventory.groups["vcenters"]
    shape = {field: variables.get(f"kubeops_{field}") for field in OnPremises.model_fields}
    shape["endpoint"] = inventory.hosts[host]["kubeops_vsphere"]
    return {field: value for field, value in shape.items() if value is not None}
