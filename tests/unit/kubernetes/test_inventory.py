# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is kept of sets in a cluster: beside what other estates keep, while the server is busy, and until it is gone."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.kubeops.hybrid.plugins.module_utils._clients.kube_errors import Heals
from ansible_collections.kubeops.hybrid.plugins.module_utils._engine.errors import Unavailable
from ansible_collections.kubeops.hybrid.plugins.module_utils._engine.guards import Consent
from ansible_collections.kubeops.hybrid.plugins.module_utils._engine.plan import Outcome
from ansible_collections.kubeops.hybrid.plugins.module_utils._engine.reconcile import Report
from ansible_collections.kubeops.hybrid.plugins.module_utils._engine.script import Timing
from ansible_collections.kubeops.hybrid.plugins.module_utils._kinds.kubernetes.install import Order, install
from ansible_collections.kubeops.hybrid.plugins.module_utils._kinds.kubernetes.inventory import NAMESPACE, Inventory
from ansible_collections.kubeops.hybrid.plugins.module_utils._kinds.kubernetes.objects import (
    ESTATE_LABEL,
    SET_LABEL,
    Key,
)
from ansible_collections.kubeops.hybrid.plugins.module_utils._kinds.kubernetes.opened_by import OPENED_BY
from ansible_collections.kubeops.hybrid.plugins.module_utils._kinds.kubernetes.steps import Record
from tests.unit.kubernetes.memory_cluster import MemoryCluster
from tests.unit.kubernetes.samples import definition, key, namespace, thing, workload

FAST = Timing(poll_interval=0.002, settle_timeout=0.05, wait_timeout=0.2)
OURS = {"labels": {ESTATE_LABEL: "one", SET_LABEL: "shop"}}
WEB = Key("apps", "Deployment", "app", "web")


def kept(cluster: MemoryCluster, estate: str, *keys: Key) -> Inventory:
    """An inventory of set shop that holds these."""
    inventory = Inventory(cluster, estate, "shop")
    inventory.write(inventory.read(), {one: Record("v1", "d") for one in keys})
    return inventory


def marked(body: dict[str, Any], **more: Any) -> dict[str, Any]:
    """As estate one made it."""
    return {**body, "metadata": {**body["metadata"], **OURS, **more}}


def remove(cluster: MemoryCluster, **more: Any) -> Report:
    """Take set shop of estate one away."""
    order = Order("one", "shop", absent=True, timing=FAST, consent=Consent(deletes={"Deployment.apps": 9}), **more)
    return install(order, cluster, lambda _line: None)


def test_estates_that_share_a_cluster_keep_sets_of_the_same_name_apart() -> None:
    cluster = MemoryCluster()
    theirs = WEB._replace(name="theirs")
    one, other = kept(cluster, "one", WEB), kept(cluster, "other", theirs)
    assert list(one.read().records) == [WEB]
    assert list(other.read().records) == [theirs]
    one.remove(one.read())
    assert list(other.read().records) == [theirs]


def test_a_server_that_is_busy_for_a_moment_loses_nothing_of_it() -> None:
    cluster = MemoryCluster()
    kept(cluster, "one", WEB)
    cluster.refusals[f"ConfigMap/{NAMESPACE}/inventory.one.shop.0"] = [Heals("too many requests (status 429)")]
    new = WEB._replace(name="new")
    assert set(kept(cluster, "one", WEB, new).read().records) == {WEB, new}


def test_what_an_earlier_call_told_to_go_is_gone_before_its_controller_goes() -> None:
    cluster = MemoryCluster()
    shop = thing("example.com/v1", "Shop", "shop", "app")
    for body in (namespace("app"), definition("Shop")):
        cluster.put(body)
    cluster.put(marked(shop, finalizers=["example.com/clean"], deletionTimestamp="now"))
    cluster.put(marked(workload("web")))
    kept(cluster, "one", key(shop), WEB)
    report = remove(cluster)
    outcomes = {entry.address: entry.outcome for entry in report.plan.entries}
    assert outcomes == {"Shop.example.com/app/shop": Outcome.FAILED, WEB.address: Outcome.NOT_TRIED}
    assert WEB in cluster.objects, "who else would run the finalizer"
    del cluster.objects[key(shop)]
    assert remove(cluster).error is None
    assert WEB not in cluster.objects


def test_what_nobody_can_look_at_is_not_taken_for_gone() -> None:
    cluster = MemoryCluster()
    shop = thing("example.com/v1", "Shop", "shop", "app")
    for body in (namespace("app"), definition("Shop"), marked(shop), marked(workload("web"))):
        cluster.put(body)
    inventory = kept(cluster, "one", key(shop), WEB)
    cluster.hidden.add("example.com")
    with pytest.raises(Unavailable, match=r"APIService of example\.com"):
        remove(cluster)
    assert set(inventory.read().records) == {key(shop), WEB}


def test_data_that_is_kept_keeps_the_secret_that_opens_it() -> None:
    cluster = MemoryCluster()
    data = thing("v1", "PersistentVolumeClaim", "data", "app")
    password, other = (thing("v1", "Secret", name, "app", data={"a": "Yg=="}) for name in ("password", "other"))
    for body in (namespace("app"), marked(data, annotations={OPENED_BY: "Secret/app/password"})):
        cluster.put(body)
    for body in (password, other):
        cluster.put(marked(body))
    inventory = kept(cluster, "one", key(data), key(password), key(other))
    everything = Consent(deletes={"Secret": 2})
    order = Order("one", "shop", absent=True, keep_data=True, timing=FAST, consent=everything)
    assert install(order, cluster, lambda _line: None).error is None
    assert set(inventory.read().records) == {key(data), key(password)}
    assert key(password) in cluster.objects
