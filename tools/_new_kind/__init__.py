# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The files that a new kind begins with."""

from __future__ import annotations

import re
from collections.abc import Mapping

from tools._new_kind import templates

Files = Mapping[str, str]
"""Path below the root to whole content."""
KINDS = "plugins/module_utils/_kinds/aws"
REGISTRY = f"{KINDS}/registry.py"
_NAME = re.compile(r"[a-z][a-z0-9]*(_[a-z0-9]+)*")


class Refused(Exception):
    """No kind can be begun so; the message says why."""


def class_name(name: str) -> str:
    """transit_gateway is TransitGateway."""
    return "".join(part.capitalize() for part in name.split("_"))


def files(name: str, base: str) -> Files:
    """Return what to write for kind NAME; BASE is "ec2" or "kind". Raises Refused for a name that is none."""
    if not _NAME.fullmatch(name):
        raise Refused(f"{name!r} is no name of a kind: write the vendor's word in snake case, as in transit_gateway")
    words = {
        "name": name,
        "class": class_name(name),
        "several": f"{name}s",
        "key": f"{class_name(name)}s",
        "tag_type": name.replace("_", "-"),
    }
    return {
        f"{KINDS}/{name}.py": templates.KIND[base].substitute(words),
        f"tests/unit/plans/{name}.yml": templates.PLANS.substitute(words),
        f"tests/unit/five_steps/{name}.yml": templates.FIVE_STEPS.substitute(words),
        f"changelogs/fragments/{name}.yml": templates.FRAGMENT.substitute(words),
    }


def registry_lines(name: str) -> tuple[str, str]:
    """The import and the entry that make the kind known."""
    return f"from .{name} import {class_name(name)}", f"{class_name(name)}(),"
