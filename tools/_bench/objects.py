# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Kubeflow without CRDs and webhooks: this collection, kubectl and kubernetes.core, each on a cluster of its own."""

from __future__ import annotations

import concurrent.futures
import dataclasses
import json
import sys
import tempfile
import time
import typing as t
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import yaml

from ansible_collections.kubeops.hybrid.plugins.module_utils._clients.kube import KubeClient
from ansible_collections.kubeops.hybrid.plugins.module_utils._clients.kube_config import load
from ansible_collections.kubeops.hybrid.plugins.module_utils._engine.script import Timing
from ansible_collections.kubeops.hybrid.plugins.module_utils._kinds.kubernetes.install import Order, install
from ansible_collections.kubeops.hybrid.plugins.module_utils._kinds.kubernetes.yaml_stream import read_stream
from tools._bench.commands import PLAYBOOK, ROOT, timed
from twin.build import build
from twin.host import LocalClusterHost
from twin.processes import wait_until

STREAM = ROOT.parent / "shared" / "upstream" / "rendered" / "kubeflow-26.03.yaml.gz"
TOOLS = ("ours", "kubectl", "kubernetes.core")
FIRST, AGAIN = "first apply", "no change"
# What others must have applied before: all tools get it alike, and nobody's time counts for it.
_BEFORE = ("CustomResourceDefinition", "Namespace")
_LEFT_OUT = ("MutatingWebhookConfiguration", "ValidatingWebhookConfiguration")
_ESTATE = "bench"
Body = dict[str, t.Any]
Times = dict[tuple[str, str], list[float]]


@dataclasses.dataclass(frozen=True)
class Streams:
    """Two lists of objects as files: those that come first, and those that are measured."""

    before: Path
    measured: Path
    count: int

    @classmethod
    def split(cls, directory: Path) -> Streams:
        """From Kubeflow's stream, as JSON lists, which every tool reads."""
        bodies = [document.body for document in read_stream(STREAM)]
        before = [body for body in bodies if body["kind"] in _BEFORE]
        measured = [body for body in bodies if body["kind"] not in (*_BEFORE, *_LEFT_OUT)]
        for name, some in (("before", before), ("measured", measured)):
            content = {"apiVersion": "v1", "kind": "List", "items": some}
            (directory / f"{name}.json").write_text(json.dumps(content), encoding="utf-8")
        return cls(directory / "before.json", directory / "measured.json", len(measured))


@contextmanager
def clusters(directory: Path, names: Sequence[str]) -> Iterator[dict[str, Path]]:
    """Control planes without nodes, so that only the API is measured: name to kubeconfig."""
    host = LocalClusterHost(directory, programs=build)
    try:
        for name in names:
            host.start(name, "1.35", "https://kubernetes.default.svc")
        yield {name: host.admin_kubeconfig(name) for name in names}
    finally:
        host.stop_all()


def prepare(kubeconfig: Path, streams: Streams) -> None:
    """What comes first is there, and every kind of what is measured is served."""
    kubectl(kubeconfig, streams.before)
    client = KubeClient(load(str(kubeconfig)))
    bodies = [document.body for document in read_stream(streams.measured)]
    kinds = {(body["apiVersion"].rpartition("/")[0], body["kind"]) for body in bodies}

    def served() -> bool | None:
        resources = client.resources(fresh=True)
        return all(resources.find(*kind) for kind in kinds) or None

    wait_until(served, seconds=120, interval=0.5, what="all kinds to be served")


def ours(kubeconfig: Path, stream: Path, name: str = "kubeflow") -> float:
    """Seconds from building the client to the result."""
    began = time.monotonic()
    client = KubeClient(load(str(kubeconfig)))
    documents = list(read_stream(stream))
    order = Order(_ESTATE, name, documents, wait=False, timing=Timing(0.5, 30, 120))
    report = install(order, client, lambda _line: None)
    if report.error:
        raise SystemExit(f"ours failed: {report.error}")
    return time.monotonic() - began


def kubectl(kubeconfig: Path, stream: Path) -> float:
    """Seconds of one command that applies a file on the server's side."""
    program = str(ROOT / ".venv" / "bin" / "kubectl")
    command = [
        program,
        "apply",
        "--server-side",
        "--force-conflicts",
        "-f",
        str(stream),
        "--kubeconfig",
        str(kubeconfig),
    ]
    return timed(command).whole


