# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Command line of tools/generate."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
# The checkout as a collection, before any that is installed.
sys.path.insert(0, str(ROOT / ".collections"))

from tools._generate import Generator, argument_specs, kinds, modules, roles, schema  # noqa: E402  # needs the path above

GENERATORS: tuple[Generator, ...] = (
    schema.generate,
    kinds.generate,
    modules.generate,
    argument_specs.generate,
    roles.generate,
)


def stale(root: Path) -> tuple[dict[str, str], int]:
    """Return what should be written to which path, and how many files there are in all."""
    made: dict[str, str] = {}
    for generator in GENERATORS:
        made.update(generator(root))
    different = {
        name: text
        for name, text in made.items()
        if not (root / name).is_file() or (root / name).read_text(encoding="utf-8") != text
    }
    return different, len(made)


def main() -> int:
    """Write what is stale, or with --check name it and return 1."""
    parser = argparse.ArgumentParser(prog="tools/generate")
    parser.add_argument("--check", action="store_true", help="write nothing; fail when a file is stale")
    check = parser.parse_args().check
    different, total = stale(ROOT)
    for name, text in sorted(different.items()):
        print(f"{'stale' if check else 'written'}: {name}")
        if not check:
            path = ROOT / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
    if different and not check:
        # Some are made from others that were just written.
        return main()
    if check and different:
        print("run tools/generate and commit what it writes")
        return 1
    print(f"{total} files are fresh")
    return 0


if __name__ == "__main__":
    sys.exit(main())
