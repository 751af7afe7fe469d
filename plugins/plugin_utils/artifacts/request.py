# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is asked for, and what is answered."""

from __future__ import annotations

import dataclasses
import pathlib
from collections.abc import Mapping, Sequence
from typing import Any

from .catalogue import CATALOGUE


@dataclasses.dataclass(frozen=True)
class Request:
    """One artifact as it is to be rendered.

    store: directory of the run's store; the cache is in its folder artifacts. components, owners: see components.
    values: of a chart, over the catalogue's; {"$secret": name} and {"$generate": {...}} in them are for who applies.
    kubernetes_version: "1.35". api_versions: what the cluster serves, as group/version or group/version/Kind. mirror:
    directory or address; None: upstream. registry: host and prefix that images are taken from instead. stand_ins:
    True makes objects of our own when there are no files. lock: path of the artifact lock; None: in the store.
    ca_bundle: for https. programs: name (kubectl, helm) to path, for those not found in PATH. copy_to: directory
    of a mirror that gets the files and the list of images. write: False keeps lock and mirror as they are, as a check
    mode does.
    """

    name: str
    store: str
    version: str = ""
    components: Sequence[str] | None = None
    owners: Mapping[str, str] = dataclasses.field(default_factory=dict)
    values: Mapping[str, Any] = dataclasses.field(default_factory=dict)
    release: str = ""
    namespace: str = ""
    kubernetes_version: str = ""
    api_versions: Sequence[str] = ()
    mirror: str | None = None
    registry: str | None = None
    stand_ins: bool = False
    lock: str | None = None
    ca_bundle: str | None = None
    programs: Mapping[str, str] = dataclasses.field(default_factory=dict)
    copy_to: str | None = None
    write: bool = True
    catalogue: pathlib.Path = CATALOGUE


@dataclasses.dataclass(frozen=True)
class Rendered:
    """Paths of what was made, with the digest of the files that it was made of.

    stream: JSON lines, one object each, in upstream's order. index: {sha256, count, objects: [{group, kind, namespace,
    name, line, size}], left_out, artifacts, tools ...}. images: [{image, from, places: [{object, path}]}]. origin:
    mirror, upstream or stand_ins. changed: whether the lock learnt a digest or the mirror files. cached:
    nothing had to be rendered.
    """

    stream: str
    index: str
    images: str
    digest: str
    origin: str
    namespace: str
    changed: bool = False
    cached: bool = False
    warnings: tuple[str, ...] = ()
