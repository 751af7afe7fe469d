# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Mistakes in a list of resources are told with their place."""

from __future__ import annotations

import pytest

from ansible_collections.kubeops.hybrid.plugins.module_utils._engine.plan import PlanErrors
from ansible_collections.kubeops.hybrid.plugins.module_utils._engine.wishes import parse
from ansible_collections.kubeops.hybrid.plugins.module_utils._kinds.aws.registry import KINDS


def test_a_malformed_range_is_told_with_its_place_also_where_it_is_to_go() -> None:
    """What is absent is not checked, yet it is brought into its normal form."""
    with pytest.raises(PlanErrors, match=r"resources\[0\] \(subnet a\): '10.0.0.0/99' does not appear to be"):
        parse([{"kind": "subnet", "name": "a", "vpc": "v", "cidr": "10.0.0.0/99"}], KINDS, absent=True)
