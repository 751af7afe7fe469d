# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What instance types bring to a cluster."""

from __future__ import annotations

import pytest

from twin.aws.eks.capacity import architecture, capacity, known


@pytest.mark.parametrize(
    ("instance_type", "cpu", "gpus"),
    [("m5.xlarge", "4", None), ("g5.xlarge", "4", "1"), ("g4dn.12xlarge", "48", "4"), ("p3.8xlarge", "32", "4")],
)
def test_capacity(instance_type: str, cpu: str, gpus: str | None) -> None:
    found = capacity(instance_type)
    assert (found["cpu"], found.get("nvidia.com/gpu")) == (cpu, gpus)
    assert found["memory"].endswith("Mi")


def test_pods_follow_the_formula_of_the_network_plug_in() -> None:
    assert capacity("m5.xlarge")["pods"] == "58"


def test_architecture() -> None:
    assert (architecture("m7g.large"), architecture("m5.large")) == ("arm64", "amd64")


def test_types_that_never_were() -> None:
    assert known("p3.2xlarge")
    assert not known("m5.huge")
