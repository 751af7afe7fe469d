# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""External Secrets' webhooks.

Checked: one provider per store, what an ExternalSecret fetches, policies that contradict each other. Not checked:
providers' own settings, references to other namespaces, generators.
"""

from __future__ import annotations

from twin.cluster.webhooks.fields import at
from twin.cluster.webhooks.review import Refused, Review


def validate_store(review: Review) -> None:
    """Exactly one provider."""
    if review.deletes:
        return
    found = len(review.spec.get("provider") or {})
    if found != 1:
        raise Refused(f"store error for {review.name}: secret stores must only have exactly one backend specified, "
                      f"found {found}")  # fmt: skip


def validate_external_secret(review: Review) -> None:
    """Something to fetch, and policies that fit."""
    if review.deletes:
        return
    spec = review.spec
    deletion, creation = (at(spec, "target", name) for name in ("deletionPolicy", "creationPolicy"))
    if deletion == "Delete" and creation in ("Merge", "None"):
        raise Refused("deletionPolicy=Delete must not be used when the controller doesn't own the secret. Please set "
                      "creationPolicy=Owner")  # fmt: skip
    if deletion == "Merge" and creation == "None":
        raise Refused(
            "deletionPolicy=Merge must not be used with creationPolicy=None. There is no Secret to merge with"
        )
    if not spec.get("data") and not spec.get("dataFrom"):
        raise Refused("either data or dataFrom should be specified")
    for source in spec.get("dataFrom") or []:
        if sum(name in source for name in ("find", "extract")) > 1:
            raise Refused("extract, find, or generatorRef cannot be set at the same time")
