# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Tables for the small parts: comparison, references, order, windows, secrets, what is wrong with wishes."""

from __future__ import annotations

import datetime
from typing import Any

import pytest

from ansible_collections.kubeops.hybrid.plugins.module_utils._engine import errors, graph, guards, refs, wishes
from ansible_collections.kubeops.hybrid.plugins.module_utils._engine.compare import merged, same
from ansible_collections.kubeops.hybrid.plugins.module_utils._engine.kind import Owner, Seen, Status
from ansible_collections.kubeops.hybrid.plugins.module_utils._engine.options import Collection, Option
from ansible_collections.kubeops.hybrid.plugins.module_utils._engine.plan import PlanErrors, make_removal
from ansible_collections.kubeops.hybrid.plugins.module_utils._engine.secrets import Secrets
from ansible_collections.kubeops.hybrid.plugins.module_utils._engine.world import World
from tests.unit.engine.cloud import Cloud
from tests.unit.engine.toy import KINDS, done, run, verbs

SCALAR = Option("")
SET = Option("", type="list", collection=Collection.SET)
ORDERED = Option("", type="list", collection=Collection.ORDERED)
KEYED = Option("", type="list", collection=Collection.KEYED, keys=("k",), options={"s": SET})
LEAVES = Option("", type="dict", collection=Collection.LEAVES, options={"s": SET})
DOCUMENT = Option("", type="dict", collection=Collection.DOCUMENT)


@pytest.mark.parametrize(
    ("option", "wish", "state", "equal"),
    [
        (SCALAR, "", None, True),
        (SCALAR, "", "x", False),
        (SCALAR, False, None, False),
        (SCALAR, 0, None, False),
        (SCALAR, 1, "1", False),
        (SET, ["a", "b"], ["b", "a"], True),
        (SET, ["a", "a"], ["a"], True),
        (SET, ["a"], ["a", "b"], False),
        (SET, [], None, True),
        (SET, [], ["a"], False),
        (SET, [{"p": 1, "d": None}], [{"p": 1}], True),
        (SET, [{"p": 1}], [{"p": 1, "d": "x"}], False),
        (ORDERED, ["a", "b"], ["b", "a"], False),
        (ORDERED, [], None, True),
        (KEYED, [{"k": 1}, {"k": 2}], [{"k": 2, "v": 5}, {"k": 1}], True),
        (KEYED, [{"k": 1, "v": 1}], [{"k": 1, "v": 2}], False),
        (KEYED, [{"k": 1, "v": None}], [{"k": 1, "v": 2}], True),
        (KEYED, [{"k": 1}], [{"k": 1}, {"k": 2}], False),
        (KEYED, [{"k": 1, "s": ["a", "b"]}], [{"k": 1, "s": ["b", "a"]}], True),
        (LEAVES, {"a": 1}, {"a": 1, "b": 2}, True),
        (LEAVES, {"a": 1}, None, False),
        (LEAVES, {"a": None}, {"a": 1}, True),
        (LEAVES, {"a": ""}, {}, True),
        (LEAVES, {}, {"a": 1}, False),
        (LEAVES, {}, None, True),
        (LEAVES, {"a": {"b": 1}}, {"a": {"b": 1, "c": 2}}, True),
        (LEAVES, {"a": {}}, {"a": {"b": 1}}, False),
        (LEAVES, {"s": ["a", "b"]}, {"s": ["b", "a"]}, True),
        (DOCUMENT, {"a": 1, "b": 2}, {"b": 2, "a": 1}, True),
        (DOCUMENT, {"a": 1}, {"a": 1, "b": 2}, False),
        (DOCUMENT, {}, None, True),
    ],
)
def test_same(option: Option, wish: Any, state: Any, equal: bool) -> None:
    assert same(wish, state, option) is equal


def test_merged() -> None:
    assert merged({"a": 1, "b": 2}, {"b": 3, "c": None}, LEAVES) == {"a": 1, "b": 3}
    assert merged({"a": 1}, {}, LEAVES) == {}
    assert merged(["a"], ["b"], SET) == ["b"]


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("net/a", ("net", "a", "id")),
        ("net/a/b#arn", ("net", "a/b", "arn")),
        ("net/a#", ("net", "a", "id")),
    ],
)
def test_reference(text: str, parts: tuple[str, str, str]) -> None:
    assert refs.parse(text) == parts


@pytest.mark.parametrize("text", ["net", "/a", "net/", "", None, 3])
def test_no_reference(text: Any) -> None:
    with pytest.raises(errors.Invalid, match="is no reference"):
        refs.parse(text)


