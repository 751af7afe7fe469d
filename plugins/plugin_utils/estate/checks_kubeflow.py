# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Kubeflow: releases that we know, profiles that do not collide, and GPUs that there are."""

from __future__ import annotations

from collections.abc import Iterator

from . import versions
from .check import needs, unique
from .estate import Estate
from .kubeflow import Kubeflow
from .kubeflow_releases import RELEASES, release_of
from .problems import Path, Problem, one_of
from .versions import minor

_WHERE: Path = ("kubeops_platform", "kubeflow")


def shape_problems(kubeflow: Kubeflow, path: Path) -> Iterator[Problem]:
    """What is wrong with the shape by itself. path: where it is written."""
    if kubeflow.manage != "ignore" and kubeflow.deployment != "vanilla":
        message = "is not built by this version of the collection"
        yield Problem((*path, "deployment"), kubeflow.deployment, message, "use deployment: vanilla")
    profiles = list(enumerate(kubeflow.profiles))
    names = [(one.name, (*path, "profiles", index, "name")) for index, one in profiles]
    yield from unique(names, "is also", "name each profile once: it is a namespace")
    for index, profile in profiles:
        where: Path = (*path, "profiles", index, "contributors")
        users = [(one.user, (*where, number, "user")) for number, one in enumerate(profile.contributors)]
        yield from unique(users, "contributes to this profile already as", "give each contributor one role")
        for number, one in enumerate(profile.contributors):
            if one.user == profile.owner:
                message = "owns the profile already"
                yield Problem((*where, number, "user"), one.user, message, "leave the owner out of the contributors")
    users = [(one.email, (*path, "users", index, "email")) for index, one in enumerate(kubeflow.users)]
    yield from unique(users, "is also", "list each user once")


@needs("kubeops_platform")
def platform(estate: Estate) -> Iterator[Problem]:
    """The release is known by its manifests, and the shape is sound."""
    kubeflow = estate.platform.kubeflow
    if kubeflow is None:
        return
    yield from shape_problems(kubeflow, _WHERE)
    # A minor that nothing is known about is told by the check of versions, if there is a mesh.
    told = estate.mesh is not None and minor(kubeflow.version) not in versions.ISTIO_OF_KUBEFLOW
    if release_of(kubeflow.version) is None and not told:
        message = "is no release of Kubeflow whose manifests we know"
        yield Problem((*_WHERE, "version"), kubeflow.version, message, one_of(kubeflow.version, list(RELEASES)))


@needs("kubeops_platform", "kubeops_clusters", "kubeops_gpus", "kubeops_hosts")
def gpus(estate: Estate) -> Iterator[Problem]:
    """Quotas of GPUs are within what the sites have, if Kubeflow runs there and nowhere else.

    Node groups in AWS grow as they are asked to; there is no number to compare with.
    """
    kubeflow = estate.platform.kubeflow
    on_site = {cluster.name for cluster in estate.clusters}
    if kubeflow is None or not set(kubeflow.clusters) <= on_site:
        return
    there = estate.gpu_count
    total = 0
    for index, profile in enumerate(kubeflow.profiles):
        path: Path = (*_WHERE, "profiles", index, "gpus")
        total += profile.gpus
        if profile.gpus > there:
            message = f"is more than the {there} GPUs that there are"
            yield Problem(path, str(profile.gpus), message, f"grant {there} or fewer")
        elif total > there and not kubeflow.gpu_overcommit:
            message = f"makes the quotas {total} GPUs together, and there are {there}"
            remedy = "lower quotas, or say gpu_overcommit: true if teams take turns"
            yield Problem(path, str(profile.gpus), message, remedy)
            return
