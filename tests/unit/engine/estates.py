# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Any estate of toys as a list of resources, and an oracle of its own that says whether a cloud holds it.

What is immutable follows from a name, so that any estate can follow any other.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from typing import Any

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.strategies import DrawFn, SearchStrategy

from tests.unit.engine.cloud import Cloud, Life, Record
from tests.unit.engine.toy import ESTATE, KINDS

Values = Mapping[str, Any]
Estate = list[dict[str, Any]]
PROPERTY = settings(
    max_examples=int(os.environ.get("KUBEOPS_EXAMPLES", "15")),
    database=None,
    derandomize="CI" in os.environ,
    report_multiple_bugs=False,
)
NAMES = ("alpha", "beta")
_few = st.integers(0, 2)
lives: SearchStrategy[dict[str, Life]] = st.fixed_dictionaries({kind: st.builds(Life, *[_few] * 5) for kind in KINDS})
_tags = st.dictionaries(st.sampled_from("xy"), st.sampled_from(("1", "2", None)), max_size=2)


def _some(draw: DrawFn, fields: Mapping[str, SearchStrategy[Any]]) -> dict[str, Any]:
    """Some of the optional fields; others are omitted or null."""
    drawn = {field: draw(st.none() | values) for field, values in fields.items()}
    return {field: value for field, value in drawn.items() if value is not None or draw(st.booleans())}


def _subset(draw: DrawFn, of: Sequence[str]) -> list[str]:
    return draw(st.lists(st.sampled_from(of), unique=True)) if of else []


@st.composite
def estates(draw: DrawFn) -> Estate:
    """Resources in any order. Fields that refer to others are always given, so that nothing old holds what goes."""
    nets = draw(st.lists(st.sampled_from(NAMES), min_size=1, unique=True))
    parts = [f"{net}-{n}" for net in nets for n in _subset(draw, "12")]
    gates = _subset(draw, ("g", "h"))
    scalars = {"dns": st.booleans(), "note": st.sampled_from(("", "n", "m")), "tags": _tags}
    scalars |= {
        "extra": st.lists(st.sampled_from("uvw")),
        "policy": st.sampled_from(({}, {"p": 1}, {"p": 2, "q": [1]})),
    }
    found: list[dict[str, Any]] = [{"kind": "net", "name": n, "cidr": n, **_some(draw, scalars)} for n in nets]
    few = {"public": st.booleans(), "tags": _tags}
    found += [{"kind": "part", "name": p, "net": p[:-2], **_some(draw, few)} for p in parts]
    settings_ = {"order": st.lists(st.sampled_from("uvw")), "mode": st.sampled_from(("fast", "safe"))}
    found += [{"kind": "gate", "name": g, "net": draw(st.sampled_from(nets)), **_some(draw, settings_)} for g in gates]
    targets = [f"net/{n}" for n in nets] + [f"part/{p}" for p in parts] + [f"gate/{g}" for g in gates]
    for name in _subset(draw, nets):
        routes = [{"to": to, "via": draw(st.sampled_from(targets)), "metric": 1} for to in _subset(draw, "01")]
        found.append({"kind": "table", "name": name, "net": name, "routes": routes, "parts": _subset(draw, parts)})
    for name in _subset(draw, ("k", "l", "m")) if parts else ():
        rules = [{"port": int(n), "from_part": draw(st.sampled_from(parts))} for n in _subset(draw, "78")]
        size = {"size": st.fixed_dictionaries({}, optional={"cpus": _few, "memory": st.none() | _few})}
        host = {"part": draw(st.sampled_from(parts)), "net_arn": draw(st.sampled_from(nets)), "rules": rules}
        found.append({"kind": "host", "name": name, **host, **_some(draw, size)})
    return draw(st.permutations(found))


def purgeable(before: Sequence[Values], after: Sequence[Values]) -> list[str]:
    """Kinds to purge; none when one had to stay for its list is empty, for it might hold what goes."""
    kinds = {resource["kind"] for resource in after}
    return sorted(kinds) if {resource["kind"] for resource in before} <= kinds else []


def assert_holds(cloud: Cloud, resources: Sequence[Values]) -> None:
    """Every field that a resource gives is what the cloud has, and there is one object of ours for each."""
    ours = cloud.owned(ESTATE)
    assert len(ours) == sum(record.estate == ESTATE for record in cloud.records.values()), "two of one name"
    for resource in resources:
        address = f"{resource['kind']}/{resource['name']}"
        record = ours[address]
        for field, value in resource.items():
            if value is not None and field not in ("kind", "name"):
                assert _shown(record, field) == _meant(ours, resource["kind"], field, value, record), (address, field)


def _shown(record: Record, field: str) -> Any:
    value = record.fields.get(field)
    if field in ("extra", "parts"):
        return set(value or ())
    if field in ("routes", "rules"):
        return {tuple(sorted(row.items())) for row in value or ()}
    return value or None if not isinstance(value, (bool, int)) else value


def _meant(ours: Mapping[str, Record], kind: str, field: str, value: Any, record: Record) -> Any:
    if field == "net_arn":
        return f"arn:toy/{ours[f'net/{value}'].id}"
    if field in ("net", "part"):
        return ours[f"{field}/{value}"].id
    if field == "parts":
        return {ours[f"part/{name}"].id for name in value}
    if field == "extra":
        return set(value)
    if field == "routes":
        ids = {r["to"]: f"{r['via'].partition('/')[0]}/{ours[r['via']].id}" for r in value}
        return {(("metric", r["metric"]), ("to", r["to"]), ("via", ids[r["to"]])) for r in value}
    if field == "rules":
        return {(("from_part", ours[f"part/{r['from_part']}"].id), ("port", r["port"])) for r in value}
    if field in ("tags", "size"):
        # Leaves that are not declared are left alone, unless nothing at all is wished.
        declared = {k: v for k, v in value.items() if v is not None}
        return ({**(record.fields.get(field) or {}), **declared} or None) if value else None
    return value or None if not isinstance(value, (bool, int)) else value


@st.composite
def shuffled(draw: DrawFn, value: Any) -> Any:
    """The same resource told in another order: sets, keyed rows and dicts."""
    if isinstance(value, dict):
        turned = draw(st.permutations(list(value.items())))
        return {k: v if k == "order" else draw(shuffled(v)) for k, v in turned}
    if isinstance(value, list):
        return [draw(shuffled(inner)) for inner in draw(st.permutations(value))]
    return value
