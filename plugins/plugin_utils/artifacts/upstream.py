# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Files of an artifact from upstream: its package or source, and the bases that it takes from elsewhere."""

from __future__ import annotations

import json
import os
import pathlib
import shutil
import tarfile

from ansible_collections.kubeops.hybrid.plugins.module_utils._engine.errors import Invalid, NotFound

from .catalogue import Artifact, Base
from .fetch import Fetcher, shown


def fetch(artifact: Artifact, fetcher: Fetcher, folder: pathlib.Path) -> None:
    """Write what belongs to an artifact into a folder, bases vendored, as a mirror holds it."""
    if not artifact.address:
        raise NotFound(f"upstream has no files of {artifact.title} that could be fetched", remedy="Set kubeops_mirror.")
    folder.mkdir(parents=True)
    package = folder.with_name("package.tar.gz")
    fetcher.download(artifact.address, package)
    unpack(package, folder, artifact.directory, shown(artifact.address))
    for into in dict.fromkeys(base.into for base in artifact.bases):
        _vendor(next(base for base in artifact.bases if base.into == into), fetcher, folder)
    for base in artifact.bases:
        _redirect(base, folder)


def unpack(package: pathlib.Path, folder: pathlib.Path, below: str, told: str) -> None:
    """Unpack a directory of an archive, without the archive's own top directory. Links and paths must stay within."""
    prefix = [part for part in below.split("/") if part]
    try:
        with tarfile.open(package) as archive:
            for member in archive:
                parts = member.name.split("/")[1:]
                if parts[: len(prefix)] != prefix or not parts[len(prefix) :]:
                    continue
                member.name = "/".join(parts[len(prefix) :])
                archive.extract(member, folder, filter="data")
    except (tarfile.TarError, EOFError, OSError) as error:
        raise Invalid(f"{told} is no archive that can be unpacked: {error}") from error
    if not any(folder.iterdir()):
        raise Invalid(f"{told} has no directory {below or 'with files'}", remedy="Has upstream moved it?")


def _vendor(base: Base, fetcher: Fetcher, folder: pathlib.Path) -> None:
    target = folder / base.into
    if base.manifest:
        fetcher.download(base.manifest, target / "manifests.yaml")
        # kustomize takes no file from outside of a root: the file gets a root of its own.
        (target / "kustomization.yaml").write_text(json.dumps({"resources": ["manifests.yaml"]}), encoding="utf-8")
        return
    package = folder.with_name("base.tar.gz")
    fetcher.download(base.archive, package)
    target.mkdir(parents=True)
    unpack(package, target, "", shown(base.archive))
    for path in target.iterdir():
        if path.name not in (base.keep or path.name, "LICENSE"):
            shutil.rmtree(path) if path.is_dir() and not path.is_symlink() else path.unlink()


def _redirect(base: Base, folder: pathlib.Path) -> None:
    file = folder / base.file
    if not file.is_file():
        raise Invalid(f"upstream's source has no {base.file}", remedy="Is the catalogue's commit the one of the bases?")
    text = file.read_text(encoding="utf-8")
    if base.remote not in text:
        raise Invalid(f"{base.file} does not refer to {base.remote}", remedy="Correct the bases in the catalogue.")
    local = os.path.relpath(folder / base.local, file.parent)
    file.write_text(text.replace(base.remote, local), encoding="utf-8")
