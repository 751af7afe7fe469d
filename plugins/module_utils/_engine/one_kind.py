# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This file is private to the collection: its content may change in any release.
"""Modules of one kind: their argument spec, and their parameters as the list that the engine takes."""

from __future__ import annotations

import typing as t

from ansible.module_utils.basic import AnsibleModule

from .kind import Kind
from .module import COMMON, Connect, run_module
from .options import argument_spec
from .world import Kinds

_NAME: dict[str, t.Any] = {"type": "str", "required": True}


class One:
    """A module of a single object: the kind's options are its own."""

    def __init__(self, kind: Kind[t.Any]) -> None:
        self._kind = kind
        fields = argument_spec(kind.options)
        for name, option in fields.items():
            # A name is enough to remove it; what its creation needs is asked for later.
            if name != "cluster":
                option.pop("required", None)
        self.argument_spec: dict[str, dict[str, t.Any]] = {**COMMON, "name": _NAME, **fields}

    def run(self, module: AnsibleModule, kinds: Kinds, connect: Connect) -> t.NoReturn:
        """Do it."""
        options = {name: module.params[name] for name in ("name", *self._kind.options)}
        module.params["resources"] = [{"kind": self._kind.name, **options}]
        run_module(module, kinds, connect)


class Many:
    """A module of a list of objects of one kind."""

    def __init__(self, kind: Kind[t.Any], items: str) -> None:
        self._kind = kind
        self._items = items
        options = {"name": _NAME, **argument_spec(kind.options)}
        listed = {"type": "list", "elements": "dict", "required": True, "options": options}
        self.argument_spec: dict[str, dict[str, t.Any]] = {**COMMON, items: listed}

    def run(self, module: AnsibleModule, kinds: Kinds, connect: Connect) -> t.NoReturn:
        """Do it."""
        module.params["resources"] = [{"kind": self._kind.name, **item} for item in module.params[self._items]]
        run_module(module, kinds, connect)
