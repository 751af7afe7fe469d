# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""python -m twin: the simulated estate from the command line."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any, get_args

from twin import supervisor
from twin.build import build, build_vsphere
from twin.cluster.faults import ClusterFaultKind
from twin.contract import FaultKind, TwinError
from twin.vsphere_faults import VsphereFaultKind

type Arguments = argparse.Namespace


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command; 0 done, 1 failed, 2 wrong usage, 3 no twin runs (status)."""
    arguments = _parser().parse_args(argv)
    try:
        return int(arguments.run(arguments))
    except TwinError as error:
        print(f"twin: {error}", file=sys.stderr)
        return 1


def _say(message: str) -> None:
    print(f"twin: {message}", file=sys.stderr)


def _up(arguments: Arguments) -> int:
    summary = supervisor.up(
        arguments.state,
        inventories=arguments.inventory,
        scale=arguments.scale,
        control_planes=arguments.control_planes,
        progress=_say,
    )
    print(f"twin up in {summary['start_seconds']:.1f} s: AWS at {summary['aws_url']}, scale {summary['scale']:g}")
    print(f"use it with: ansible-playbook -i INVENTORY -i {summary['inventory']} ...")
    return 0


def _down(arguments: Arguments) -> int:
    ran = supervisor.down(arguments.state, keep_logs=arguments.keep_logs)
    print("twin down" if ran else "no twin was running")
    return 0


def _build(_arguments: Arguments) -> int:
    built, vsphere = build(_say), build_vsphere(_say)
    seconds = round(built.seconds + vsphere.seconds, 3)
    print(json.dumps({"directory": str(built.directory), "vsphere": str(vsphere.directory), "seconds": seconds}))
    return 0


def _status(arguments: Arguments) -> int:
    status = supervisor.status(arguments.state)
    if arguments.json:
        print(json.dumps(status, indent=2))
    elif status["running"]:
        print(f"twin {status['pid']} in {status['state_dir']}, up {status['uptime_seconds']:.0f} s")
        print(f"  AWS {status['aws_url']}, account {status['account_id']}, scale {status['scale']:g}")
        for name, center in status["vcenters"].items():
            print(f"  vCenter {name} {center['state']} https://{center['address']}:{center['port']}")
        for name, plane in status["control_planes"].items():
            print(f"  control plane {name} {plane['version']} {plane['state']} {plane['url']}")
            for problem in [*plane["problems"], *([plane["why"]] if "why" in plane else [])]:
                print(f"    {problem}")
        print(f"  {status['calls']['aws']['total']} AWS calls, {len(status['faults'])} faults in force")
        for call in status["unsupported_calls"]:
            print(f"  unsupported: {call['service']}.{call['operation']} ({call['count']} times)")
    else:
        print(f"no twin runs in {status['state_dir']}")
    return 0 if status["running"] else 3


def _calls(arguments: Arguments) -> int:
    if arguments.reset:
        print(json.dumps(supervisor.ask(arguments.state, "DELETE", "/twin/calls")))
        return 0
    calls = supervisor.ask(arguments.state, "GET", f"/twin/calls?since={arguments.since}")
    if arguments.json:
        print(json.dumps(calls, indent=2))
        return 0
    for operation, count in calls["aws"]["by_operation"].items():
        print(f"{count:6}  {operation}")
    print(f"{calls['aws']['total']:6}  in all, {calls['aws']['writes']} of them writes (mark {calls['mark']})")
    if vsphere := calls.get("vsphere"):
        print("vSphere:")
        for operation, count in vsphere["by_operation"].items():
            print(f"{count:6}  {operation}")
        print(f"{vsphere['total']:6}  in all, {vsphere['writes']} of them writes")
    for cluster, of_it in calls.get("kubernetes", {}).get("clusters", {}).items():
        print(f"{cluster}:")
        for operation, count in of_it["by_operation"].items():
            print(f"{count:6}  {operation}")
        refused = "".join(f", {count} answered {status}" for status, count in of_it["errors"].items())
        print(f"{of_it['total']:6}  in all, {of_it['writes']} of them writes{refused}")
    return 0


def _fault_add(arguments: Arguments) -> int:
    rule: dict[str, Any] = {
        key: getattr(arguments, key)
        for key in (
            "id",
            "kind",
            "service",
            "operation",
            "code",
            "rate",
            "count",
            "seconds",
            "seed",
            "cluster",
            "name",
            "factor",
        )
        if getattr(arguments, key) is not None
    }
    rule["params"] = dict(arguments.param)
    print(supervisor.ask(arguments.state, "POST", "/twin/faults", rule)["id"])
    return 0


def _fault_list(arguments: Arguments) -> int:
    print(json.dumps(supervisor.ask(arguments.state, "GET", "/twin/faults"), indent=2))
    return 0


def _fault_clear(arguments: Arguments) -> int:
    path = f"/twin/faults/{arguments.id}" if arguments.id else "/twin/faults"
    print(f"{supervisor.ask(arguments.state, 'DELETE', path)['cleared']} cleared")
    return 0


def _pair(text: str) -> tuple[str, str]:
    name, separator, glob = text.partition("=")
    if not separator:
        raise argparse.ArgumentTypeError("write NAME=GLOB")
    return name, glob


def _parser() -> argparse.ArgumentParser:
    common = argparse.ArgumentParser(add_help=False)
    common.add_argument("--state", type=Path, default=Path(".twin"), help="state directory (default: .twin)")
    parser = argparse.ArgumentParser(prog="python -m twin", description="The simulated estate, on 127.0.0.1.")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    command = commands.add_parser("up", parents=[common], help="start a twin and write its overlay inventory")
    command.add_argument("--inventory", type=Path, action="append", default=[], help="which hosts exist (repeatable)")
    command.add_argument("--scale", type=float, default=60.0, help="the twin's seconds in a real one (default: 60)")
    command.add_argument("--no-control-planes", dest="control_planes", action="store_false",
                         help="EKS clusters without a real API server behind them")  # fmt: skip
    command.set_defaults(run=_up)

    command = commands.add_parser("down", parents=[common], help="end it and remove its state")
    command.add_argument("--keep-logs", action="store_true")
    command.set_defaults(run=_down)

    command = commands.add_parser("build", help="build the control planes' programs and say where they are")
    command.set_defaults(run=_build)

    command = commands.add_parser("status", parents=[common], help="what runs; exit status 3 when nothing does")
    command.add_argument("--json", action="store_true")
    command.set_defaults(run=_status)

    command = commands.add_parser("calls", parents=[common], help="API calls, counted")
    command.add_argument("--json", action="store_true")
    command.add_argument("--since", type=int, default=0, metavar="MARK", help="only those after this mark")
    command.add_argument("--reset", action="store_true", help="forget them")
    command.set_defaults(run=_calls)

    _add_fault_commands(commands.add_parser("fault", help="let calls fail"), common)
    return parser


def _add_fault_commands(parser: argparse.ArgumentParser, common: argparse.ArgumentParser) -> None:
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    command = commands.add_parser("add", parents=[common], help="put a rule in force, and print its id")
    kinds = dict.fromkeys([*get_args(FaultKind), *get_args(ClusterFaultKind), *get_args(VsphereFaultKind)])
    command.add_argument("--kind", required=True, choices=kinds)
    command.add_argument("--service", help="glob over botocore's service names (default: *), or kubernetes, or vsphere")
    command.add_argument("--cluster", help="control planes or vCenters: glob over their names (default: *)")
    command.add_argument(
        "--name",
        help="glob: NAMESPACE/SERVICE of a webhook, a definition, a namespace; "
        "vSphere: a host, a site, a datastore, an object's id",
    )
    command.add_argument("--factor", type=float, help="certificates-slow: so many times as long (default: 10)")
    command.add_argument("--operation", help="glob over operation names (default: *)")
    command.add_argument("--code", help="error code instead of the service's own")
    command.add_argument("--rate", type=float, help="share of the matching calls, 0 to 1 (default: 1)")
    command.add_argument("--count", type=int, help="spent after so many hits")
    command.add_argument("--seconds", type=float, help="latency: real seconds; others: the twin's")
    command.add_argument("--seed", type=int, help="which calls a rate hits")
    command.add_argument("--id", help="replaces the rule of this id")
    command.add_argument("--param", type=_pair, action="append", default=[], metavar="NAME=GLOB",
                         help="only calls whose parameter matches (repeatable)")  # fmt: skip
    command.set_defaults(run=_fault_add)
    command = commands.add_parser("list", parents=[common], help="the rules in force")
    command.set_defaults(run=_fault_list)
    command = commands.add_parser("clear", parents=[common], help="drop one rule, or all")
    command.add_argument("id", nargs="?")
    command.set_defaults(run=_fault_clear)


if __name__ == "__main__":
    sys.exit(main())
