# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One real Kubernetes control plane on loopback: etcd, API server, controllers, scheduler, kwok, and what is inside."""

from __future__ import annotations

import ipaddress
import shutil
import sys
import threading
from dataclasses import dataclass
from pathlib import Path

from twin import access, audit, pki
from twin.build import Built, kubernetes_version
from twin.contract import ControlPlaneError, TwinError
from twin.egress import EgressSocket
from twin.kube_api import KubeApi
from twin.kubeconfig import kubeconfig_of
from twin.ports import free_ports
from twin.processes import Program, wait_until
from twin.stages import write_stages

EMULATED_MINORS_BELOW = 3
_ROOT = Path(__file__).resolve().parent.parent
_START_DEADLINE = 180.0  # real seconds; 3 are usual, a busy machine takes more


@dataclass(frozen=True)
class Ports:
    """Where the parts listen, all on 127.0.0.1."""

    etcd: int
    etcd_peer: int
    api: int

    @classmethod
    def free(cls) -> Ports:
        """Three that nobody uses."""
        return cls(*free_ports(3))


def emulated(version: str) -> str:
    """The minor version ("1.34" of "1.34.2") if the binary can emulate it; TwinError names those that it can."""
    major, newest, _ = (int(part) for part in kubernetes_version().split("."))
    known = [f"{major}.{minor}" for minor in range(newest - EMULATED_MINORS_BELOW, newest + 1)]
    minor = ".".join(version.split(".")[:2])
    if minor not in known:
        raise TwinError(f"the twin's Kubernetes {kubernetes_version()} can be {', '.join(known)}, not {version}")
    return minor


