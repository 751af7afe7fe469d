# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Rules of the house that no linter knows."""

from __future__ import annotations

import re
from pathlib import PurePath

from tools._gate.place import ROOT

MAX_LINES = 300
_LICENCE = "SPDX-License-Identifier: GPL-3.0-or-later"
# A name that fits everything says nothing about what belongs there.
_EMPTY_NAMES = re.compile(r"(^|_)(helpers?|utils?|common|misc|managers?)(_|$)")
# Assembled from parts, so that this file keeps its own rules.
_RULES = (
    (re.compile(r"\b(TO" + r"DO|FIX" + r"ME)\b"), "an unfinished thought: finish it or file it"),
    (
        re.compile(r"# type: " + r"ignore(?!\[[\w, -]+\]\s+# \w)"),
        "a silenced type error needs its code and, after it, '# why'",
    ),
    (
        re.compile(r"# no" + r"qa(?!: [A-Z]+\d+(, ?[A-Z]+\d+)*\s+# \w)"),
        "a silenced rule needs its code and, after it, '# why'",
    ),
)
_TEST_RULES = (
    (re.compile(r"\btime\.sleep\("), "tests wait for something, they do not sleep"),
    (re.compile(r"\b(unittest\.mock|MagicMock|mocker\.)"), "tests use fakes of a port, not mocks of our own functions"),
    (
        re.compile(r"pytest\.(skip|mark\.skip|mark\.skipif|mark\.xfail|importorskip)\b"),
        "a test that may not run is none",
    ),
)


def complaints(names: list[str]) -> list[str]:
    """Return one line for each breach in the files NAMES (relative to the checkout): place and reason."""
    return [complaint for name in names for complaint in _of_file(name)]


def _of_file(name: str) -> list[str]:
    text = (ROOT / name).read_text(encoding="utf-8")
    lines = text.splitlines()
    found = []
    if len(lines) > MAX_LINES:
        found.append(f"{name}: {len(lines)} lines; one idea a file, {MAX_LINES} at most")
    if lines and _LICENCE not in "\n".join(lines[:20]):
        found.append(f"{name}:1: no licence header ({_LICENCE})")
    if _EMPTY_NAMES.search(PurePath(name).stem):
        found.append(f"{name}: the name says nothing about what belongs there")
    rules = _RULES + (_TEST_RULES if name.startswith("tests/") and not name.startswith("tests/bench/") else ())
    for number, line in enumerate(lines, 1):
        found += [f"{name}:{number}: {reason}" for pattern, reason in rules if pattern.search(line)]
    return found
