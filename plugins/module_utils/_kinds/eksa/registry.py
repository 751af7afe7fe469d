# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This file is private to the collection: its content may change in any release.
"""All kinds of EKS Anywhere. Imports are static: Ansible ships to a module what it imports."""

from __future__ import annotations

import typing as t

from ..._clients.eksa import Port
from ..._engine.kind import Kind
from .eksa_cluster import EksaCluster
from .eksa_kubeconfig import EksaKubeconfig

_ALL: tuple[Kind[Port], ...] = (EksaCluster(), EksaKubeconfig())

KINDS: t.Mapping[str, Kind[Port]] = {kind.name: kind for kind in _ALL}
