# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This file is private to the collection: its content may change in any release.
"""What a maker is: a short wish that stands for one or several Kubernetes objects."""

from __future__ import annotations

import abc
import re
import typing as t

from ..._engine.options import Options
from .objects import Body

Values = t.Mapping[str, t.Any]
_RESERVED = "kubeops.io/"
_LABEL_KEY = re.compile(r"([a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?/)?[A-Za-z0-9]([A-Za-z0-9_.-]{0,61}[A-Za-z0-9])?")
_LABEL_VALUE = re.compile(r"([A-Za-z0-9]([A-Za-z0-9_.-]{0,61}[A-Za-z0-9])?)?")
_DNS_LABEL = re.compile(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?")
_DNS_NAME = re.compile(r"[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?")


class Maker(abc.ABC):
    """One kind of an entry of kube_resources' list. Makers are stateless and pure: they see no cluster."""

    name: t.ClassVar[str]
    description: t.ClassVar[str]
    source: t.ClassVar[str]
    """The API objects that it stands for."""
    options: t.ClassVar[Options]

    def key(self, options: Values) -> str:
        """How messages name the entry, whose options may be incomplete."""
        named = options.get("name") or "?"
        return f"{options['namespace']}/{named}" if options.get("namespace") else str(named)

    def check(self, options: Values) -> str:
        """What is wrong with the options together, or ''."""
        return ""

    @abc.abstractmethod
    def objects(self, options: Values) -> list[Body]:
        """The objects, in the order in which a reader would write them. Omitted options leave their fields out."""

    def sourced(self, options: Values, place: str) -> list[tuple[Body, str]]:
        """The objects, each with where it comes from. place: of the entry, as resources[3] (namespace ml)."""
        return [(body, place) for body in self.objects(options)]


def given(values: Values) -> dict[str, t.Any]:
    """Without what is null: that is not managed."""
    return {name: value for name, value in values.items() if value is not None}


def body(api_version: str, kind: str, options: Values, labels: Values | None = None, **rest: t.Any) -> Body:
    """An object with the metadata that the options name, {name, namespace, labels, annotations}; rest: its fields.

    labels: instead of those of the options. Fields that are null are left out.
    """
    metadata = {
        "name": options["name"],
        "namespace": options.get("namespace"),
        "labels": options.get("labels") if labels is None else labels,
        "annotations": options.get("annotations"),
    }
    return {"apiVersion": api_version, "kind": kind, "metadata": given(metadata), **given(rest)}


def wrong_name(name: str, label: bool = False) -> str:
    """Why the API would refuse that name of an object, or ''. label: one without dots, as namespaces have."""
    if (_DNS_LABEL if label else _DNS_NAME).fullmatch(name):
        return ""
    rule = "lower-case letters, digits and '-', 63 at most" if label else "lower-case letters, digits, '-' and '.'"
    return f"name {name!r} is no name of a Kubernetes object: {rule}, with a letter or digit at both ends"


def wrong_metadata(options: Values) -> str:
    """Why labels and annotations of the options cannot be those of an object, or ''."""
    for field in ("labels", "annotations"):
        for key, value in (options.get(field) or {}).items():
            wrong = _wrong_pair(field, key, value)
            if wrong:
                return wrong
    return ""


def _wrong_pair(field: str, key: t.Any, value: t.Any) -> str:
    if not isinstance(key, str) or not _LABEL_KEY.fullmatch(key):
        return f"{field}: {key!r} is no key of Kubernetes"
    if key.startswith(_RESERVED):
        return f"{field}: {key!r} is one of the keys by which this collection knows what is its own"
    if not isinstance(value, str):
        return f"{field}.{key}: {value!r} is no text; write it in quotes"
    if field == "labels" and not _LABEL_VALUE.fullmatch(value):
        return f"labels.{key}: {value!r} is no value of a label (63 letters, digits, '-', '_' and '.' at most)"
    return ""
