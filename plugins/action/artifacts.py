# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Action of module artifacts: runs on the controller, where the mirror, the store and the programs are."""

from __future__ import annotations

import dataclasses
import os
import typing as t

from ansible.plugins.action import ActionBase

from ansible_collections.kubeops.hybrid.plugins.module_utils._engine.errors import EstateError
from ansible_collections.kubeops.hybrid.plugins.plugin_utils.artifacts import Request, render

Values = dict[str, t.Any]
_SPEC: Values = {
    "name": {"type": "str", "required": True},
    "version": {"type": "str"},
    "components": {"type": "list", "elements": "str"},
    "owners": {"type": "dict", "default": {}},
    "values": {"type": "dict", "default": {}},
    "release": {"type": "str"},
    "namespace": {"type": "str"},
    "kubernetes_version": {"type": "str"},
    "api_versions": {"type": "list", "elements": "str", "default": []},
    "mirror": {"type": "str"},
    "store": {"type": "path"},
    "lock": {"type": "path"},
    "registry": {"type": "str"},
    "stand_ins": {"type": "str", "choices": ["allow", "forbid"], "default": "forbid"},
    "copy_to": {"type": "path"},
    "ca_bundle": {"type": "path"},
    "programs": {"type": "dict", "default": {}},
}


class ActionModule(ActionBase):
    """Thin: reads the task's arguments, renders, answers with paths."""

    TRANSFERS_FILES = False
    _requires_connection = False

    def run(self, tmp: str | None = None, task_vars: Values | None = None) -> Values:
        """One artifact."""
        super().run(tmp, task_vars)
        _result, args = t.cast(t.Any, self).validate_argument_spec(argument_spec=_SPEC)
        given = {name: value for name, value in args.items() if value is not None}
        given["store"] = args["store"] or os.path.join(os.getcwd(), ".kubeops", "store")
        given["stand_ins"] = args["stand_ins"] == "allow"
        try:
            rendered = render(Request(**given, write=not self._task.check_mode))
        except EstateError as error:
            return {"changed": False, "failed": True, "msg": str(error)}
        answer = dataclasses.asdict(rendered)
        answer["warnings"] = list(rendered.warnings)
        return answer
