# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A port whose writes are held against the vendor's model of requests and written down, for what kinds send."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from ansible_collections.kubeops.hybrid.plugins.module_utils._clients.vsphere import READS
from ansible_collections.kubeops.hybrid.plugins.module_utils._clients.vsphere_specs import (
    Builder,
    managed,
    method_named,
)
from tests.unit.kinds_support_vsphere import AnsweringPort

Answer = Callable[[str, Mapping[str, Any]], Any]


class VendorPort(AnsweringPort):
    """answers: method to what a write answers, or to a function of reference and arguments that raises or answers.

    sent: reference, method and arguments of each write, in order. bodies: those of the Automation API.
    """

    def __init__(self, observed: Mapping[str, Any], answers: Mapping[str, Any] | None = None) -> None:
        super().__init__(observed)
        self._answers = dict(answers or {})
        self.sent: list[tuple[str, str, Mapping[str, Any]]] = []
        self.bodies: list[tuple[str, Any]] = []

    def call(self, ref: str, method: str, **arguments: Any) -> Any:
        """Refuses what the vendor's model does not know."""
        Builder().arguments(method_named(type(managed(ref)), method), arguments)
        if method.startswith(READS):
            return super().call(ref, method, **arguments)
        self.sent.append((ref, method, arguments))
        found = self._answers.get(method)
        return found(ref, arguments) if callable(found) else found

    def rest(self, method: str, path: str, body: Any = None) -> Any:
        """Remembers the bodies of writes."""
        if method != "GET" and "action=list" not in path:
            self.bodies.append((f"{method} {path}", body))
        return super().rest(method, path, body)

    @property
    def methods(self) -> list[str]:
        """What was called, in order, without marks."""
        return [method for _ref, method, _arguments in self.sent if method != "SetField"]

    def arguments(self, method: str) -> list[Mapping[str, Any]]:
        """The arguments of every call of a method, in order."""
        return [arguments for _ref, called, arguments in self.sent if called == method]
