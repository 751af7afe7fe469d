# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Start a new kind of the EC2 family: file, tables and change log fragment, all failing until they are filled.

usage: tools/new-kind NAME      (the vendor's word in snake case, for example transit_gateway)
"""

from __future__ import annotations

import re
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent

_KIND = '''\
# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This file is private to the collection: its content may change in any release.
"""Kind {name}."""

from __future__ import annotations

import typing as t

from ..._clients.aws import Port
from ..._engine.kind import Seen, Watch
from . import marks
from .ec2 import Ec2Kind, Row


class {cls}(Ec2Kind):
    """What it is, and what is peculiar about it."""

    name = "{name}"
    description = ""
    source = "EC2 Create{cls}, Delete{cls}"
    options = {{"tags": marks.TAGS}}
    describe = ("describe_{name}s", "{cls}s")
    id_field = "{cls}Id"
    tag_type = "{tag}"

    def state(self, port: Port, row: Row) -> Row:
        """See options."""
        raise NotImplementedError

    def make(self, port: Port, name: str, options: Row, tags: list[dict[str, t.Any]]) -> Row:
        """See Ec2Kind."""
        raise NotImplementedError

    def change(self, port: Port, seen: Seen, options: Row, fields: t.Collection[str]) -> t.Iterable[Watch]:
        """What changes in place."""
        raise NotImplementedError

    def remove(self, port: Port, seen: Seen) -> None:
        """When it is refused."""
        raise NotImplementedError
'''
_PLANS = """\
---
- name: an empty account
  wish: {{name: net, tags: {{team: ml}}}}
  observed: {{describe_{name}s: {{{cls}s: []}}}}
  verb: create
  fields: [tags]
"""
_STEPS = """\
---
make: {name: net, tags: {team: ml}}
changes:
  - {tags: {team: platform}}
"""
_FRAGMENT = """\
---
minor_changes:
  - aws_resources - new kind ``{name}``.
"""


def main() -> int:
    """Write what is not there yet, and say what is left to do by hand."""
    if len(sys.argv) != 2 or not re.fullmatch(r"[a-z][a-z0-9]*(_[a-z0-9]+)*", sys.argv[1]):
        print(__doc__, file=sys.stderr)
        return 2
    name = sys.argv[1]
    words = {"name": name, "cls": "".join(part.capitalize() for part in name.split("_")), "tag": name.replace("_", "-")}
    files = {
        f"plugins/module_utils/_kinds/aws/{name}.py": _KIND.format(**words),
        f"tests/unit/plans/{name}.yml": _PLANS.format(**words),
        f"tests/unit/five_steps/{name}.yml": _STEPS,
        f"changelogs/fragments/kind-{name.replace('_', '-')}.yml": _FRAGMENT.format(**words),
    }
    if existing := [path for path in files if (ROOT / path).exists()]:
        print(f"There already is {', '.join(existing)}; nothing was written.", file=sys.stderr)
        return 1
    for path, text in files.items():
        (ROOT / path).write_text(text, encoding="utf-8")
        print(f"written: {path}")
    print(f"Now name {words['cls']}() in plugins/module_utils/_kinds/aws/registry.py, and fill in until these agree:")
    print("  tools/generate && tools/check --fast")
    return 0


if __name__ == "__main__":
    sys.exit(main())
