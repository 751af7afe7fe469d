# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This file is private to the collection: its content may change in any release.
"""Fields that never change in place, by kind, found against the live object before anything is written. Pure.

From the validation of updates in Kubernetes' own API server (pkg/apis/*/validation). What the table does not know, as
rules that custom resources have, the server's refusal of a dry run tells.
"""

from __future__ import annotations

import re
import typing as t

from ..._engine.compare import Change
from ..._engine.errors import EstateError, Immutable, Invalid
from ..._engine.kind import Owner
from .differences import hidden, shown
from .forms import holds_form
from .objects import Body, Live, Manifest
from .quantities import amount, contained

_REFUSED_FIELD = re.compile(r"(?:is invalid: |\[|, )([A-Za-z][\w.\[\]]*): (?:Invalid value|Forbidden)")
_FORBIDDEN = re.compile(
    r"is immutable|may not (?:be )?change|cannot change|can't be changed|updates? to .* (?:are|is) forbidden",
    re.IGNORECASE,
)

# Equal as a whole: a label more is another selector.
_EXACT: dict[tuple[str, str], tuple[str, ...]] = {
    ("apps", "DaemonSet"): ("spec.selector",),
    ("apps", "Deployment"): ("spec.selector",),
    ("apps", "ReplicaSet"): ("spec.selector",),
    ("apps", "StatefulSet"): ("spec.selector", "spec.serviceName", "spec.podManagementPolicy"),
    ("rbac.authorization.k8s.io", "ClusterRoleBinding"): ("roleRef",),
    ("rbac.authorization.k8s.io", "RoleBinding"): ("roleRef",),
    ("storage.k8s.io", "StorageClass"): ("provisioner", "parameters", "reclaimPolicy", "volumeBindingMode"),
    ("storage.k8s.io", "VolumeAttributesClass"): ("driverName", "parameters"),
    ("storage.k8s.io", "CSIDriver"): ("spec.attachRequired", "spec.volumeLifecycleModes"),
    ("networking.k8s.io", "IngressClass"): ("spec.controller",),
    ("node.k8s.io", "RuntimeClass"): ("handler",),
    ("scheduling.k8s.io", "PriorityClass"): ("value", "preemptionPolicy"),
    ("discovery.k8s.io", "EndpointSlice"): ("addressType",),
    ("apiextensions.k8s.io", "CustomResourceDefinition"): (
        "spec.group", "spec.scope", "spec.names.kind", "spec.names.plural",
    ),
    ("", "ResourceQuota"): ("spec.scopes",),
    ("", "Secret"): ("type",),
}  # fmt: skip
# What is wished must be there; what the server added by default is no difference.
_CONTAINED: dict[tuple[str, str], tuple[str, ...]] = {
    ("batch", "Job"): (
        "spec.selector", "spec.template", "spec.completionMode", "spec.completions", "spec.podFailurePolicy",
        "spec.backoffLimitPerIndex", "spec.managedBy", "spec.podReplacementPolicy", "spec.successPolicy",
    ),
    ("", "PersistentVolume"): (
        "spec.volumeMode", "spec.csi", "spec.nfs", "spec.hostPath", "spec.local", "spec.iscsi", "spec.fc",
    ),
    ("", "PersistentVolumeClaim"): (
        "spec.accessModes", "spec.selector", "spec.storageClassName", "spec.volumeMode", "spec.dataSource",
        "spec.dataSourceRef",
    ),
    ("", "Service"): ("spec.clusterIP", "spec.clusterIPs", "spec.ipFamilies", "spec.healthCheckNodePort"),
}  # fmt: skip
_DEFAULTS: dict[str, t.Any] = {
    "reclaimPolicy": "Delete",
    "volumeBindingMode": "Immediate",
    "preemptionPolicy": "PreemptLowerPriority",
    "type": "Opaque",
    "spec.attachRequired": True,
    "spec.volumeLifecycleModes": ["Persistent"],
    "spec.podManagementPolicy": "OrderedReady",
    "spec.serviceName": "",
}
_GROUP = "rbac.authorization.k8s.io"


def immutable_changes(wish: Manifest, live: Live, *, unfilled: Body | None = None) -> list[Change]:
    """What the wish has different in fields that cannot change while the object exists.

    unfilled: the wish before secrets were filled in; what came from one is not shown.
    """
    kind = (wish.key.group, wish.key.kind)
    found = []
    for path in _EXACT.get(kind, ()):
        if live.owner is not Owner.OURS and _at(wish.body, path) is None:
            # Of what was there before us only what is wished is managed.
            continue
        before, after = (_normal(_at(body, path), path) for body in (live.body, wish.body))
        if before != after:
            found.append(_change(path, before, after, unfilled))
    for path in _CONTAINED.get(kind, ()):
        before, after = _at(live.body, path), _at(wish.body, path)
        if after not in (None, "", [], {}) and not contained(after, before):
            found.append(_change(path, before, after, unfilled))
    special = _SPECIAL.get(kind)
    if special and (live.owner is Owner.OURS or special is not _service):
        found += special(wish.body, live.body, unfilled or {})
    return found