class ControlPlane:
    """One control plane; `start` it once."""

    def __init__(
        self,
        name: str,
        state_dir: Path,
        *,
        programs: Built,
        kubernetes_version: str,
        service_cidr: str = "10.100.0.0/16",
        ports: Ports | None = None,
        issuer: str = "https://kubernetes.default.svc",
        token_webhook_kubeconfig: Path | None = None,
        twin: Path | None = None,
        scale: float = 60.0,
    ) -> None:
        """Everything goes under `state_dir`/`name`. `kubernetes_version` is up to three minors below the binary's.

        `twin` is the twin's state directory, where what runs inside the cluster finds the clouds around it.
        """
        self.name = name
        self.version = emulated(kubernetes_version)
        self.issuer = issuer
        self.directory = (state_dir / name).absolute()
        self._programs = programs
        self._ports = ports or Ports.free()
        self._service_network = ipaddress.ip_network(service_cidr)
        self._webhook = token_webhook_kubeconfig
        self._twin = (twin or state_dir).absolute()
        self._scale = scale
        self._egress = EgressSocket(self.directory)
        self._running: list[Program] = []
        self._server: Program
        self._stopped = False
        self._lock = threading.Lock()  # a stop may come while start is between two programs
        self._authority = pki.Authority(f"{name}-ca")

    @property
    def url(self) -> str:
        """The API server's address."""
        return f"https://127.0.0.1:{self._ports.api}"

    @property
    def etcd_url(self) -> str:
        """etcd's address for clients."""
        return f"http://127.0.0.1:{self._ports.etcd}"

    @property
    def ca_pem(self) -> str:
        """The authority that the API server's certificate comes from."""
        return self._authority.keypair.certificate.decode()

    @property
    def admin_kubeconfig(self) -> Path:
        """A kubeconfig with the administrator's certificate, readable by its owner only."""
        return self.directory / "admin.kubeconfig"

    @property
    def _stages(self) -> Path:
        return self.directory / "stages.yaml"

    def api(self) -> KubeApi:
        """A client with the administrator's certificate."""
        files = self.directory / "pki"
        return KubeApi(self.url, ca=files / "ca.crt", certificate=files / "admin.crt", key=files / "admin.key")

    def start(self) -> None:
        """Start all parts and wait until the API is ready; on ControlPlaneError nothing of it is left running."""
        shutil.rmtree(self.directory, ignore_errors=True)
        (self.directory / "pki").mkdir(parents=True)
        self._write_pki()
        write_stages(self._programs.stages, self._stages, scale=self._scale)
        egress = self._egress.prepare()
        try:
            self._run("etcd", self._etcd())
            self._server = self._run("kube-apiserver", self._api_server(egress))
            self._wait_ready()
            self._run("cluster", self._cluster())
            self._run("kube-controller-manager", self._controller_manager())
            self._run("kube-scheduler", self._scheduler())
            self._run("kwok", self._kwok())
            access.bind_all(self.api())
        except TwinError as error:
            failed = self._explain(error)
            self.stop()
            raise failed from error

    def stop(self) -> None:
        """End all parts and drop their data, keeping the logs. Also ends a start that is under way."""
        with self._lock:
            self._stopped = True
            for program in reversed(self._running):
                program.end()
            self._running.clear()
        shutil.rmtree(self.directory / "etcd", ignore_errors=True)
        shutil.rmtree(self.directory / "pki", ignore_errors=True)
        self.admin_kubeconfig.unlink(missing_ok=True)
        self._egress.remove()

    def end_api_server(self) -> None:
        """End the API server alone, as a crash does; `start_api_server` brings it back."""
        with self._lock:
            if self._server in self._running:
                self._running.remove(self._server)
                self._server.end()

    def start_api_server(self) -> None:
        """Start the API server again, at its address and with its data, and wait until it is ready."""
        with self._lock:
            self._refuse_stopped()
            if self._server not in self._running:
                self._server.start()
                self._running.append(self._server)
        self._wait_ready()

    def _wait_ready(self) -> None:
        api = self.api()
        wait_until(lambda: self._look(api), seconds=_START_DEADLINE, what=f"/readyz of {self.name}")

    def dead_program(self) -> Program | None:
        """A part that should run and does not."""
        return next((program for program in self._running if not program.alive()), None)

    def check(self) -> None:
        """Raises ControlPlaneError when a part has died."""
        if dead := self.dead_program():
            raise ControlPlaneError(
                f"{dead.name} of {self.name} ended with status {dead.exit_status()}:\n{dead.last_lines()}"
            )

    def _run(self, name: str, arguments: list[str]) -> Program:
        with self._lock:
            self._refuse_stopped()
            program = Program(name, arguments, directory=self.directory)
            program.start()
            self._running.append(program)
            return program

    def _refuse_stopped(self) -> None:
        if self._stopped:
            raise ControlPlaneError(f"{self.name} was stopped while it started")

    def _look(self, api: KubeApi) -> bool | None:
        self.check()
        self._refuse_stopped()
        return api.ready() or None

    def _explain(self, error: TwinError) -> ControlPlaneError:
        if isinstance(error, ControlPlaneError) or not self._running:
            return ControlPlaneError(str(error))
        newest = self._running[-1]
        return ControlPlaneError(f"{self.name} did not start: {error}\n{newest.name}:\n{newest.last_lines()}")

    def _write_pki(self) -> None:
        files = self.directory / "pki"
        first_service_address = str(self._service_network.network_address + 1)
        names = ["127.0.0.1", first_service_address, "localhost", "kubernetes", "kubernetes.default"]
        names += ["kubernetes.default.svc", "kubernetes.default.svc.cluster.local"]
        pki.write_pair(files, "ca", self._authority.keypair)
        pki.write_pair(files, "api", self._authority.issue("kube-apiserver", server_names=names))
        admin = self._authority.issue("twin-admin", organizations=["system:masters"])
        pki.write_pair(files, "admin", admin)
        pki.write_pair(files, "service-accounts", pki.service_account_keys())
        kubeconfig = kubeconfig_of(
            self.url, user={"client-certificate": str(files / "admin.crt"), "client-key": str(files / "admin.key")},
            ca=files / "ca.crt",
        )  # fmt: skip
        pki.write_private(self.admin_kubeconfig, kubeconfig.encode())

    def _etcd(self) -> list[str]:
        client, peer = (f"http://127.0.0.1:{port}" for port in (self._ports.etcd, self._ports.etcd_peer))
        return [
            str(self._programs.controlplane), "etcd", f"--name={self.name}", f"--data-dir={self.directory / 'etcd'}",
            f"--listen-client-urls={client}", f"--advertise-client-urls={client}", f"--listen-peer-urls={peer}",
            f"--initial-advertise-peer-urls={peer}", f"--initial-cluster={self.name}={peer}",
            # The data is thrown away with the twin, so it need not survive a power cut.
            "--unsafe-no-fsync", "--log-level=error",
        ]  # fmt: skip

    def _api_server(self, egress: Path) -> list[str]:
        files = self.directory / "pki"
        arguments = [
            str(self._programs.controlplane), "kube-apiserver",
            f"--etcd-servers=http://127.0.0.1:{self._ports.etcd}", f"--secure-port={self._ports.api}",
            "--bind-address=127.0.0.1", "--advertise-address=127.0.0.1", "--endpoint-reconciler-type=none",
            f"--tls-cert-file={files / 'api.crt'}", f"--tls-private-key-file={files / 'api.key'}",
            f"--client-ca-file={files / 'ca.crt'}", f"--service-account-key-file={files / 'service-accounts.crt'}",
            f"--service-account-signing-key-file={files / 'service-accounts.key'}",
            f"--service-account-issuer={self.issuer}", "--api-audiences=https://kubernetes.default.svc",
            f"--service-cluster-ip-range={self._service_network}", "--authorization-mode=Node,RBAC",
            "--allow-privileged", f"--egress-selector-config-file={egress}",
            # As on EKS: webhooks and aggregated APIs are called at a ready endpoint, and without one the API server
            # says so itself ("no endpoints available for service").
            "--enable-aggregator-routing", *audit.api_server_flags(self.directory), *self._emulation(),
        ]  # fmt: skip
        if self._webhook:
            arguments += [
                f"--authentication-token-webhook-config-file={self._webhook}",
                "--authentication-token-webhook-version=v1",
                # A revoked access entry is refused at once, not after two minutes.
                "--authentication-token-webhook-cache-ttl=1s",
            ]
        return arguments

    def _cluster(self) -> list[str]:
        return [
            "env", f"PYTHONPATH={_ROOT}", sys.executable, "-m", "twin.cluster", f"--name={self.name}",
            f"--state={self.directory}", f"--twin={self._twin}", f"--scale={self._scale}",
            f"--socket={self._egress.path}",
        ]  # fmt: skip

    def _controller_manager(self) -> list[str]:
        files = self.directory / "pki"
        return [
            str(self._programs.controlplane), "kube-controller-manager", f"--kubeconfig={self.admin_kubeconfig}",
            f"--service-account-private-key-file={files / 'service-accounts.key'}",
            f"--root-ca-file={files / 'ca.crt'}", f"--cluster-signing-cert-file={files / 'ca.crt'}",
            f"--cluster-signing-key-file={files / 'ca.key'}", "--use-service-account-credentials=false",
            "--leader-elect=false", "--secure-port=0", *self._emulation(),
        ]  # fmt: skip

    def _scheduler(self) -> list[str]:
        return [
            str(self._programs.controlplane), "kube-scheduler", f"--kubeconfig={self.admin_kubeconfig}",
            "--leader-elect=false", "--secure-port=0", *self._emulation(),
        ]  # fmt: skip

    def _kwok(self) -> list[str]:
        return [
            str(self._programs.kwok), f"--kubeconfig={self.admin_kubeconfig}", f"--config={self._stages}",
            "--manage-all-nodes", "--node-lease-duration-seconds=40",
        ]  # fmt: skip

    def _emulation(self) -> list[str]:
        newest = ".".join(kubernetes_version().split(".")[:2])
        return [] if self.version == newest else [f"--emulated-version={self.version}"]
