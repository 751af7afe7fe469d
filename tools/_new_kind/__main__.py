# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Command line of tools/new-kind."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from tools._new_kind import REGISTRY, Files, Refused, files, registry_lines
from tools._new_kind.templates import KIND

ROOT = Path(__file__).resolve().parent.parent.parent


def write(root: Path, made: Files) -> None:
    """Write all files of MADE below ROOT, or none: raises Refused when one is there already."""
    there = sorted(name for name in made if (root / name).exists())
    if there:
        raise Refused(f"it has been begun already: {', '.join(there)}")
    for name, text in made.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text, encoding="utf-8")


def main(argv: Sequence[str] | None = None, root: Path = ROOT) -> int:
    """Write the files and say what is left to do; 1 when the name cannot be used."""
    parser = argparse.ArgumentParser(prog="tools/new-kind", description="Begin a kind: files that fail until filled.")
    parser.add_argument("--base", choices=sorted(KIND), default="ec2", help="ec2 (default), or kind: not of EC2")
    parser.add_argument("name", metavar="NAME", help="the vendor's word in snake case, as in transit_gateway")
    asked = parser.parse_args(argv)
    try:
        made = files(asked.name, asked.base)
        write(root, made)
    except Refused as error:
        print(f"new-kind: {error}", file=sys.stderr)
        return 1
    for name in made:
        print(f"written: {name}")
    imported, entry = registry_lines(asked.name)
    print(f"add to {REGISTRY}:\n    {imported}\n    {entry}")
    print(f"then: .venv/bin/python -m pytest -q tests/unit -k {asked.name}")
    print("the way from there: docs/docsite/rst/new_kind.rst")
    return 0


if __name__ == "__main__":
    sys.exit(main())
