# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Parameters of storage classes and sizes of claims are read as the EBS driver and Kubernetes read them."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from twin.cluster.quantities import gibibytes
from twin.cluster.volume_parameters import InvalidParameterError, options
from twin.contract import TwinError


@pytest.mark.parametrize(
    ("parameters", "ebs", "file_system"),
    [
        ({}, {"type": "gp3"}, "ext4"),
        ({"Type": "io2", "IOPS": "400"}, {"type": "io2", "iops": 400}, "ext4"),
        ({"encrypted": "true", "kmsKeyId": "arn:k"}, {"type": "gp3", "encrypted": True, "kms_key": "arn:k"}, "ext4"),
        ({"encrypted": "false", "throughput": "300"}, {"type": "gp3", "encrypted": False, "throughput": 300}, "ext4"),
        ({"csi.storage.k8s.io/fstype": "xfs", "tagSpecification_1": "a=b"}, {"type": "gp3"}, "xfs"),
        ({"iopsPerGB": "10", "allowAutoIOPSPerGBIncrease": "true"}, {"type": "gp3"}, "ext4"),
    ],
)
def test_parameters(parameters: dict[str, str], ebs: dict[str, Any], file_system: str) -> None:
    found = options(parameters)
    assert (dict(found.ebs), found.file_system) == (ebs, file_system)


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"type": "gp4"}, 'invalid volume type "gp4"'),
        ({"iops": "many"}, "Could not parse invalid iops"),
        ({"colour": "red"}, "Invalid parameter key colour for CreateVolume"),
        ({"csi.storage.k8s.io/fstype": "zfs"}, 'invalid fstype "zfs"'),
    ],
)
def test_what_the_driver_refuses(parameters: dict[str, str], message: str) -> None:
    with pytest.raises(InvalidParameterError, match=message):
        options(parameters)


@pytest.mark.parametrize(
    ("quantity", "gib"),
    [("10Gi", 10), ("1", 1), ("10500Mi", 11), ("1.5Ti", 1536), ("20G", 19), ("1e9", 1), ("2E3", 1), ("0.5Gi", 1)],
)
def test_sizes_are_rounded_up_to_gibibytes(quantity: str, gib: int) -> None:
    assert gibibytes(quantity) == gib


@given(st.integers(min_value=1, max_value=10**6))
def test_whole_gibibytes_stay(size: int) -> None:
    assert gibibytes(f"{size}Gi") == gibibytes(str(size * 2**30)) == size


@pytest.mark.parametrize("quantity", ["", "10GB", "-1Gi", "Gi"])
def test_what_is_no_quantity(quantity: str) -> None:
    with pytest.raises(TwinError, match="is no quantity"):
        gibibytes(quantity)
