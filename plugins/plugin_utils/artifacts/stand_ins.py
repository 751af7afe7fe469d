# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Objects in place of upstream's, made of a bill of materials, when there are no files and no network."""

from __future__ import annotations

import pathlib
from collections.abc import Iterator
from typing import Any

from ansible_collections.kubeops.hybrid.plugins.module_utils._engine.errors import NotFound

from .catalogue import Artifact
from .request import Request


def path_of(artifact: Artifact) -> pathlib.Path:
    raise NotFound(f"there is no bill of materials of {artifact.title}", remedy="Set kubeops_mirror.")


def digest_of(artifact: Artifact) -> str:
    return artifact.title


def objects(artifact: Artifact, request: Request) -> Iterator[dict[str, Any]]:
    yield from ()
