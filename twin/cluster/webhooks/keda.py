# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""KEDA's admission webhooks.

Checked: replica bounds, unique trigger names, a workload that another ScaledObject or an HPA scales. Not checked: CPU
and memory triggers against requests, fallbacks, formulas, credentials.
"""

from __future__ import annotations

from twin.cluster.objects import Object
from twin.cluster.webhooks.fields import at
from twin.cluster.webhooks.review import Refused, Review

_MOST = 100  # replicas, when a ScaledObject does not say


def validate_scaled_object(review: Review) -> None:
    """Refuse what KEDA refuses, in its words."""
    if review.deletes:
        return
    spec = review.spec
    least, most = spec.get("minReplicaCount") or 0, spec.get("maxReplicaCount", _MOST)
    if least > most:
        raise Refused(f"MinReplicaCount={least} must be less than MaxReplicaCount={most}")
    if spec.get("idleReplicaCount") is not None and spec["idleReplicaCount"] >= least:
        raise Refused(f"IdleReplicaCount={spec['idleReplicaCount']} must be less than MinReplicaCount={least}")
    names = [trigger["name"] for trigger in spec.get("triggers") or [] if trigger.get("name")]
    for name in names:
        if names.count(name) > 1:
            raise Refused(f"triggerName {name} is defined multiple times in the ScaledObject, but it must be unique")
    _refuse_second_owner(review)


def _refuse_second_owner(review: Review) -> None:
    target = _target(review.spec)
    api, kind, name = target
    where = f"namespaces/{review.namespace}"
    others, _version = review.cluster.api.list(f"/apis/keda.sh/v1alpha1/{where}/scaledobjects")
    for other in others:
        if other["metadata"]["name"] != review.name and _target(other["spec"]) == target:
            raise Refused(f"the workload '{name}' of type '{api}.{kind}' is already managed by the ScaledObject "
                          f"'{other['metadata']['name']}'")  # fmt: skip
    scalers, _version = review.cluster.api.list(f"/apis/autoscaling/v2/{where}/horizontalpodautoscalers")
    for scaler in scalers:
        owners = [owner["name"] for owner in scaler["metadata"].get("ownerReferences") or []]
        if _target(scaler["spec"]) == target and review.name not in owners:
            raise Refused(f"the workload '{name}' of type '{api}.{kind}' is already managed by the hpa "
                          f"'{scaler['metadata']['name']}'")  # fmt: skip


def _target(spec: Object) -> tuple[str, str, str]:
    reference = spec.get("scaleTargetRef") or {}
    return (reference.get("apiVersion") or "apps/v1", reference.get("kind") or "Deployment", reference.get("name", ""))


def validate_authentication(review: Review) -> None:
    """A TriggerAuthentication's pod identity."""
    identity = at(review.spec, "podIdentity")
    if not review.deletes and identity and identity.get("identityId") == "":
        raise Refused(
            'identityId of PodIdentity should not be empty. If it\'s set, identityId has to be different than ""'
        )
