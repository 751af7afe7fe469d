# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Kubeflow's admission webhook: what PodDefaults of the namespace add to a pod; conflicts are refused.

Merged: env, envFrom, volumes, volumeMounts, tolerations, labels, annotations, serviceAccountName. Not merged: sidecars,
init containers, command, arguments, image pull secrets, automountServiceAccountToken.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from twin.cluster.objects import Object, labels, selects
from twin.cluster.webhooks.fields import add, extend, set_keys
from twin.cluster.webhooks.review import Patch, Refused, Review

_PREFIX = "poddefault.admission.kubeflow.org"
_API = "/apis/kubeflow.org/v1alpha1"


def apply(review: Review) -> Patch:
    """The merged patch of all PodDefaults whose selector takes the pod. Raises Refused on a conflict."""
    pod = review.thing
    if review.deletes or f"{_PREFIX}/exclude" in (pod["metadata"].get("annotations") or {}):
        return ()
    found, _version = review.cluster.api.list(f"{_API}/namespaces/{review.namespace}/poddefaults")
    defaults = [each for each in found if selects(each["spec"].get("selector"), labels(pod))]
    if not defaults:
        return ()
    try:
        return _patch(pod, defaults)
    except _Conflict as conflict:
        names = ",".join(each["metadata"]["name"] for each in defaults)
        raise Refused(
            f"conflict occurred while applying poddefaults: {names} on pod: {review.name} err: {conflict}"
        ) from conflict


class _Conflict(Exception):
    """Two values for one name."""


def _patch(pod: Object, defaults: Sequence[Object]) -> list[Object]:
    specs = [each["spec"] for each in defaults]
    operations: list[Object] = []
    for index, container in enumerate(pod["spec"]["containers"]):
        for field, key in (("env", "name"), ("volumeMounts", "mountPath")):
            new = _merged(container.get(field) or [], specs, field, key)
            operations += _extend_container(container, index, field, new)
        operations += _extend_container(container, index, "envFrom", _all(specs, "envFrom"))
    operations += extend(pod, ("spec", "volumes"), _merged(pod["spec"].get("volumes") or [], specs, "volumes", "name"))
    operations += extend(
        pod, ("spec", "tolerations"), _merged(pod["spec"].get("tolerations") or [], specs, "tolerations", "key")
    )
    marks = {f"{_PREFIX}/poddefault-{each['metadata']['name']}": each["metadata"]["resourceVersion"]
             for each in defaults}  # fmt: skip
    operations += set_keys(pod, ("metadata", "labels"), _merged_maps(labels(pod), specs, "labels"))
    present = pod["metadata"].get("annotations") or {}
    operations += set_keys(pod, ("metadata", "annotations"), {**_merged_maps(present, specs, "annotations"), **marks})
    accounts = [spec["serviceAccountName"] for spec in specs if spec.get("serviceAccountName")]
    return operations + ([add("/spec/serviceAccountName", accounts[-1])] if accounts else [])


def _extend_container(container: Object, index: int, field: str, values: list[Any]) -> list[Object]:
    if not values:
        return []
    path = f"/spec/containers/{index}/{field}"
    if container.get(field) is None:
        return [add(path, values)]
    return [add(f"{path}/-", value) for value in values]


def _all(specs: Sequence[Object], field: str) -> list[Any]:
    return [value for spec in specs for value in spec.get(field) or []]


def _merged(present: Sequence[Object], specs: Sequence[Object], field: str, key: str) -> list[Object]:
    """Those that are not there yet."""
    known = {value.get(key): value for value in present}
    new: list[Object] = []
    for value in _all(specs, field):
        name = value.get(key)
        if name not in known:
            known[name] = value
            new.append(value)
        elif known[name] != value:
            raise _Conflict(f"merging {field} has a conflict on {name}: \n{known[name]}\ndoes not match\n{value}")
    return new


def _merged_maps(present: dict[str, str], specs: Sequence[Object], field: str) -> dict[str, str]:
    known, new = dict(present), {}
    for spec in specs:
        for name, value in (spec.get(field) or {}).items():
            if known.get(name, value) != value:
                raise _Conflict(f"merging {field} has a conflict on {name}")
            if name not in known:
                known[name] = new[name] = value
    return new
