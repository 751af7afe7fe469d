# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This file is private to the collection: its content may change in any release.
"""eksctl anywhere on the admin machine: started there detached, so that a lost connection does not matter, and watched.

The machine is this one or reached by ssh. What runs there is a shell that reads its script from standard input:
credentials are in no argument and in no file, only in the environment of the process that needs them. A lock that this
process holds says whether it still runs, whatever became of process ids since.
"""

from __future__ import annotations

import dataclasses
import json
import shlex
import typing as t

from .._engine.errors import EstateError, NotFound, Unavailable

Execute = t.Callable[[t.Sequence[str], str], tuple[int, str, str]]
"""Arguments and standard input: answers exit status, output and errors."""
Document = t.Mapping[str, t.Any]

_TAIL = 4000
_SEPARATOR = "--log--"
OPERATIONS = ("create", "upgrade", "delete")
_DONE = "Cluster created!"

# Runs in the work directory of one cluster. The program inherits the lock: it counts as running also when this shell
# was killed. Folder and kubeconfigs are copied whenever a new phase begins, so that none is lost with the machine that
# the bootstrap cluster runs on. Nothing is ever cleaned up here: after a failure the bootstrap cluster is all there is.
_RUNNER = """\
umask 077
exec 9>lock
flock -w 10 9 || exit 75
rm -f exit pid
"$@" >>log 2>&1 </dev/null &
child=$!
echo "$child" >pid
seen=
saved() {
  folder="backups/$(date -u +%Y%m%dT%H%M%SZ)-$1"
  mkdir -p "$folder"
  cp -Rp cluster.yaml log "$folder"/
  [ ! -d "$KUBEOPS_CLUSTER" ] || cp -Rp "$KUBEOPS_CLUSTER" "$folder"/
}
while kill -0 "$child" 2>/dev/null; do
  phase=$(grep -c '^[A-Z][a-z]' log || true)
  if [ "$phase" != "$seen" ]; then seen=$phase; saved "phase-$phase"; fi
  sleep "$KUBEOPS_PAUSE"
done
wait "$child"
status=$?
saved "exit-$status"
echo "$status" >exit.new
mv exit.new exit
"""

_STATUS = """\
cd {directory} 2>/dev/null || exit 0
[ -f operation ] || exit 0
if flock -n lock true; then echo running=no; else echo running=yes; fi
echo "operation=$(cat operation)"
echo "exit=$(cat exit 2>/dev/null)"
echo "pid=$(cat pid 2>/dev/null)"
echo {separator}
tail -c {tail} log 2>/dev/null
"""


@dataclasses.dataclass(frozen=True)
class Attempt:
    """What eksctl anywhere does or did last for a cluster. exit: None while it runs, or when it was interrupted."""

    operation: str
    estate: str
    running: bool
    exit: t.Optional[int]
    line: str
    """Newest line of its log."""
    place: str
    """Where its log and its folder lie."""
    finished: bool = False
    """True when the log says that the cluster is there."""

    @property
    def done(self) -> bool:
        """Whether it ended well."""
        return not self.running and (self.exit == 0 or (self.exit is None and self.finished))


@dataclasses.dataclass(frozen=True)
class Admin:
    """How the admin machine is used. prefix: what goes before a command to run it there, empty for this machine.

    directory: work directory there. command: how eksctl anywhere is called. flags: added to each call. environment:
    credentials of the process. pause: seconds between two looks of the shell that makes copies.
    """

    directory: str
    prefix: tuple[str, ...] = ()
    command: tuple[str, ...] = ("eksctl", "anywhere")
    flags: tuple[str, ...] = ()
    environment: t.Mapping[str, str] = dataclasses.field(default_factory=dict, repr=False)
    pause: str = "1"


