# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Tables plans_vsphere/<kind>.yml of kinds of vSphere; see plan_tables.

observed: see AnsweringPort; a vCenter with the datacenter "site" (Datacenter:datacenter-2) is there without a word.
world: {kind: {name: reference}}.
"""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.kubeops.hybrid.plugins.module_utils._kinds.vsphere.registry import KINDS
from tests.unit.kinds_support_vsphere import PLANS, AnsweringPort, known
from tests.unit.plan_tables import Endpoint, cases

VCENTER = Endpoint(KINDS, AnsweringPort, known)


@pytest.mark.parametrize(("kind", "case"), cases(PLANS))
def test_plan(kind: str, case: dict[str, Any]) -> None:
    VCENTER.check(kind, case)
