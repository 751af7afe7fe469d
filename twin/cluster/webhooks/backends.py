# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which Service answers which path how."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Sequence
from fnmatch import fnmatchcase
from typing import NamedTuple

from twin.cluster.cluster import Cluster
from twin.cluster.endpoints import Endpoint
from twin.cluster.objects import Object
from twin.cluster.webhooks import cert_manager
from twin.cluster.webhooks.review import Patch, Refused, Review, parse, response

_log = logging.getLogger(__name__)
type Answer = Callable[[Review], Patch | None]
"""Raises Refused; a mutating webhook returns what it changes."""


class Backend(NamedTuple):
    """`service` and `path` are globs."""

    service: str
    path: str
    answer: Answer


BACKENDS: Sequence[Backend] = (Backend("cert-manager-webhook", "/validate", cert_manager.validate),)
_unknown: set[tuple[str, str]] = set()
_lock = threading.Lock()


def answer_review(cluster: Cluster, where: Endpoint, path: str, review: Object) -> Object:
    """The AdmissionReview that the backend answers; what nobody plays is allowed, and said once in the log."""
    found = next((b for b in BACKENDS if fnmatchcase(where.service, b.service) and fnmatchcase(path, b.path)), None)
    if found is None:
        _say_unknown(where.service, path)
        return response(review)
    try:
        return response(review, found.answer(parse(cluster, where.namespace, path, review)) or ())
    except Refused as refusal:
        return response(review, refusal=refusal)


def _say_unknown(service: str, path: str) -> None:
    with _lock:
        if (service, path) in _unknown:
            return
        _unknown.add((service, path))
    _log.info("nobody plays %s of %s: it allows everything", path, service)
