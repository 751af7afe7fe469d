# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Modules as their documentation describes them: options with those of fragments, as an argument spec; examples."""

from __future__ import annotations

import ast
import functools
import importlib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).resolve().parents[2]
MODULES = {path.stem: path for path in sorted((ROOT / "plugins/modules").glob("*.py"))}
_FRAGMENTS = "ansible_collections.kubeops.hybrid.plugins.doc_fragments"

Spec = dict[str, dict[str, Any]]


def text(module: str, variable: str) -> str:
    """DOCUMENTATION, EXAMPLES or RETURN of a module; '' when it has none."""
    for node in ast.parse(MODULES[module].read_text(encoding="utf-8")).body:
        if isinstance(node, ast.Assign) and any(isinstance(t, ast.Name) and t.id == variable for t in node.targets):
            return str(ast.literal_eval(node.value))
    return ""


@functools.cache
def spec(module: str) -> Spec:
    """The documented options of a module as an argument spec, those of its fragments among them."""
    documentation = yaml.safe_load(text(module, "DOCUMENTATION"))
    options: dict[str, Any] = {}
    for fragment in documentation.get("extends_documentation_fragment", ()):
        name, _dot, section = fragment.removeprefix("kubeops.hybrid.").partition(".")
        holder = importlib.import_module(f"{_FRAGMENTS}.{name}").ModuleDocFragment
        options.update(yaml.safe_load(getattr(holder, section.upper() or "DOCUMENTATION")).get("options", {}))
    return _spec({**options, **documentation["options"]})


def _spec(options: Mapping[str, Mapping[str, Any]]) -> Spec:
    kept = ("type", "elements", "choices", "default", "required", "aliases")
    found: Spec = {}
    for name, option in options.items():
        found[name] = {key: option[key] for key in kept if key in option}
        if "suboptions" in option:
            found[name]["options"] = _spec(option["suboptions"])
    return found


def calls(document: Any) -> Iterator[tuple[str, dict[str, Any]]]:
    """Module and arguments of each of our modules' tasks in a YAML document, however deep in plays and blocks."""
    if isinstance(document, list):
        for item in document:
            yield from calls(item)
    elif isinstance(document, dict):
        for key, value in document.items():
            module = str(key).removeprefix("kubeops.hybrid.")
            if module in MODULES and module != key:
                yield module, value or {}
            elif key != "module_defaults":
                yield from calls(value)
