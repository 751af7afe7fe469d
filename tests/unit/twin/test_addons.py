# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""An add-on's objects follow its version, configuration and role."""

from __future__ import annotations

from typing import Any

import pytest

from twin.addons import ROLE_ANNOTATION, Addon, objects
from twin.contract import TwinError


def by_kind(addon: Addon, kind: str) -> list[dict[str, Any]]:
    return [wish for _path, wish in objects(addon) if wish["kind"] == kind]


@pytest.mark.parametrize(
    ("name", "configuration", "replicas"),
    [
        ("coredns", "", 2),
        ("coredns", '{"replicaCount": 4}', 4),
        ("aws-ebs-csi-driver", "controller:\n  replicaCount: 1\n", 1),
        ("metrics-server", '{"replicas": 3, "other": true}', 3),
        ("nobody-knows-it", '{"replicaCount": 3}', 1),
    ],
)
def test_replicas_come_from_the_configuration(name: str, configuration: str, replicas: int) -> None:
    assert by_kind(Addon(name, "v1", configuration), "Deployment")[0]["spec"]["replicas"] == replicas


def test_the_role_is_the_controller_s_alone_unless_another_account_is_named() -> None:
    def accounts(**more: Any) -> dict[str, Any]:
        addon = Addon("aws-ebs-csi-driver", "v1", role_arn="arn:r", **more)
        return {one["metadata"]["name"]: one["metadata"].get("annotations") for one in by_kind(addon, "ServiceAccount")}

    assert accounts() == {"ebs-csi-controller-sa": {ROLE_ANNOTATION: "arn:r"}, "ebs-csi-node-sa": None}
    assert accounts(service_account="ebs-csi-node-sa")["ebs-csi-controller-sa"] is None


def test_an_api_comes_after_what_answers_it_so_that_it_goes_before() -> None:
    kinds = [wish["kind"] for _path, wish in objects(Addon("metrics-server", "v1"))]
    assert kinds[-1] == "APIService"
    assert "Service" in kinds


@pytest.mark.parametrize("configuration", ["{", "[1]", "text"])
def test_a_configuration_that_is_no_object_is_refused(configuration: str) -> None:
    with pytest.raises(TwinError, match="configuration of add-on coredns"):
        list(objects(Addon("coredns", "v1", configuration)))
