# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""eksctl anywhere on the admin machine: it outlives who started it, and its credentials are nowhere to be read."""

from __future__ import annotations

import dataclasses
import os
import select
import signal
import stat
import subprocess
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import pytest

from ansible_collections.kubeops.hybrid.plugins.module_utils._clients.eksa_cli import Admin, AdminMachine, Attempt
from ansible_collections.kubeops.hybrid.plugins.module_utils._engine.errors import Fenced, NotFound, Unavailable
from tests.unit.eksa.samples import sample

SECRET = "it's a $ecret"
# It says what it does, and goes on or ends when it is told so.
PROGRAM = """\
#!/bin/sh
echo "$@" >arguments
env >environment
echo "Performing setup and validations"
exec 3<>orders
while read -r word <&3; do
  case "$word" in
    write) mkdir -p demo; echo "server: $EKSA_VSPHERE_PASSWORD" >/dev/null
           echo "kind: Config" >demo/demo-eks-a-cluster.kubeconfig; echo "Writing cluster config file" ;;
    leak) echo "password is $EKSA_VSPHERE_PASSWORD" ;;
    fail) echo "Error: failed to create cluster: no free address"; exit 255 ;;
    done) echo "Cluster created!"; exit 0 ;;
  esac
done
"""


def execute(arguments: Sequence[str], script: str) -> tuple[int, str, str]:
    """As a module runs commands."""
    done = subprocess.run(list(arguments), input=script, capture_output=True, text=True, check=False)
    return done.returncode, done.stdout, done.stderr


@dataclasses.dataclass
class Place:
    """The admin machine, and a pipe to the program on it."""

    folder: Path
    machine: AdminMachine
    calls: list[tuple[Sequence[str], str]]

    @property
    def work(self) -> Path:
        """Work directory of the cluster."""
        return self.folder / "work" / "demo"

    def order(self, *words: str) -> None:
        """Tell the program; it takes one order at a time."""
        for word in words:
            (self.work / "orders").write_text(f"{word}\n", encoding="utf-8")

    def ended(self) -> Attempt:
        """The attempt once its process is gone: the lock is waited for."""
        subprocess.run(["flock", str(self.work / "lock"), "true"], check=True)
        found = self.machine.attempt("demo")
        assert found is not None
        return found


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Place]:
    program = tmp_path / "eksctl"
    program.write_text(PROGRAM, encoding="utf-8")
    program.chmod(0o755)
    (tmp_path / "work" / "demo").mkdir(parents=True)
    os.mkfifo(tmp_path / "work" / "demo" / "orders")
    calls: list[tuple[Sequence[str], str]] = []

    def seen(arguments: Sequence[str], script: str) -> tuple[int, str, str]:
        calls.append((arguments, script))
        return execute(arguments, script)

    environment = {"EKSA_VSPHERE_USERNAME": "automation", "EKSA_VSPHERE_PASSWORD": SECRET}
    admin = Admin(str(tmp_path / "work"), command=(str(program),), environment=environment, pause="0.02")
    place = Place(tmp_path, AdminMachine(admin, seen), calls)
    yield place
    left = place.machine.attempt("demo")
    if left and left.running:
        os.kill(int((place.work / "pid").read_text(encoding="utf-8")), signal.SIGKILL)


def test_nothing_was_ever_tried(place: Place) -> None:
    assert place.machine.attempt("demo") is None
    assert place.machine.attempt("other") is None
    with pytest.raises(NotFound, match=r"no .*demo-eks-a-cluster\.kubeconfig on the admin machine"):
        place.machine.kubeconfig("demo")


def test_it_runs_on_by_itself_and_is_found_again(place: Place) -> None:
    begun = place.machine.start("demo", "create", sample(), estate="lab")
    assert (begun.operation, begun.estate, begun.running, begun.exit) == ("create", "lab", True, None)
    again = place.machine.start("demo", "create", sample(), estate="lab")
    assert again.running
    place.order("write", "done")
    ended = place.ended()
    assert ended.done
    assert (ended.exit, ended.line) == (0, "Cluster created!")
    assert place.machine.kubeconfig("demo") == "kind: Config\n"
    assert place.machine.documents("demo") == sample()
    assert (place.work / "arguments").read_text(encoding="utf-8") == "create cluster -f cluster.yaml\n"


def test_a_failure_is_told_with_its_last_line_and_leaves_everything(place: Place) -> None:
    place.machine.start("demo", "create", sample())
    place.order("write", "fail")
    ended = place.ended()
    assert (ended.done, ended.exit) == (False, 255)
    assert ended.line == "Error: failed to create cluster: no free address"
    assert (place.work / "demo" / "demo-eks-a-cluster.kubeconfig").exists()
    assert not any("cleanup" in script or "kind delete" in script for _arguments, script in place.calls)


