# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This file is private to the collection: its content may change in any release.
"""Streams of objects as wishes in the one form that is sent and compared: scoped, labelled, without what others own."""

from __future__ import annotations

import re
import typing as t

from ..._clients.kube_discovery import Resources
from ..._engine.errors import EstateError, Invalid
from ..._engine.plan import PlanErrors
from .forms import is_form
from .objects import ESTATE_LABEL, SET_LABEL, Body, Key, Manifest
from .owned_by_others import scaled, unscaled, without_others
from .scope import Scopes
from .sizes import check_size

_SUBDOMAIN = re.compile(r"[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*\Z")
_LABEL = re.compile(r"[a-z0-9]([-a-z0-9]*[a-z0-9])?\Z")
_SEGMENT_GROUPS = frozenset({"rbac.authorization.k8s.io", "apiregistration.k8s.io", "certificates.k8s.io"})
_SERVERS = frozenset(
    {"creationTimestamp", "deletionGracePeriodSeconds", "deletionTimestamp", "generation", "managedFields",
     "resourceVersion", "selfLink", "uid"}
)  # fmt: skip
_COPY = "kubectl.kubernetes.io/last-applied-configuration"


class Wished(t.Protocol):
    """One object with where it was written; see yaml_stream.Document."""

    @property
    def body(self) -> Body:
        """As read."""

    @property
    def source(self) -> str:
        """For messages."""


def normalise(
    bodies: t.Iterable[t.Union[Wished, tuple[Body, str]]],
    *,
    estate: str,
    set_name: str,
    resources: Resources | None,
    default_namespace: str = "default",
) -> list[Manifest]:
    """The wishes of one set. resources: what the cluster serves, None of one that is still to come.

    Placeholders for secrets stay. Raises PlanErrors with everything that is wrong, each with its source.
    """
    pairs = [pair for one in bodies for pair in _expanded(one)]
    errors: list[EstateError] = []
    scopes = Scopes((body for body, _source in pairs if isinstance(body, dict)), resources)
    labels = {ESTATE_LABEL: estate, SET_LABEL: set_name}
    found: dict[Key, tuple[Body, str, str]] = {}
    for body, source in pairs:
        try:
            key, version = _identified(body, scopes, default_namespace)
            if key in found:
                raise Invalid(f"{key.address} is wished twice: {found[key][2]} and {source}")
            normal = without_others(_plain(body, key, labels), key)
            _check_data(normal, key)
            check_size(normal, key)
            found[key] = (normal, version, source)
        except EstateError as error:
            errors.append(_placed(error, source))
    if errors:
        raise PlanErrors(errors)
    bare = scaled([(body, key) for key, (body, _version, _source) in found.items()])
    return [
        Manifest(key, version, unscaled(body) if key in bare else body, source)
        for key, (body, version, source) in found.items()
    ]


def _expanded(one: t.Union[Wished, tuple[Body, str]]) -> t.Iterator[tuple[t.Any, str]]:
    body, source = one if isinstance(one, tuple) else (one.body, str(getattr(one, "where", one.source)))
    if isinstance(body, dict) and body.get("kind") == "List" and isinstance(body.get("items"), list):
        for number, item in enumerate(body["items"]):
            yield item, f"{source}, items[{number}]"
    else:
        yield body, source


def _placed(error: EstateError, source: str) -> EstateError:
    """The same error, telling where."""
    if source and source not in error.cause:
        error.cause = f"{source}: {error.cause}"
    return error


def _identified(body: t.Any, scopes: Scopes, default_namespace: str) -> tuple[Key, str]:
    if not isinstance(body, dict):
        raise Invalid("is no object")
    for field in ("apiVersion", "kind"):
        if not (isinstance(body.get(field), str) and body[field]):
            raise Invalid(f"has no {field}")
    metadata = body.get("metadata")
    if not isinstance(metadata, dict) or not metadata.get("name"):
        generated = isinstance(metadata, dict) and metadata.get("generateName")
        remedy = "Objects whose names the server makes up cannot be kept: give it a name." if generated else ""
        raise Invalid(f"{body['kind']} has no metadata.name", remedy=remedy)
    group, _slash, version = body["apiVersion"].rpartition("/")
    kind = body["kind"]
    _check_names(group, kind, metadata)
    namespaced = scopes.namespaced(group, kind, version)
    namespace = metadata.get("namespace") or ("" if namespaced is None else default_namespace)
    return Key(group, kind, "" if namespaced is False else namespace, metadata["name"]), version


def _check_names(group: str, kind: str, metadata: Body) -> None:
    name, namespace = metadata["name"], metadata.get("namespace")
    for field, value in (("name", name), ("namespace", namespace)):
        if value is not None and not isinstance(value, str):
            raise Invalid(f"{kind}: metadata.{field} is {value!r}, which is no text", remedy="Put it in quotes.")
    if group in _SEGMENT_GROUPS:
        good = name not in (".", "..") and "/" not in name and "%" not in name
    elif not group and kind in ("Namespace", "Service"):
        good = len(name) <= 63 and bool(_LABEL.match(name))
    else:
        good = len(name) <= 253 and bool(_SUBDOMAIN.match(name))
    if not good:
        raise Invalid(f"{kind} {name!r} has a name that Kubernetes does not take")
    if namespace and not (len(namespace) <= 63 and _LABEL.match(namespace)):
        raise Invalid(f"{kind} {name}: {namespace!r} is no name of a namespace")
    for field in ("labels", "annotations"):
        _check_texts(metadata.get(field), f"{kind} {name}: metadata.{field}")


def _check_data(body: Body, key: Key) -> None:
    if not key.group and key.kind in ("ConfigMap", "Secret"):
        for field in ("data", "binaryData"):
            _check_texts(body.get(field), f"{key.kind} {key.place}: {field}")


def _check_texts(values: t.Any, told: str) -> None:
    """Values must be text, or stand for it. What they are instead is not told: it may be a secret."""
    if values is None:
        return
    if not isinstance(values, dict):
        raise Invalid(f"{told} is no mapping")
    for name, value in values.items():
        if not isinstance(value, str) and value is not None and not is_form(value):
            raise Invalid(f"{told}.{name} is no text", remedy="Put it in quotes.")


def _plain(body: Body, key: Key, labels: Body) -> dict[str, t.Any]:
    """Without what only servers write, in its namespace, with our labels."""
    metadata = {name: value for name, value in body["metadata"].items() if name not in _SERVERS}
    metadata.pop("namespace", None)
    if key.namespace:
        metadata["namespace"] = key.namespace
    metadata["labels"] = {**(metadata.get("labels") or {}), **labels}
    # What kubectl left in an exported object: a copy of all of it.
    annotations = {name: value for name, value in (metadata.pop("annotations", None) or {}).items() if name != _COPY}
    if annotations:
        # Empty ones are not owned by whoever creates an object, but by who applies it again.
        metadata["annotations"] = annotations
    return {**{name: value for name, value in body.items() if name != "status"}, "metadata": metadata}
