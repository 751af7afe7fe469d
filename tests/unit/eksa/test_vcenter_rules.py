# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The rules against vCenter: rows with one thing wrong tell exactly that, and few requests read them."""

from __future__ import annotations

import copy
import re
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.kubeops.hybrid.plugins.module_utils._kinds.eksa import vcenter_facts, vcenter_rules
from ansible_collections.kubeops.hybrid.plugins.module_utils._kinds.eksa.rule import Cluster, Site
from tests.unit.eksa.samples import changed, sample, table

Row = Mapping[str, Any]
CASES = table("vcenter_rules.yml")
DHCP = ("10.33.0.50", "10.33.3.250")


class Vcenter:
    """A vCenter that answers from rows and counts what it is asked. change: {"<ref>": {path: value}} over them."""

    def __init__(self, case: Row) -> None:
        base = copy.deepcopy(table("vcenter.yml"))
        self.rows: dict[str, dict[str, Any]] = base["rows"]
        for ref, fields in (case.get("rows") or {}).items():
            self.rows.setdefault(ref, {}).update(fields)
        for ref in case.get("gone") or ():
            del self.rows[ref]
        self.tags: dict[str, list[str]] = {**base["tags"], **(case.get("tags") or {})}
        self.privileges = case.get("privileges")
        self.content: Row = {"authorizationManager": "AuthorizationManager:AuthorizationManager"}
        self.asked = 0

    def collect(self, kind: str, paths: Sequence[str]) -> list[Row]:
        """All rows of a type."""
        self.asked += 1
        return [
            {"ref": ref, **{path: row[path] for path in paths if path in row}}
            for ref, row in self.rows.items()
            if kind in ("ManagedEntity", ref.partition(":")[0])
        ]

    def get(self, refs: Sequence[str], paths: Sequence[str]) -> list[Row]:
        """Rows of objects."""
        self.asked += 1
        return [
            {"ref": ref, **{path: self.rows[ref][path] for path in paths if path in self.rows[ref]}}
            for ref in refs
            if ref in self.rows
        ]

    def call(self, ref: str, method: str, **arguments: Any) -> Any:
        """Privileges of a user."""
        self.asked += 1
        assert method == "FetchUserPrivilegeOnEntities"
        everything = sorted({one for listed in vcenter_facts.PRIVILEGES.values() for one in listed})
        held = everything if self.privileges is None else self.privileges
        return [{"entity": one, "privileges": held} for one in arguments["entities"]]

    def rest(self, method: str, path: str, body: Any = None) -> Any:
        """Tags."""
        self.asked += 1
        if path.endswith("list-attached-tags-on-objects"):
            refs = [f"{one['type']}:{one['id']}" for one in body["object_ids"]]
            return [
                {"object_id": dict(zip(("type", "id"), ref.split(":"), strict=True)), "tag_ids": self.tags.get(ref, [])}
                for ref in refs
            ]
        name = path.rpartition("/")[2]
        return {"name": name} if name != "tag" else sorted({one for listed in self.tags.values() for one in listed})


def found(case: Row, site: Site) -> tuple[list[Any], Vcenter]:
    """What the rules say of a case."""
    vcenter = Vcenter(case)
    listed = changed(sample(), case.get("change", ()))
    facts = vcenter_facts.gather(vcenter, listed, user="VSPHERE.LOCAL\\eksa")
    return vcenter_rules.failures(Cluster(listed, site), facts), vcenter


@pytest.mark.parametrize("case", CASES, ids=[case["rule"] for case in CASES])
def test_rule(case: dict[str, Any]) -> None:
    dhcp = case.get("dhcp", DHCP)
    failures, _vcenter = found(case, Site(dhcp=tuple(dhcp)))
    told = "\n".join(map(str, failures))
    assert sorted({one.rule for one in failures}) == sorted({case["rule"], *case.get("besides", ())}), told
    first = next(one for one in failures if one.rule == case["rule"])
    assert case.get("says", "") in f"{first.path} = {first.value}: {first.message}", told
    assert first.remedy


def test_a_right_vcenter_in_a_few_requests() -> None:
    failures, vcenter = found({}, Site(dhcp=DHCP))
    assert [str(one) for one in failures] == []
    assert vcenter.asked < 20


def test_room_is_not_asked_for_again_on_day_two() -> None:
    full = {"rows": {"Datastore:datastore-1": {"summary.freeSpace": 0}}}
    failures, _vcenter = found(full, Site(dhcp=DHCP, bootstrap=False))
    assert failures == []


def test_an_inventory_of_thousands_takes_a_moment() -> None:
    many = {f"VirtualMachine:vm-{n}": {"name": f"vm-{n}", "parent": "Folder:group-v3"} for n in range(1000, 6000)}
    began = time.process_time()
    failures, vcenter = found({"rows": many}, Site(dhcp=DHCP))
    assert failures == []
    assert vcenter.asked < 20
    assert time.process_time() - began < 1


def test_every_rule_has_a_case() -> None:
    folder = Path(vcenter_rules.__file__).parent
    text = "".join((folder / name).read_text(encoding="utf-8") for name in ("vcenter_rules.py", "vcenter_places.py"))
    ids = set(re.findall(r'(?:\.at|\.of|Failure)\(\s*"([a-z_]+(?:\.[a-z_]+)?)"', text))
    ids |= {f"vcenter.{one}" for one in ("datacenter", "network", "datastore", "folder", "resourcePool", "template")}
    assert ids - {case["rule"] for case in CASES} == set()
