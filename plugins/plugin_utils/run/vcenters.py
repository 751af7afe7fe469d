# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This file is private to the collection: its content may change in any release.
"""vCenters in a run: which are passed over because no appliance stands behind their name yet."""

from __future__ import annotations

import os
import socket
import typing as t

from ansible_collections.kubeops.hybrid.plugins.plugin_utils.run.clusters import IGNORED, NOT_COVERED

if t.TYPE_CHECKING:
    from ansible_collections.kubeops.hybrid.plugins.plugin_utils.estate.estate import Estate

Document = dict[str, t.Any]
_MAKER = "eks_anywhere"


def facts(estate: Estate) -> dict[str, Document]:
    """Inventory host of group vcenters to {"address", "declared", "admin_machine"}: how it is reached, whether the
    estate says what it holds, and whether there is a machine from which EKS Anywhere's first cluster can be made."""
    declared = estate.vcenter.host if estate.vcenter is not None else ""
    return {
        host: {
            "address": endpoint.address,
            "declared": host == declared,
            "admin_machine": estate.admin_machine is not None,
        }
        for host, endpoint in estate.vcenters.items()
    }


def passed_over(run: t.Mapping[str, t.Any], place: str, layer: str) -> tuple[str, str]:
    """Outcome and reason of a layer that is not for this run, or two empty texts.

    run: what the begin of the run returned. place: inventory host. Judged are layers of vCenters, and of clusters that
    are made in them and have no kubeconfig yet.
    """
    vcenter = (run.get("vcenters") or {}).get(place)
    if vcenter is None:
        return _of_cluster(run, place)
    if layer in (run.get("ignored") or ()):
        return IGNORED, f"kubeops_estate.layers.{layer} is ignore"
    if not vcenter["declared"]:
        return NOT_COVERED, "kubeops_vcenter.host does not name it"
    if not _known(vcenter["address"]):
        return NOT_COVERED, f"no layer of this version deploys an appliance, and nobody knows {vcenter['address']}"
    if layer == _MAKER and not vcenter["admin_machine"]:
        return NOT_COVERED, "kubeops_admin_machine names no machine from which clusters of EKS Anywhere can be made"
    return "", ""


def _of_cluster(run: t.Mapping[str, t.Any], place: str) -> tuple[str, str]:
    """A cluster of a vCenter that is passed over is not made either."""
    cluster = (run.get("clusters") or {}).get(place) or {}
    maker, _dot, layer = str(cluster.get("layer") or "").rpartition(".")
    if layer != _MAKER or os.path.exists(cluster["kubeconfig"]):
        return "", ""
    return passed_over(run, maker, layer)


def _known(address: str) -> bool:
    """Whether the name has an address; one that has and does not answer is an error of its layer."""
    try:
        socket.getaddrinfo(address, None)
    except OSError:
        return False
    return True