def test_who_started_it_may_die(place: Place) -> None:
    place.machine.start("demo", "create", sample())
    program = int((place.work / "pid").read_text(encoding="utf-8"))
    parent = int(Path(f"/proc/{program}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()[1])
    os.kill(parent, signal.SIGKILL)
    found = place.machine.attempt("demo")
    assert found is not None
    assert found.running
    place.order("write", "done")
    ended = place.ended()
    assert (ended.exit, ended.done) == (None, True)


def test_an_interrupted_one_is_neither_running_nor_done(place: Place) -> None:
    place.machine.start("demo", "create", sample())
    program = int((place.work / "pid").read_text(encoding="utf-8"))
    parent = int(Path(f"/proc/{program}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()[1])
    os.kill(parent, signal.SIGKILL)
    os.kill(program, signal.SIGKILL)
    ended = place.ended()
    assert (ended.running, ended.exit, ended.done) == (False, None, False)


def test_copies_are_made_of_each_phase_for_the_owner_only(place: Place) -> None:
    place.machine.start("demo", "create", sample())
    place.order("write", "done")
    place.ended()
    copies = sorted(path.name.partition("-")[2] for path in (place.work / "backups").iterdir())
    assert "exit-0" in copies
    (last,) = [path for path in (place.work / "backups").iterdir() if path.name.endswith("exit-0")]
    assert (last / "demo" / "demo-eks-a-cluster.kubeconfig").exists()
    written = [path for path in place.work.rglob("*") if path.is_file()]
    assert {stat.S_IMODE(path.stat().st_mode) & 0o077 for path in written} == {0}


def test_credentials_are_only_in_the_environment(place: Place) -> None:
    place.machine.start("demo", "create", sample())
    place.order("leak")
    place.order("write")
    environment = (place.work / "environment").read_text(encoding="utf-8")
    assert f"EKSA_VSPHERE_PASSWORD={SECRET}" in environment
    (place.work / "environment").unlink()
    assert all(SECRET not in " ".join(arguments) for arguments, _script in place.calls)
    for process in Path("/proc").glob("[0-9]*/cmdline"):
        with_arguments = _read(process)
        assert SECRET.encode() not in with_arguments
    texts = {path.name for path in place.work.rglob("*") if path.is_file() and SECRET.encode() in path.read_bytes()}
    assert texts <= {"log"}, "only what the program itself tells may hold it"
    place.order("leak")
    _until(place, lambda found: "password is" in found.line)
    found = place.machine.attempt("demo")
    assert found is not None
    assert found.line == "password is (EKSA_VSPHERE_PASSWORD)"


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError:
        return b""


def _until(place: Place, fits: Callable[[Attempt], bool]) -> None:
    """Until the log says so; each look is a process of its own, so it gives others their turn."""
    for _turn in range(500):
        found = place.machine.attempt("demo")
        if found and fits(found):
            return
        select.select([], [], [], 0.01)
    raise AssertionError("it never came true")


def test_a_later_operation_names_the_kubeconfig(place: Place) -> None:
    place.machine.start("demo", "create", sample())
    place.order("write", "done")
    place.ended()
    place.machine.start("demo", "upgrade", sample())
    place.order("done")
    assert place.ended().operation == "upgrade"
    arguments = (place.work / "arguments").read_text(encoding="utf-8")
    assert arguments == "upgrade cluster -f cluster.yaml --kubeconfig demo/demo-eks-a-cluster.kubeconfig\n"
    assert "Cluster created!" in (place.work / "log.before").read_text(encoding="utf-8")


def test_who_lost_the_lease_starts_nothing(tmp_path: Path) -> None:
    def fenced() -> None:
        raise Fenced("run 1 lost the lease")

    machine = AdminMachine(Admin(str(tmp_path)), execute, fenced)
    with pytest.raises(Fenced):
        machine.start("demo", "create", sample())
    assert list(tmp_path.iterdir()) == []


def test_a_machine_that_cannot_be_reached_says_so(tmp_path: Path) -> None:
    def refused(_arguments: Sequence[str], _script: str) -> tuple[int, str, str]:
        return 255, "", "ssh: connect to host admin port 22: Connection refused"

    with pytest.raises(Unavailable, match="status 255: ssh: connect to host admin"):
        AdminMachine(Admin(str(tmp_path), prefix=("ssh", "admin")), refused).attempt("demo")
