# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This file is private to the collection: its content may change in any release.
"""Evidence about people: who administers Kubeflow, and what owners, contributors and others may do in profiles."""

from __future__ import annotations

import typing as t

from ..._clients.kube import Row
from ..._engine.errors import Denied, EstateError
from ..._engine.evidence import Expectation
from .makers.kubeflow_profile import DENY
from .quantities import same_amount
from .reads import Reads

Judgement = tuple[t.Any, t.Sequence[str], t.Sequence[str]]
NOBODY = "nobody@not-a-member.invalid"
_RBAC = "rbac.authorization.k8s.io"
_GPU = "nvidia.com/gpu"
_QUOTA_OF_GPUS = f"requests.{_GPU}"
_EXCEEDED = "exceeded quota"
_CHECK = "kubeops-check"
_EVERYBODY = ("system:authenticated",)
# What a role lets people do in a profile, as verb and resource: allowed, and not allowed.
_PODS = ("list", "", "pods")
_NEW_POD = ("create", "", "pods")
_NEW_BINDING = ("create", _RBAC, "rolebindings")
Right = tuple[str, str, str]
_RIGHTS: t.Mapping[str, tuple[tuple[Right, ...], tuple[Right, ...]]] = {
    "admin": ((_PODS, _NEW_POD, _NEW_BINDING), ()),
    "edit": ((_PODS, _NEW_POD), (_NEW_BINDING,)),
    "view": ((_PODS,), (_NEW_POD, _NEW_BINDING)),
    "": ((), (_PODS, _NEW_POD, _NEW_BINDING)),
}


def controls(reads: Reads, expected: Expectation) -> Judgement:
    """Declared administrators administer, and nobody makes a profile by registering."""
    missing: list[str] = []
    told: list[str] = []
    for one in expected.get("administrators") or ():
        who = str(one.get("user") or one.get("group"))
        told.append(who)
        if one.get("user"):
            allowed = _may(reads, _NEW_BINDING, "kubeflow", user=who)
        else:
            allowed = _may(reads, _NEW_BINDING, "kubeflow", user=_CHECK, groups=[who])
        if not allowed:
            missing.append(f"administrator {who} may not administer Kubeflow")
    if expected.get("registration"):
        name, key = expected["registration"]
        settings = reads.port.get(reads.resource("ConfigMap"), "kubeflow", name)
        open_to = ((settings or {}).get("data") or {}).get(key)
        if open_to != "false":
            missing.append(f"people may register themselves: {key} of ConfigMap kubeflow/{name} is {open_to}")
    return {"administrators": sorted(told), "registration": "closed"}, sorted(told), missing


def profiles(reads: Reads, expected: Expectation) -> Judgement:
    """Each profile is as declared and keeps what it promises."""
    value: dict[str, t.Any] = {}
    missing: list[str] = []
    for one in expected.get("profiles") or ():
        name = str(one["name"])
        wrong = _profile(reads, one)
        value[name] = "holds" if not wrong else f"{len(wrong)} defects"
        missing += [f"profile {name}: {text}" for text in wrong]
    return value, sorted(value), missing


def _profile(reads: Reads, one: Row) -> list[str]:
    name = str(one["name"])
    profile = reads.one(name, "Profile", "kubeflow.org")
    if profile is None:
        return ["it is not there"]
    namespace = reads.one(name, "Namespace")
    if namespace is None:
        return ["its controller has made no namespace"]
    phase = (namespace.get("status") or {}).get("phase")
    if phase != "Active":
        return [f"its namespace is {phase}"]
    wrong = _declared(reads, one, profile)
    wrong += _people(reads, one)
    wrong += _quota(reads, name, one.get("quota") or {})
    if one.get("notebooks"):
        wrong += _accepted(reads, name, "Notebook", "kubeflow.org", _NOTEBOOK)
    if one.get("pipelines"):
        wrong += _accepted(reads, name, "Workflow", "argoproj.io", _WORKFLOW)
        wrong += _accepted(reads, name, "ScheduledWorkflow", "kubeflow.org", _SCHEDULED, status={})
    return wrong


def _declared(reads: Reads, one: Row, profile: Row) -> list[str]:
    name = str(one["name"])
    owner = profile["spec"]["owner"]["name"]
    wrong = [] if owner == one["owner"] else [f"its owner is {owner}, declared is {one['owner']}"]
    hard: dict[str, str] = {}
    for quota in reads.all("ResourceQuota", "", name):
        hard.update({resource: str(amount) for resource, amount in (quota["spec"].get("hard") or {}).items()})
    for resource, amount in (one.get("quota") or {}).items():
        if resource not in hard or not same_amount(hard[resource], str(amount)):
            wrong.append(f"its quota of {resource} is {hard.get(resource, 'not there')}, declared is {amount}")
    if reads.one(DENY, "AuthorizationPolicy", "security.istio.io", name) is None:
        wrong.append(f"its policy {DENY} is not there")
    return wrong


