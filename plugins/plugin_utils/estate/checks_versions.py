# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Versions that do not work together."""

from __future__ import annotations

from collections.abc import Iterator

from . import versions
from .check import needs
from .estate import Estate
from .problems import Path, Problem
from .versions import Minor, minor, text


def _outside(path: Path, version: str, span: tuple[Minor, Minor], whose: str, host: str = "") -> Iterator[Problem]:
    first, last = span
    if not first <= minor(version) <= last:
        message = f"is not supported by {whose}, which takes {text(first)} to {text(last)}"
        yield Problem(path, version, message, f"choose a version from {text(first)} to {text(last)}", host)


@needs("kubeops_clusters")
def eks_anywhere(estate: Estate) -> Iterator[Problem]:
    """EKS Anywhere knows the Kubernetes version of each cluster."""
    for index, cluster in enumerate(estate.clusters):
        path: Path = ("kubeops_clusters", index)
        span = versions.EKS_ANYWHERE.get(minor(cluster.eksa_version))
        if span is None:
            known = ", ".join(f"v{text(one)}" for one in versions.EKS_ANYWHERE)
            message = "is no release of EKS Anywhere whose limits we know"
            yield Problem((*path, "eksa_version"), cluster.eksa_version, message, f"known: {known}")
        else:
            whose = f"EKS Anywhere {cluster.eksa_version}"
            yield from _outside((*path, "kubernetes_version"), cluster.kubernetes_version, span, whose)
        template = cluster.template
        if cluster.os_family != "bottlerocket" and template is None:
            message = f"is required for {cluster.os_family}"
            yield Problem((*path, "template"), "", message, "name the template that was imported for this version")
        elif template is not None and not _names_version(template, cluster.kubernetes_version):
            message = f"does not contain the Kubernetes version {cluster.kubernetes_version}"
            remedy = f"use a template whose name contains {cluster.kubernetes_version}: EKS Anywhere demands it"
            yield Problem((*path, "template"), template, message, remedy)


def _names_version(template: str, version: str) -> bool:
    major, small = minor(version)
    return any(f"{major}{mark}{small}" in template for mark in (".", "-", "_", ""))


@needs("kubeops_vcenter", "kubeops_clusters")
def vsphere(estate: Estate) -> Iterator[Problem]:
    """EKS Anywhere runs on this vSphere."""
    if estate.vcenter is None or not estate.clusters:
        return
    version = estate.vcenter.version
    if minor(version)[0] not in versions.VSPHERE_OF_EKS_ANYWHERE:
        message = "is a vSphere that EKS Anywhere does not run on"
        yield Problem(("kubeops_vcenter", "version"), version, message, "upgrade to vSphere 8 (7 is the oldest)")


@needs("eks_clusters", "kubeops_aws")
def eks(estate: Estate) -> Iterator[Problem]:
    """EKS offers the version of each cluster."""
    for region in estate.regions:
        for index, cluster in enumerate(region.clusters):
            path: Path = ("eks_clusters", index, "version")
            yield from _outside(path, cluster.version, versions.EKS, "EKS", region.host)


@needs("kubeops_mesh", "kubeops_clusters", "eks_clusters", "kubeops_aws")
def istio(estate: Estate) -> Iterator[Problem]:
    """Istio runs on the Kubernetes version of every cluster of the mesh, and Gloo Mesh knows that Istio."""
    mesh = estate.mesh
    if mesh is None:
        return
    path: Path = ("kubeops_mesh", "istio_version")
    span = versions.ISTIO.get(minor(mesh.istio_version))
    if span is None:
        known = ", ".join(text(one) for one in versions.ISTIO)
        yield Problem(path, mesh.istio_version, "is no Istio whose limits we know", f"known: {known}")
        return
    members = {member.cluster for member in mesh.clusters}
    for name, version in _kubernetes(estate).items():
        if name in members and not span[0] <= minor(version) <= span[1]:
            message = f"runs on Kubernetes {text(span[0])} to {text(span[1])}, and cluster {name} has {version}"
            yield Problem(path, mesh.istio_version, message, "choose another Istio, or upgrade the cluster")
    if mesh.gloo_version is not None:
        yield from _gloo(mesh.gloo_version, mesh.istio_version)


