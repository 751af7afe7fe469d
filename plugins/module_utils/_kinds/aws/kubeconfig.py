# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This file is private to the collection: its content may change in any release.
"""The text of a kubeconfig, and what it says. Pure."""

from __future__ import annotations

import dataclasses
import json
import typing as t

from . import marks

try:
    import yaml

    HAS_YAML = True
except ImportError:
    HAS_YAML = False

Row = t.Mapping[str, t.Any]


@dataclasses.dataclass(frozen=True)
class Parsed:
    """A kubeconfig as read: owner's estate and engine's name by its mark, and the state in normal form."""

    estate: str | None = None
    name: str = ""
    state: Row = dataclasses.field(default_factory=dict)


def content(estate: str, name: str, options: Row) -> str:
    """The file for a cluster. options["cluster"]: "<name> <endpoint> <certificate authority in base64>".

    JSON, which is YAML as well: kubectl and every client read both.
    """
    cluster, endpoint, authority = options["cluster"].split(" ")
    context = options.get("context") or cluster
    program, *arguments = options["command"]
    plugin = {
        "apiVersion": "client.authentication.k8s.io/v1",
        "interactiveMode": "Never",
        "command": program,
        "args": [*arguments, "--cluster", cluster, "--region", options["region"]],
        "env": [{"name": key, "value": value} for key, value in sorted((options.get("env") or {}).items())],
    }
    config = {
        "apiVersion": "v1",
        "kind": "Config",
        "extensions": [{"name": marks.ESTATE, "extension": {"estate": estate, "name": name}}],
        "clusters": [{"name": context, "cluster": {"server": endpoint, "certificate-authority-data": authority}}],
        "users": [{"name": context, "user": {"exec": plugin}}],
        "contexts": [{"name": context, "context": {"cluster": context, "user": context}}],
        "current-context": context,
    }
    return json.dumps(config, indent=2) + "\n"


def parsed(text: str) -> Parsed:
    """What a file says; one that is not ours, or no kubeconfig at all, has an empty state."""
    try:
        config = _loaded(text)
        marks_of = {one["name"]: one["extension"] for one in config.get("extensions") or ()}
        mark = marks_of[marks.ESTATE]
        return Parsed(mark["estate"], mark["name"], _state(config))
    except (ValueError, KeyError, TypeError, AttributeError, IndexError):
        return Parsed()


def _loaded(text: str) -> Row:
    """We write JSON; kubectl, when it changes a setting, writes YAML."""
    try:
        return t.cast(Row, json.loads(text))
    except ValueError:
        if not HAS_YAML:
            raise
    try:
        return t.cast(Row, yaml.safe_load(text))
    except yaml.YAMLError as error:
        raise ValueError(str(error)) from error


def _state(config: Row) -> dict[str, t.Any]:
    cluster, plugin = config["clusters"][0]["cluster"], config["users"][0]["user"]["exec"]
    *arguments, _cluster, name, _region, region = plugin["args"]
    return {
        "cluster": f"{name} {cluster['server']} {cluster['certificate-authority-data']}",
        "command": [plugin["command"], *arguments],
        "env": {one["name"]: one["value"] for one in plugin.get("env") or ()},
        "region": region,
        "context": config["current-context"],
    }
