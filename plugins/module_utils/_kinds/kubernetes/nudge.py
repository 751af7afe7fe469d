# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This file is private to the collection: its content may change in any release.
"""Wake the server's controllers where they gave an object up, or never saw it because the server ended."""

from __future__ import annotations

from ..._clients.kube import Port
from ..._clients.kube_discovery import Resource
from .objects import MANAGER

EVERY = 10.0
"""Seconds between two nudges of one object at least."""
_MARK = "kubeops.io/still-waited-for"


def nudge(port: Port, resource: Resource, name: str) -> None:
    """Change the cluster-wide object and change it back: controllers look at what changes, and nothing stays of it.

    Raises EstateError when the server refuses.
    """
    for value in ("true", None):
        port.merge(resource, "", name, {"metadata": {"annotations": {_MARK: value}}}, manager=MANAGER)
