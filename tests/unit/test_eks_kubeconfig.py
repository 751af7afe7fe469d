# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The five steps of the kind whose objects are files; the cluster it leads to is a table's answer."""

from __future__ import annotations

import json
import stat
from pathlib import Path
from typing import Any

import pytest
import yaml

from ansible_collections.kubeops.hybrid.plugins.module_utils._engine.errors import EstateError
from ansible_collections.kubeops.hybrid.plugins.module_utils._engine.reconcile import Report, Request, reconcile
from ansible_collections.kubeops.hybrid.plugins.module_utils._engine.wishes import parse
from ansible_collections.kubeops.hybrid.plugins.module_utils._kinds.aws.registry import KINDS
from tests.unit.kinds_support import ALLOWED, AT_ONCE, AnsweringPort
from tests.unit.plan_tables import ESTATE

REFERENCE = {"kind": "eks_cluster", "name": "demo", "manage": "reference"}


def cluster(endpoint: str = "https://demo.example", status: str = "ACTIVE") -> dict[str, Any]:
    """What EKS answers about the cluster."""
    known = {"endpoint": endpoint, "certificateAuthority": {"data": "Q0E="}} if status == "ACTIVE" else {}
    row = {
        "name": "demo",
        "arn": "arn:aws:eks:us-east-2:123456789012:cluster/demo",
        "status": status,
        "roleArn": "arn:aws:iam::123456789012:role/demo",
        "resourcesVpcConfig": {},
        **known,
    }
    return {"describe_cluster": {"cluster": row}, "list_clusters": {"clusters": ["demo"]}}


def run(path: Path, observed: dict[str, Any] | None = None, *, absent: bool = False, **options: Any) -> Report:
    """The engine's whole way for one kubeconfig."""
    wish = {
        "kind": "eks_kubeconfig",
        "name": "demo",
        "cluster": "demo",
        "path": str(path),
        "command": ["python3", "/opt/eks_token.py", "--profile", "prod"],
        **options,
    }
    resources = [wish] if absent else [REFERENCE, wish]
    wishes = parse(resources, KINDS, absent=absent)
    request = Request(ESTATE, wishes, absent=absent, timing=AT_ONCE, consent=ALLOWED)
    report = reconcile(request, KINDS, AnsweringPort(observed or cluster()), lambda line: None)
    if report.error:
        raise report.error
    return report


def fields(report: Report) -> dict[str, list[str]]:
    """Verb to the fields of what was changed."""
    return {entry.verb.value: sorted(c.field for c in entry.changes) for entry in report.plan.changing}


def mode(path: Path) -> str:
    """Permissions in octal."""
    return f"{stat.S_IMODE(path.stat().st_mode):o}"


def test_five_steps(tmp_path: Path) -> None:
    path = tmp_path / "private" / "kubeconfig-demo"
    assert list(fields(run(path))) == ["create"]
    assert (mode(path), mode(path.parent)) == ("600", "700")
    assert fields(run(path)) == {}

    assert fields(run(path, env={"AWS_CONFIG_FILE": "/etc/aws"})) == {"update": ["env"]}
    assert fields(run(path, command=["eks-token"])) == {"update": ["command"]}
    assert fields(run(path, command=["eks-token"], context="lab", region="us-west-2")) == {
        "update": ["context", "region"]
    }
    moved = cluster("https://moved.example")
    assert fields(run(path, moved, command=["eks-token"])) == {"update": ["cluster"]}
    assert fields(run(path, moved, command=["eks-token"])) == {}
    config = json.loads(path.read_text(encoding="utf-8"))
    assert config["current-context"] == "lab"
    assert config["clusters"][0]["cluster"]["server"] == "https://moved.example"
    plugin = config["users"][0]["user"]["exec"]
    assert [plugin["command"], *plugin["args"]] == ["eks-token", "--cluster", "demo", "--region", "us-west-2"]
    assert plugin["env"] == [{"name": "AWS_CONFIG_FILE", "value": "/etc/aws"}]

    assert list(fields(run(path, absent=True))) == ["delete"]
    assert not path.exists()
    assert fields(run(path, absent=True)) == {}
    assert list(path.parent.iterdir()) == []


def test_permissions_that_somebody_opened_are_closed(tmp_path: Path) -> None:
    path = tmp_path / "kubeconfig"
    run(path)
    path.chmod(0o644)
    assert fields(run(path)) == {"update": ["mode"]}
    assert mode(path) == "600"


def test_one_that_kubectl_wrote_again_is_still_ours(tmp_path: Path) -> None:
    path = tmp_path / "kubeconfig"
    run(path)
    path.write_text(yaml.safe_dump(json.loads(path.read_text(encoding="utf-8"))), encoding="utf-8")
    assert fields(run(path)) == {}


@pytest.mark.parametrize("content", ["apiVersion: v1\nkind: Config\n", "{not: [yaml", "", "42", "\x00"])
def test_a_file_of_somebody_else_is_left_alone(tmp_path: Path, content: str) -> None:
    path = tmp_path / "kubeconfig"
    path.write_text(content, encoding="utf-8")
    with pytest.raises(EstateError, match="carries no mark of this estate"):
        run(path)
    run(path, absent=True)
    assert path.read_text(encoding="utf-8") == content


def test_a_cluster_that_has_no_endpoint_yet_is_told(tmp_path: Path) -> None:
    with pytest.raises(EstateError, match="eks_cluster demo is declared but does not exist yet"):
        run(tmp_path / "kubeconfig", cluster(status="CREATING"))
    assert list(tmp_path.iterdir()) == []


def test_a_place_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("", encoding="utf-8")
    with pytest.raises(EstateError, match="cannot be"):
        run(tmp_path / "file" / "kubeconfig")
