# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How the faults of control planes are made: by what makes them on a real one, never by a lie in between.

What a fault makes in a cluster is named after it (`twin-fault-...`) and gone when the fault is.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from fnmatch import fnmatchcase, translate
from typing import Any

import urllib3

from twin.cluster.faults import ClusterFault, ClusterFaultKind
from twin.contract import TwinError
from twin.control_plane import ControlPlane
from twin.kube_api import KubeApi, KubeApiError
from twin.kube_seat import HeldSeat
from twin.processes import wait_until

_FLOW = "/apis/flowcontrol.apiserver.k8s.io/v1"
_ADMISSION = "/apis/admissionregistration.k8s.io/v1"
_DEFINITIONS = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions"
_FINALIZER = "twin.kubeops.io/fault"
_MARK = "twin.kubeops.io/healed"
_PROBER = "twin-fault-probe"
_PROBE = "probes.fault.twin.kubeops.io"
_IN_FORCE = 30.0  # real seconds within which the API server takes up a new rule; moments are usual


class Means:
    """How one kind of fault begins, is kept up and ends. All may raise TwinError and urllib3's errors: tried again."""

    def begin(self, plane: ControlPlane, fault: ClusterFault) -> None:
        """Make it so; it is in force when this returns."""

    def keep(self, plane: ControlPlane, fault: ClusterFault) -> None:
        """Called several times a second while it is in force."""

    def end(self, plane: ControlPlane, fault: ClusterFault) -> None:
        """Heal it; it is healed when this returns."""


class Throttle(Means):
    """Priority and fairness with no seats: 429 with Retry-After for everybody but system:masters.

    A level without seats still serves one request at a time, so one that does not end holds that place. The API
    server gives it up every minute; a call at that very moment is served.
    """

    def __init__(self) -> None:
        self._seats: dict[tuple[str, str], HeldSeat] = {}

    def begin(self, plane: ControlPlane, fault: ClusterFault) -> None:
        """A level without seats, a schema that sends every user to it, and one user who takes its only place."""
        api, name = plane.api(), _name(fault)
        limited = {"nominalConcurrencyShares": 0, "lendablePercent": 0, "borrowingLimitPercent": 0}
        level = {"type": "Limited", "limited": {**limited, "limitResponse": {"type": "Reject"}}}
        api.apply(f"{_FLOW}/prioritylevelconfigurations/{name}", _flow("PriorityLevelConfiguration", name, level))
        api.apply(f"{_FLOW}/flowschemas/{name}", _flow("FlowSchema", name, _everybody(name)))

        def look() -> bool | None:
            if _throttled(api):
                return True
            # Whoever asked before the schema was in force sits elsewhere.
            self._stand_up(plane, fault)
            self.keep(plane, fault)
            return None

        wait_until(look, seconds=_IN_FORCE, what="the API server to throttle")

    def keep(self, plane: ControlPlane, fault: ClusterFault) -> None:
        """Take the place again when the server has given it up."""
        seat = self._seats.get((plane.name, fault.id))
        if seat is None or not seat.is_held():
            self._stand_up(plane, fault)
            self._seats[plane.name, fault.id] = HeldSeat(plane.url, plane.directory / "pki", user=_PROBER)

    def end(self, plane: ControlPlane, fault: ClusterFault) -> None:
        """The schema, its level and the request go."""
        api, name = plane.api(), _name(fault)
        self._stand_up(plane, fault)
        api.delete(f"{_FLOW}/flowschemas/{name}")
        api.delete(f"{_FLOW}/prioritylevelconfigurations/{name}")
        wait_until(lambda: not _throttled(api) or None, seconds=_IN_FORCE, what="the end of throttling")

    def _stand_up(self, plane: ControlPlane, fault: ClusterFault) -> None:
        seat = self._seats.pop((plane.name, fault.id), None)
        if seat is not None:
            seat.free()


