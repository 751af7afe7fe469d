# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What EKS Anywhere is told about the clusters of the repository's inventories, held against its own schemas."""

from __future__ import annotations

import copy
import dataclasses
import functools
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml

from ansible_collections.kubeops.hybrid.plugins.module_utils._kinds.eksa import documents, rules
from ansible_collections.kubeops.hybrid.plugins.plugin_utils.estate.checks_eksa import surroundings
from ansible_collections.kubeops.hybrid.plugins.plugin_utils.estate.clusters_onprem import OnPremCluster
from ansible_collections.kubeops.hybrid.plugins.plugin_utils.estate.eksa import (
    Surroundings,
    cluster_documents,
    cluster_options,
)
from ansible_collections.kubeops.hybrid.plugins.plugin_utils.estate.estate import Estate
from tests.unit.eksa.samples import sample
from tests.unit.estate.inventories import NAMES, read

CRDS = Path(__file__).resolve().parents[4] / "shared" / "upstream" / "eks-anywhere" / "crds"
PRINT = "8E:1D:5A:3B:6C:41:A0:7D:9F:22:8E:1D:5A:3B:6C:41:A0:7D:9F:22"
KEY = "ssh-ed25519 AAAA demo"


def strict(schema: Any) -> Any:
    """The schema with unknown fields refused, as the API server refuses them under strict validation."""
    if isinstance(schema, list):
        return [strict(one) for one in schema]
    if not isinstance(schema, dict):
        return schema
    found = {key: strict(value) for key, value in schema.items()}
    if isinstance(found.get("properties"), dict) and not found.get("x-kubernetes-preserve-unknown-fields"):
        found.setdefault("additionalProperties", False)
    if found.pop("x-kubernetes-int-or-string", False):
        found.pop("anyOf", None)
        found["type"] = ["integer", "string"]
    return found


@functools.cache
def schema(kind: str) -> Any:
    """The schema of a kind's spec."""
    name = f"anywhere.eks.amazonaws.com_{kind.lower()}s.yaml"
    definition = yaml.safe_load((CRDS / name).read_text(encoding="utf-8"))
    whole = definition["spec"]["versions"][0]["schema"]["openAPIV3Schema"]
    return strict(copy.deepcopy(whole["properties"]["spec"]))


def held(listed: list[documents.Document]) -> None:
    """Each document fits its schema."""
    for one in listed:
        assert one["apiVersion"] == documents.API_VERSION
        jsonschema.Draft202012Validator(schema(one["kind"])).validate(one["spec"])


@functools.cache
def estate_of(name: str) -> Estate:
    """The estate of an inventory."""
    return read(name).estate()


def around(name: str, **changes: Any) -> Surroundings:
    """What its clusters stand in, with a fingerprint."""
    found = surroundings(estate_of(name))
    assert found is not None
    return dataclasses.replace(found, thumbprint=PRINT, **changes)


def cluster(inventory: str, /, **changes: Any) -> OnPremCluster:
    """The first cluster of an inventory, with changes."""
    return OnPremCluster.model_validate({**estate_of(inventory).clusters[0].model_dump(), **changes})


@pytest.mark.parametrize("name", NAMES)
def test_documents_fit_the_schemas_and_the_rules(name: str) -> None:
    for one in estate_of(name).clusters:
        listed = list(cluster_documents(one, around(name), name))
        held(listed)
        assert [str(failure) for failure in rules.failures(listed, around(name).site_of(one))] == []


def test_the_sample_of_the_rules_fits_the_schemas() -> None:
    held(list(sample()))


def test_a_field_that_the_schema_does_not_know_is_found() -> None:
    (first, *_rest) = sample()
    first["spec"]["datacentre"] = "pit"
    with pytest.raises(jsonschema.ValidationError, match="datacentre"):
        held([first])


def test_the_reference_cluster_has_a_node_of_each_sort_on_every_host() -> None:
    options = cluster_options(cluster("astromined"), around("astromined"))
    assert options["control_plane"]["count"] == 27
    assert options["external_etcd"]["count"] == 5
    assert {row["name"]: row["count"] for row in options["workers"]} == {"gpu": 27, "general": 27}
    assert options["control_plane"]["skipAdmissionForSystemResources"] is True
    assert [row["name"] for row in options["machines"]] == [
        "astromined-onprem-cp",
        "astromined-onprem-etcd",
        "astromined-onprem-gpu",
        "astromined-onprem-general",
    ]


