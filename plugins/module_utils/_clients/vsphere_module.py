# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This file is private to the collection: its content may change in any release.
"""How a module's parameters become a connection to a vCenter."""

from __future__ import annotations

import pathlib
import typing as t

from ansible.module_utils.common.parameters import env_fallback

from .._engine.errors import Denied, Invalid
from .._engine.runs import Run
from .vsphere import Connection, Port, VsphereClient

OPTIONS: dict[str, dict[str, t.Any]] = {
    "address": {"type": "str", "required": True},
    "port": {"type": "int", "default": 443},
    "username": {"type": "str", "fallback": (env_fallback, ["VMWARE_USER"])},
    "password": {"type": "str", "no_log": True, "fallback": (env_fallback, ["VMWARE_PASSWORD"])},
    "password_file": {"type": "path", "no_log": False},
    "ca_bundle": {"type": "path"},
    "thumbprint": {"type": "str"},
    "instance_uuid": {"type": "str"},
}


def connect(params: t.Mapping[str, t.Any], run: Run, read_only: bool) -> Port:
    """The port of the vCenter that the parameters name; read_only: a write is a defect and refused."""

    def refuse() -> None:
        raise Denied("check mode never writes")

    agent = f"kubeops-hybrid run/{run.id}" if run.id else "kubeops-hybrid"
    connection = Connection(
        address=params["address"],
        username=_given(params["username"], "username", "VMWARE_USER"),
        password=_password(params),
        port=params["port"],
        ca_bundle=params["ca_bundle"],
        thumbprint=params["thumbprint"],
        instance_uuid=params["instance_uuid"],
        user_agent=agent,
    )
    return VsphereClient(connection, refuse if read_only else run.guard)


def _password(params: t.Mapping[str, t.Any]) -> str:
    path = params["password_file"]
    if not path:
        return _given(params["password"], "password or password_file", "VMWARE_PASSWORD")
    try:
        return pathlib.Path(path).read_text(encoding="utf-8").rstrip("\r\n")
    except (OSError, UnicodeDecodeError) as error:
        raise Invalid(f"password_file {path}: {error}") from error


def _given(value: str | None, option: str, variable: str) -> str:
    if not value:
        raise Denied(f"there is no {option}", remedy=f"Give it, or set {variable} in the environment.")
    return value