class Unestablished(Means):
    """A policy that refuses the API server's own controller the word on a definition: it gets no conditions."""

    def begin(self, plane: ControlPlane, fault: ClusterFault) -> None:
        """The policy, its binding, and a look whether they are in force."""
        api, name = plane.api(), _name(fault)
        api.apply(f"{_ADMISSION}/validatingadmissionpolicies/{name}", _policy(name, fault.name))
        binding = {"policyName": name, "validationActions": ["Deny"]}
        api.apply(
            f"{_ADMISSION}/validatingadmissionpolicybindings/{name}",
            _admission("ValidatingAdmissionPolicyBinding", name, binding),
        )
        wait_until(lambda: _refuses_probe(api) or None, seconds=_IN_FORCE, what=f"policy {name}")

    def end(self, plane: ControlPlane, fault: ClusterFault) -> None:
        """The policy goes, and definitions that waited are touched: the controller's own next look may be far off."""
        api, name = plane.api(), _name(fault)
        api.delete(f"{_ADMISSION}/validatingadmissionpolicybindings/{name}")
        api.delete(f"{_ADMISSION}/validatingadmissionpolicies/{name}")
        wait_until(lambda: not _refuses_probe(api) or None, seconds=_IN_FORCE, what=f"the end of policy {name}")
        for definition in api.request("GET", _DEFINITIONS)["items"]:
            if fnmatchcase(definition["metadata"]["name"], fault.name) and not _established(definition):
                _touch(api, f"{_DEFINITIONS}/{definition['metadata']['name']}")


class Restart(Means):
    """The API server ends, and comes back at its address with all data."""

    def begin(self, plane: ControlPlane, fault: ClusterFault) -> None:
        """End it."""
        plane.end_api_server()

    def end(self, plane: ControlPlane, fault: ClusterFault) -> None:
        """Start it, and wait until it is ready."""
        plane.start_api_server()


class StuckNamespace(Means):
    """An object in the namespace whose finalizer nobody removes."""

    def begin(self, plane: ControlPlane, fault: ClusterFault) -> None:
        """Namespaces that are there; `keep` takes those to come."""
        self.keep(plane, fault)

    def keep(self, plane: ControlPlane, fault: ClusterFault) -> None:
        """Put the object into each namespace of that name."""
        api = plane.api()
        for space in _namespaces(api, fault):
            if "deletionTimestamp" not in space["metadata"]:
                api.apply(_held(space, fault), _config_map(fault, [_FINALIZER]))

    def end(self, plane: ControlPlane, fault: ClusterFault) -> None:
        """Take the finalizer and the object away."""
        api = plane.api()
        for space in _namespaces(api, fault):
            try:
                api.request("PATCH", _held(space, fault), {"metadata": {"finalizers": None}},
                            content_type="application/merge-patch+json")  # fmt: skip
            except KubeApiError as error:
                if error.status != 404:
                    raise
            api.delete(_held(space, fault))


class FullEtcd(Means):
    """etcd's own alarm NOSPACE: reads work, writes fail, as when its quota is used up."""

    def begin(self, plane: ControlPlane, fault: ClusterFault) -> None:
        """Raise the alarm."""
        _alarm(plane, "ACTIVATE")

    def end(self, plane: ControlPlane, fault: ClusterFault) -> None:
        """Disarm it, as an administrator does after compaction."""
        _alarm(plane, "DEACTIVATE")


MEANS: Mapping[ClusterFaultKind, Means] = {
    "throttle": Throttle(),
    "crd-unestablished": Unestablished(),
    "apiserver-restart": Restart(),
    "namespace-stuck": StuckNamespace(),
    "etcd-full": FullEtcd(),
    # Those who play the inside of the cluster look these up: see twin/cluster/faults.py.
    "webhook-down": Means(),
    "certificates-slow": Means(),
}


def _name(fault: ClusterFault) -> str:
    return f"twin-fault-{re.sub(r'[^a-z0-9-]+', '-', fault.id.lower())}"


def _flow(kind: str, name: str, spec: Mapping[str, Any]) -> dict[str, Any]:
    version = "flowcontrol.apiserver.k8s.io/v1"
    return {"apiVersion": version, "kind": kind, "metadata": {"name": name}, "spec": spec}


def _everybody(level: str) -> dict[str, Any]:
    rule = {
        "subjects": [{"kind": "User", "user": {"name": "*"}}],
        "resourceRules": [
            {"verbs": ["*"], "apiGroups": ["*"], "resources": ["*"], "clusterScope": True, "namespaces": ["*"]}
        ],
        "nonResourceRules": [{"verbs": ["*"], "nonResourceURLs": ["*"]}],
    }
    return {"priorityLevelConfiguration": {"name": level}, "matchingPrecedence": 2, "rules": [rule]}


