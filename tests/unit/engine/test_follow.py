# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A changed template is a new version, and what refers to its version changes in the same run."""

from __future__ import annotations

from typing import Any

from ansible_collections.kubeops.hybrid.plugins.module_utils._engine.kind import Owner, Seen
from ansible_collections.kubeops.hybrid.plugins.module_utils._engine.plan import Plan, Verb, make_plan
from ansible_collections.kubeops.hybrid.plugins.module_utils._engine.refs import Pending
from ansible_collections.kubeops.hybrid.plugins.module_utils._engine.secrets import Secrets
from ansible_collections.kubeops.hybrid.plugins.module_utils._engine.wishes import parse
from ansible_collections.kubeops.hybrid.plugins.module_utils._engine.world import World
from ansible_collections.kubeops.hybrid.plugins.module_utils._kinds.aws.registry import KINDS

TEMPLATE = {"http_tokens": "required", "tags": {"team": "ml"}}
GROUP = {"cluster": "c", "role": "arn:aws:iam::123456789012:role/r", "subnets": ["s"], "launch_template": "lt-1"}


def plan(**template: object) -> Plan:
    """The plan for a template with those options and a node group that follows its version, 3 in the world."""
    world = World(KINDS, Secrets({}))
    attributes = {"default_version": "3", "latest_version": "3"}
    world.put("launch_template", [Seen("t", "lt-1", TEMPLATE, Owner.OURS, attributes=attributes)])
    group = {**GROUP, "launch_template_version": "3"}
    world.put("eks_nodegroup", [Seen("c/workers", "c/workers", group, Owner.OURS)])
    for kind, name, alias in (("eks_cluster", "c", "c"), ("iam_role", "r", GROUP["role"]), ("subnet", "s", "s")):
        world.put(kind, [Seen(name, name, {}, Owner.OURS, aliases=(str(alias),))])
    wished: list[dict[str, Any]] = [
        {"kind": "launch_template", "name": "t", **template},
        {
            "kind": "eks_nodegroup",
            "name": "workers",
            "cluster": "c",
            "role": "r",
            "subnets": ["s"],
            "launch_template": "t",
            "launch_template_version": {"$ref": "launch_template/t#default_version"},
        },
    ]
    return make_plan(parse(wished, KINDS), world, KINDS, {})


def test_an_unchanged_template_keeps_its_nodes() -> None:
    """Nothing differs, so nothing happens."""
    assert [entry.verb for entry in plan(http_tokens="required").entries] == [Verb.KEEP, Verb.KEEP]


def test_nodes_follow_a_changed_template() -> None:
    """The version is known only once it is made, and the nodes go to it after that."""
    template, group = plan(http_tokens="optional").entries
    assert (template.kind, template.verb) == ("launch_template", Verb.UPDATE)
    assert (group.verb, [change.field for change in group.changes]) == (Verb.UPDATE, ["launch_template_version"])
    assert group.changes[0].after == Pending("launch_template", "t", "default_version")
    assert group.needs == {template.address}


def test_tags_of_a_template_make_no_version() -> None:
    """They change in place, which no node has to know."""
    entries = plan(http_tokens="required", tags={"team": "data"}).entries
    assert [entry.verb for entry in entries] == [Verb.UPDATE, Verb.KEEP]
