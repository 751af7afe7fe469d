# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""docs/kinds.md and its page in the guides: every kind with its options."""

from __future__ import annotations

import re
import typing as t
from collections.abc import Iterable, Iterator
from pathlib import Path

from ansible_collections.kubeops.hybrid.plugins.module_utils._engine.kind import Kind
from ansible_collections.kubeops.hybrid.plugins.module_utils._engine.options import Option, Options
from ansible_collections.kubeops.hybrid.plugins.module_utils._kinds.aws.registry import KINDS
from ansible_collections.kubeops.hybrid.plugins.module_utils._kinds.kubernetes.registry import MAKERS
from ansible_collections.kubeops.hybrid.plugins.module_utils._kinds.vsphere.registry import KINDS as VSPHERE_KINDS
from tools._generate import Files
from tools._generate.one_kind_modules import MODULES

_INTRO = """\
A kind describes one sort of API object. Roles and playbooks hand lists of `{kind, name, ...}` to a graph module; kinds
with a module of their own can be used alone. Omitted or null options are not managed; `[]`, `{}` and `''` clear a
field. References are names of resources of the same estate; `id:vpc-0a1b` or an ARN in place of a name refers to
anything else. *fixed*: cannot change in place. *impact*: what a change does to those who use the object.
"""

_MAKERS = """\
These stand for one or several objects of the API. An object that none of them describes is written out in `manifest`,
and files of objects are taken whole by `stream`.
"""


class Described(t.Protocol):
    """What a kind and a maker tell of themselves."""

    @property
    def name(self) -> str:
        """In lists of resources."""

    @property
    def description(self) -> str:
        """A sentence or two."""

    @property
    def source(self) -> str:
        """What it is made from."""

    @property
    def options(self) -> Options:
        """By name."""


def generate(_root: Path) -> Files:
    """Return the list of kinds, for people on the forge and for the documentation site."""
    return {"docs/kinds.md": "\n".join(_markdown()) + "\n", "docs/docsite/rst/kinds.rst": "\n".join(_rst()) + "\n"}


def _module(kind: Kind[t.Any]) -> str:
    return next((module.name for module in MODULES if module.kind == kind.name), "")


def _facts(option: Option) -> str:
    words = [option.type if not option.elements else f"{option.type} of {option.elements}"]
    if option.collection.value in ("set", "ordered", "keyed"):
        words.append(option.collection.value + (f" by {', '.join(option.keys)}" if option.keys else ""))
    if option.ref:
        words.append("names any kind" if option.ref == "*" else f"names {option.ref}")
    words += [word for word, holds in (("needed", option.needed), ("fixed", option.immutable)) if holds]
    if option.impact.value:
        words.append(f"impact {option.impact.label}")
    if option.choices:
        words.append("one of " + ", ".join(option.choices))
    return "; ".join(words)


def _plain(text: str) -> str:
    return re.sub(r"\b[A-Z]\(([^)]*)\)", r"`\1`", text).replace("|", "\\|")


def _markdown() -> Iterator[str]:
    yield from ["# Kinds", "", "<!-- Written by tools/generate from the kinds' options. -->", "", _INTRO]
    yield from ["## Behind an AWS region: `aws_resources`", ""]
    for kind in KINDS.values():
        yield from _section(kind, _module(kind))
    yield from ["## Behind a vCenter: `vsphere_resources`", ""]
    for thing in VSPHERE_KINDS.values():
        yield from _section(thing, "")
    yield from ["## In a Kubernetes cluster: `kube_resources`", "", f"{_MAKERS}"]
    for maker in MAKERS.values():
        yield from _section(maker, "")


def _section(kind: Described, module: str) -> Iterator[str]:
    own = f" Own module: `{module}`." if module else ""
    yield from [f"### {kind.name}", "", f"{_plain(kind.description)}{own} Made from {kind.source}.", ""]
    yield from ["| option | | meaning |", "| --- | --- | --- |"]
    for name, option in kind.options.items():
        yield f"| `{name}` | {_facts(option)} | {_plain(option.description)} |"
        for inner, sub in option.options.items():
            yield f"| `{name}.{inner}` | {_facts(sub)} | {_plain(sub.description)} |"
    yield ""


def _rst() -> Iterator[str]:
    yield from [".. Written by tools/generate from the kinds' options.", ""]
    yield from [".. _ansible_collections.kubeops.hybrid.docsite.kinds:", "", "Kinds", "=====", ""]
    yield from [_literal(_INTRO), ""]
    yield from _chapter("Behind an AWS region: aws_resources", KINDS.values())
    yield from _chapter("Behind a vCenter: vsphere_resources", VSPHERE_KINDS.values())
    yield from _chapter("In a Kubernetes cluster: kube_resources", MAKERS.values(), _literal(_MAKERS))


def _literal(text: str) -> str:
    return text.replace("`", "``").replace("*", "")


def _chapter(title: str, kinds: Iterable[Described], about: str = "") -> Iterator[str]:
    yield from [title, "-" * len(title), ""]
    if about:
        yield from [about, ""]
    for kind in kinds:
        yield from [kind.name, "^" * len(kind.name), "", f"{_plain(kind.description).replace('`', '``')}", ""]
        yield from [f"Made from {kind.source}.", ""]
        for name, option in kind.options.items():
            yield f"``{name}`` ({_facts(option).replace('*', '')})"
            yield f"  {_plain(option.description).replace('`', '``')}"
            yield ""
