# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Tables plans/<kind>.yml of kinds of AWS; see plan_tables.

observed: {operation: answer}. world: {kind: {name: id, or [id, arn]}}.
"""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.kubeops.hybrid.plugins.module_utils._kinds.aws.registry import KINDS
from tests.unit.kinds_support import PLANS, AnsweringPort, known
from tests.unit.plan_tables import Endpoint, cases

AWS = Endpoint(KINDS, AnsweringPort, known)


@pytest.mark.parametrize(("kind", "case"), cases(PLANS))
def test_plan(kind: str, case: dict[str, Any]) -> None:
    AWS.check(kind, case)
