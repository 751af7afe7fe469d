# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""An identifier in place of a name: for what this estate neither makes nor looks after."""

from __future__ import annotations

import pytest

from ansible_collections.kubeops.hybrid.plugins.module_utils._engine.kind import Owner, Seen
from ansible_collections.kubeops.hybrid.plugins.module_utils._engine.refs import literal, references
from ansible_collections.kubeops.hybrid.plugins.module_utils._engine.secrets import Secrets
from ansible_collections.kubeops.hybrid.plugins.module_utils._engine.world import World
from ansible_collections.kubeops.hybrid.plugins.module_utils._kinds.aws.registry import KINDS

ROUTE = "internet_gateway/id:igw-0a1b"


@pytest.mark.parametrize(
    ("value", "identifier"),
    [
        ("id:vpc-0a1b", "vpc-0a1b"),
        ("internet_gateway/id:igw-0a1b", "internet_gateway/igw-0a1b"),
        ("arn:aws:iam::123456789012:role/path/r", "arn:aws:iam::123456789012:role/path/r"),
        ("plain", None),
        ("kind/name", None),
        ({"$ref": "kind/name"}, None),
    ],
)
def test_identifiers_are_told_from_names(value: object, identifier: str | None) -> None:
    """By their prefix alone: names never begin so."""
    assert literal(value) == identifier


def test_an_identifier_refers_to_nothing_and_reaches_the_endpoint() -> None:
    """It needs no declaration."""
    options = {"vpc": "id:vpc-0a1b", "routes": [{"destination": "0.0.0.0/0", "target": ROUTE}]}
    assert references(options, KINDS["route_table"].options) == []
    resolved = World(KINDS, Secrets({})).resolve(options, "route_table", {})
    assert resolved["vpc"] == "vpc-0a1b"
    assert resolved["routes"][0]["target"] == "internet_gateway/igw-0a1b"


def test_an_identifier_of_something_of_ours_compares_as_its_name() -> None:
    """Observations speak of names, so that both ways of writing it are the same wish."""
    world = World(KINDS, Secrets({}))
    world.put("vpc", [Seen("main", "vpc-0a1b", {}, Owner.OURS)])
    assert world.filled({"vpc": "id:vpc-0a1b"}, "subnet", {}) == {"vpc": "main"}
    assert world.filled({"vpc": "id:vpc-ffff"}, "subnet", {}) == {"vpc": "vpc-ffff"}