def test_nearest_names() -> None:
    declared = {"net": ["astromined-a", "astromined-b", "other"]}
    assert str(refs.missing("net", "astromined-c", declared)).endswith("Nearest: astromined-b, astromined-a.")
    assert str(refs.missing("gate", "x", declared)).endswith("The estate declares no gate at all.")
    with pytest.raises(PlanErrors) as raised:
        run(Cloud(), [{"kind": "net", "name": "alpha", "cidr": "x"}, {"kind": "part", "name": "p", "net": "alpah"}])
    assert str(raised.value) == "Failed to plan part p: no net named 'alpah' exists or is declared. Nearest: alpha."


def test_order_is_by_need_then_name() -> None:
    assert graph.order({"c": ["a"], "b": [], "a": ["outside"], "d": ["d", "c"]}) == ["a", "b", "c", "d"]


def test_circles_are_named() -> None:
    with pytest.raises(errors.Invalid, match=r"in a circle: a, b$"):
        graph.order({"a": ["b"], "b": ["a"], "c": []})


def test_an_object_that_refers_to_itself() -> None:
    routes = [{"to": "0", "via": "table/t"}]
    net = {"kind": "net", "name": "alpha", "cidr": "x"}
    with pytest.raises(PlanErrors, match="Failed to plan table t: it refers to itself"):
        run(Cloud(), [net, {"kind": "table", "name": "t", "net": "alpha", "routes": routes}])
    seen = Seen("t", "table-1", {"net": "alpha", "routes": routes}, Owner.OURS)
    assert [entry.needs for entry in make_removal([("table", seen)], KINDS).entries] == [frozenset()]


def test_observed_identifiers_that_nobody_named_order_nothing() -> None:
    routes = [{"to": "0", "via": "igw-123"}, {"to": "1", "via": "gate/gate-77"}]
    seen = Seen("t", "table-1", {"net": "net-9", "routes": routes}, Owner.OURS)
    gate = Seen("g", "gate-1", {}, Owner.OURS)
    assert {entry.name for entry in make_removal([("gate", gate), ("table", seen)], KINDS).entries} == {"g", "t"}


def _world(*objects: Seen) -> World:
    world = World(KINDS, Secrets({}))
    world.put("net", objects)
    return world


def test_who_stands_for_a_name() -> None:
    ours, foreign = Seen("a", "net-1", {}, Owner.OURS), Seen("a", "net-9", {}, Owner.FOREIGN)
    dying = Seen("a", "net-8", {}, Owner.OURS, Status.DELETING)
    assert [seen.id for seen in _world(foreign, ours, dying).all("net")] == ["net-1"]
    assert [seen.id for seen in _world(dying, foreign).all("net")] == ["net-8"]


def test_a_dying_object_gives_its_name_to_no_reference() -> None:
    world = _world(Seen("a", "net-1", {}, Owner.OURS, Status.DELETING))
    world.put("part", [Seen("p", "part-1", {"net": "net-1"}, Owner.OURS)])
    part = world.get("part", "p")
    assert part is not None
    assert part.state == {"net": "net-1"}
    assert isinstance(world.attribute("net", "a", "arn", {"net": ["a"]}), refs.Pending)


def test_attributes() -> None:
    ready = Seen("a", "net-1", {}, Owner.OURS, attributes={"arn": "arn:1", "later": None})
    world = _world(ready, Seen("b", "net-2", {}, Owner.OURS, Status.PENDING))
    assert world.attribute("net", "a", "id", {}) == "net-1"
    assert str(world.attribute("net", "a", "later", {})) == "(known after net a)"
    assert isinstance(world.attribute("net", "b", "arn", {}), refs.Pending)
    with pytest.raises(errors.Invalid, match=r"net a has no attribute 'arm'\. There are: arn"):
        world.attribute("net", "a", "arm", {})
    with pytest.raises(errors.NotFound, match="no net named 'c'"):
        world.attribute("net", "c", "id", {})


DAY = {"start": "09:00", "hours": 8}
NIGHT = {"days": ["mon"], "start": "22:00", "hours": 6}


@pytest.mark.parametrize(
    ("window", "when", "inside"),
    [
        (DAY, "2026-11-23 09:00", True),
        ({**DAY, "start": "9:00"}, "2026-11-23 16:59", True),
        (DAY, "2026-11-23 17:00", False),
        ({**DAY, "days": ["Tuesday"]}, "2026-11-23 12:00", False),
        ({**DAY, "days": ["Monday"]}, "2026-11-23 12:00", True),
        ({**DAY, "time_zone": "America/New_York"}, "2026-11-23 13:59", False),
        ({**DAY, "time_zone": "America/New_York"}, "2026-11-23 14:00", True),
        (NIGHT, "2026-11-23 21:59", False),
        (NIGHT, "2026-11-23 22:00", True),
        (NIGHT, "2026-11-24 03:59", True),
        (NIGHT, "2026-11-24 04:00", False),
        (NIGHT, "2026-11-23 03:00", False),
        ({**NIGHT, "start": 22 * 60}, "2026-11-23 23:00", True),
        ({**NIGHT, "days": ["sun"]}, "2026-11-23 01:00", True),
        ({**NIGHT, "hours": 50}, "2026-11-25 23:59", True),
        ({**NIGHT, "hours": 50}, "2026-11-26 00:00", False),
        ({"start": "00:00", "hours": 24}, "2026-11-23 23:59", True),
    ],
)
def test_windows(window: dict[str, Any], when: str, inside: bool) -> None:
    assert guards.open_now([window], datetime.datetime.fromisoformat(f"{when}+00:00")) is inside


