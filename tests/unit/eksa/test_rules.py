# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Tables of rules: documents with one thing wrong tell exactly that; every rule has its case."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.kubeops.hybrid.plugins.module_utils._kinds.eksa import documents, rules, rules_change
from ansible_collections.kubeops.hybrid.plugins.module_utils._kinds.eksa.rule import Site
from tests.unit.eksa.samples import changed, sample, table

RULES = table("rules.yml")
CHANGES = table("changes.yml")
SOURCES = Path(rules.__file__).parent
NETWORK = Site(dhcp=("10.33.0.50", "10.33.3.250"), network="10.33.0.0/22")


def _site(case: dict[str, Any]) -> Site:
    return NETWORK if case.get("site", True) else Site()


def test_the_sample_is_right() -> None:
    assert [str(one) for one in rules.failures(sample(), NETWORK)] == []


@pytest.mark.parametrize("case", RULES, ids=[case["rule"] for case in RULES])
def test_rule(case: dict[str, Any]) -> None:
    found = rules.failures(changed(sample(), case["change"]), _site(case))
    told = "\n".join(map(str, found))
    assert sorted({one.rule for one in found}) == sorted({case["rule"], *case.get("besides", ())}), told
    first = next(one for one in found if one.rule == case["rule"])
    assert first.path.endswith(case["path"]), told
    assert first.value == str(case.get("value", "")), told
    assert case.get("says", "") in first.message, told
    assert first.remedy, told


@pytest.mark.parametrize("case", CHANGES, ids=[case["name"] for case in CHANGES])
def test_change(case: dict[str, Any]) -> None:
    before = documents.split(changed(sample(), case.get("before", ())))
    wish = documents.split(changed(changed(sample(), case.get("before", ())), case.get("change", ())))
    wish = {**wish, **case.get("wish", {})}
    found = rules_change.refusals("demo", before, wish)
    told = "\n".join(map(str, found))
    assert sorted({one.rule for one in found}) == sorted(case.get("rules", ())), told
    assert all(one.remedy for one in found), told


def test_every_rule_has_a_case() -> None:
    text = "".join(path.read_text(encoding="utf-8") for path in SOURCES.glob("rules_*.py"))
    ids = set(re.findall(r'(?:\.at|\.of|_failure)\(\s*(?:name, )?f?"([a-z_{}]+(?:\.[a-z_{}]+)?)"', text))
    ids = {one.replace("{what}", what) for one in ids for what in ("pods", "services")}
    told = {case["rule"] for case in RULES} | {rule for case in CHANGES for rule in case.get("rules", ())}
    assert ids - told == set()
