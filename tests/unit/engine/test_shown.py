# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What of a plan is shown to people: results, diffs, and never a secret."""

from __future__ import annotations

from ansible_collections.kubeops.hybrid.plugins.module_utils._engine.result import diff, result
from ansible_collections.kubeops.hybrid.plugins.module_utils._engine.secrets import Secrets
from tests.unit.engine.cloud import Cloud
from tests.unit.engine.test_apply import HOSTS, NET, PART
from tests.unit.engine.toy import ESTATE, Told, done, run


def test_secrets_reach_the_endpoint_and_nothing_else() -> None:
    cloud, told = Cloud(), Told()
    secrets = Secrets({"root": "s3cr3t-value"}, b"key")
    estate = [NET, PART, {**HOSTS[0], "password": {"$secret": "root"}}]
    foreseen = done(cloud, estate, secrets=secrets, dry_run=True)
    report = done(cloud, estate, secrets=secrets, tell=told)
    assert cloud.owned(ESTATE)["host/h0"].fields["password"] == "s3cr3t-value"
    shown = [repr(x) for r in (foreseen, report) for x in (r.plan, result(r), diff(r))]
    assert not [text for text in [*shown, repr(secrets), repr(told.lines)] if "s3cr3t-value" in text]
    assert any("hmac-sha256:" in text for text in shown)


def test_result_and_diff() -> None:
    cloud = Cloud()
    done(cloud, [NET, {**NET, "name": "old"}])
    report = done(cloud, [{**NET, "note": "new"}, PART], purge=["net"])
    answer = result(report)
    assert answer["changed"]
    assert answer["plan"] == [
        {"kind": "net", "name": "alpha", "verb": "update", "impact": "none", "outcome": "done", "fields": ["note"]},
        {"kind": "part", "name": "p", "verb": "create", "impact": "none", "outcome": "done"},
        {"kind": "net", "name": "old", "verb": "delete", "impact": "disruptive", "outcome": "done"},
    ]
    counts = {
        "keep": 0,
        "create": 1,
        "update": 1,
        "continue": 0,
        "delete": 1,
        "failed": 0,
        "not_tried": 0,
        "waiting": 0,
    }
    assert (answer["counts"], answer["waiting"], answer["undeclared"]) == (counts, [], [])
    blocks = diff(report)
    assert (blocks[0]["before"], blocks[0]["after"]) == ({"note": None}, {"note": "new"})
    assert [block["before_header"] for block in blocks] == ["net/alpha", "part/p", "net/old"]
    many = run(Cloud(), [{**NET, "name": f"n{n}"} for n in range(120)], dry_run=True)
    assert len(diff(many)) == 101
    assert diff(many)[-1] == {"prepared": "... and 20 more; the whole plan is in the store\n"}
