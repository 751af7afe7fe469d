# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""An estate of a test's own: twin, inventory, store, working directory, and playbooks run as a person would."""

from __future__ import annotations

import contextlib
import json
import os
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import botocore.session
import yaml

from ansible_collections.kubeops.hybrid.plugins.module_utils._kinds.kubernetes.sorts import PROTECTED
from tests.system.processes import Running
from twin import supervisor
from twin.processes import wait_until

ROOT = Path(__file__).resolve().parent.parent.parent
LAB = ROOT / "inventories" / "lab"
ASTROMINED = ROOT / "inventories" / "astromined"
REGION = "us-east-2"
TIMING = {"poll_interval": 0.1, "settle_timeout": 15.0, "wait_timeout": 120.0, "lease_ttl": 3.0}
"""Real seconds. A lease so short that a test can see it expire; the heartbeat is a third of it."""
MIRROR = ROOT.parent / "shared" / "upstream"
MANIFESTS = f"kubeops_mirror={MIRROR}" if MIRROR.is_dir() else "kubeops_stand_ins=allow"
"""Extra variable of every run: where manifests come from."""
ON_SITE = ("vsphere_cluster", "vsphere_hosts", "vcenter")
IN_CLUSTERS = ("cluster_base", "kubeflow")
"""Layers that are inside of clusters."""
Document = dict[str, Any]


@dataclass(frozen=True)
class Run:
    """What a playbook run came to. code: exit status. seconds: of the whole command. summary: what the run says of
    itself, {} when it ended before it could. id: of the run, "" when it did not begin."""

    verb: str
    code: int
    output: str
    seconds: float
    id: str
    summary: Document

    @property
    def told(self) -> str:
        """The output with its line breaks and runs of blanks made one blank: Ansible wraps messages."""
        return " ".join(self.output.split())

    @property
    def failures(self) -> str:
        """Why the run failed, as its summary says; its output when it has none."""
        return "\n".join(self.summary["failures"]) if self.summary else self.told

    @property
    def changes(self) -> int:
        """Entries that were made, changed or removed."""
        return sum(self.summary["counts"].get(verb, 0) for verb in ("create", "update", "delete"))


