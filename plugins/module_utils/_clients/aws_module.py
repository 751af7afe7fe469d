# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This file is private to the collection: its content may change in any release.
"""How a module's parameters become a connection to AWS."""

from __future__ import annotations

import typing as t

from .._engine.errors import Denied
from .._engine.runs import Run
from .aws import AwsClient, Connection, Port

OPTIONS: dict[str, dict[str, t.Any]] = {
    "region": {"type": "str", "required": True},
    "endpoint_url": {"type": "str"},
    "profile": {"type": "str"},
    "shared_credentials_file": {"type": "path"},
    "access_key": {"type": "str", "no_log": False},
    "secret_key": {"type": "str", "no_log": True},
    "session_token": {"type": "str", "no_log": True},
    "ca_bundle": {"type": "path"},
    "account_id": {"type": "str"},
    "assume_role": {"type": "str"},
}


def connect(params: t.Mapping[str, t.Any], run: Run, read_only: bool) -> Port:
    """The port of the region that the parameters name; read_only: a write is a defect and refused."""

    def refuse() -> None:
        raise Denied("check mode never writes")

    agent = f"kubeops-hybrid run/{run.id}" if run.id else "kubeops-hybrid"
    connection = Connection(**{name: params[name] for name in OPTIONS}, user_agent=agent)
    return AwsClient(connection, refuse if read_only else run.guard)
