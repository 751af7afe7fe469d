# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The OpenTelemetry operator's webhooks.

Checked: attributes that a collector's mode does not have, replica bounds, a configuration with pipelines. Not checked:
the collector's components, target allocation, instrumentation. Pods get no sidecar.
"""

from __future__ import annotations

from twin.cluster.webhooks.fields import add, at
from twin.cluster.webhooks.review import Patch, Refused, Review

_NOT_IN_SIDECAR = ("tolerations", "priorityClassName", "affinity")


def default_collector(review: Review) -> Patch:
    """Set the mode."""
    return [] if review.deletes or review.spec.get("mode") else [add("/spec/mode", "deployment")]


def validate_collector(review: Review) -> None:
    """Refuse what the operator refuses, in its words."""
    if review.deletes:
        return
    spec = review.spec
    mode = spec.get("mode", "deployment")
    refused = [name for name in _NOT_IN_SIDECAR if spec.get(name)] if mode == "sidecar" else []
    if mode != "statefulset" and spec.get("volumeClaimTemplates"):
        refused.append("volumeClaimTemplates")
    if refused:
        raise Refused(
            f"the OpenTelemetry Collector mode is set to {mode}, which does not support the attribute '{refused[0]}'"
        )
    least, most = (at(spec, "autoscaler", name) for name in ("minReplicas", "maxReplicas"))
    if least is not None and most is not None and least > most:
        raise Refused(
            "the OpenTelemetry Spec autoscale configuration is incorrect, minReplicas must not be greater than "
            "maxReplicas"
        )
