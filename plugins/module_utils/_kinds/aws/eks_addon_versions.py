# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This file is private to the collection: its content may change in any release.
"""Which version of an add-on a wish means: exactly one, EKS' default, or the newest for the cluster's Kubernetes."""

from __future__ import annotations

import dataclasses
import re
import typing as t

from ..._clients.aws import Port
from ..._engine.errors import Invalid, NotFound

Row = t.Mapping[str, t.Any]

DEFAULT = "default"
LATEST = "latest"
_SHOWN = 8
_NUMBER = re.compile(r"\d+")


@dataclasses.dataclass(frozen=True)
class Offer:
    """What EKS offers of an add-on for one version of Kubernetes: versions, newest first, and which is the default."""

    addon: str
    kubernetes: str
    versions: tuple[str, ...]
    default: str

    @property
    def latest(self) -> str:
        """The newest version."""
        return self.versions[0]

    def meant(self, word: str) -> str:
        """The version that a wish stands for; raises Invalid for one that is not offered."""
        found = {DEFAULT: self.default, LATEST: self.latest}.get(word, word)
        if found not in self.versions:
            more = len(self.versions) - _SHOWN
            rest = f" and {more} older ones" if more > 0 else ""
            raise Invalid(
                f"version {word} of {self.addon} is not offered for Kubernetes {self.kubernetes}",
                remedy=f"There are: {', '.join(self.versions[:_SHOWN])}{rest}; or write {DEFAULT} or {LATEST}.",
            )
        return found

    def keeps(self, word: str, installed: str) -> bool:
        """Whether the installed version is what the wish asks for.

        EKS moves its default from time to time. Who asks for the default wants a version that works, not a change
        whenever AWS publishes one: what is installed stays while EKS offers it for this Kubernetes.
        """
        if word == DEFAULT:
            return installed in self.versions
        return installed == (self.latest if word == LATEST else word)


def offer(port: Port, addon: str, kubernetes: str) -> Offer:
    """What EKS offers; raises Invalid for an add-on that it does not have for this version of Kubernetes."""
    try:
        rows = port.pages("eks", "describe_addon_versions", "addons", addonName=addon, kubernetesVersion=kubernetes)
    except NotFound:
        rows = []
    # A page may hold a part of the versions.
    found = [version for row in rows if row["addonName"] == addon for version in row.get("addonVersions", ())]
    fitting = {row["addonVersion"]: row for row in found if _compatibility(row, kubernetes) is not None}
    if not fitting:
        raise Invalid(
            f"EKS offers no add-on {addon} for Kubernetes {kubernetes}",
            remedy="aws eks describe-addon-versions lists those that there are.",
        )
    versions = tuple(sorted(fitting, key=_order, reverse=True))
    defaults = [name for name in versions if (_compatibility(fitting[name], kubernetes) or {}).get("defaultVersion")]
    return Offer(addon, kubernetes, versions, defaults[0] if defaults else versions[0])


def _compatibility(version: Row, kubernetes: str) -> Row | None:
    rows = version.get("compatibilities") or ()
    return next((row for row in rows if row.get("clusterVersion") == kubernetes), None)


def _order(version: str) -> list[int]:
    """v1.9.2-eksbuild.10 as [1, 9, 2, 10]."""
    return [int(number) for number in _NUMBER.findall(version)]
