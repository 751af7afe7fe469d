# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This file is private to the collection: its content may change in any release.
"""One call of a module of EKS Anywhere: from its parameters to the engine."""

from __future__ import annotations

import typing as t

from ansible.module_utils.basic import AnsibleModule

from ..._clients.eksa import EksaPort
from ..._clients.eksa_module import connect
from ..._engine.evidence import Evidence
from ..._engine.module import run_module
from ..._engine.one_kind import One
from ..._engine.runs import Run
from ..._engine.world import World
from .milestones import gather
from .registry import KINDS

ONE = One(KINDS["eksa_cluster"])
Values = t.Mapping[str, t.Any]


def run_eksa(module: AnsibleModule) -> t.NoReturn:
    """Do what the parameters say for the clusters and kubeconfigs among them."""
    run_module(module, KINDS, _connected(module), _evidence)


def run_cluster(module: AnsibleModule) -> t.NoReturn:
    """The same for one cluster."""
    ONE.run(module, KINDS, _connected(module))


def _connected(module: AnsibleModule) -> t.Callable[[Values, Run, bool], EksaPort]:
    def connected(_params: Values, run: Run, _read_only: bool) -> EksaPort:
        return connect(module, run)

    return connected


def _evidence(world: World, port: EksaPort, expected: t.Sequence[Values]) -> list[Evidence]:
    return gather(world, port, expected, port.vcenter)
