# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This file is private to the collection: its content may change in any release.
"""How a module's parameters become the way to EKS Anywhere: management clusters, admin machine, private files."""

from __future__ import annotations

import os
import pathlib
import typing as t

from ansible.module_utils.basic import AnsibleModule

from .._engine.errors import Invalid
from .._engine.runs import Run
from .eksa import EksaPort
from .eksa_cli import Admin, AdminMachine
from .kube import KubeClient, Port, refuse_writes
from .kube_config import load
from .vsphere import Port as VspherePort
from .vsphere_module import OPTIONS as VSPHERE
from .vsphere_module import connect as connect_vsphere

OPTIONS: dict[str, dict[str, t.Any]] = {
    "directory": {"type": "path", "required": True},
    "admin": {
        "type": "dict",
        "default": {},
        "options": {
            "ssh": {"type": "list", "elements": "str"},
            "directory": {"type": "str"},
            "command": {"type": "list", "elements": "str"},
            "flags": {"type": "list", "elements": "str"},
        },
    },
    "environment": {"type": "dict", "default": {}, "no_log": True},
    "ca_bundle": {"type": "path"},
    "vcenter": {"type": "dict", "options": {**VSPHERE, "address": {"type": "str"}}},
}
COMMAND = ("eksctl", "anywhere")


def connect(module: AnsibleModule, run: Run) -> EksaPort:
    """The port that the parameters name. In check mode a write is a defect and refused."""
    params: dict[str, t.Any] = module.params
    guard = refuse_writes if module.check_mode else run.guard
    agent = f"kubeops-hybrid run/{run.id}" if run.id else "kubeops-hybrid"

    def credentials(command: t.Sequence[str], environment: t.Mapping[str, str]) -> tuple[int, str, str]:
        return _run(module, command, "", environment)

    def api(path: str) -> Port:
        return KubeClient(load(path, None), guard=guard, agent=agent, execute=credentials)

    def execute(command: t.Sequence[str], script: str) -> tuple[int, str, str]:
        return _run(module, command, script, {})

    told: dict[str, t.Any] = params["vcenter"] or {}

    def vcenter() -> VspherePort:
        # It is only looked at here: the kinds of vSphere are who changes it.
        return connect_vsphere(told, run, True)

    return EksaPort(
        params["directory"],
        AdminMachine(_admin(params), execute, guard),
        api,
        guard=guard,
        ca_bundle=params["ca_bundle"] or told.get("ca_bundle"),
        vcenter=vcenter if told.get("address") else None,
        user=str(told.get("username") or ""),
    )


def _admin(params: t.Mapping[str, t.Any]) -> Admin:
    told = params["admin"] or {}
    vcenter = params["vcenter"] or {}
    # What is not said is that of the connection: EKS Anywhere then acts as the same user.
    known = {"EKSA_VSPHERE_USERNAME": vcenter.get("username"), "EKSA_VSPHERE_PASSWORD": password(vcenter)}
    environment = {**known, **params["environment"]}
    return Admin(
        directory=told.get("directory") or os.path.join(params["directory"], "eksa"),
        prefix=tuple(told.get("ssh") or ()),
        command=tuple(told.get("command") or COMMAND),
        flags=tuple(told.get("flags") or ()),
        environment={name: str(value) for name, value in environment.items() if value},
    )


def password(vcenter: t.Mapping[str, t.Any]) -> str | None:
    """The password of the connection to vCenter, if there is one."""
    path = vcenter.get("password_file")
    if path and not os.path.exists(path):
        raise Invalid(f"password_file {path} is not there")
    return pathlib.Path(path).read_text(encoding="utf-8").rstrip("\r\n") if path else vcenter.get("password")


def _run(
    module: AnsibleModule, command: t.Sequence[str], data: str, environment: t.Mapping[str, str]
) -> tuple[int, str, str]:
    answer: tuple[int, str, str] = module.run_command(
        list(command), data=data, environ_update=dict(environment), handle_exceptions=False
    )
    return answer
