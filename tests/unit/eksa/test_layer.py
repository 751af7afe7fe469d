# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Layer eks_anywhere of the repository's inventories: resources that their kinds take, expectations, GPUs."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.kubeops.hybrid.plugins.module_utils._engine.wishes import parse
from ansible_collections.kubeops.hybrid.plugins.module_utils._kinds.eksa.registry import KINDS
from ansible_collections.kubeops.hybrid.plugins.plugin_utils.estate import layers_eksa
from tests.unit.estate.inventories import NAMES, changed

FIELDS = ("vcenter", "sites", "hardware", "hosts", "host_profile", "gpus", "storage", "networks", "pools", "clusters")


def shape(name: str, *changes: dict[str, Any]) -> dict[str, Any]:
    """What roles are told of a site."""
    variables = changed(name, changes).variables
    return {field: variables[f"kubeops_{field}"] for field in FIELDS if variables.get(f"kubeops_{field}") is not None}


@pytest.mark.parametrize("name", NAMES)
def test_kinds_take_every_entry(name: str) -> None:
    entries = layers_eksa.eksa_resources(shape(name))
    assert [entry["kind"] for entry in entries] == ["eksa_cluster", "eksa_kubeconfig"] * len(shape(name)["clusters"])
    assert len(parse(entries, KINDS)) == len(entries)


def test_who_manages_comes_before_who_is_managed() -> None:
    first = shape("lab")["clusters"][0]
    jobs = {**first, "name": "lab-jobs", "role": "workload", "managed_by": "lab-onprem", "endpoint": "10.72.4.11"}
    entries = layers_eksa.eksa_resources(shape("lab", {"path": "kubeops_clusters", "value": [jobs, first]}))
    assert [entry["name"] for entry in entries] == ["lab-onprem", "lab-onprem", "lab-jobs", "lab-jobs"]
    assert entries[2]["management_cluster"] == "lab-onprem"


def test_a_layer_that_is_referred_to_keeps_its_kubeconfigs() -> None:
    cluster, kubeconfig = layers_eksa.eksa_resources(shape("lab"), manage="reference")
    assert cluster["manage"] == "reference"
    assert "manage" not in kubeconfig
    assert layers_eksa.eksa_resources(shape("lab"), manage="ignore") == []


def test_expectations_of_the_reference_estate() -> None:
    installed, housed, manager = layers_eksa.eksa_milestones(shape("astromined"))
    assert installed == {
        "milestone": "1.b.v",
        "cluster": "astromined-onprem",
        "version": "1.35",
        "control_plane": 27,
        "workers": {"gpu": 27, "general": 27},
    }
    assert (housed["milestone"], len(housed["hosts"])) == ("1.b.iii", 27)
    assert (housed["control_plane"], housed["workers"]) == (1, 2)
    assert (manager["cluster"], manager["control_plane"], manager["workers"]) == ("astromined-mgmt", 3, {"general": 1})


def test_gpus_of_the_reference_estate_follow_one_number() -> None:
    (group,) = layers_eksa.eksa_gpus(shape("astromined"))
    assert (group["cluster"], group["group"], group["count"]) == ("astromined-onprem", "gpu", 1)
    assert group["management_cluster"] == "astromined-mgmt"
    assert (group["vendor"], 0x1DB6 in group["devices"]) == (0x10DE, True)
    (group,) = layers_eksa.eksa_gpus(shape("astromined", {"path": "kubeops_gpus.per_host", "value": 2}))
    assert group["count"] == 2
