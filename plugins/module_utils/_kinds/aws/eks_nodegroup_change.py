# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This file is private to the collection: its content may change in any release.
"""A managed node group in normal form, and the parameters of the calls that make and change it. Pure."""

from __future__ import annotations

import typing as t

Row = t.Mapping[str, t.Any]

_PLAIN = {
    "role": "nodeRole",
    "subnets": "subnets",
    "instance_types": "instanceTypes",
    "ami_type": "amiType",
    "capacity_type": "capacityType",
    "disk_size": "diskSize",
}
_SCALING = {"min": "minSize", "max": "maxSize", "desired": "desiredSize"}
_UPDATE = {"max_unavailable": "maxUnavailable", "max_unavailable_percentage": "maxUnavailablePercentage"}


def wrong(options: Row) -> str:
    """What is wrong with the options together, or ''."""
    scaling, update = options.get("scaling") or {}, options.get("update") or {}
    version = options.get("launch_template_version")
    sizes = [scaling[key] for key in ("min", "desired", "max") if scaling.get(key) is not None]
    if sizes != sorted(sizes):
        return f"scaling has to hold min <= desired <= max, not {' <= '.join(map(str, sizes))}"
    if all(update.get(key) is not None for key in _UPDATE):
        return "update takes max_unavailable or max_unavailable_percentage, not both"
    if version is not None and not options.get("launch_template"):
        return "launch_template_version needs launch_template"
    if isinstance(version, str) and not version.isdigit():
        return f"launch_template_version is {version!r}: give a number, for that is what EKS keeps, or leave it out"
    if options.get("disk_size") is not None and options.get("launch_template"):
        return "disk_size and launch_template exclude each other: give the volume in the launch template"
    return ""


def state(row: Row) -> dict[str, t.Any]:
    """EKS' description in normal form, without tags."""
    template, scaling, update = (row.get(key) or {} for key in ("launchTemplate", "scalingConfig", "updateConfig"))
    return {
        "cluster": row["clusterName"],
        **{field: row.get(parameter) for field, parameter in _PLAIN.items()},
        "subnets": sorted(row.get("subnets") or ()),
        "scaling": {field: scaling.get(parameter) for field, parameter in _SCALING.items()},
        "labels": dict(row.get("labels") or {}),
        "taints": [_taint(taint) for taint in row.get("taints") or ()],
        "launch_template": template.get("id"),
        "launch_template_version": template.get("version"),
        "update": {field: update.get(parameter) for field, parameter in _UPDATE.items()},
    }


def _taint(taint: Row) -> dict[str, str]:
    return {"key": taint["key"], "value": taint.get("value") or "", "effect": taint["effect"]}


def creation(options: Row) -> dict[str, t.Any]:
    """CreateNodegroup's parameters besides names and tags."""
    wish = {parameter: options[field] for field, parameter in _PLAIN.items() if options.get(field) is not None}
    if options.get("labels"):
        wish["labels"] = _told(options["labels"])
    if options.get("taints"):
        wish["taints"] = [_taint(taint) for taint in options["taints"]]
    if options.get("scaling"):
        wish["scalingConfig"] = scaling({}, options["scaling"])
    if options.get("launch_template"):
        version = options.get("launch_template_version")
        wish["launchTemplate"] = {"id": options["launch_template"], **({"version": version} if version else {})}
    if _told(options.get("update") or {}):
        wish["updateConfig"] = _renamed(options["update"], _UPDATE)
    return wish


def scaling(before: Row, wish: Row) -> dict[str, int]:
    """EKS' scalingConfig; a size that is not declared is moved only as far as the new limits force it."""
    sizes = {**_told(before), **_told(wish)}
    if wish.get("desired") is None:
        now = sizes.get("desired", sizes.get("min", 0))
        sizes["desired"] = min(max(now, sizes.get("min", now)), sizes.get("max", now))
    return _renamed(sizes, _SCALING)


def config(before: Row, options: Row, fields: t.Collection[str]) -> dict[str, t.Any]:
    """UpdateNodegroupConfig's parameters for those of the fields that it can change; empty for none."""
    change: dict[str, t.Any] = {}
    if "scaling" in fields:
        change["scalingConfig"] = scaling(before["scaling"], options["scaling"])
    if "labels" in fields:
        change["labels"] = _labels(before["labels"], options["labels"])
    if "taints" in fields:
        change["taints"] = _taints(before["taints"], options["taints"])
    if "update" in fields:
        change["updateConfig"] = _renamed(options["update"], _UPDATE)
    return change


def replacement(row: Row, template_version: str) -> dict[str, t.Any]:
    """UpdateNodegroupVersion's parameters for another version of the launch template of EKS' row.

    The node group's own Kubernetes version is said as well: without it EKS takes the cluster's. One whose template
    names the image has the image's, and must not say it.
    """
    wish: dict[str, t.Any] = {"launchTemplate": {"id": row["launchTemplate"]["id"], "version": template_version}}
    if row.get("amiType") != "CUSTOM" and row.get("version"):
        wish["version"] = row["version"]
    return wish


def _labels(before: t.Mapping[str, str], wish: Row) -> dict[str, t.Any]:
    new = {key: value for key, value in _told(wish).items() if before.get(key) != value}
    return {"addOrUpdateLabels": new} if new else {"removeLabels": sorted(before)}


def _taints(before: t.Sequence[Row], wish: t.Sequence[Row]) -> dict[str, t.Any]:
    wished = {(taint["key"], taint["effect"]): _taint(taint) for taint in wish}
    there = {(taint["key"], taint["effect"]): _taint(taint) for taint in before}
    new = [taint for place, taint in wished.items() if there.get(place) != taint]
    old = [taint for place, taint in there.items() if place not in wished]
    return {key: taints for key, taints in (("addOrUpdateTaints", new), ("removeTaints", old)) if taints}


def _told(values: Row) -> dict[str, t.Any]:
    return {key: value for key, value in values.items() if value is not None}


def _renamed(values: Row, table: t.Mapping[str, str]) -> dict[str, t.Any]:
    return {table[key]: value for key, value in _told(values).items()}
