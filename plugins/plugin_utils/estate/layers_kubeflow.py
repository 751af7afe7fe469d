# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""From the shape of Kubeflow to the objects of its set in one cluster, and to what milestones expect of it."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from typing import Any, get_args

from .base import Manage
from .checks_kubeflow import shape_problems
from .kubeflow import Component, Kubeflow, Owners, PodDefault, Profile
from .kubeflow_releases import EXAMPLE_PROFILE, RELEASES, Release, release_of
from .kubeflow_secrets import named_secrets, secret_names, secret_resources
from .kubeflow_settings import patches
from .problems import InvalidEstate, Problem, one_of
from .validation import validated

Resource = dict[str, Any]
SET = "kubeflow"
"""Name of the set of objects. The namespaces that the stream brings are part of it."""
GPUS = "requests.nvidia.com/gpu"
ADMINISTRATORS = "kubeops-kubeflow-administrators"
# What is installed by other means than Kubeflow's own manifests.
ELSEWHERE = frozenset({"jupyterhub"})
# Always rendered: its example user is left out by name, so that a release that has it and one that has not are alike.
_EXAMPLE = "user_namespace"
_PIPELINES_TOKEN = "/var/run/secrets/kubeflow/pipelines"


def kubeflow_resources(
    kubeflow: Any, *, stream: str, provided: Collection[str] = (), manage: Manage = "managed"
) -> list[Resource]:
    """The entries of Kubeflow's set, as kube_resources takes them.

    kubeflow: shape (kubeflow.Kubeflow) as plain data. stream: path of the rendered manifests. provided: names of the
    secrets that have a value; others are generated. manage: how far the layer is ours; reference and ignore give
    nothing, since there is nothing to apply. Raises InvalidEstate.
    """
    shape, release = _shaped(kubeflow)
    if manage != "managed" or shape.manage != "managed":
        return []
    return [
        {
            "kind": "stream",
            "name": f"kubeflow {shape.version}",
            "path": stream,
            "omit": list(_omitted(shape, release)),
            "patches": patches(shape, release),
        },
        *secret_resources(shape, release, provided),
        *_administrators(shape),
        *(entry for profile in _profiles(shape) for entry in _profile(shape, profile)),
    ]


def credentials(kubeflow: Any, secrets: Mapping[str, Any]) -> dict[str, str]:
    """Those secrets that Kubeflow refers to and that have a value. Only they are looked up."""
    shape, _release = _shaped(kubeflow)
    found = {name: secrets[name] for name in named_secrets(shape) if name in secrets}
    return {name: str(value) for name, value in found.items() if value}


