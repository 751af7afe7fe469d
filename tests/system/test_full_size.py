# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The reference estate at full size, with real control planes: site, site again, verify, teardown."""

from __future__ import annotations

import json
from pathlib import Path

from tests.system.account import everything
from tests.system.estate import ASTROMINED, Estate

MET = {"1.a.i", "1.a.ii", "1.a.iii", "1.a.iv", "1.a.vii", "2.a.i", "2.a.ii", "2.a.iii", "2.a.iv", "2.a.v"}


def test_the_reference_estate_from_nothing_to_nothing(tmp_path: Path) -> None:
    """Expected: site makes all; a second one changes nothing and writes nothing; the milestones of this slice are met
    with evidence; after the teardown the account is what it was; the twin answered every call."""
    with Estate(tmp_path, inventory=ASTROMINED, control_planes=True, scale=60).up() as estate:
        before = everything(estate)
        site = estate.run("site")
        assert site.code == 0, site.output
        mark = estate.mark()
        again = estate.run("site")
        assert again.code == 0, again.output
        assert (again.changes, estate.writes(mark)) == (0, 0)
        assert "changed=0" in again.told.rpartition("us-east-2 :")[2]
        verified = estate.run("verify")
        assert verified.code == 0, verified.output
        states = {name: entry["state"] for name, entry in verified.summary["milestones"].items()}
        assert {name for name, state in states.items() if state == "met"} == MET
        assert {state for name, state in states.items() if name not in MET} == {"not covered"}
        gone = estate.run("teardown", "-e", json.dumps(estate.agreed("astromined")))
        assert gone.code == 0, gone.output
        assert everything(estate) == before
        assert estate.unsupported() == []
