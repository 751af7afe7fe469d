# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Knative's webhooks: validation of its resources and of its ConfigMaps.

Checked: containers and images of services, traffic that adds up, certificates' names, examples that were edited,
time-outs within their limit. Defaulting sets nothing: what it would set, the controllers (which are not played) read.
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Iterator

from twin.cluster.objects import Object, annotation
from twin.cluster.webhooks.fields import at
from twin.cluster.webhooks.review import Refused, Review

_EXAMPLE = "_example"
_LINE_ENDS = re.compile(r"(?:\r?\n)+")


def validate(review: Review) -> None:
    """Refuse what the resource validation refuses, in its words."""
    if review.deletes:
        return
    problems = list(_problems(review))
    if problems:
        raise Refused("validation failed: " + "\n".join(problems), code=400)


def _problems(review: Review) -> Iterator[str]:
    spec = review.spec
    if review.kind in ("Service", "Configuration"):
        yield from _containers(at(spec, "template", "spec") or {}, "spec.template.spec")
    if review.kind == "Revision":
        yield from _containers(spec, "spec")
    if review.kind in ("Service", "Route") and spec.get("traffic"):
        whole = sum(target.get("percent") or 0 for target in spec["traffic"])
        if whole != 100:
            yield f"Traffic targets sum to {whole}, want 100: spec.traffic"
    if review.kind == "Certificate":
        missing = [f"spec.{name}" for name in ("dnsNames", "secretName") if not spec.get(name)]
        if missing:
            yield f"missing field(s): {', '.join(missing)}"


def _containers(spec: Object, path: str) -> Iterator[str]:
    containers = spec.get("containers") or []
    if not containers:
        yield f"missing field(s): {path}.containers"
    for index, container in enumerate(containers):
        if not container.get("image"):
            yield f"missing field(s): {path}.containers[{index}].image"
    if len(containers) > 1 and sum(bool(container.get("ports")) for container in containers) != 1:
        yield f"expected exactly one, got neither: {path}.containers[*].ports"


def validate_config(review: Review) -> None:
    """Refuse what the validation of ConfigMaps refuses, in its words."""
    data: dict[str, str] = review.thing.get("data") or {}
    recorded = annotation(review.thing, "knative.dev/example-checksum")
    if review.deletes or not data:
        return
    if _EXAMPLE in data and recorded and recorded != checksum(data[_EXAMPLE]):
        raise Refused(
            'the update modified a key in "_example" which is probably not what you want. Instead, copy the respective '
            'setting to the top-level of the ConfigMap, directly below "data"', code=400,
        )  # fmt: skip
    if review.name == "config-defaults":
        _check_time_outs(data)


def _check_time_outs(data: dict[str, str]) -> None:
    names = ("revision-timeout-seconds", "max-revision-timeout-seconds")
    values = []
    for name, default in zip(names, ("300", "600"), strict=True):
        text = data.get(name, default)
        if not text.isdigit():
            raise Refused(f'failed to parse "{name}": strconv.ParseInt: parsing "{text}": invalid syntax', code=400)
        values.append(int(text))
    if values[0] > values[1]:
        raise Refused(f"{names[0]} ({values[0]}) cannot be greater than {names[1]} ({values[1]})", code=400)


def checksum(example: str) -> str:
    """As Knative records it, in hexadecimal: CRC-32 (IEEE) of the example without spaces around it.

    Line ends, and blank lines with them, count as the two characters of an escaped one.
    """
    return f"{zlib.crc32(_LINE_ENDS.sub(lambda _found: r'\n', example.strip()).encode()):08x}"