def _gloo(gloo: str, istio: str) -> Iterator[Problem]:
    path: Path = ("kubeops_mesh", "gloo_version")
    span = versions.ISTIO_OF_GLOO.get(minor(gloo))
    if span is None:
        known = ", ".join(text(one) for one in versions.ISTIO_OF_GLOO)
        yield Problem(path, gloo, "is no Gloo Mesh whose limits we know", f"known: {known}")
    elif not span[0] <= minor(istio) <= span[1]:
        message = f"manages Istio {text(span[0])} to {text(span[1])}, not {istio}"
        yield Problem(path, gloo, message, "choose versions of Gloo Mesh and Istio that go together")


def _kubernetes(estate: Estate) -> dict[str, str]:
    found = {cluster.name: cluster.kubernetes_version for cluster in estate.clusters}
    for region in estate.regions:
        found |= {cluster.name: cluster.version for cluster in region.clusters}
    return found


@needs("kubeops_platform", "kubeops_mesh")
def kubeflow(estate: Estate) -> Iterator[Problem]:
    """Kubeflow's Istio objects are read by the mesh's Istio; Kueue keeps the order of clusters."""
    kubeflow, bursting = estate.platform.kubeflow, estate.platform.bursting
    if kubeflow is not None and estate.mesh is not None:
        path: Path = ("kubeops_platform", "kubeflow", "version")
        own = versions.ISTIO_OF_KUBEFLOW.get(minor(kubeflow.version))
        mesh = minor(estate.mesh.istio_version)
        if own is None:
            known = ", ".join(("1.10", "26.03"))
            yield Problem(path, kubeflow.version, "is no Kubeflow whose limits we know", f"known: {known}")
        elif not own <= mesh <= (own[0], own[1] + versions.ISTIO_SKEW):
            message = f"is made for Istio {text(own)}, which the mesh's {estate.mesh.istio_version} cannot replace"
            yield Problem(path, kubeflow.version, message, f"use Istio {text(own)} or up to two minors newer")
    if bursting is not None and minor(bursting.kueue_version) < versions.KUEUE_IN_ORDER:
        where: Path = ("kubeops_platform", "bursting", "kueue_version")
        message = "does not keep the order of clusters"
        yield Problem(where, bursting.kueue_version, message, f"use {text(versions.KUEUE_IN_ORDER)} or newer")


@needs("kubeops_gpus")
def gpu_driver(estate: Estate) -> Iterator[Problem]:
    """The driver knows the GPU, and somebody can bring it."""
    gpus = estate.gpus
    if gpus is None:
        return
    last = versions.LAST_DRIVER.get(gpus.architecture)
    if last is not None and gpus.driver_branch > last:
        message = f"no longer drives {gpus.architecture} GPUs ({gpus.model})"
        yield Problem(
            ("kubeops_gpus", "driver_branch"), str(gpus.driver_branch), message, f"use branch {last}, the last"
        )
    if gpus.mode == "vgpu" and gpus.driver_by == "operator" and gpus.older_than("turing"):
        message = f"brings no vGPU to {gpus.architecture} GPUs: it does so from Turing on"
        remedy = "use driver_by: hypervisor, or mode: passthrough"
        yield Problem(("kubeops_gpus", "driver_by"), gpus.driver_by, message, remedy)
    if (gpus.mode == "vgpu") != (gpus.vgpu_profile is not None):
        message = "is required for vGPU" if gpus.mode == "vgpu" else "means nothing with passthrough"
        remedy = "name the profile" if gpus.mode == "vgpu" else "leave it out, or use mode: vgpu"
        yield Problem(("kubeops_gpus", "vgpu_profile"), gpus.vgpu_profile or "", message, remedy)
