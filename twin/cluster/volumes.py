# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The EBS CSI driver: volumes for claims, while its controller Deployment is available.

The real controller manager and scheduler do their part: they choose the node and bind what is made here. Not played:
snapshots, clones, raw block, changing a volume's type, attaching in EC2 (attachments succeed at once).
"""

from __future__ import annotations

import zlib
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from twin.cluster.cluster import DEPLOYMENTS, Cluster
from twin.cluster.controller import Controller, Item
from twin.cluster.events import warn
from twin.cluster.objects import Object, annotation, is_deleted, key_of, labels
from twin.cluster.platform import NoPlatformError, Platform
from twin.cluster.quantities import gibibytes
from twin.cluster.volume_parameters import InvalidParameterError, options
from twin.contract import TwinError

DRIVER = "ebs.csi.aws.com"
CLAIMS, VOLUMES = "/api/v1/persistentvolumeclaims", "/api/v1/persistentvolumes"
CLASSES = "/apis/storage.k8s.io/v1/storageclasses"
ATTACHMENTS = "/apis/storage.k8s.io/v1/volumeattachments"
NODES = "/api/v1/nodes"
_FINALIZER = "external-provisioner.volume.kubernetes.io/finalizer"
_PROVISIONER = "volume.kubernetes.io/storage-provisioner"
_PROVISIONED_BY = "pv.kubernetes.io/provisioned-by"
_ZONE = "topology.kubernetes.io/zone"
_MANAGER = "ebs-csi-controller"
_AGAIN = 2.0  # real seconds until what was refused is tried again


class Volumes(Controller):
    """Claims to volumes, and volumes to their end."""

    watches: ClassVar[Sequence[str]] = (CLAIMS, VOLUMES, ATTACHMENTS, DEPLOYMENTS, CLASSES, NODES)

    def __init__(self, cluster: Cluster) -> None:
        super().__init__(cluster)
        self._platform = Platform(cluster.settings.twin, cluster.settings.name)

    def related(self, path: str, thing: Object) -> Sequence[Item] | None:
        """The driver, a class or a node that comes makes all claims and volumes worth a look."""
        if path in (CLAIMS, VOLUMES, ATTACHMENTS):
            return None
        driver = path != DEPLOYMENTS or key_of(thing) == ("kube-system", "ebs-csi-controller")
        followed = (CLAIMS, VOLUMES, ATTACHMENTS) if driver else ()
        return [Item(other, *key_of(one)) for other in followed for one in self.cluster.informer(other).all()]

    def reconcile(self, path: str, thing: Object) -> float | None:
        """Do what the driver's side cars do; without a driver, nothing."""
        if not self.cluster.available("kube-system", "ebs-csi-controller"):
            return None
        if path == CLAIMS:
            return self._claim(thing)
        if path == VOLUMES:
            return self._volume(thing)
        return self._attach(thing)

    def _claim(self, claim: Object) -> float | None:
        if is_deleted(claim):
            return None
        if claim["spec"].get("volumeName"):
            return self._grow(claim)
        storage_class = self.cluster.known(CLASSES, "", claim["spec"].get("storageClassName") or "")
        # The controller manager writes the annotation when the claim may be served: at once, or with its first pod.
        if annotation(claim, _PROVISIONER) != DRIVER or storage_class is None:
            return None
        if (left := self.left("volume", claim["metadata"]["uid"])) > 0:
            return left
        try:
            self._provision(claim, storage_class)
        except NoPlatformError:
            return None
        except InvalidParameterError as error:
            return self._refuse(claim, storage_class, f"rpc error: code = InvalidArgument desc = {error}")
        except TwinError as error:
            return self._refuse(claim, storage_class, f"rpc error: code = Internal desc = {error}")
        return None

    def _refuse(self, claim: Object, storage_class: Object, why: str) -> float:
        name = storage_class["metadata"]["name"]
        message = f'failed to provision volume with StorageClass "{name}": {why}'
        warn(self.api, claim, kind="PersistentVolumeClaim", version="v1", reason="ProvisioningFailed",
             message=message, source=DRIVER)  # fmt: skip
        return _AGAIN

    def _provision(self, claim: Object, storage_class: Object) -> None:
        namespace, name = key_of(claim)
        volume = f"pvc-{claim['metadata']['uid']}"
        wish = options(storage_class.get("parameters") or {})
        gib = gibibytes(claim["spec"]["resources"]["requests"]["storage"])
        zone = self._zone(claim, storage_class)
        tags = {
            "CSIVolumeName": volume,
            "Name": f"{self.cluster.settings.name}-dynamic-{volume}",
            "kubernetes.io/created-for/pvc/name": name,
            "kubernetes.io/created-for/pvc/namespace": namespace,
            "kubernetes.io/created-for/pv/name": volume,
        }
        made = self._platform.ask("POST", "volumes", {**wish.ebs, "gib": gib, "zone": zone, "tags": tags})
        self.api.apply(
            f"{VOLUMES}/{volume}",
            _volume(claim, storage_class, handle=made["id"], gib=gib, zone=zone, file_system=wish.file_system),
            manager=_MANAGER,
        )

    def _zone(self, claim: Object, storage_class: Object) -> str:
        """The chosen node's zone; without one, any that has nodes and that the class allows."""
        chosen = annotation(claim, "volume.kubernetes.io/selected-node")
        nodes = [
            node for node in self.cluster.informer(NODES).all() if chosen in ("", node["metadata"]["name"])
        ]  # fmt: skip
        zones: list[str] = sorted({labels(node).get(_ZONE, "") for node in nodes} - {""})
        allowed = _allowed_zones(storage_class)
        fitting = [zone for zone in zones if not allowed or zone in allowed]
        if not fitting:
            raise TwinError("error generating accessibility requirements: no available topology found")
        # Spread like the real provisioner: by the claim's name, the same for the same claim.
        return fitting[zlib.crc32(claim["metadata"]["name"].encode()) % len(fitting)]

    def _grow(self, claim: Object) -> float | None:
        volume = self.cluster.known(VOLUMES, "", claim["spec"]["volumeName"])
        have = ((claim.get("status") or {}).get("capacity") or {}).get("storage")
        if volume is None or have is None or not _is_ours(volume):
            return None
        wanted = gibibytes(claim["spec"]["resources"]["requests"]["storage"])
        if wanted <= gibibytes(have):
            return None
        handle, namespace = volume["spec"]["csi"]["volumeHandle"], claim["metadata"]["namespace"]
        self._platform.ask("PATCH", f"volumes/{handle}", {"gib": wanted})
        size = {"capacity": {"storage": f"{wanted}Gi"}}
        self.api.merge(f"{VOLUMES}/{claim['spec']['volumeName']}", {"spec": size}, manager=_MANAGER)
        path = f"/api/v1/namespaces/{namespace}/persistentvolumeclaims/{claim['metadata']['name']}/status"
        self.api.merge(path, {"status": {**size, "conditions": None}}, manager=_MANAGER)
        return None

    def _volume(self, volume: Object) -> float | None:
        finalizers = volume["metadata"].get("finalizers") or []
        phase = (volume.get("status") or {}).get("phase")
        unused = phase == "Released" or (is_deleted(volume) and "kubernetes.io/pv-protection" not in finalizers)
        deletes = volume["spec"]["persistentVolumeReclaimPolicy"] == "Delete"
        if not (_is_ours(volume) and unused and (deletes or is_deleted(volume))):
            return None
        if (left := self.left("volume-deletion", volume["metadata"]["uid"])) > 0:
            return left
        if deletes:
            self._platform.ask("DELETE", f"volumes/{volume['spec']['csi']['volumeHandle']}")
        path = f"{VOLUMES}/{volume['metadata']['name']}"
        self.api.delete(path)
        if _FINALIZER in finalizers:
            rest = [finalizer for finalizer in finalizers if finalizer != _FINALIZER]
            self.api.merge(path, {"metadata": {"finalizers": rest}}, manager=_MANAGER)
        return None

    def _attach(self, attachment: Object) -> float | None:
        ours = attachment["spec"]["attacher"] == DRIVER and not is_deleted(attachment)
        if ours and not (attachment.get("status") or {}).get("attached"):
            path = f"{ATTACHMENTS}/{attachment['metadata']['name']}/status"
            self.api.merge(path, {"status": {"attached": True}}, manager=_MANAGER)
        return None