def _people(reads: Reads, one: Row) -> list[str]:
    """Owner and contributors may do what their role says and no more, and others nothing."""
    name = str(one["name"])
    people = [(str(one["owner"]), "admin"), (NOBODY, "")]
    people += [(str(who["user"]), str(who["role"])) for who in one.get("contributors") or ()]
    wrong = []
    for user, role in people:
        allowed, refused = _RIGHTS[role]
        wrong += [f"{user} may not {_told(right)}" for right in allowed if not _may(reads, right, name, user=user)]
        # What everybody may who is let in at all, this one may too; Kubeflow's own pages ask without groups.
        more = [right for right in refused if _may(reads, right, name, user=user, groups=_EVERYBODY)]
        wrong += [f"{user} may {_told(right)}" for right in more]
    return wrong


def _told(right: Right) -> str:
    verb, group, plural = right
    return f"{verb} {plural}{'.' + group if group else ''}"


def _may(reads: Reads, right: Right, namespace: str, *, user: str, groups: t.Sequence[str] = ()) -> bool:
    verb, group, plural = right
    asked = {"namespace": namespace, "verb": verb, "group": group, "resource": plural}
    spec = {"user": user, "groups": list(groups), "resourceAttributes": asked}
    return bool(reads.review("SubjectAccessReview", "authorization.k8s.io", spec).get("allowed"))


def _quota(reads: Reads, namespace: str, quota: t.Mapping[str, t.Any]) -> list[str]:
    """A pod within the quota is let in, and one that asks for one GPU too many is refused for just that."""
    wrong = []
    refusal = _refusal(reads, namespace, 0)
    if refusal is not None and _EXCEEDED not in str(refusal):
        wrong.append(f"a small pod is refused: {refusal}")
    if _QUOTA_OF_GPUS in quota:
        most = int(quota[_QUOTA_OF_GPUS])
        refusal = _refusal(reads, namespace, most + 1)
        if refusal is None:
            wrong.append(f"a pod with {most + 1} GPUs is let in, although the quota is {most}")
        elif not isinstance(refusal, Denied) or _EXCEEDED not in str(refusal):
            wrong.append(f"a pod with {most + 1} GPUs is refused, but not by the quota: {refusal}")
    return wrong


def _refusal(reads: Reads, namespace: str, gpus: int) -> EstateError | None:
    """What the API server says against a pod with so many GPUs; None: it would let it in."""
    amounts = {"cpu": "1m", "memory": "1Mi", **({_GPU: str(gpus)} if gpus else {})}
    container = {
        "name": "main",
        "image": "registry.k8s.io/pause:3.10",
        "resources": {"requests": amounts, "limits": amounts},
        "securityContext": {"allowPrivilegeEscalation": False, "capabilities": {"drop": ["ALL"]}},
    }
    security = {"runAsNonRoot": True, "runAsUser": 65532, "seccompProfile": {"type": "RuntimeDefault"}}
    pod = {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": _CHECK, "namespace": namespace},
        "spec": {"containers": [container], "securityContext": security, "restartPolicy": "Never"},
    }
    try:
        reads.port.create(reads.resource("Pod"), pod, dry_run=True)
    except EstateError as error:
        return error
    return None


def _accepted(reads: Reads, namespace: str, kind: str, group: str, spec: Row, **rest: t.Any) -> list[str]:
    """What the API server says against such an object."""
    resource = reads.resource(kind, group)
    named = {"apiVersion": f"{group}/{resource.version}", "kind": kind}
    try:
        body = {**named, "metadata": {"name": _CHECK, "namespace": namespace}, "spec": spec, **rest}
        reads.port.create(resource, body, dry_run=True)
    except EstateError as error:
        return [f"a {kind} is refused: {error}"]
    return []


_STEP: Row = {"name": "main", "image": "registry.k8s.io/pause:3.10"}
_NOTEBOOK: Row = {"template": {"spec": {"containers": [{**_STEP, "name": _CHECK}]}}}
_WORKFLOW: Row = {
    "entrypoint": "main",
    "serviceAccountName": "default-editor",
    "templates": [{"name": "main", "container": _STEP}],
}
_SCHEDULED: Row = {
    "enabled": False,
    "maxConcurrency": 1,
    "trigger": {"cronSchedule": {"cron": "0 0 * * * *"}},
    "workflow": {"spec": _WORKFLOW},
}
