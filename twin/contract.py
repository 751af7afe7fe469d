# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the parts of the twin offer each other: the only file that both sides of a simulator import."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, Protocol

FaultKind = Literal["throttle", "error", "latency", "stay", "fail", "deny", "invisible"]
"""What a fault does: throttle, error and deny answer instead of the service; latency waits before it; stay and
fail steer the states of what the call makes; invisible hides what the call made for a while."""


class TwinError(Exception):
    """Something that the person at the command line can act on; the message says what and how."""


class ControlPlaneError(TwinError):
    """A control plane did not start or died; the message ends with the last lines of the failing program's log."""


@dataclass(frozen=True)
class Endpoint:
    """How to reach a control plane: `url` is https on loopback, `ca_pem` its certificate authority in PEM."""

    url: str
    ca_pem: str


@dataclass(frozen=True)
class Taint:
    """A node's taint; `effect` is Kubernetes' word (NoSchedule, PreferNoSchedule, NoExecute)."""

    key: str
    value: str
    effect: str


@dataclass(frozen=True)
class NodeSpec:
    """A node as a cloud would register it. `capacity` maps a resource to a Kubernetes quantity ("cpu": "4")."""

    name: str
    provider_id: str
    zone: str
    instance_type: str
    labels: Mapping[str, str] = field(default_factory=dict)
    taints: Sequence[Taint] = ()
    capacity: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class UserInfo:
    """Who a token belongs to, in the words of Kubernetes' TokenReview."""

    username: str
    uid: str
    groups: Sequence[str] = ()


class ClusterHost(Protocol):
    """Starts and ends real control planes. `name` is the caller's key: unique in the twin, safe as a file name."""

    def begin(self, name: str, version: str, issuer: str, *, service_cidr: str = "10.100.0.0/16") -> None:
        """Start one and return at once. `version` is "1.34" or "1.34.2"; unknown versions raise TwinError."""

    def ready(self, name: str) -> Endpoint | None:
        """The endpoint once /readyz answers, None before; raises ControlPlaneError when it never will."""

    def start(self, name: str, version: str, issuer: str, *, service_cidr: str = "10.100.0.0/16") -> Endpoint:
        """`begin`, then wait until it is ready."""

    def stop(self, name: str) -> None:
        """End it and drop its data. Unknown names are no error."""

    def set_nodes(self, cluster: str, nodes: Sequence[NodeSpec], *, group: str = "") -> None:
        """Make the nodes of `group` (a node group; "" is a group too) exactly these; other groups stay as they are.

        Before the control plane is ready the wish is kept and fulfilled then.
        """

    def bind_access(self, cluster: str, policy: str, namespace: str | None = None) -> None:
        """Let `eks:access-policy:<policy>[:<namespace>]` do what the EKS access policy allows (in the namespace).

        Cluster scope exists from the start for every known policy; only namespaces need this call.
        """

    def addon(
        self,
        cluster: str,
        name: str,
        version: str,
        configuration: str,
        role_arn: str | None,
        service_account: str | None,
        present: bool,
    ) -> None:
        """Put the objects of an EKS add-on into the cluster, or take them out, in the background.

        `configuration` is its configurationValues ("" for none); `service_account` None is the add-on's own.
        """


@dataclass(frozen=True)
class Fault:
    """One rule. `service` and `operation` are globs; `rate` 0..1 of the matching calls; `count` hits, then spent.

    `seconds` are real for latency and the twin's for invisible. `code` overrides the error's code. `params` maps a
    top-level parameter to a glob that its value must match ("name": "gpu-*").
    """

    id: str
    kind: FaultKind
    service: str = "*"
    operation: str = "*"
    code: str = ""
    rate: float = 1.0
    count: int | None = None
    seconds: float = 0.0
    seed: int = 0
    params: Mapping[str, str] = field(default_factory=dict)


class Faults(Protocol):
    """The rules in force."""

    def match(
        self, service: str, operation: str, params: Mapping[str, Any], kinds: Collection[FaultKind] | None = None
    ) -> Fault | None:
        """The first rule (of these kinds) that hits this call. A hit counts, so ask once per call and set of kinds."""


class Calls(Protocol):
    """The log and counter of API calls."""

    def record(
        self,
        service: str,
        operation: str,
        principal: str,
        *,
        unsupported: bool = False,
        write: bool | None = None,
        error: str = "",
        endpoint: str = "aws",
    ) -> None:
        """Count one call. `write` None is judged by the operation's name; `error` is the code that was answered."""


class Clock(Protocol):
    """Real time, and how much of it a span of the twin's time takes."""

    def now(self) -> float:
        """Real seconds since the epoch, never going back."""

    def scaled(self, seconds: float) -> float:
        """Real seconds that `seconds` of the twin's time take: due = clock.now() + clock.scaled(600)."""


@dataclass(frozen=True)
class TwinConfig:
    """What the AWS simulator is given. Credentials: `state_dir`/private/aws-credentials, profile twin."""

    account_id: str
    regions: Sequence[str]
    scale: float
    state_dir: Path
    control_planes: bool
    host: ClusterHost
    faults: Faults
    calls: Calls
    clock: Clock
