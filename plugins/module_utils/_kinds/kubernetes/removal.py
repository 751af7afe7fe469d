# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This file is private to the collection: its content may change in any release.
"""In which order objects go, so that whoever has to clean up after one still runs. Pure.

Each wave is waited for before the next begins. CRDs, if they go at all, go while the controllers of their objects run:
deleting one deletes what users made of it, and whoever put a finalizer there has to take it away.
"""

from __future__ import annotations

import enum
import typing as t

from ..._clients.kube_discovery import built_in_scope
from .objects import Key, Live


class Wave(enum.IntEnum):
    """What goes together, in order."""

    DEAD_ADMISSION = 0
    """Webhooks that nobody answers: they would refuse what comes next."""
    PROFILES = 1
    """Namespaces of users go with them, by a controller that still runs."""
    CUSTOM = 2
    GROUND = 3
    """What the controllers themselves stand on: their certificates, their ways through the mesh."""
    DEFINITIONS = 4
    ADMISSION = 5
    """Before their backends: one without them refuses everything. The same for aggregated APIs, and with namespaces."""
    OUTSIDE = 6
    """What has things outside the cluster, or would fight the deletion of workloads: load balancers, autoscalers."""
    WORKLOADS = 7
    CLAIMS = 8
    """After the pods that use them, before who deletes the volumes."""
    STORAGE = 9
    SERVICES = 10
    CONFIGURATION = 11
    GATHERED_ACCESS = 12
    """Before the roles it is gathered from: the controller that gathers makes it anew when one of them goes."""
    ACCESS = 13
    NAMESPACES = 14


_ADMISSION = "admissionregistration.k8s.io"
_BY_GROUP = {
    _ADMISSION: Wave.ADMISSION,
    "apiregistration.k8s.io": Wave.ADMISSION,
    "apiextensions.k8s.io": Wave.DEFINITIONS,
    "apps": Wave.WORKLOADS,
    "batch": Wave.WORKLOADS,
    "autoscaling": Wave.OUTSIDE,
    "policy": Wave.OUTSIDE,
    "storage.k8s.io": Wave.STORAGE,
    "node.k8s.io": Wave.STORAGE,
    "scheduling.k8s.io": Wave.STORAGE,
    "rbac.authorization.k8s.io": Wave.ACCESS,
    "discovery.k8s.io": Wave.SERVICES,
}
_BY_KIND = {
    ("", "Namespace"): Wave.NAMESPACES,
    ("", "Pod"): Wave.WORKLOADS,
    ("", "ReplicationController"): Wave.WORKLOADS,
    ("", "PersistentVolumeClaim"): Wave.CLAIMS,
    ("", "PersistentVolume"): Wave.CLAIMS,
    ("", "Service"): Wave.SERVICES,
    ("", "Endpoints"): Wave.SERVICES,
    ("", "ServiceAccount"): Wave.ACCESS,
    ("networking.k8s.io", "Ingress"): Wave.OUTSIDE,
    ("networking.k8s.io", "IngressClass"): Wave.STORAGE,
    ("networking.k8s.io", "NetworkPolicy"): Wave.CONFIGURATION,
    ("kubeflow.org", "Profile"): Wave.PROFILES,
}
_GROUND_GROUPS = ("cert-manager.io", "istio.io", "gateway.networking.k8s.io")
# Side containers of every CSI driver; see kubernetes-csi.github.io.
_CSI = frozenset({"csi-provisioner", "csi-attacher", "node-driver-registrar", "csi-node-driver-registrar"})


def order(lives: t.Iterable[Live], *, dead: t.Collection[Key] = ()) -> list[list[Key]]:
    """Waves of what is to go. dead: webhook configurations whose backends do not answer any more."""
    waves: dict[Wave, list[Key]] = {}
    for live in lives:
        waves.setdefault(Wave.DEAD_ADMISSION if live.key in dead else wave_of(live), []).append(live.key)
    return [sorted(waves[wave]) for wave in sorted(waves)]


def wave_of(live: Live) -> Wave:
    """When an object goes."""
    key = live.key
    if (key.group, key.kind) == ("", "Service") and (live.body.get("spec") or {}).get("type") == "LoadBalancer":
        return Wave.OUTSIDE
    if live.body.get("aggregationRule"):
        return Wave.GATHERED_ACCESS
    known = _BY_KIND.get((key.group, key.kind)) or _BY_GROUP.get(key.group)
    if known is Wave.WORKLOADS and _serves_volumes(live):
        return Wave.STORAGE
    if known is not None:
        return known
    if built_in_scope(key.group, key.kind) is not None:
        return Wave.CONFIGURATION
    ground = any(key.group == group or key.group.endswith(f".{group}") for group in _GROUND_GROUPS)
    return Wave.GROUND if ground else Wave.CUSTOM


def _serves_volumes(live: Live) -> bool:
    template = (live.body.get("spec") or {}).get("template") or {}
    containers = (template.get("spec") or {}).get("containers") or ()
    return any(one.get("name") in _CSI for one in containers)
