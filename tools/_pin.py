# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Write the versions that are installed in .venv into the requirement files that everything is installed from.

usage: .venv/bin/python -m tools._pin

To raise a version: install it into .venv by hand, run this, run tools/check, commit.
"""

from __future__ import annotations

import importlib.metadata
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parent.parent
PYTHONS = ("3.12", "3.13", "3.14")
PINS = {"requirements/dev.in": "requirements/dev.txt", "requirements.txt": "requirements/runtime.txt"}


def read(path: Path) -> Iterator[Requirement]:
    """Yield the requirements of a file and of those it refers to with ``-r``."""
    for line in path.read_text().splitlines():
        text = line.split("#", 1)[0].strip()
        if text.startswith("-r "):
            yield from read(path.parent / text[3:].strip())
        elif text:
            yield Requirement(text)


def wanted(requirement: Requirement, extra: str) -> bool:
    """Tell whether any Python that we support needs the requirement when EXTRA is asked for."""
    if requirement.marker is None:
        return True
    return any(
        requirement.marker.evaluate({"python_version": python, "python_full_version": f"{python}.0", "extra": extra})
        for python in PYTHONS
    )


def closure(roots: Iterable[Requirement]) -> dict[str, str]:
    """Return name to installed version of ROOTS and all they need; what is not installed is named and refused."""
    pins: dict[str, str] = {}
    seen: set[tuple[str, str]] = set()
    queue = [(r.name, extra) for r in roots for extra in ("", *sorted(r.extras))]
    while queue:
        name, extra = queue.pop()
        if (canonicalize_name(name), extra) in seen:
            continue
        seen.add((canonicalize_name(name), extra))
        try:
            found = importlib.metadata.distribution(name)
        except importlib.metadata.PackageNotFoundError:
            sys.exit(f"{name} is required but not installed in this interpreter's environment; install it first")
        pins[canonicalize_name(name)] = found.version
        needs = (Requirement(text) for text in found.requires or ())
        queue += [(n.name, e) for n in needs if wanted(n, extra) for e in ("", *sorted(n.extras))]
    return pins


def main() -> None:
    """Write every file of PINS."""
    for source, target in PINS.items():
        pins = closure(read(ROOT / source))
        lines = [f"# Written by tools/_pin.py from {source}: the whole closure, tried together."]
        lines += [f"{name}=={version}" for name, version in sorted(pins.items())]
        (ROOT / target).write_text("\n".join(lines) + "\n")
        print(f"{target}: {len(pins)} packages")


if __name__ == "__main__":
    main()
