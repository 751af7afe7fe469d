# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Parameters of a StorageClass for EBS, with the driver's own checks (its documentation, "CreateVolume Parameters")."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from twin.contract import TwinError

_TYPES = ("io1", "io2", "gp2", "gp3", "sc1", "st1", "standard", "sbp1", "sbg1")
_FILE_SYSTEMS = ("ext2", "ext3", "ext4", "xfs", "ntfs")
_NUMBERS = {"iops": "iops", "throughput": "throughput", "iopspergb": ""}
# Known to the driver and without effect here.
_IGNORED = frozenset(
    {"allowautoiopspergbincrease", "allowautoiopsincreaseonmodify", "blockexpress", "blocksize", "inodesize",
     "bytesperinode", "numberofinodes", "ext4bigalloc", "ext4clustersize", "blockattachuntilinitialized",
     "volumeinitializationrate"}
)  # fmt: skip


class InvalidParameterError(TwinError):
    """The driver refuses the class; the message is its own."""


@dataclass(frozen=True)
class Options:
    """What a class asks for: `ebs` as the platform takes it ({type, iops, throughput, encrypted, kms_key})."""

    ebs: Mapping[str, Any]
    file_system: str


def options(parameters: Mapping[str, str]) -> Options:
    """Keys are read without regard to case, as the driver does. Raises InvalidParameterError."""
    ebs: dict[str, Any] = {"type": "gp3"}
    file_system = "ext4"
    for name, value in parameters.items():
        key = name.lower()
        if key == "csi.storage.k8s.io/fstype":
            file_system = _one_of(value.lower(), _FILE_SYSTEMS, "fstype")
        elif key == "type":
            ebs["type"] = _one_of(value, _TYPES, "volume type")
        elif key in _NUMBERS:
            ebs |= {_NUMBERS[key]: _number(name, value)} if _NUMBERS[key] else {}
            _number(name, value)
        elif key == "encrypted":
            ebs["encrypted"] = value == "true"
        elif key == "kmskeyid":
            ebs["kms_key"] = value
        elif not (key in _IGNORED or key.startswith(("tagspecification", "csi.storage.k8s.io/"))):
            raise InvalidParameterError(f"Invalid parameter key {name} for CreateVolume")
    return Options(ebs, file_system)


def _number(name: str, value: str) -> int:
    if not value.isdigit():
        raise InvalidParameterError(f"Could not parse invalid {name}: {value!r} is no number")
    return int(value)


def _one_of(value: str, known: tuple[str, ...], what: str) -> str:
    if value not in known:
        raise InvalidParameterError(f'invalid {what} "{value}": one of {", ".join(known)}')
    return value