def kubernetes_core(kubeconfig: Path, stream: Path) -> float:
    """Seconds of a playbook with one task that applies the file, without what Ansible takes to start."""
    task = {
        "kubernetes.core.k8s": {
            "kubeconfig": str(kubeconfig),
            "src": str(stream),
            "apply": True,
            "server_side_apply": {"field_manager": "bench", "force_conflicts": True},
        }
    }
    play = [{"hosts": "localhost", "gather_facts": False, "tasks": [task]}]
    with tempfile.NamedTemporaryFile("w", suffix=".yml") as file:
        yaml.safe_dump(play, file)
        file.flush()
        interpreter = f"ansible_python_interpreter={sys.executable}"
        return timed([PLAYBOOK, "-i", "localhost,", "-c", "local", "-e", interpreter, file.name]).whole


_RUN: dict[str, Callable[[Path, Path], float]] = {"ours": ours, "kubectl": kubectl, "kubernetes.core": kubernetes_core}


def run(rounds: int, directory: Path) -> tuple[Times, dict[str, bool], int]:
    """(tool, what) to seconds, whether each tool's cluster is as kubectl left its own, and how many objects."""
    streams = Streams.split(directory)
    times: Times = {}
    states: dict[str, t.Any] = {}
    for number in range(rounds):
        for tool in TOOLS:
            with clusters(directory / f"{number}-{tool}", ["bench"]) as kubeconfigs:
                prepare(kubeconfigs["bench"], streams)
                for what in (FIRST, AGAIN):
                    seconds = _RUN[tool](kubeconfigs["bench"], streams.measured)
                    times.setdefault((tool, what), []).append(seconds)
                    print(f"  round {number + 1} {tool:15} {what:11} {seconds:6.2f} s", flush=True)
                states[tool] = state(kubeconfigs["bench"], streams.measured)
    return times, {tool: found == states["kubectl"] for tool, found in states.items()}, streams.count


def state(kubeconfig: Path, stream: Path) -> dict[str, t.Any]:
    """What the objects of a stream are in a cluster, without what differs from cluster to cluster and our marks."""
    client = KubeClient(load(str(kubeconfig)))
    resources = client.resources()
    found = {}
    for document in read_stream(stream):
        body = document.body
        resource = resources.find(body["apiVersion"].rpartition("/")[0], body["kind"])
        if resource is None:
            raise SystemExit(f"{body['kind']} is not served")
        metadata = body["metadata"]
        namespace = metadata.get("namespace", "default") if resource.namespaced else ""
        live = client.get(resource, namespace, metadata["name"])
        found[f"{body['kind']}/{namespace}/{metadata['name']}"] = _content(live)
    return found


def _content(live: t.Any) -> t.Any:
    if live is None:
        return None
    marks = {name: value for name, value in (live["metadata"].get("labels") or {}).items() if "kubeops.io/" not in name}
    content = {
        name: value for name, value in live.items() if name not in ("metadata", "status", "apiVersion", "secrets")
    }
    for field in ("clusterIP", "clusterIPs", "healthCheckNodePort"):
        (content.get("spec") or {}).pop(field, None)
    for port in (content.get("spec") or {}).get("ports") or () if live["kind"] == "Service" else ():
        port.pop("nodePort", None)
    return {**content, "labels": marks}


def several(directory: Path, count: int) -> tuple[float, float]:
    """Seconds for one cluster, and for several at the same time."""
    streams = Streams.split(directory)
    names = [f"one-{number}" for number in range(count)]
    found = []
    for some in (names[:1], names):
        with clusters(directory / str(len(some)), some) as kubeconfigs:
            for kubeconfig in kubeconfigs.values():
                prepare(kubeconfig, streams)
            began = time.monotonic()
            with concurrent.futures.ProcessPoolExecutor(len(some)) as pool:
                list(pool.map(ours, kubeconfigs.values(), [streams.measured] * len(some)))
            found.append(time.monotonic() - began)
    return found[0], found[1]


def many(directory: Path, counts: Sequence[int]) -> dict[int, tuple[float, float]]:
    """Number of small objects to seconds of the first apply and of the next, each on an empty cluster."""
    found = {}
    for count in counts:
        body = {"apiVersion": "v1", "kind": "ConfigMap"}
        items = [
            {**body, "metadata": {"name": f"one-{n}", "namespace": "default"}, "data": {"n": str(n)}}
            for n in range(count)
        ]
        stream = directory / f"{count}.json"
        stream.write_text(json.dumps({"apiVersion": "v1", "kind": "List", "items": items}), encoding="utf-8")
        with clusters(directory / f"many-{count}", ["bench"]) as kubeconfigs:
            found[count] = (ours(kubeconfigs["bench"], stream), ours(kubeconfigs["bench"], stream))
            print(f"  {count} objects: {found[count][0]:.2f} s, again {found[count][1]:.2f} s", flush=True)
    return found
