# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Conversion webhooks: objects get the wanted apiVersion and nothing else.

Not played: fields that differ between versions. Between those that the mirror's manifests use, none must move.
"""

from __future__ import annotations

from twin.cluster.objects import Object


def answer(review: Object) -> Object:
    """The ConversionReview with its response."""
    request = review["request"]
    converted = [{**thing, "apiVersion": request["desiredAPIVersion"]} for thing in request["objects"]]
    response = {"uid": request["uid"], "convertedObjects": converted, "result": {"status": "Success"}}
    return {"apiVersion": review["apiVersion"], "kind": review["kind"], "response": response}