def from_refusal(error: EstateError) -> bool:
    """True when the server refuses because of a field that cannot change in place."""
    return isinstance(error, Immutable) or (isinstance(error, Invalid) and bool(_FORBIDDEN.search(error.cause)))


def refused_changes(error: EstateError, told: t.Sequence[Change]) -> list[Change]:
    """Those of the changes that such a refusal names. The server's own words may hold values, so they stay out."""
    paths = list(dict.fromkeys(_REFUSED_FIELD.findall(error.cause)))
    found = [
        one for one in told for path in paths if one.field == path or one.field.startswith((f"{path}.", f"{path}["))
    ]
    return found or list(told) or [Change(paths[0] if paths else "spec", None, "refused by the server")]


def _at(body: t.Any, path: str) -> t.Any:
    for name in path.split("."):
        body = body.get(name) if isinstance(body, dict) else None
    return body


def _normal(value: t.Any, path: str) -> t.Any:
    if path == "roleRef" and isinstance(value, dict):
        return {"apiGroup": _GROUP, **{name: inner for name, inner in value.items() if inner}}
    if isinstance(value, dict):
        return {name: inner for name, inner in value.items() if inner not in (None, {}, [])}
    return _DEFAULTS.get(path, value) if value is None else value


def _change(path: str, before: t.Any, after: t.Any, unfilled: Body | None = None) -> Change:
    show = hidden if holds_form(_at(unfilled, path)) else shown
    return Change(path, show(before), show(after))


def _claim(wish: Body, live: Body, _unfilled: Body) -> list[Change]:
    """A claim grows and never shrinks; its volume is chosen once."""
    path = "spec.resources.requests.storage"
    before, after = _at(live, path), _at(wish, path)
    smaller = before is not None and after is not None and amount(after) < amount(before)
    found = [_change(path, before, after)] if smaller else []
    volume, wished = _at(live, "spec.volumeName"), _at(wish, "spec.volumeName")
    return found + ([_change("spec.volumeName", volume, wished)] if volume and wished not in (None, volume) else [])


def _stateful_set(wish: Body, live: Body, _unfilled: Body) -> list[Change]:
    path = "spec.volumeClaimTemplates"
    before, after = _at(live, path) or [], _at(wish, path) or []
    return [] if contained(after, before) and len(after) == len(before) else [_change(path, before, after)]


def _frozen(wish: Body, live: Body, unfilled: Body) -> list[Change]:
    """Of a ConfigMap or Secret that says immutable: true nothing changes, that itself neither."""
    if live.get("immutable") is not True:
        return []
    found = [] if wish.get("immutable") is True else [Change("immutable", True, wish.get("immutable"))]
    for field in ("data", "binaryData"):
        before, after = live.get(field) or {}, wish.get(field) or {}
        for name in sorted({*before, *after}):
            if before.get(name) != after.get(name):
                secret = live.get("kind") == "Secret" or holds_form((unfilled.get(field) or {}).get(name))
                show = hidden if secret else shown
                found.append(Change(f"{field}.{name}", show(before.get(name)), show(after.get(name))))
    return found


def _service(wish: Body, live: Body, _unfilled: Body) -> list[Change]:
    """Whoever stops asking for no address of its own would be heard and get none: the server keeps it as it was."""
    path = "spec.clusterIP"
    wished = _at(wish, path) or _at(wish, "spec.type") == "ExternalName"
    return [] if wished or _at(live, path) != "None" else [_change(path, "None", None)]


def _definition(wish: Body, live: Body, _unfilled: Body) -> list[Change]:
    """A version cannot go while objects may be stored in it. One stored only in the past is migrated first."""
    wished = {one.get("name") for one in _at(wish, "spec.versions") or ()}
    storing = [one["name"] for one in _at(live, "spec.versions") or () if one.get("storage")]
    gone = [name for name in storing if name not in wished]
    return [Change(f"spec.versions[name={name}]", "objects are stored in it", None) for name in gone]


_SPECIAL: dict[tuple[str, str], t.Callable[[Body, Body, Body], list[Change]]] = {
    ("", "Service"): _service,
    ("", "PersistentVolumeClaim"): _claim,
    ("apps", "StatefulSet"): _stateful_set,
    ("", "ConfigMap"): _frozen,
    ("", "Secret"): _frozen,
    ("apiextensions.k8s.io", "CustomResourceDefinition"): _definition,
}