class AdminMachine:
    """The admin machine. guard is called before each start."""

    def __init__(self, admin: Admin, execute: Execute, guard: t.Callable[[], None] = lambda: None) -> None:
        self._admin = admin
        self._execute = execute
        self._guard = guard

    def place(self, cluster: str) -> str:
        """Work directory of a cluster."""
        return f"{self._admin.directory.rstrip('/')}/{cluster}"

    def attempt(self, cluster: str) -> Attempt | None:
        """What is or was done last for a cluster, or None."""
        script = _STATUS.format(directory=shlex.quote(self.place(cluster)), separator=_SEPARATOR, tail=_TAIL)
        return self._read(cluster, self._shell(script))

    def start(self, cluster: str, operation: str, documents: t.Sequence[Document], *, estate: str = "") -> Attempt:
        """Start an operation, unless one is running: then that one is answered."""
        self._guard()
        arguments = [*self._admin.command, operation, "cluster", "-f", "cluster.yaml", *self._admin.flags]
        if operation != "create":
            arguments += ["--kubeconfig", f"{cluster}/{cluster}-eks-a-cluster.kubeconfig"]
        record = json.dumps({"operation": operation, "estate": estate})
        place = shlex.quote(self.place(cluster))
        lines = [
            "umask 077; set -eu",
            f"mkdir -p {place}; cd {place}",
            "if ! flock -n lock true; then exit 0; fi",
            f"cat >cluster.yaml.new <<'KUBEOPS_END'\n{_stream(documents)}KUBEOPS_END",
            "mv cluster.yaml.new cluster.yaml",
            "[ ! -f log ] || mv log log.before",
            ": >log; rm -f exit pid",
            f"printf '%s\\n' {shlex.quote(record)} >operation.new; mv operation.new operation",
            *(f"export {name}={shlex.quote(value)}" for name, value in sorted(self._admin.environment.items())),
            f"export KUBEOPS_CLUSTER={shlex.quote(cluster)} KUBEOPS_PAUSE={shlex.quote(self._admin.pause)}",
            f"setsid sh -c {shlex.quote(_RUNNER)} runner {shlex.join(arguments)} </dev/null >/dev/null 2>&1 &",
            # Until it holds the lock a second look would take it for ended.
            "tries=0; while [ ! -f pid ] && [ ! -f exit ] && [ $tries -lt 200 ]; do",
            "sleep 0.05; tries=$((tries + 1)); done",
        ]
        self._shell("\n".join(lines) + "\n")
        found = self.attempt(cluster)
        if found is None:
            raise EstateError(f"{shlex.join(arguments)} was not started on the admin machine")
        return found

    def documents(self, cluster: str) -> list[Document]:
        """The documents of the last attempt; none without one."""
        text = self._shell(f"cat {shlex.quote(self.place(cluster))}/cluster.yaml 2>/dev/null || true\n")
        return [json.loads(line) for line in text.splitlines() if line.startswith("{")]

    def kubeconfig(self, cluster: str) -> str:
        """The kubeconfig that eksctl anywhere wrote. Raises NotFound."""
        path = f"{self.place(cluster)}/{cluster}/{cluster}-eks-a-cluster.kubeconfig"
        text = self._shell(f"cat {shlex.quote(path)} 2>/dev/null || true\n")
        if not text.strip():
            remedy = "It is written when the cluster is there; copies of each phase lie in backups beside it."
            raise NotFound(f"there is no {path} on the admin machine", remedy=remedy)
        return text

    def _shell(self, script: str) -> str:
        try:
            status, output, errors = self._execute([*self._admin.prefix, "sh", "-s"], script)
        except OSError as error:
            raise Unavailable(f"the admin machine cannot be used: {error}") from error
        if status != 0:
            told = self._without_secrets(errors.strip() or output.strip())
            remedy = "Are ssh, flock and setsid there, and is the work directory ours to write?"
            raise Unavailable(f"the admin machine answers with status {status}: {told}", remedy=remedy)
        return output

    def _without_secrets(self, text: str) -> str:
        for name, value in self._admin.environment.items():
            text = text.replace(value, f"({name})") if value else text
        return text

    def _read(self, cluster: str, output: str) -> Attempt | None:
        head, _separator, log = output.partition(f"{_SEPARATOR}\n")
        facts = dict(line.split("=", 1) for line in head.splitlines() if "=" in line)
        if "operation" not in facts:
            return None
        record = json.loads(facts["operation"])
        lines = [line.strip() for line in log.splitlines() if line.strip()]
        return Attempt(
            operation=record["operation"],
            estate=record.get("estate", ""),
            running=facts["running"] == "yes",
            exit=int(facts["exit"]) if facts["exit"] else None,
            line=self._without_secrets(lines[-1]) if lines else "",
            place=self.place(cluster),
            finished=record["operation"] == "create" and any(_DONE in line for line in lines),
        )


def _stream(documents: t.Sequence[Document]) -> str:
    """One line a document: JSON is YAML, and is read back without a library."""
    return "".join(f"---\n{json.dumps(one)}\n" for one in documents)