def test_paths_are_whole() -> None:
    machine = cluster_options(cluster("astromined"), around("astromined"))["machines"][0]
    vcenter = around("astromined").vcenter
    root = f"/{vcenter.datacenter}"
    assert machine["resourcePool"] == f"{root}/host/{vcenter.cluster.name}/Resources/resource-computing"
    assert machine["folder"] == f"{root}/vm/astromined-onprem"
    assert machine["template"] == f"{root}/vm/Templates/ubuntu-2404-kube-1-35"
    given = cluster_options(cluster("lab", template="/lab/vm/x/ubuntu-kube-1-35"), around("lab"))["machines"][0]
    assert given["template"] == "/lab/vm/x/ubuntu-kube-1-35"


def test_gpus_change_by_one_number() -> None:
    one, two = (cluster_options(cluster("astromined"), around("astromined", gpus=gpus)) for gpus in (1, 2))
    (group,) = [row for row in two["workers"] if row["name"] == "gpu"]
    assert group["labels"]["kubeops.io/gpus"] == "2"
    assert group["taints"] == [{"key": "kubeops.io/gpus", "value": "pending", "effect": "NoSchedule"}]
    group["labels"]["kubeops.io/gpus"] = "1"
    assert two == one


def test_the_only_group_is_not_tainted() -> None:
    workers = [{"name": "gpu", "count": 2, "gpus": 1}]
    (row,) = cluster_options(cluster("lab", workers=workers), around("lab"))["workers"]
    assert "taints" not in row


@pytest.mark.parametrize(
    ("size", "counts"),
    [({"per_host": 1}, [9, 9, 9]), ({"count": 7}, [3, 2, 2]), ({"count": 0}, [0, 0, 0])],
)
def test_a_group_for_each_site_lies_on_its_storage(size: dict[str, int], counts: list[int]) -> None:
    sites = {"pit1": "ds-a", "pit2": "ds-b", "pit3": "ds-c"}
    changed = cluster("astromined", workers=[{"name": "general", **size, "sites": sites}], ssh_key=KEY)
    options = cluster_options(changed, around("astromined"))
    assert [row["count"] for row in options["workers"]] == counts
    assert [row["labels"]["kubeops.io/site"] for row in options["workers"]] == ["pit1", "pit2", "pit3"]
    stores = {row["name"]: row["datastore"].rpartition("/")[2] for row in options["machines"]}
    assert [stores[f"astromined-onprem-general-{site}"] for site in sites] == ["ds-a", "ds-b", "ds-c"]
    listed = list(cluster_documents(changed, around("astromined")))
    held(listed)
    assert rules.failures(listed, around("astromined").site_of(changed)) == []


def test_a_workload_cluster_names_its_manager_and_a_key() -> None:
    changed = cluster("lab", name="lab-jobs", role="workload", managed_by="lab-onprem", ssh_key=KEY)
    listed = list(cluster_documents(changed, around("lab"), "lab"))
    held(listed)
    spec = documents.spec_of(documents.find(listed, documents.CLUSTER))
    assert spec["managementCluster"] == {"name": "lab-onprem"}
    assert all(one["metadata"]["labels"] == {"kubeops.io/estate": "lab"} for one in listed)
    users = [documents.spec_of(one)["users"] for one in listed if one["kind"] == documents.MACHINE]
    assert users == [[{"name": "capv", "sshAuthorizedKeys": [KEY]}]] * len(users)


@pytest.mark.parametrize("name", NAMES)
def test_options_come_back_from_documents(name: str) -> None:
    for one in estate_of(name).clusters:
        options = cluster_options(one, around(name))
        options["machines"] = sorted(options["machines"], key=lambda row: str(row["name"]))
        options["datacenter"]["name"] = one.name
        assert documents.split(cluster_documents(one, around(name))) == options