@pytest.mark.parametrize(
    ("window", "message"),
    [
        ({"start": "at night", "hours": 1}, "'at night' is no time of day"),
        ({"start": "24:00", "hours": 1}, "'24:00' is no time of day"),
        ({"start": "22:00", "hours": 1, "time_zone": "Ohio"}, "'Ohio' is no time zone"),
    ],
)
def test_a_window_that_is_none(window: dict[str, Any], message: str) -> None:
    with pytest.raises(errors.Invalid, match=message):
        guards.open_now([window], datetime.datetime.now(datetime.UTC))


@pytest.mark.parametrize(
    ("resource", "message"),
    [
        ({"kind": "nett", "name": "a"}, "resources[0].kind: 'nett' is no kind of this endpoint. There are: net."),
        ({"kind": "net", "name": "a"}, "resources[0] (net a): it needs cidr"),
        ({"kind": "net", "name": "a", "cidr": None}, "resources[0] (net a): it needs cidr"),
        ({"kind": "net", "cidr": "x"}, "resources[0] (net ?): missing required arguments: name"),
        ({"kind": "net", "name": "a", "cidr": "x", "tag": {}}, "tag: did you mean tags?"),
        ({"kind": "gate", "name": "a", "mode": "slow"}, "value of mode must be one of: fast, safe, got: slow"),
        ({"kind": "net", "name": "a", "cidr": "x", "manage": "maybe"}, "value of manage must be one of: managed"),
        (
            {"kind": "pass", "name": "a", "manage": "reference"},
            "resources[0] (pass a): it needs net, for its name is unique only with it",
        ),
    ],
)
def test_what_is_wrong_with_a_wish(resource: dict[str, Any], message: str) -> None:
    with pytest.raises(PlanErrors) as raised:
        wishes.parse([resource], KINDS)
    assert message in str(raised.value)


def test_all_that_is_wrong_is_told_at_once() -> None:
    net = {"kind": "net", "name": "a", "cidr": "x"}
    with pytest.raises(PlanErrors) as raised:
        wishes.parse([net, {"kind": "x"}, net, {"kind": "part", "name": "p"}], KINDS)
    lines = str(raised.value).splitlines()
    assert len(lines) == 3
    assert lines[1] == "resources[2]: net/a is declared at resources[0] already"


def test_references_and_secrets_pass_the_validator_unchanged() -> None:
    reference, secret = {"$ref": "part/p#arn"}, {"$secret": "root"}
    host = {
        "kind": "host",
        "name": "h",
        "part": "p",
        "password": secret,
        "rules": [{"port": 1, "from_part": reference}],
    }
    net = {"kind": "net", "name": "a", "cidr": "x", "note": reference, "policy": {"deep": [reference]}, "extra": ["u"]}
    (first, second) = wishes.parse([host, net], KINDS)
    assert (first.options["password"], first.options["rules"]) == (secret, host["rules"])
    assert second.options == {"cidr": "x", "note": reference, "policy": {"deep": [reference]}, "extra": ["u"]}


def test_an_absent_one_needs_its_name_only() -> None:
    (wish,) = wishes.parse([{"kind": "net", "name": "a"}], KINDS, absent=True)
    assert (wish.address, wish.options) == ("net/a", {})


def test_what_can_never_change() -> None:
    cloud = Cloud()
    net = {"kind": "net", "name": "a", "cidr": "x"}
    done(cloud, [net])
    with pytest.raises(PlanErrors, match=r"Failed to plan net a: cidr is 'x', wished 'y'\. This can never change"):
        run(cloud, [{**net, "cidr": "y"}])
    assert verbs(done(cloud, [net])) == {}


def test_secrets() -> None:
    secrets = Secrets({"root": "long enough", "empty": "", "known": "changeme"}, b"key")
    assert secrets.value("root") == "long enough"
    assert secrets.fingerprint("root") == Secrets({"other": "long enough"}, b"key").fingerprint("other")
    assert secrets.fingerprint("root") != Secrets({"root": "long enough"}, b"another").fingerprint("root")
    for name, message in (("rot", "Did you mean root?"), ("empty", "is empty"), ("known", "default password")):
        with pytest.raises(errors.Invalid, match=message):
            secrets.value(name)
