# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Every image that an object names, wherever it names it, and the same object with other names.

Names stand in fields called image, in parts (repository and tag, hub and tag), and within the text of ConfigMaps,
arguments and environments. One walk finds and replaces, so that nothing is found that cannot be replaced.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

_HOST = r"(?:[a-z0-9](?:[a-z0-9-]*[a-z0-9])?(?:\.[a-z0-9-]+)+(?::\d+)?|localhost(?::\d+)?)"
_PATH = r"[a-z0-9]+(?:[._-]+[a-z0-9]+)*(?:/[a-z0-9]+(?:[._-]+[a-z0-9]+)*)*"
_TAG = r":[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}"
_DIGEST = r"@sha256:[0-9a-f]{64}"
_REFERENCE = re.compile(rf"(?:{_HOST}/)?{_PATH}(?:(?:{_TAG})?{_DIGEST}|{_TAG})\Z")
# Without a tag only where a field can hold nothing else.
_BARE = re.compile(rf"(?:{_HOST}/)?{_PATH}(?:{_TAG})?(?:{_DIGEST})?\Z")
_UNTAGGED = re.compile(rf"{_HOST}/{_PATH}\Z")
_HOSTED = re.compile(rf"(?<![\w./:@-]){_HOST}/{_PATH}(?:(?:{_TAG})?{_DIGEST}|{_TAG})(?![\w/])")
_NAMED = re.compile(
    rf"(?i:image)[\w-]*[\"']?\s*[:=]\s*[\"']?((?-i:{_PATH}(?:{_TAG}){_DIGEST}|{_PATH}{_TAG}))(?![\w/:])"
)
_KEY = re.compile(r"(?:image|images|.*[a-z_-](?:Image|IMAGE|_image|-image))\Z|IMAGE\Z|[A-Z_]*_IMAGE(?:_[A-Z]+)*\Z")
_POD_FIELDS = ("containers", "initContainers", "ephemeralContainers")
_WORKLOADS = {"Pod", "Deployment", "StatefulSet", "DaemonSet", "Job", "CronJob", "ReplicaSet", "ReplicationController"}

Rename = Callable[[str], str]


class Named(NamedTuple):
    """An image and where it is named. container: in the pod template of a workload, and not elsewhere."""

    image: str
    place: str
    container: bool


def keep(image: str) -> str:
    """The name as it is."""
    return image


def visit(body: dict[str, Any], rename: Rename = keep) -> list[Named]:
    """The images of an object, which gets the names that rename gives them. CustomResourceDefinitions name none."""
    if body["kind"] == "CustomResourceDefinition":
        return []
    walk = _Walk(rename, body["kind"] in _WORKLOADS)
    for name, value in body.items():
        if name not in ("apiVersion", "kind"):
            body[name] = walk.value(name, value, name)
    return walk.found


class _Walk:
    """One object."""

    def __init__(self, rename: Rename, workload: bool) -> None:
        self._rename = rename
        self._workload = workload
        self.found: list[Named] = []

    def value(self, key: str, value: Any, path: str) -> Any:
        """A value with its images renamed."""
        if isinstance(value, dict):
            self._parts(value, path)
            for name, one in value.items():
                value[name] = self.value(name, one, f"{path}/{name}")
        elif isinstance(value, list):
            value[:] = [self.value(key, one, path) for one in value]
        elif isinstance(value, str):
            return self._string(key, value, path)
        return value

    def _name(self, image: str, path: str) -> str:
        steps = path.split("/")
        container = self._workload and steps[-1] == "image" and len(steps) > 1 and steps[-2] in _POD_FIELDS
        self.found.append(Named(image, path, container))
        return self._rename(image)

    def _parts(self, value: dict[str, Any], path: str) -> None:
        """Images whose name is spread over fields: the field with the host takes the new place."""
        for field, image in _spread(value):
            renamed = self._name(image, path)
            if renamed != image:
                tail = image.removeprefix(value[field])
                value[field] = renamed.removesuffix(tail)

    def _string(self, key: str, value: str, path: str) -> str:
        if "{{" not in value and "\n" not in value:
            if key == "image" and path.split("/")[-2:-1] and path.split("/")[-2] in _POD_FIELDS and _BARE.match(value):
                return self._name(value, path)
            if (_KEY.match(key) and (_REFERENCE.match(value) or _UNTAGGED.match(value))) or _full(value):
                return self._name(value, path)
        if ":" not in value and "@" not in value:
            return value
        return self._text(value, path)

    def _text(self, text: str, path: str) -> str:
        if '"hub"' in text:
            text = self._hubs(text, path)
        text = _HOSTED.sub(lambda found: self._name(found[0], path) if _is_host(found[0]) else found[0], text)
        return _NAMED.sub(lambda found: found[0].removesuffix(found[1]) + self._unhosted(found[1], path), text)

    def _unhosted(self, image: str, path: str) -> str:
        """A name without a host; one with a host has been looked at."""
        host, slash, _path = image.partition("/")
        return image if slash and "." in host else self._name(image, path)

    def _hubs(self, text: str, path: str) -> str:
        """Istio's injector: a hub and a tag for the images of its proxies."""
        try:
            values = json.loads(text)
        except ValueError:
            return text
        for hub, image in _hubs(values):
            renamed = self._name(f"{hub}/{image}", path).removesuffix(f"/{image}")
            text = re.sub(rf'(?<="hub": "|."hub":"){re.escape(hub)}(?=")', renamed, text)
        return text


def _full(value: str) -> bool:
    """Whether a whole value is an image with its host."""
    found = _HOSTED.match(value)
    return bool(found and found.end() == len(value) and _is_host(value))


def _is_host(image: str) -> bool:
    """Whether what looks like a host is one: the path of a file and a host of a cluster do as well."""
    host = image.split("/", 1)[0]
    return not host.startswith("0.") and not host.endswith((".svc", ".local", ".yaml", ".json", ".py", ".sh"))


def _spread(value: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """Field that begins an image's name, and the image."""
    text = {name: one for name, one in value.items() if isinstance(one, str) and one}
    if "repository" in text and "image" in text and "version" in text:
        yield "repository", f"{text['repository']}/{text['image']}{_tagged(text['version'])}"
    elif "repository" in text and "tag" in text and "registry" in text:
        yield "registry", f"{text['registry']}/{text['repository']}{_tagged(text['tag'])}"
    elif "repository" in text and "tag" in text and "/" in text["repository"]:
        yield "repository", f"{text['repository']}{_tagged(text['tag'])}"


def _tagged(version: str) -> str:
    return f"@{version}" if version.startswith("sha256:") else f":{version}"


def _hubs(values: Any) -> Iterator[tuple[str, str]]:
    """Hub and image with its tag, of Istio's values."""
    root = values.get("global") if isinstance(values, dict) else None
    if not isinstance(root, dict) or not isinstance(root.get("hub"), str) or not root.get("tag"):
        return
    # Values that only overlay others name no image: it is that of the proxy all the same.
    names = [(root.get(part) or {}).get("image") or "proxyv2" for part in ("proxy", "proxy_init")]
    for name in dict.fromkeys(name for name in names if "/" not in name):
        yield root["hub"], f"{name}:{root['tag']}"
