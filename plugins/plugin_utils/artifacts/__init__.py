# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Upstream's manifests and charts: found, held to a lock, rendered offline, and kept by content."""

from __future__ import annotations

from .render import render
from .request import Rendered, Request

__all__ = ["Rendered", "Request", "render"]
