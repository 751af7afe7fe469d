# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Command line of tools/rehearse."""

from __future__ import annotations

import argparse
import json
import shutil
import subprocess
import sys
import typing as t
from collections.abc import Sequence
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent.parent / ".collections"))

from ansible_collections.kubeops.hybrid.plugins.module_utils._kinds.kubernetes.sorts import PROTECTED  # needs the path
from ansible_collections.kubeops.hybrid.plugins.module_utils._kinds.vsphere.registry import KINDS as OF_VSPHERE  # above
from ansible_collections.kubeops.hybrid.plugins.plugin_utils.estate import layers, loader  # above
from tools._rehearse import kube  # the checkout's collection has to come first
from tools._rehearse.playbooks import ROOT, Playbooks, Result, manifests
from twin import build, supervisor
from twin.contract import TwinError

STATE = ROOT / ".kubeops"
TWIN = ROOT / ".twin"
Document = dict[str, t.Any]
_ORIGINS = {
    "stand_ins": "STAND-INS made from the bill of materials, for there is neither mirror nor network",
    "mirror": "upstream's, from a mirror",
}


def main(argv: Sequence[str] | None = None) -> int:
    """Rehearse; 0 only when nothing failed or waits and every milestone that has a check is met."""
    arguments = _parser().parse_args(argv)
    if arguments.down:
        supervisor.down(TWIN)
        print("the twin is down")
        return 0
    inventory = arguments.inventory.resolve()
    try:
        twin = _twin_up(inventory)
        report = _rehearse(inventory, twin, twice=arguments.twice, teardown=arguments.teardown)
    except TwinError as error:
        print(f"rehearse: {error}", file=sys.stderr)
        return 1
    return _tell(report)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="tools/rehearse", description="A site run on a twin of the estate.")
    parser.add_argument("--inventory", type=Path, default=ROOT / "inventories" / "astromined", metavar="DIR")
    parser.add_argument("--twice", action="store_true", help="run site again: it must change nothing")
    parser.add_argument("--teardown", action="store_true", help="remove everything at the end and look for leftovers")
    parser.add_argument("--down", action="store_true", help="end the twin of an earlier rehearsal")
    return parser


def _say(message: str) -> None:
    print(f"twin: {message}", flush=True)


def _twin_up(inventory: Path) -> Document:
    print("=== twin ===", flush=True)
    built = build.build(_say)
    # A rehearsal begins with an empty estate: neither world nor records of an earlier one.
    supervisor.down(TWIN)
    shutil.rmtree(STATE / "store", ignore_errors=True)
    STATE.mkdir(exist_ok=True)
    summary = supervisor.up(TWIN, inventories=[inventory], progress=_say)
    _say(f"up in {summary['start_seconds']:.1f} s, scale {summary['scale']:g}, AWS at {summary['aws_url']}")
    return {
        "build_seconds": round(built.seconds, 2),
        "start_seconds": round(float(summary["start_seconds"]), 2),
        "inventory": summary["inventory"],
    }


def _rehearse(inventory: Path, twin: Document, *, twice: bool, teardown: bool) -> Document:
    options = ["-i", str(inventory), "-i", str(twin.pop("inventory"))]
    estate = loader.from_inventory(inventory).estate()
    playbooks = Playbooks(STATE / "store", [*options, *([] if estate.mirror else manifests())])
    results, last_site = [], Document()
    for _round in range(2 if twice else 1):
        supervisor.ask(TWIN, "DELETE", "/twin/calls")
        results.append(playbooks.run("site"))
        last_site = _calls(results[-1])
    if twice and results[-1].recap.get("changed"):
        print("rehearse: the second site run changed something", file=sys.stderr)
    verified = playbooks.run("verify")
    results.append(verified)
    counts = {
        "esxi_hosts": len(kube.made(results, {"esxi_host"}).get("esxi_host", ())),
        "kubernetes_objects": _objects(estate),
        **last_site,
    }
    residue: list[Document] = []
    if teardown:
        results.append(playbooks.run("teardown", *_consent(estate, results)))
        residue = results[-1].summary.get("undeclared", [])
    status = supervisor.status(TWIN)
    second = results[1].recap.get("changed", 0) if twice else 0
    return {
        "estate": estate.identity.name,
        "artifacts": kube.origin(STATE / "store"),
        "twin": twin,
        "runs": [result.row() for result in results],
        "milestones": verified.summary.get("milestones", {}),
        "counts": counts,
        "unsupported_calls": status["unsupported_calls"],
        "residue": residue,
        "well": all(result.well for result in results) and not second,
    }


def _consent(estate: t.Any, results: Sequence[Result]) -> list[str]:
    """What whoever removes everything agrees to: the estate, as many objects that hold data as it has made, and its
    namespaces with what programs put there."""
    made = kube.made(results, {*PROTECTED, *(name for name, kind in OF_VSPHERE.items() if kind.protected)})
    agreed = {
        "kubeops_teardown": estate.identity.name,
        "kubeops_allow_delete": [f"{kind}:{len(names)}" for kind, names in sorted(made.items())],
        "kubeops_consent": [f"Namespace/{name}" for name in made.get("Namespace", ())],
    }
    return ["-e", json.dumps(agreed)]


def _calls(site: Result) -> Document:
    calls = supervisor.ask(TWIN, "GET", "/twin/calls?since=0")
    totals = {name: part["total"] for name, part in calls.items() if isinstance(part, dict) and "total" in part}
    return {"api_calls": totals, "module_calls": site.recap.get("modules", 0)}


def _objects(estate: t.Any) -> dict[str, int]:
    paths = {
        entry["cluster"]: ROOT / entry["path"]
        for region in estate.regions
        for entry in layers.eks_entries(region.clusters, region.vpcs, region.name)
        if entry["kind"] == "eks_kubeconfig"
    }
    try:
        return kube.counted(paths)
    except subprocess.CalledProcessError as error:
        print(f"rehearse: a cluster cannot be read with the kubeconfig of the run: {error}", file=sys.stderr)
        return {}


def _tell(report: Document) -> int:
    well = report.pop("well")
    target = STATE / "rehearsal.json"
    target.write_text(json.dumps(report, indent=1) + "\n", encoding="utf-8")
    print("\n=== rehearsal ===")
    for run in report["runs"]:
        print(
            "  {verb:9} {seconds:7.1f} s  ok {ok}  changed {changed}  failed {failed}  waiting {waiting}".format(**run)
        )
    states = [entry["state"] for entry in report["milestones"].values()]
    for milestone, entry in report["milestones"].items():
        if entry["state"] != "not covered":
            print(f"  milestone {milestone:8} {entry['state']}")
    print(f"  manifests: {_ORIGINS.get(report['artifacts'], report['artifacts'])}")
    print(f"  {states.count('not covered')} milestones are not covered by a check yet")
    for call in report["unsupported_calls"]:
        print(f"  the twin does not support {call}")
    for entry in report["residue"]:
        print(f"  left over: {entry}")
    print(f"report: {target.relative_to(ROOT)}; records of the runs: {(STATE / 'store').relative_to(ROOT)}/runs")
    unmet = "unmet" in states or "met" not in states
    return int(not well or unmet or bool(report["unsupported_calls"]) or bool(report["residue"]))


if __name__ == "__main__":
    sys.exit(main())
