# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""GPUs for workers in a world in memory: the whole way, growth, refusals, kills between any two writes."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import Any

import pytest

from ansible_collections.kubeops.hybrid.plugins.module_utils._engine.guards import Consent
from ansible_collections.kubeops.hybrid.plugins.module_utils._engine.plan import Outcome
from ansible_collections.kubeops.hybrid.plugins.module_utils._engine.reconcile import Report
from ansible_collections.kubeops.hybrid.plugins.module_utils._engine.script import Timing
from ansible_collections.kubeops.hybrid.plugins.module_utils._kinds.eksa import gpu_sight
from ansible_collections.kubeops.hybrid.plugins.module_utils._kinds.eksa.gpu_hands import Hands
from ansible_collections.kubeops.hybrid.plugins.module_utils._kinds.eksa.gpus import Giver
from tests.unit.eksa.gpu_world import NVIDIA, V100, GpuWorld

AT_ONCE = Timing(poll_interval=0.001, settle_timeout=1, wait_timeout=5)
AGREED = Consent(addresses=frozenset({"disruptive"}))
GROUP = gpu_sight.Group("demo", "gpu", 1, NVIDIA, (V100,))


def run(
    world: GpuWorld,
    *,
    count: int = 1,
    dry_run: bool = False,
    consent: Consent = AGREED,
    now: Callable[[], float] = lambda: 1000.0,
    timing: Timing = AT_ONCE,
) -> Report:
    """One run of the reconcile."""
    cluster: Any = world.cluster
    center: Any = world.center
    group = dataclasses.replace(GROUP, count=count)
    hands = Hands(cluster, cluster, center, limit=600, now=now)
    giver = Giver(
        lambda: gpu_sight.look(cluster, cluster, center, [group]), hands, timing=timing, consent=consent, now=now
    )
    return giver.run(dry_run=dry_run)


def outcomes(report: Report) -> dict[str, str]:
    """Machine to outcome."""
    return {entry.name: entry.outcome.value for entry in report.plan.entries}


def whole(world: GpuWorld, count: int = 1) -> None:
    """Every worker has its GPUs, runs, and is open for pods."""
    for ref, vm in world.center.rows.items():
        if ref.startswith("VirtualMachine:"):
            assert len(gpu_sight.passthrough(vm)) == count
            assert vm["runtime.powerState"] == "poweredOn"
            assert vm["config.memoryReservationLockedToMax"] is True
            assert {"pciPassthru.use64bitMMIO", "pciPassthru.64bitMMIOSizeGB"} == {
                one["key"] for one in vm["config.extraConfig"]
            }
    for (kind, _name), row in world.cluster.rows.items():
        if kind == "Node":
            assert not row["spec"].get("unschedulable")
            assert not row["spec"].get("taints")
            assert gpu_sight.CORDONED not in row["metadata"]["annotations"]
        if kind == "Machine":
            assert not {gpu_sight.SKIP, gpu_sight.UNTIL} & set(row["metadata"]["annotations"])
    assert all(
        world.used(ref) <= len(row["hardware.pciDevice"]) for ref, row in world.center.rows.items() if "Host" in ref
    )


def test_foreseen_without_a_write() -> None:
    world = GpuWorld({"gpu-1": 1}, [1])
    report = run(world, dry_run=True)
    assert outcomes(report) == {"gpu-1": "planned"}
    (entry,) = report.plan.entries
    assert {change.field: (change.before, change.after) for change in entry.changes}["gpus"] == (0, 1)
    assert world.writes == 0


def test_every_worker_gets_its_gpu_and_is_kept() -> None:
    world = GpuWorld({"gpu-1": 1, "gpu-2": 2, "gpu-3": 3}, [1, 1, 1], pods=2)
    assert set(outcomes(run(world)).values()) == {"done"}
    whole(world)
    writes = world.writes
    assert outcomes(run(world)) == {}
    assert world.writes == writes


def test_workers_that_share_a_host_are_spread_over_devices() -> None:
    world = GpuWorld({"gpu-1": 1, "gpu-2": 1, "gpu-3": 1}, [1, 1, 1])
    assert set(outcomes(run(world)).values()) == {"done"}
    whole(world)


def test_growth_is_one_number() -> None:
    world = GpuWorld({"gpu-1": 1, "gpu-2": 2}, [2, 2])
    run(world)
    assert set(outcomes(run(world, count=2)).values()) == {"done"}
    whole(world, 2)
    run(world, count=1)
    whole(world, 1)


def test_a_new_machine_of_a_rollout_is_all_that_changes() -> None:
    world = GpuWorld({"gpu-1": 1}, [1, 1])
    run(world)
    world.add("gpu-9", 2, 1)
    assert outcomes(run(world)) == {"gpu-9": "done"}
    whole(world)


def test_a_budget_is_asked_again() -> None:
    world = GpuWorld({"gpu-1": 1}, [1])
    world.budgets["gpu-1-pod-0"] = 4
    assert outcomes(run(world)) == {"gpu-1": "done"}
    whole(world)


def test_pods_that_never_leave_are_told_and_nothing_is_off() -> None:
    world = GpuWorld({"gpu-1": 1}, [1])
    world.budgets["gpu-1-pod-0"] = 10**6
    report = run(world, timing=Timing(poll_interval=0.001, settle_timeout=0.05, wait_timeout=0.05))
    assert "still at step drain: 1 pods have not left" in str(report.error)
    assert world.center.rows["VirtualMachine:gpu-1"]["runtime.powerState"] == "poweredOn"


def test_nobody_is_interrupted_without_a_device() -> None:
    world = GpuWorld({"gpu-1": 1, "gpu-2": 1}, [1, 0])
    report = run(world)
    assert sorted(outcomes(report).values()) == ["done", "failed"]
    assert "no host has 1 free devices" in str(report.error)
    assert all(
        row["runtime.powerState"] == "poweredOn" for ref, row in world.center.rows.items() if "VirtualMachine" in ref
    )


def test_a_node_that_works_waits_for_consent() -> None:
    world = GpuWorld({"gpu-1": 1}, [2])
    run(world)
    report = run(world, count=2, consent=Consent())
    assert report.plan.entries[0].outcome is Outcome.WAITING
    assert len(gpu_sight.passthrough(world.center.rows["VirtualMachine:gpu-1"])) == 1


def test_a_cordon_of_somebody_else_stays() -> None:
    world = GpuWorld({"gpu-1": 1}, [1])
    world.cluster.rows["Node", "gpu-1"]["spec"]["unschedulable"] = True
    run(world)
    assert world.cluster.rows["Node", "gpu-1"]["spec"]["unschedulable"] is True
    assert "taints" not in world.cluster.rows["Node", "gpu-1"]["spec"]


@pytest.mark.parametrize("limit", range(30))
def test_killed_between_any_two_writes_it_goes_on(limit: int) -> None:
    world = GpuWorld({"gpu-1": 1, "gpu-2": 1}, [1, 1])
    world.limit = limit
    run(world)
    world.limit = None
    run(world, now=lambda: 5000.0)
    whole(world)


def test_one_that_takes_too_long_is_given_back_to_cluster_api() -> None:
    world = GpuWorld({"gpu-1": 1}, [1])
    clock = iter(range(0, 10**7, 10**4))
    report = run(world, now=lambda: float(next(clock)))
    assert "Cluster API may replace it again" in str(report.error)
    annotations = world.cluster.rows["Machine", "gpu-1"]["metadata"]["annotations"]
    assert gpu_sight.SKIP not in annotations
