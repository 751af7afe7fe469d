# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which controllers a cluster has: add a class here and it runs."""

from __future__ import annotations

from collections.abc import Sequence

from twin.cluster.controller import Controller
from twin.cluster.mounts import Mounts

CONTROLLERS: Sequence[type[Controller]] = (Mounts,)