def _throttled(api: KubeApi) -> bool:
    try:
        api.request("GET", "/version", user=_PROBER)
    except KubeApiError as error:
        if error.status == 429:
            return True
        raise
    return False


def _admission(kind: str, name: str, spec: Mapping[str, Any]) -> dict[str, Any]:
    version = "admissionregistration.k8s.io/v1"
    return {"apiVersion": version, "kind": kind, "metadata": {"name": name}, "spec": spec}


def _policy(name: str, glob: str) -> dict[str, Any]:
    # CEL's expressions are RE2: Python's anchors for a whole text are spelt otherwise there.
    pattern = translate(glob).replace(r"\z", "$").replace(r"\Z", "$")
    # Also with its names accepted alone a definition would be served.
    served = (
        ".status.?conditions.orValue([]).exists(c, c.type in ['Established', 'NamesAccepted'] && c.status == 'True')"
    )
    rules = [
        {"apiGroups": ["apiextensions.k8s.io"], "apiVersions": ["*"], "operations": ["CREATE", "UPDATE"],
         "resources": ["customresourcedefinitions", "customresourcedefinitions/status"]}
    ]  # fmt: skip
    return _admission(
        "ValidatingAdmissionPolicy",
        name,
        {
            "matchConstraints": {"resourceRules": rules},
            "failurePolicy": "Fail",
            "validations": [
                {"expression": f"object.metadata.name != '{_PROBE}'", "message": "the fault is in force"},
                {
                    "expression": f"request.?subResource.orValue('') != 'status' || !has(object.status)"
                    f" || !object.metadata.name.matches(r'{pattern}') || !object{served} || oldObject{served}",
                    "message": "not established, by a fault of the twin",
                },
            ],
        },
    )


def _refuses_probe(api: KubeApi) -> bool:
    group = _PROBE.partition(".")[2]
    version = {"name": "v1", "served": True, "storage": True, "schema": {"openAPIV3Schema": {"type": "object"}}}
    names = {"plural": "probes", "singular": "probe", "kind": "Probe", "listKind": "ProbeList"}
    probe = {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {"name": _PROBE},
        "spec": {"group": group, "scope": "Cluster", "names": names, "versions": [version]},
    }
    try:
        api.request("POST", f"{_DEFINITIONS}?dryRun=All", probe)
    except KubeApiError as error:
        if "the fault is in force" in str(error):
            return True
        raise
    return False


def _established(definition: Mapping[str, Any]) -> bool:
    conditions = (definition.get("status") or {}).get("conditions") or []
    return any(condition["type"] == "Established" and condition["status"] == "True" for condition in conditions)


def _touch(api: KubeApi, path: str) -> None:
    for value in ("true", None):
        change = {"metadata": {"annotations": {_MARK: value}}}
        api.request("PATCH", f"{path}?fieldManager=twin-fault", change, content_type="application/merge-patch+json")


def _namespaces(api: KubeApi, fault: ClusterFault) -> list[dict[str, Any]]:
    spaces: list[dict[str, Any]] = api.request("GET", "/api/v1/namespaces")["items"]
    return [space for space in spaces if fnmatchcase(space["metadata"]["name"], fault.name)]


def _held(space: Mapping[str, Any], fault: ClusterFault) -> str:
    return f"/api/v1/namespaces/{space['metadata']['name']}/configmaps/{_name(fault)}"


def _config_map(fault: ClusterFault, finalizers: list[str]) -> dict[str, Any]:
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": _name(fault), "finalizers": finalizers}}


def _alarm(plane: ControlPlane, action: str) -> None:
    def ask(path: str, body: Mapping[str, Any]) -> Any:
        answer = urllib3.request("POST", f"{plane.etcd_url}/v3/{path}", json=body, timeout=10, retries=False)
        if answer.status != 200:
            raise TwinError(f"etcd of {plane.name} answers {answer.status} to {path}: {answer.data.decode()[:200]}")
        return answer.json()

    member = ask("maintenance/status", {})["header"]["member_id"]
    ask("maintenance/alarm", {"action": action, "memberID": member, "alarm": "NOSPACE"})
