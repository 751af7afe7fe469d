# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What everybody knows is put right in our Secrets, whoever wrote it."""

from __future__ import annotations

import base64

import pytest

from ansible_collections.kubeops.hybrid.plugins.module_utils._engine.kind import Owner
from ansible_collections.kubeops.hybrid.plugins.module_utils._kinds.kubernetes.objects import Key, Live, Manifest
from ansible_collections.kubeops.hybrid.plugins.module_utils._kinds.kubernetes.plan import forced
from ansible_collections.kubeops.hybrid.plugins.module_utils._kinds.kubernetes.steps import Observed

KEY = Key("", "Secret", "kubeflow", "login")


def _data(value: str) -> dict[str, dict[str, str]]:
    return {"data": {"password": base64.b64encode(value.encode()).decode()}}


@pytest.mark.parametrize(
    ("wished", "there", "taken"),
    [
        ("generated", "minio123", True),
        ("generated", "Password", True),
        ("generated", "somebody's own", False),
        ("root", "root", False),
    ],
)
def test_a_public_value_is_taken_from_whoever_holds_it(wished: str, there: str, taken: bool) -> None:
    """Expected: only where it is public and another one is wished, as a user's name may well be root."""
    live = Live(KEY, {"metadata": {"name": "login"}, **_data(there)}, Owner.OURS)
    observed = Observed({KEY: live}, {}, None)
    assert forced(Manifest(KEY, "v1", _data(wished)), observed) is taken


def test_other_kinds_hold_no_secrets() -> None:
    """Expected: nothing is forced."""
    key = Key("", "ConfigMap", "kubeflow", "login")
    live = Live(key, {"metadata": {"name": "login"}, **_data("minio123")}, Owner.OURS)
    assert not forced(Manifest(key, "v1", _data("generated")), Observed({key: live}, {}, None))
