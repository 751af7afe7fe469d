# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How often an endpoint is asked while something is waited for."""

from __future__ import annotations

import itertools
import time
from collections.abc import Sequence

import pytest

from ansible_collections.kubeops.hybrid.plugins.module_utils._engine.script import Timing
from tests.unit.engine.cloud import Cloud, Life, Record
from tests.unit.engine.toy import done

# Together they take seconds: not for the inner loop.
pytestmark = pytest.mark.slow

INTERVAL = 0.05
NET = {"kind": "net", "name": "alpha", "cidr": "alpha"}
GATES = [{"kind": "gate", "name": f"g{n}", "net": "alpha", "mode": "fast"} for n in range(5)]


class Watched(Cloud):
    """A port that knows when its gates were looked at."""

    def list(self, kind: str) -> Sequence[Record]:
        """See Cloud."""
        if kind == "gate":
            self.looks.append(time.monotonic())
        return super().list(kind)

    looks: list[float]


@pytest.mark.parametrize("life", [Life(creating=12), Life(updating=12), Life(deleting=12)], ids=str)
def test_an_endpoint_is_asked_once_an_interval_for_all_of_a_kind(life: Life) -> None:
    """Five gates that wait at the same time are one look, and the next one comes an interval later."""
    cloud = Watched({"gate": life})
    cloud.looks = []
    timing = Timing(poll_interval=INTERVAL, settle_timeout=5, wait_timeout=30)
    for absent in (False, True):
        done(cloud, [NET, *GATES], timing=timing, absent=absent)
    polls = cloud.looks[1:]
    close = [later - sooner for sooner, later in itertools.pairwise(polls) if later - sooner < INTERVAL / 2]
    # Before and after each run, and at the first look of a wait, nothing has to be waited for.
    assert len(close) <= 6, close
    assert len(cloud.looks) <= 4 + 2 * 14
