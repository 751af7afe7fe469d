# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""kubectl and helm: where they are, which version, and how they run without a network."""

from __future__ import annotations

import dataclasses
import json
import os
import pathlib
import shutil
import subprocess
import sys
from collections.abc import Mapping, Sequence
from typing import IO

from ansible_collections.kubeops.hybrid.plugins.module_utils._engine.errors import Invalid, NotFound, TimedOut
from ansible_collections.kubeops.hybrid.plugins.module_utils._engine.store import DirectoryStore

_VERSION = {
    "kubectl": ["version", "--client", "--output", "json"],
    "helm": ["version", "--template", '{"gitVersion": "{{ .Version }}"}'],
}
_SECONDS = 300
# Nothing listens there: whatever tries to fetch something fails at once.
_NOWHERE = "http://127.0.0.1:9"


@dataclasses.dataclass(frozen=True)
class Program:
    """One of them. version: as kubectl v1.35.2 with kustomize v5.7.1."""

    path: str
    version: str

    def run(self, arguments: Sequence[str], scratch: pathlib.Path, output: IO[bytes]) -> str:
        """Run it without network, git, cluster and home; returns what it wrote to stderr.

        scratch: a directory of its own. output: takes stdout. Raises Invalid with the program's last words.
        """
        errors = scratch / "stderr"
        with errors.open("wb") as told:
            try:
                code = subprocess.run(
                    [self.path, *arguments], check=False, stdin=subprocess.DEVNULL, stdout=output, stderr=told,
                    timeout=_SECONDS, env=sealed(scratch), cwd=scratch,
                ).returncode  # fmt: skip
            except subprocess.TimeoutExpired as error:
                raise TimedOut(f"{self.path} took longer than {_SECONDS} seconds") from error
        said = errors.read_text(encoding="utf-8", errors="replace")
        if code:
            lines = [line for line in said.splitlines() if line.strip() and not line.startswith("# Warning")]
            raise Invalid(f"{os.path.basename(self.path)} {' '.join(arguments[:2])}: {' '.join(lines[-5:])[-2000:]}")
        return said


def sealed(scratch: pathlib.Path) -> dict[str, str]:
    """Environment of a program that must not fetch anything: no git in PATH, proxies that do not answer, no home."""
    empty = scratch / "empty"
    empty.mkdir(exist_ok=True)
    proxies = dict.fromkeys(("HTTP_PROXY", "HTTPS_PROXY", "http_proxy", "https_proxy", "ALL_PROXY"), _NOWHERE)
    homes = {name: str(empty) for name in ("HOME", "HELM_CACHE_HOME", "HELM_CONFIG_HOME", "HELM_DATA_HOME", "PATH")}
    return {**proxies, **homes, "KUBECONFIG": os.devnull, "NO_PROXY": "", "LC_ALL": "C.UTF-8"}


def find(name: str, given: Mapping[str, str], store: DirectoryStore) -> Program:
    """The program as given, else beside this Python, else in PATH. Its version is remembered in the store."""
    beside = os.pathsep.join([os.path.dirname(sys.executable), os.environ.get("PATH", os.defpath)])
    path = shutil.which(given[name]) if given.get(name) else shutil.which(name, path=beside)
    if path is None:
        raise NotFound(
            f"{given.get(name) or name} is no program",
            remedy=f"Install {name}, or give its path with programs: {{{name}: ...}}.",
        )
    return Program(path, _version(name, path, store))


def _version(name: str, path: str, store: DirectoryStore) -> str:
    status = os.stat(path)
    signature = f"{path} {status.st_size} {status.st_mtime_ns}"
    record = f"artifacts/programs/{name}.json"
    known = store.read(record)
    if known and known["signature"] == signature:
        return str(known["version"])
    ran = subprocess.run([path, *_VERSION[name]], check=False, capture_output=True, text=True, timeout=_SECONDS)
    try:
        told = json.loads(ran.stdout)
        version = (told.get("clientVersion") or told)["gitVersion"]
    except (ValueError, KeyError) as error:
        raise Invalid(f"{path} does not tell its version: {ran.stderr.strip()[-500:]}") from error
    kustomize = f" with kustomize {told['kustomizeVersion']}" if "kustomizeVersion" in told else ""
    version = f"{name} {version}{kustomize}"
    store.write(record, {"signature": signature, "version": version})
    return str(version)