@dataclass
class Estate:
    """One twin with all that its runs leave behind below `directory`.

    inventory: the estate's. scale: the twin's seconds in a real one. timing: `kubeops_timing` of all runs.
    """

    directory: Path
    inventory: Path = LAB
    scale: float = 600.0
    control_planes: bool = False
    timing: Mapping[str, float] = field(default_factory=lambda: dict(TIMING))
    environment: Mapping[str, str] = field(default_factory=dict)

    @property
    def twin(self) -> Path:
        """State directory of the twin."""
        return self.directory / "twin"

    @property
    def store(self) -> Path:
        """Store of the runs."""
        return self.directory / "store"

    @contextlib.contextmanager
    def up(self) -> Iterator[Estate]:
        """The twin runs inside."""
        self.directory.mkdir(parents=True, exist_ok=True)
        supervisor.up(
            self.twin,
            inventories=[self.inventory],
            scale=self.scale,
            control_planes=self.control_planes,
            progress=lambda _message: None,
        )
        self.overlay("timing", {"kubeops_timing": dict(self.timing), **self._identity()})
        try:
            yield self
        finally:
            supervisor.down(self.twin, keep_logs=True)

    def _identity(self) -> Document:
        """Layers that are not for these runs are ignored: without control planes there is no cluster to put anything
        into. What stands behind a vCenter has its own tests (contract, molecule) and is in every rehearsal."""
        written = (self.inventory / "group_vars/all/estate.yml").read_text(encoding="utf-8")
        identity = yaml.safe_load(written)["kubeops_estate"]
        ignored = (*ON_SITE, *(() if self.control_planes else IN_CLUSTERS))
        return {
            "kubeops_estate": {**identity, "layers": {**identity.get("layers", {}), **dict.fromkeys(ignored, "ignore")}}
        }

    def overlay(self, name: str, every: Document, region: Document | None = None) -> Path:
        """A further inventory that sets variables of all hosts, and of the region's; its path."""
        place = self.directory / "overlays" / name
        for path, content in (
            (place / "hosts.yml", {"aws_regions": {"hosts": {REGION: None}}}),
            (place / "group_vars/all/overlay.yml", every),
            (place / f"host_vars/{REGION}/overlay.yml", {**every, **(region or {})}),
        ):
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(yaml.safe_dump(content), encoding="utf-8")
        return place

    def command(self, verb: str, extra: tuple[str, ...], overlays: tuple[Path, ...] = ()) -> list[str]:
        """What a person would type; extra: further options."""
        behind = (self.twin / "inventory", self.directory / "overlays" / "timing", *overlays)
        options = [part for inventory in (self.inventory, *behind) for part in ("-i", str(inventory))]
        program = str(ROOT / ".venv/bin/ansible-playbook")
        options += ["-e", f"kubeops_store={self.store}", "-e", MANIFESTS]
        return [program, f"{ROOT}/playbooks/{verb}.yml", *options, *extra]

    def start(self, verb: str, *extra: str, overlays: tuple[Path, ...] = ()) -> Running:
        """Begin a run and do not wait for it."""
        environment = {
            **os.environ,
            **self.environment,
            "ANSIBLE_CONFIG": str(ROOT / "ansible.cfg"),
            "ANSIBLE_LOCAL_TEMP": str(self.directory / "ansible"),
            "PWD": str(self.directory),
        }
        before = self.runs()
        return Running(self.command(verb, extra, overlays), self.directory, environment, verb, before)

    def run(self, verb: str, *extra: str, overlays: tuple[Path, ...] = (), seconds: float = 240) -> Run:
        """A whole run."""
        return self.ended(self.start(verb, *extra, overlays=overlays), seconds)

    def agreed(self, name: str) -> Document:
        """Extra variables of whoever removes everything: its data, and its namespaces with what programs put there."""
        steps = [json.loads(path.read_text(encoding="utf-8")) for path in self.store.glob("runs/*/steps/*.json")]
        made = {entry["name"] for step in steps for entry in step.get("entries") or () if entry["kind"] == "Namespace"}
        return {
            "kubeops_teardown": name,
            "kubeops_allow_delete": [f"{kind}:1000" for kind in sorted(PROTECTED)],
            "kubeops_consent": [f"Namespace/{space}" for space in sorted(made)],
        }

    def ended(self, running: Running, seconds: float = 240) -> Run:
        """Wait for a run's end."""
        code = running.wait(seconds)
        run = self.id_of(running)
        elapsed = time.monotonic() - running.began
        return Run(running.verb, code, running.output(), elapsed, run, self._document(run, "summary"))

    def id_of(self, running: Running) -> str:
        """Id of a run that was started, by its process; "" as long as it did not begin."""
        owned = f"(pid {running.pid})"
        new = self.runs() - running.before
        return max((run for run in new if str(self._document(run, "run").get("owner")).endswith(owned)), default="")

    def runs(self) -> frozenset[str]:
        """Ids of the runs that the store knows."""
        return frozenset(path.name for path in (self.store / "runs").glob("*"))

    def _document(self, run: str, name: str) -> Document:
        path = self.store / "runs" / run / f"{name}.json"
        content: Document = json.loads(path.read_text(encoding="utf-8")) if run and path.is_file() else {}
        return content

    def entries(self, run: Run) -> dict[str, Document]:
        """What a run did, by address: {kind, name, verb, outcome, reason}."""
        steps = sorted((self.store / "runs" / run.id / "steps").glob("*.json"))
        documents = [json.loads(path.read_text(encoding="utf-8")) for path in steps]
        return {f"{entry['kind']}/{entry['name']}": entry for step in documents for entry in step["entries"]}

    def endpoint(self) -> Document:
        """How the twin's overlay reaches the region."""
        overlay = (self.twin / f"inventory/host_vars/{REGION}/twin.yml").read_text(encoding="utf-8")
        endpoint: Document = yaml.safe_load(overlay)["kubeops_aws_endpoint"]
        return endpoint

    def client(self, service: str, profile: str = "twin") -> Any:
        """A client of the account, made of what the overlay says."""
        endpoint = self.endpoint()
        # Any: the stubs know create_client only for literal names of services.
        session: Any = botocore.session.Session(profile=profile)
        session.set_config_variable("credentials_file", endpoint["shared_credentials_file"])
        return session.create_client(service, region_name=REGION, endpoint_url=endpoint["endpoint_url"])

    def fault(self, kind: str, **rule: Any) -> str:
        """Put a rule in force; see python -m twin fault add. Its id."""
        return str(supervisor.ask(self.twin, "POST", "/twin/faults", {"kind": kind, **rule})["id"])

    def clear(self, fault: str = "") -> None:
        """Drop a rule, or all."""
        supervisor.ask(self.twin, "DELETE", f"/twin/faults/{fault}" if fault else "/twin/faults")

    def hits(self, fault: str) -> int:
        """How often a rule has hit."""
        rules = supervisor.ask(self.twin, "GET", "/twin/faults")
        return next(int(rule["hits"]) for rule in rules if rule["id"] == fault)

    def mark(self) -> int:
        """The present end of the call log."""
        return int(supervisor.ask(self.twin, "GET", "/twin/calls?since=0")["mark"])

    def calls(self, since: int) -> Document:
        """Calls after a mark: {total, writes, by_operation, errors}."""
        calls: Document = supervisor.ask(self.twin, "GET", f"/twin/calls?since={since}")["aws"]
        return calls

    def writes(self, since: int) -> int:
        """Calls after a mark that may change something."""
        return int(self.calls(since)["writes"])

    def unsupported(self) -> list[Document]:
        """Calls that the twin could not answer: each is a hole in the proof."""
        listed: list[Document] = supervisor.ask(self.twin, "GET", "/twin/calls?since=0")["unsupported"]
        return listed

    @staticmethod
    def until(look: Callable[[], bool], what: str, seconds: float = 60) -> None:
        """Look until it is so; fails naming what was missing."""
        wait_until(lambda: look() or None, seconds=seconds, interval=0.02, what=what)