def selection(kubeflow: Any, owners: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """What of the manifests is rendered: {version, components, owners}. owners: of this cluster, over the shape's.

    components is None of a release that is there as a whole only.
    """
    shape, release = _shaped(kubeflow)
    checked, problems = validated("kubeflow_owners", Owners, {**shape.owners.model_dump(), **(owners or {})})
    if problems:
        raise InvalidEstate(problems)
    others = {name: owner for name, owner in checked.model_dump().items() if owner != "kubeflow"}
    if others and not release.selectable:
        message = f"is there as a whole only, so that {', '.join(others)} cannot be left to others"
        raise InvalidEstate([Problem(("kubeflow", "version"), shape.version, message, "leave owners out")])
    components = [one for one in shape.components if one not in ELSEWHERE]
    chosen = [*components, _EXAMPLE] if release.selectable else None
    return {"version": release.artifact, "components": chosen, "owners": others}


def kubeflow_milestones(kubeflow: Any, *, estate: str, cluster: str, manage: Manage = "managed") -> list[Resource]:
    """Expectations {milestone, cluster, ...} about Kubeflow in one cluster. Raises InvalidEstate."""
    shape, release = _shaped(kubeflow)
    if manage == "ignore" or shape.manage == "ignore":
        return []
    profiles = [
        {
            "name": one.name,
            "owner": one.owner,
            "quota": quota(one),
            "contributors": [{"user": who.user, "role": who.role} for who in one.contributors],
            "notebooks": "notebooks" in shape.components,
            "pipelines": "pipelines" in shape.components,
        }
        for one in _profiles(shape)
    ]
    about = {"cluster": cluster, "estate": estate, "set": SET}
    labels = {"istio-injection": "enabled", "pod-security.kubernetes.io/enforce": release.pod_security}
    return [
        {"milestone": "2.a.iii", "cluster": cluster, "namespace": "kubeflow", "labels": labels},
        {"milestone": "2.a.iv", **about, "version": shape.version},
        {
            "milestone": "2.a.v",
            **about,
            "secrets": {name: list(keys) for name, keys in secret_names(shape, release).items()},
            "administrators": [one.model_dump(exclude_none=True) for one in shape.administrators],
            "registration": list(release.dashboard) if "dashboard" in shape.components else [],
            "profiles": profiles,
        },
    ]


def quota(profile: Profile) -> dict[str, str]:
    """The hard limits of a profile's namespace. GPUs are always limited: without a quota there are none."""
    limits = {
        "cpu": profile.quota.cpu,
        "memory": profile.quota.memory,
        "pods": profile.quota.pods,
        "requests.storage": profile.quota.storage,
        GPUS: profile.gpus,
    }
    return {name: str(limit) for name, limit in limits.items() if limit is not None}


def _shaped(kubeflow: Any) -> tuple[Kubeflow, Release]:
    """The shape with the components that it really has, and its release. Raises InvalidEstate."""
    shape, problems = validated("kubeflow", Kubeflow, kubeflow)
    found = list(problems) or list(shape_problems(shape, ("kubeflow",)))
    if found:
        raise InvalidEstate(found)
    release = release_of(shape.version)
    if release is None:
        message = "is no release of Kubeflow whose manifests we know"
        remedy = one_of(shape.version, RELEASES)
        raise InvalidEstate([Problem(("kubeflow", "version"), shape.version, message, remedy)])
    components = shape.components if release.selectable else get_args(Component)
    return shape.model_copy(update={"components": list(components)}), release


def _profiles(kubeflow: Kubeflow) -> list[Profile]:
    return [one for one in kubeflow.profiles if one.manage == "managed"]


def _omitted(kubeflow: Kubeflow, release: Release) -> Iterator[Resource]:
    """What others take the place of: published secrets, and the example's user unless objects live in its space."""
    declared = {one.name for one in kubeflow.profiles}
    if EXAMPLE_PROFILE in declared or not release.example_profile_used:
        yield {"kind": "Profile", "name": EXAMPLE_PROFILE}
    for place in secret_names(kubeflow, release):
        namespace, _slash, name = place.partition("/")
        yield {"kind": "Secret", "namespace": namespace, "name": name}


def _administrators(kubeflow: Kubeflow) -> Iterator[Resource]:
    if not kubeflow.administrators:
        return
    who = {
        "users": [one.user for one in kubeflow.administrators if one.user is not None],
        "groups": [one.group for one in kubeflow.administrators if one.group is not None],
    }
    entry = {"kind": "role_binding", "name": ADMINISTRATORS, "cluster_role": "kubeflow-admin"}
    yield entry | {option: names for option, names in who.items() if names}


def _profile(kubeflow: Kubeflow, profile: Profile) -> Iterator[Resource]:
    defaults = list(kubeflow.pod_defaults)
    offered = [_pod_default(one) for one in defaults]
    if profile.pipeline_access and "pipelines" in kubeflow.components:
        offered.insert(0, _pipeline_access())
    entry: Resource = {
        "kind": "kubeflow_profile",
        "name": profile.name,
        "owner": profile.owner,
        "quota": quota(profile),
    }
    if offered and "notebooks" in kubeflow.components:
        entry["pod_defaults"] = offered
    yield entry
    for one in profile.contributors:
        yield {"kind": "kubeflow_contributor", "profile": profile.name, "user": one.user, "role": one.role}


def _pod_default(one: PodDefault) -> Resource:
    env = [{"name": name, "value": value} for name, value in one.env.items()]
    spec = {**one.spec, "desc": one.description, "selector": {"matchLabels": one.match_labels}}
    return {"name": one.name, "spec": {**spec, "env": [*one.spec.get("env", []), *env]} if env else spec}


def _pipeline_access() -> Resource:
    """A token that the pipelines' API takes, renewed by the kubelet."""
    name = "access-ml-pipeline"
    token = {"path": "token", "expirationSeconds": 7200, "audience": "pipelines.kubeflow.org"}
    volume = {"name": "volume-kf-pipeline-token", "projected": {"sources": [{"serviceAccountToken": token}]}}
    return {
        "name": name,
        "spec": {
            "desc": "Allow access to Kubeflow Pipelines",
            "selector": {"matchLabels": {name: "true"}},
            "env": [{"name": "KF_PIPELINES_SA_TOKEN_PATH", "value": f"{_PIPELINES_TOKEN}/token"}],
            "volumes": [volume],
            "volumeMounts": [{"name": volume["name"], "mountPath": _PIPELINES_TOKEN, "readOnly": True}],
        },
    }
