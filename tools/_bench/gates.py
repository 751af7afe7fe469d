# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whole Kubeflow from nothing, against the longest chain of delays that the cluster is configured with."""

from __future__ import annotations

import time
import typing as t
from collections.abc import Sequence
from pathlib import Path

from ansible_collections.kubeops.hybrid.plugins.module_utils._clients.kube import KubeClient
from ansible_collections.kubeops.hybrid.plugins.module_utils._clients.kube_config import load
from ansible_collections.kubeops.hybrid.plugins.module_utils._engine.script import Timing
from ansible_collections.kubeops.hybrid.plugins.module_utils._kinds.kubernetes import order as ordering
from ansible_collections.kubeops.hybrid.plugins.module_utils._kinds.kubernetes.install import Order, install
from ansible_collections.kubeops.hybrid.plugins.module_utils._kinds.kubernetes.normal import normalise
from ansible_collections.kubeops.hybrid.plugins.module_utils._kinds.kubernetes.objects import Body, Key, Manifest
from ansible_collections.kubeops.hybrid.plugins.module_utils._kinds.kubernetes.yaml_stream import read_stream
from tools._bench.objects import STREAM
from twin.build import build
from twin.cluster.delays import SECONDS, Delay
from twin.contract import NodeSpec
from twin.host import LocalClusterHost

# As long as in a real cluster: what is measured is waiting, and not the machine that plays the cluster.
SCALE = 1.0
NODES = 8
_ESTATE = "bench"
_INJECTED = "cert-manager.io/inject-"
_WORKLOADS = ("Deployment", "StatefulSet", "DaemonSet")
_CONFIGURATIONS = ("MutatingWebhookConfiguration", "ValidatingWebhookConfiguration")
# Claims get their volumes from a driver that has no part in what is measured.
_CLASS: Body = {
    "apiVersion": "storage.k8s.io/v1",
    "kind": "StorageClass",
    "metadata": {"name": "late", "annotations": {"storageclass.kubernetes.io/is-default-class": "true"}},
    "provisioner": "kubernetes.io/no-provisioner",
    "volumeBindingMode": "WaitForFirstConsumer",
}


def _volumes() -> list[Body]:
    """One for each of Kubeflow's claims."""
    spec = {
        "capacity": {"storage": "20Gi"},
        "accessModes": ["ReadWriteOnce"],
        "storageClassName": _CLASS["metadata"]["name"],
        "hostPath": {"path": "/bench"},
    }
    named = {"apiVersion": "v1", "kind": "PersistentVolume", "spec": spec}
    return [{**named, "metadata": {"name": f"bench-{number}"}} for number in range(3)]


def _delays(manifest: Manifest) -> tuple[Delay, ...]:
    """What takes its time, one after the other, from an object being written to its being ready."""
    kind = manifest.key.kind
    if kind in _WORKLOADS:
        return ("pod-start",)
    if kind == "Certificate":
        return ("certificate",)
    if kind == "Profile":
        return ("profile",)
    if kind not in _CONFIGURATIONS:
        return ()
    annotations = manifest.body["metadata"].get("annotations") or {}
    if f"{_INJECTED}ca-from-secret" in annotations:
        # A component keeps an authority of its own in a Secret, and has it injected from there.
        return ("own-certificate", "ca-injection")
    return ("ca-injection",) if any(one.startswith(_INJECTED) for one in annotations) else ("own-certificate",)


def critical_path(manifests: Sequence[Manifest]) -> float:
    """Seconds of the twin's time that the longest chain of delays takes, whoever waits for it."""
    needs = ordering.needs(manifests)
    delays = {one.key: sum(SECONDS[delay] for delay in _delays(one)) for one in manifests}
    ends: dict[Key, float] = {}

    def end(key: Key) -> float:
        left = [key]
        while left:
            one = left[-1]
            open_ = [need for need in needs.get(one, ()) if need not in ends]
            if open_:
                left += open_
                continue
            ends[one] = delays.get(one, 0.0) + max((ends[need] for need in needs.get(one, ())), default=0.0)
            left.pop()
        return ends[key]

    return max(end(key) for key in needs)


def run(directory: Path) -> tuple[float, float]:
    """Real seconds that the whole of Kubeflow takes from nothing, and that the longest chain of delays takes."""
    documents: list[t.Any] = [*read_stream(STREAM), *((body, "bench") for body in (_CLASS, *_volumes()))]
    host = LocalClusterHost(directory, programs=build, scale=SCALE)
    try:
        host.start("gates", "1.35", "https://kubernetes.default.svc")
        nodes = [NodeSpec(f"node-{n}", f"aws:///us-east-2a/i-{n}", "us-east-2a", "m5.4xlarge") for n in range(NODES)]
        host.set_nodes("gates", nodes)
        client = KubeClient(load(str(host.admin_kubeconfig("gates"))))
        manifests = normalise(documents, estate=_ESTATE, set_name="kubeflow", resources=client.resources())
        path = critical_path(manifests) / SCALE
        began = time.monotonic()
        timing = Timing(poll_interval=0.5, settle_timeout=60, wait_timeout=300)
        report = install(Order(_ESTATE, "kubeflow", documents, timing=timing), client, lambda _line: None)
        if report.error:
            raise SystemExit(f"ours failed: {report.error}")
        return time.monotonic() - began, path
    finally:
        host.stop_all()
