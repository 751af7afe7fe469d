# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""roles/<role>/README.md: the interface of a role, from its argument specification and defaults."""

from __future__ import annotations

import typing as t
from collections.abc import Iterator, Mapping
from pathlib import Path

import yaml

from tools._generate import Files

_NOTE = "<!-- Written by tools/generate from meta/argument_specs.yml and defaults/main.yml. -->"


def generate(root: Path) -> Files:
    """Return one README for each role that has an argument specification."""
    specs = sorted(root.glob("roles/*/meta/argument_specs.yml"))
    return {f"roles/{spec.parts[-3]}/README.md": _readme(spec.parent.parent) for spec in specs}


def _load(path: Path) -> dict[str, t.Any]:
    return (yaml.safe_load(path.read_text(encoding="utf-8")) or {}) if path.is_file() else {}


def _readme(role: Path) -> str:
    entries = _load(role / "meta" / "argument_specs.yml")["argument_specs"]
    defaults = _load(role / "defaults" / "main.yml")
    return "\n".join([f"# Role {role.name}", "", _NOTE, "", *_sections(role.name, entries, defaults)]) + "\n"


def _sections(role: str, entries: Mapping[str, t.Any], defaults: Mapping[str, t.Any]) -> Iterator[str]:
    for entry, spec in entries.items():
        yield f"## {entry}: {spec['short_description']}"
        yield ""
        for paragraph in _paragraphs(spec.get("description", [])):
            yield paragraph
            yield ""
        if options := spec.get("options"):
            yield "| variable | type | default | meaning |"
            yield "| --- | --- | --- | --- |"
            yield from (_row(name, option, defaults) for name, option in options.items())
            yield ""
        yield from ["```yaml", *_example(role, entry, spec.get("options", {})), "```"]
        if entry != list(entries)[-1]:
            yield ""


def _paragraphs(text: str | list[str]) -> list[str]:
    return [text] if isinstance(text, str) else list(text)


def _row(name: str, option: Mapping[str, t.Any], defaults: Mapping[str, t.Any]) -> str:
    kind = f"{option.get('type', 'str')} of {option['elements']}" if "elements" in option else option.get("type", "str")
    default = option.get("default", defaults.get(name))
    shown = "required" if option.get("required") else "" if default is None else f"`{default}`"
    meaning = " ".join(_paragraphs(option.get("description", [])))
    return f"| `{name}` | {kind} | {_cell(shown)} | {_cell(meaning)} |"


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", " ")


def _example(role: str, entry: str, options: Mapping[str, t.Any]) -> Iterator[str]:
    yield f"- name: {role} {entry}"
    yield "  ansible.builtin.include_role:"
    yield f"    name: kubeops.hybrid.{role}"
    if entry != "main":
        yield f"    tasks_from: {entry}"
    needed = [name for name, option in options.items() if option.get("required")]
    if needed:
        yield "  vars:"
        yield from (f'    {name}: "{{{{ my_{name} }}}}"' for name in needed)
