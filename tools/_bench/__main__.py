# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Command line of tools/bench."""

from __future__ import annotations

import argparse
import json
import statistics
import sys
import tempfile
import time
import typing as t
from pathlib import Path

from tools._bench import commands, gates, objects, vsphere
from tools._bench import slice as aws_slice
from tools._rehearse.playbooks import Playbooks, manifests
from twin import supervisor

ROOT = commands.ROOT
_RESULTS = ROOT / ".kubeops" / "bench.json"
Row = dict[str, t.Any]


def main() -> int:
    """Run the benchmarks into .kubeops/bench.json; once all of them are in it, write the table of the guide."""
    parser = argparse.ArgumentParser(prog="tools/bench", description="Side by side with what people use today.")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("names", nargs="*", choices=[[], *BENCHES], help="which (default: all)")
    arguments = parser.parse_args()
    found: dict[str, list[Row]] = json.loads(_RESULTS.read_text(encoding="utf-8")) if _RESULTS.exists() else {}
    for name in arguments.names or BENCHES:
        print(f"=== {name} ===", flush=True)
        found[name] = BENCHES[name](arguments.rounds)
        # Each at once: what comes later may fail, and some take long.
        _RESULTS.parent.mkdir(exist_ok=True)
        _RESULTS.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")
    rows = [row for name in BENCHES for row in found.get(name, ())]
    table = _table(rows)
    print(table)
    if found.keys() >= BENCHES.keys():
        (ROOT / "docs" / "bench.md").write_text(table, encoding="utf-8")
    return int(not all(row["states_equal"] for row in rows))


def _row(name: str, ours: float, peer: str, peer_s: float, equal: bool) -> Row:
    return {
        "name": name,
        "ours_s": round(ours, 2),
        "peer": peer,
        "peer_s": round(peer_s, 2),
        "ratio": round(peer_s / ours, 2),
        "states_equal": equal,
    }


def _slice(rounds: int) -> list[Row]:
    with tempfile.TemporaryDirectory(prefix="kubeops-bench-") as directory:
        times, equal = aws_slice.run(rounds, Path(directory))
    rows = []
    for what in ("create", "no change"):
        whole = {tool: statistics.median(one.whole for one in times[tool, what]) for tool in equal}
        engine = {
            tool: statistics.median(one.engine for one in times[tool, what] if one.engine is not None)
            for tool in ("ours", "bare")
        }
        name = f"network, IAM and EKS: {what}"
        rows += [
            _row(
                f"{name}, whole command",
                whole["ours"],
                "amazon.aws and community.aws tasks",
                whole["stock"],
                equal["ours"] and equal["stock"],
            ),
            _row(
                f"{name}, clients built to result", engine["ours"], "bare boto3 script", engine["bare"], equal["ours"]
            ),
        ]
    return rows


def _site(rounds: int) -> list[Row]:
    """Plan, site and a site run without change over the reference estate; the peer of the latter two is the plan."""
    times: dict[str, list[float]] = {}
    with tempfile.TemporaryDirectory(prefix="kubeops-bench-") as directory:
        for _round in range(rounds):
            place = Path(directory) / "twin"
            supervisor.down(place)
            inventory = ROOT / "inventories" / "astromined"
            twin = supervisor.up(place, inventories=[inventory], progress=lambda _line: None)
            store = Path(directory) / f"store-{time.monotonic_ns()}"
            playbooks = Playbooks(store, ["-i", str(inventory), "-i", str(twin["inventory"]), *manifests()])
            try:
                for name, verb in (("plan on empty", "plan"), ("site from empty", "site"), ("site, no change", "site")):
                    result = playbooks.run(verb)
                    if not result.well:
                        raise SystemExit(f"{name} failed")
                    times.setdefault(name, []).append(result.seconds)
            finally:
                supervisor.down(place)
    median = {name: statistics.median(found) for name, found in times.items()}
    peer = median["site from empty"]
    return [
        _row(f"reference estate: {name}", seconds, "its site run from empty", peer, True)
        for name, seconds in median.items()
    ]


def _objects(rounds: int) -> list[Row]:
    with tempfile.TemporaryDirectory(prefix="kubeops-bench-") as directory:
        times, equal, count = objects.run(rounds, Path(directory))
    rows = []
    for what in (objects.FIRST, objects.AGAIN):
        median = {tool: statistics.median(times[tool, what]) for tool in objects.TOOLS}
        rows += [
            _row(
                f"{count} objects of Kubeflow: {what}",
                median["ours"],
                peer,
                median[peer],
                equal["ours"] and equal[peer],
            )
            for peer in objects.TOOLS[1:]
        ]
    return rows


def _scale(_rounds: int) -> list[Row]:
    """How the same work grows: three clusters beside one, ten thousand objects beside one thousand."""
    with tempfile.TemporaryDirectory(prefix="kubeops-bench-") as directory:
        one, three = objects.several(Path(directory), 3)
        found = objects.many(Path(directory), (1000, 10_000))
    (few, few_again), (many, many_again) = found[1000], found[10_000]
    return [
        _row("three clusters at the same time", three, "one cluster", one, True),
        _row("10,000 small objects: first apply", many, "1,000 of them", few, True),
        _row("10,000 small objects: no change", many_again, "1,000 of them", few_again, True),
    ]


def _gates(_rounds: int) -> list[Row]:
    with tempfile.TemporaryDirectory(prefix="kubeops-bench-") as directory:
        seconds, path = gates.run(Path(directory))
    return [_row("whole Kubeflow from empty", seconds, "its longest chain of waits", path, True)]


def _vsphere(rounds: int) -> list[Row]:
    """A site beside a bare script, a small one beside the stock modules, and how ours grows with the estate."""
    usual, small, large = vsphere.Size(), vsphere.Size(3, 8, 8), vsphere.Size(sites=10)
    with tempfile.TemporaryDirectory(prefix="kubeops-bench-") as directory:
        place = Path(directory)
        beside_bare, equal = vsphere.run(rounds, place, usual, "bare")
        # One round: the stock modules take minutes.
        beside_stock, equal_small = vsphere.run(1, place, small, "stock")
        grown = vsphere.grown(place / "grown", large)
    bare = {key: statistics.median(found) for key, found in beside_bare.items()}
    stock = {key: statistics.median(found) for key, found in beside_stock.items()}
    rows = []
    for what in (vsphere.FIRST, vsphere.AGAIN):
        rows += [
            _row(f"{usual}: {what}", bare["ours", what], "bare pyvmomi script", bare["bare", what], equal),
            _row(
                f"{small}: {what}",
                stock["ours", what],
                "community.vmware and vmware.vmware tasks",
                stock["stock", what],
                equal_small,
            ),
            _row(f"{large}: {what}", grown[what], str(usual), bare["ours", what], True),
        ]
    return rows


BENCHES: dict[str, t.Callable[[int], list[Row]]] = {
    "slice": _slice,
    "site": _site,
    "objects": _objects,
    "gates": _gates,
    "scale": _scale,
    "vsphere": _vsphere,
}


def _table(rows: list[Row]) -> str:
    lines = [
        "# Benchmarks",
        "",
        "Written by tools/bench: medians of interleaved runs, each on a fresh twin, all on one machine. The ratio is",
        "the peer's time divided by ours.",
        "",
        "| what | ours, s | peer | peer, s | ratio | same state |",
        "| --- | --- | --- | --- | --- | --- |",
    ]
    for row in rows:
        same = "yes" if row["states_equal"] else "NO"
        lines.append("| {name} | {ours_s} | {peer} | {peer_s} | {ratio} | ".format(**row) + f"{same} |")
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    sys.exit(main())
