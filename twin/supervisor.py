# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Starting, finding and ending a twin from outside."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import urllib3

from twin import overlay, vcenter_racks
from twin.build import build, build_vsphere
from twin.contract import TwinError
from twin.processes import end_recorded, recorded, wait_until
from twin.state import ACCOUNT_ID, Settings, State, write_json

_ROOT = Path(__file__).parent.parent
_START_DEADLINE = 60.0
type Progress = Callable[[str], None]


def up(
    directory: Path,
    *,
    inventories: Sequence[Path] = (),
    scale: float = 60.0,
    control_planes: bool = True,
    progress: Progress = print,
) -> dict[str, Any]:
    """Start a twin, or find it running with the same settings; the content of twin.json.

    `scale`: the twin's seconds in a real one. `start_seconds` is 0 for one that was found. Raises TwinError when it
    cannot be built or does not answer.
    """
    state = State(directory.absolute())
    state.refuse_foreign()
    sources = [path.absolute() for path in inventories]
    regions, racks = overlay.aws_regions(sources), vcenter_racks.read(sources)
    built = build(progress) if control_planes else None
    vsphere = build_vsphere(progress) if racks else None
    settings = Settings(
        account_id=ACCOUNT_ID,
        regions=tuple(sorted(set(regions.values()))) or ("us-east-2",),
        scale=scale,
        programs=str(built.directory) if built else None,
        vcenters=tuple(sorted(racks)),
        vsphere=str(vsphere.directory) if vsphere else None,
    )
    began = time.monotonic()
    if recorded(state.pidfile):
        _refuse_different(state, settings)
        settings = state.read_settings()
        wait_until(lambda: state.listening.exists() or None, seconds=_START_DEADLINE, what="the running twin to listen")
        started = 0.0
    else:
        _start(state, settings, racks)
        started = time.monotonic() - began
    addresses = json.loads(state.listening.read_text())
    overlay.write(
        state.inventory,
        hosts=regions,
        endpoint=overlay.aws_endpoint(addresses["aws_url"], state.private / "aws-credentials"),
        timing=overlay.timing(settings.scale),
        vcenters={
            name: overlay.vsphere_endpoints(reached, state.vcenter_password(name), state.hosts_password(name))
            for name, reached in addresses["vcenters"].items()
        },
    )
    summary = {
        **asdict(settings),
        **addresses,
        "pid": recorded(state.pidfile),
        "inventory": str(state.inventory),
        "build_seconds": round(sum(each.seconds for each in (built, vsphere) if each), 3),
        "start_seconds": round(started, 3),
    }
    write_json(state.twin, summary)
    return summary


def down(directory: Path, *, keep_logs: bool = False) -> bool:
    """End a twin and everything it started, and remove its state; False when none ran. Safe to repeat."""
    state = State(directory.absolute())
    ran = end_recorded(state.pidfile, seconds=15)
    # The kernel ends the children of a killed daemon; this is for what it might have missed.
    for pidfile in (*state.control_planes.glob("*/*.pid"), *state.vcenters.glob("*/*.pid")):
        end_recorded(pidfile)
    state.clear(keep_logs=keep_logs)
    return ran


def status(directory: Path) -> dict[str, Any]:
    """What the daemon says about itself; `{"running": False}` when there is none."""
    state = State(directory.absolute())
    if recorded(state.pidfile) is None or not state.twin.exists():
        return {"running": False, "state_dir": str(state.directory)}
    return dict(ask(directory, "GET", "/twin/status"))


def ask(directory: Path, method: str, path: str, body: object = None) -> Any:
    """One request to the twin's own API. Raises TwinError with the twin's reason, or when none answers."""
    url = State(directory.absolute()).summary()["control_url"]
    try:
        answer = urllib3.request(method, url + path, json=body, timeout=10.0, retries=False)
    except urllib3.exceptions.HTTPError as error:
        raise TwinError(f"the twin at {url} does not answer: {error}") from error
    content = answer.json()
    if answer.status >= 400:
        raise TwinError(content["error"])
    return content


def _refuse_different(state: State, settings: Settings) -> None:
    running = state.read_settings()
    missing = set(settings.regions) - set(running.regions)
    different = [key for key in ("scale", "programs") if getattr(settings, key) != getattr(running, key)]
    different += ["set of regions"] if missing else []
    different += ["set of vCenters"] if set(settings.vcenters) - set(running.vcenters) else []
    if different:
        raise TwinError(
            f"a twin with another {' and '.join(different)} runs in {state.directory}: "
            "end it with `python -m twin down`, or give this one another --state"
        )


def _start(state: State, settings: Settings, racks: vcenter_racks.Racks) -> None:
    down(state.directory, keep_logs=True)
    state.prepare(settings)
    vcenter_racks.write(state, racks)
    log = state.logs / "daemon.log"
    with log.open("ab") as output:
        daemon = subprocess.Popen(
            [sys.executable, "-m", "twin.daemon", str(state.directory)],
            cwd=_ROOT, env={**os.environ, "PYTHONPATH": str(_ROOT)}, start_new_session=True,
            stdin=subprocess.DEVNULL, stdout=output, stderr=subprocess.STDOUT,
        )  # fmt: skip

    def look() -> bool | None:
        if daemon.poll() is not None:
            ending = "\n".join(f"    {line}" for line in log.read_text(errors="replace").splitlines()[-8:])
            raise TwinError(f"the twin ended with status {daemon.returncode}; the end of {log}:\n{ending}")
        return state.listening.exists() or None

    wait_until(look, seconds=_START_DEADLINE, what=f"the twin to listen (its log: {log})")
