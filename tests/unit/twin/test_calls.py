# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The call log counts what was asked since a mark."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from twin.audit import KubeCall
from twin.calls import CallLog, is_write


@pytest.mark.parametrize(
    ("operation", "write"),
    [("DescribeVpcs", False), ("ListClusters", False), ("GetRole", False), ("CreateVpc", True), ("TagResource", True),
     ("RunInstances", True), ("AssumeRole", False)],
)  # fmt: skip
def test_writes_are_told_by_their_name(operation: str, write: bool) -> None:
    assert is_write(operation) is write


def test_counts_since_a_mark() -> None:
    log = CallLog()
    log.record("ec2", "DescribeVpcs", "me")
    mark = log.mark()
    log.record("ec2", "CreateVpc", "me", error="VpcLimitExceeded")
    log.record("ec2", "CreateVpc", "me")
    log.record("kubernetes", "PATCH nodes", "me", write=True, endpoint="kubernetes")
    counts = log.count(since=mark)
    assert counts["mark"] == 4
    assert counts["aws"] == {
        "total": 2, "writes": 2, "by_operation": {"ec2.CreateVpc": 2}, "errors": {"VpcLimitExceeded": 1}
    }  # fmt: skip
    assert counts["kubernetes"]["total"] == 1
    assert log.count()["aws"]["total"] == 3


def test_marks_outlive_a_reset() -> None:
    log = CallLog()
    log.record("ec2", "DescribeVpcs", "me")
    log.reset()
    mark = log.mark()
    assert log.count()["aws"]["total"] == 0
    log.record("ec2", "DescribeSubnets", "me")
    assert log.count(since=mark)["aws"]["by_operation"] == {"ec2.DescribeSubnets": 1}
    assert log.count(since=0)["aws"]["total"] == 1


def test_unsupported_calls_are_listed_once_with_their_number() -> None:
    log = CallLog()
    for _ in range(3):
        log.record("outposts", "ListOutposts", "me", unsupported=True)
    assert log.count()["unsupported"] == [
        {"endpoint": "aws", "service": "outposts", "operation": "ListOutposts", "count": 3}
    ]


def test_every_call_is_a_line_of_json(tmp_path: Path) -> None:
    log = CallLog(tmp_path / "calls.jsonl", now=lambda: 7.0)
    log.record("ec2", "CreateVpc", "arn:me")
    line = json.loads((tmp_path / "calls.jsonl").read_text())
    assert (line["sequence"], line["at"], line["operation"], line["write"]) == (1, 7.0, "CreateVpc", True)


def test_what_api_servers_report_is_counted_by_cluster() -> None:
    reports = [
        [KubeCall("one", "list pods", "ann", False, "")],
        [],
        [KubeCall("two", "patch pods", "ann", True, "409")],
    ]
    log = CallLog(reported=lambda: reports.pop(0) if reports else ())
    mark = log.mark()
    log.record("ec2", "DescribeVpcs", "me")
    assert log.count(since=mark).get("kubernetes") is None
    counted = log.count()["kubernetes"]
    assert (counted["total"], counted["writes"], counted["errors"]) == (2, 1, {"409": 1})
    assert counted["by_operation"] == {"one.list pods": 1, "two.patch pods": 1}
    assert counted["clusters"]["two"]["by_operation"] == {"patch pods": 1}