def _is_ours(volume: Object) -> bool:
    return annotation(volume, _PROVISIONED_BY) == DRIVER and "csi" in volume["spec"]


def _allowed_zones(storage_class: Object) -> set[str]:
    return {
        zone
        for term in storage_class.get("allowedTopologies") or []
        for expression in term.get("matchLabelExpressions") or []
        if expression["key"] in (_ZONE, f"topology.{DRIVER}/zone")
        for zone in expression["values"]
    }


def _volume(
    claim: Object, storage_class: Object, *, handle: str, gib: int, zone: str, file_system: str
) -> Mapping[str, Any]:
    metadata = claim["metadata"]
    expression = {"key": _ZONE, "operator": "In", "values": [zone]}
    return {
        "apiVersion": "v1",
        "kind": "PersistentVolume",
        "metadata": {
            "name": f"pvc-{metadata['uid']}",
            "annotations": {_PROVISIONED_BY: DRIVER},
            "finalizers": [_FINALIZER],
        },
        "spec": {
            "accessModes": claim["spec"]["accessModes"],
            "capacity": {"storage": f"{gib}Gi"},
            "claimRef": {
                "apiVersion": "v1",
                "kind": "PersistentVolumeClaim",
                **{key: metadata[key] for key in ("name", "namespace", "uid", "resourceVersion")},
            },
            "csi": {"driver": DRIVER, "fsType": file_system, "volumeHandle": handle},
            "nodeAffinity": {"required": {"nodeSelectorTerms": [{"matchExpressions": [expression]}]}},
            "persistentVolumeReclaimPolicy": storage_class.get("reclaimPolicy") or "Delete",
            "storageClassName": storage_class["metadata"]["name"],
            "mountOptions": storage_class.get("mountOptions") or [],
            "volumeMode": claim["spec"].get("volumeMode") or "Filesystem",
        },
    }
