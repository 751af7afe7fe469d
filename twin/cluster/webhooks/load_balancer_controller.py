# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The AWS load balancer controller's webhooks.

Set: the class of Services that ask for a load balancer. Checked: ingresses' old annotation, target group bindings.
Not played: readiness gates of pods, QUIC server ids, IngressClassParams' limits.
"""

from __future__ import annotations

from twin.cluster.objects import annotation
from twin.cluster.webhooks.fields import add
from twin.cluster.webhooks.review import Patch, Refused, Review

_CLASS = "service.k8s.aws/nlb"
_OLD_CLASS = "kubernetes.io/ingress.class"


def default_service(review: Review) -> Patch:
    """New Services of type LoadBalancer belong to this controller unless they say otherwise."""
    if (
        review.operation != "CREATE"
        or review.spec.get("type") != "LoadBalancer"
        or review.spec.get("loadBalancerClass")
    ):
        return ()
    return [add("/spec/loadBalancerClass", _CLASS)]


def validate_ingress(review: Review) -> None:
    """An ingress names one class, in one way."""
    if review.deletes:
        return
    if annotation(review.thing, _OLD_CLASS) == "alb" and review.spec.get("ingressClassName"):
        raise Refused(f"`{_OLD_CLASS}` annotation and `spec.ingressClassName` cannot be set at the same time")


def validate_binding(review: Review) -> None:
    """A TargetGroupBinding names its group, which stays."""
    if review.deletes:
        return
    if not review.spec.get("targetGroupARN") and not review.spec.get("targetGroupName"):
        raise Refused("You must specify either TargetGroupARN or TargetGroupName")
    before = (review.old or {}).get("spec") or review.spec
    for field in ("targetGroupARN", "targetType"):
        if before.get(field) and before[field] != review.spec.get(field):
            raise Refused(f"TargetGroupBinding update may not change these immutable fields: spec.{field}")
