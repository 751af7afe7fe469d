# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Role kubeflow on one control plane of the twin: as a playbook would use it, with what users and others have there."""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from tests.contract.cluster_of_streams import NAME, api_of, running
from twin.kube_api import KubeApi, KubeApiError

ROOT = Path(__file__).resolve().parent.parent.parent
MIRROR = ROOT.parent / "shared" / "upstream"
TIMING = {"poll_interval": 0.2, "settle_timeout": 20.0, "wait_timeout": 150.0}
TEAM = "team-a"
SHAPE: dict[str, Any] = {
    "version": "26.03",
    "clusters": [NAME],
    "components": ["pipelines", "notebooks", "dashboard"],
    "storage_class": "fast",
    "users": [{"email": "a@example.com"}, {"email": "b@example.com"}],
    "administrators": [{"group": "platform"}],
    "profiles": [
        {
            "name": TEAM,
            "owner": "a@example.com",
            "gpus": 2,
            "quota": {"pods": 20},
            "contributors": [{"user": "b@example.com", "role": "view"}],
        }
    ],
}
Document = dict[str, Any]


@dataclass(frozen=True)
class Outcome:
    """What a use of the role came to. answer: the module's, {} when the play failed before it."""

    code: int
    output: str
    answer: Document

    @property
    def told(self) -> str:
        """The output with every run of blanks made one: Ansible wraps messages."""
        return " ".join(self.output.split())

    def count(self, *verbs: str) -> int:
        """Entries of those verbs."""
        return sum(self.answer["counts"].get(verb, 0) for verb in verbs)

    def entries(self, verb: str) -> dict[str, Document]:
        """Entries of a verb by address."""
        return {f"{one['kind']}/{one['name']}": one for one in self.answer["plan"] if one["verb"] == verb}


@dataclass(frozen=True)
class KubeflowCluster:
    """A control plane with nodes and volumes, and the directory from which the role is used."""

    directory: Path
    kubeconfig: Path
    api: KubeApi

    def use(
        self,
        entry: str,
        shape: Mapping[str, Any],
        *,
        run: Mapping[str, Any] | None = None,
        check: bool = False,
        keep_data: bool = False,
    ) -> Outcome:
        """Play an entry of the role (main, verify, absent). run: what the call is allowed, as consent."""
        answers = {"main": "kubeflow_result", "verify": "kubeflow_evidence", "absent": "kubeflow_removal"}
        answer = self.directory / "answer.json"
        answer.unlink(missing_ok=True)
        variables = {
            "kubeops_estate": {"name": "lab"},
            "kubeops_kubernetes": {"cluster": NAME},
            "kubeops_secrets": {},
            "kubeflow": dict(shape),
            "kubeflow_keep_data": keep_data,
            "kubeflow_artifacts": {"mirror": str(MIRROR), "store": str(self.directory / "store")},
        }
        defaults = {"kubeconfig": str(self.kubeconfig), "timing": TIMING, "endpoint": NAME, "run": dict(run or {})}
        role: Document = {"name": "kubeops.hybrid.kubeflow", "tasks_from": entry}
        save = {"content": f"{{{{ {answers[entry]} | to_json }}}}", "dest": str(answer)}
        play = {
            "hosts": "localhost",
            "connection": "local",
            "gather_facts": False,
            "vars": variables,
            "module_defaults": {"group/kubeops.hybrid.kube": defaults},
            "tasks": [
                {
                    "block": [{"ansible.builtin.include_role": role}],
                    "always": [{"ansible.builtin.copy": save, "check_mode": False, "diff": False}],
                }
            ],
        }
        book = self.directory / "play.yml"
        book.write_text(yaml.safe_dump([play]), encoding="utf-8")
        command = [str(ROOT / ".venv/bin/ansible-playbook"), "-i", "localhost,", str(book)]
        environment = {**os.environ, "ANSIBLE_CONFIG": str(ROOT / "ansible.cfg"), "PATH": _path()}
        done = subprocess.run(
            [*command, *(["--check"] if check else [])],
            cwd=self.directory, env=environment, capture_output=True, text=True, timeout=400, check=False,
        )  # fmt: skip
        found = json.loads(answer.read_text(encoding="utf-8")) if answer.is_file() else {}
        return Outcome(done.returncode, done.stdout + done.stderr, found)

    def well(self, entry: str, shape: Mapping[str, Any], **rest: Any) -> Outcome:
        """The same, and it must have gone well."""
        outcome = self.use(entry, shape, **rest)
        assert outcome.code == 0, outcome.output[-6000:]
        return outcome

    def find(self, path: str) -> Document | None:
        """An object by its path, or None."""
        try:
            found: Document = self.api.request("GET", path)
        except KubeApiError as error:
            if error.status != 404:
                raise
            return None
        return found

    def make(self, path: str, kind: str, name: str, **rest: Any) -> str:
        """Somebody makes an object; its path."""
        group = path.removeprefix("/apis/").removeprefix("/api/").partition("/namespaces/")[0]
        metadata: Document = {"name": name}
        self.api.request("POST", path, {"apiVersion": group, "kind": kind, "metadata": metadata, **rest})
        return f"{path}/{name}"


def _path() -> str:
    return os.pathsep.join((str(ROOT / ".venv/bin"), os.environ.get("PATH", "")))


@contextlib.contextmanager
def kubeflow_cluster(directory: Path) -> Iterator[KubeflowCluster]:
    """A cluster without anything in it but nodes, a StorageClass and volumes."""
    with running(directory / "twin", volumes=0) as host:
        api = api_of(host)
        metadata = {"name": "fast"}
        claims = {"provisioner": "kubernetes.io/no-provisioner", "volumeBindingMode": "WaitForFirstConsumer"}
        storage = {"apiVersion": "storage.k8s.io/v1", "kind": "StorageClass", "metadata": metadata, **claims}
        api.apply("/apis/storage.k8s.io/v1/storageclasses/fast", storage)
        for index in range(12):
            api.apply(f"/api/v1/persistentvolumes/fast-{index}", _volume(f"fast-{index}"))
        yield KubeflowCluster(directory, Path(host.admin_kubeconfig(NAME)), api)


def _volume(name: str) -> Document:
    spec = {
        "capacity": {"storage": "100Gi"},
        "accessModes": ["ReadWriteOnce"],
        "hostPath": {"path": "/data"},
        "persistentVolumeReclaimPolicy": "Retain",
        "storageClassName": "fast",
    }
    return {"apiVersion": "v1", "kind": "PersistentVolume", "metadata": {"name": name}, "spec": spec}
