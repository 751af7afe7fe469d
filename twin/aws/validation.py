# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Hold the parameters of a call against the vendor's own model of the operation, as the real service does."""

from __future__ import annotations

import functools
import html
import json
import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from botocore.validate import ParamValidator
from moto.core.model import OperationModel

from twin.aws.call import Call
from twin.aws.errors import AwsError

# Error code for a parameter that the model refuses.
INVALID = {"ec2": "InvalidParameterValue", "eks": "InvalidParameterException"}
INVALID_BY_PROTOCOL = {"query": "ValidationError", "ec2": "InvalidParameterValue"}
# Parameters of every query request that no model lists.
QUERY_ENVELOPE = {"Action", "Version", "DryRun"}
UNSATISFIED = "failed to satisfy constraint: Member must satisfy"
# Filters that EC2 takes and its documentation no longer names.
UNDOCUMENTED = {"cidr-block", "domain"}
FILTER_NAME = re.compile(r"<code>([^<]+)</code>")


def check(call: Call) -> None:
    """Refuse what the real service would refuse before it looks at any resource.

    :raises AwsError: naming the parameter.
    """
    shape = call.operation_model.input_shape
    if shape is None:
        return
    _check_unknown(call)
    report = ParamValidator().validate(call.params, shape)
    if report.has_errors():
        _refuse(call, report.generate_report(), missing="Missing required parameter" in report.generate_report())
    for problem in problems(shape, call.params, ""):
        _refuse(call, problem)
    if call.service == "ec2":
        _check_filters(call)


def problems(shape: Any, value: Any, path: str) -> Iterator[str]:
    """What the model's enumerations, patterns and bounds have against a value, and where."""
    if value is None:
        return
    walk = WALKS.get(shape.type_name)
    if walk is not None:
        yield from walk(shape, value, path)
    elif isinstance(value, str):
        yield from _string_problems(shape, value, path)
    elif isinstance(value, int) and not isinstance(value, bool):
        yield from _bound_problems(shape, value, f"Value {value}", path)


def _structure(shape: Any, value: Mapping[str, Any], path: str) -> Iterator[str]:
    for name, item in value.items():
        member = shape.members.get(name)
        if member is not None:
            yield from problems(member, item, f"{path}.{name}" if path else name)


def _list(shape: Any, value: list[Any], path: str) -> Iterator[str]:
    yield from _bound_problems(shape, len(value), f"Number of items {len(value)}", path)
    for index, item in enumerate(value):
        yield from problems(shape.member, item, f"{path}.{index + 1}")


def _map(shape: Any, value: Mapping[str, Any], path: str) -> Iterator[str]:
    maximum = shape.metadata.get("max")
    if maximum is not None and len(value) > maximum:
        yield f"'{path}' has {len(value)} entries, at most {maximum} are allowed"
    for name, item in value.items():
        yield from problems(shape.value, item, f"{path}.{name}")


WALKS: dict[str, Callable[[Any, Any, str], Iterator[str]]] = {"structure": _structure, "list": _list, "map": _map}


def _string_problems(shape: Any, value: str, path: str) -> Iterator[str]:
    allowed = shape.metadata.get("enum")
    if allowed and value not in allowed:
        yield f"Value '{value}' at '{path}' {UNSATISFIED} enum value set: [{', '.join(allowed)}]"
    yield from _bound_problems(shape, len(value), f"Length {len(value)} of '{value}'", path)
    pattern = _pattern(shape.metadata.get("pattern"))
    if pattern is not None and not pattern.fullmatch(value):
        yield f"Value '{value}' at '{path}' {UNSATISFIED} regular expression pattern: {pattern.pattern}"


def _bound_problems(shape: Any, number: int, what: str, path: str) -> Iterator[str]:
    low, high = shape.metadata.get("min"), shape.metadata.get("max")
    if low is not None and number < low:
        yield f"{what} at '{path}' is below the minimum of {low}"
    if high is not None and number > high:
        yield f"{what} at '{path}' is above the maximum of {high}"


@functools.cache
def _pattern(text: str | None) -> re.Pattern[str] | None:
    if not text:
        return None
    try:
        return re.compile(text.removeprefix("^").removesuffix("$"))
    except re.error:
        # The models' patterns are Java's; the few that Python cannot read are left to the handlers.
        return None


def _check_unknown(call: Call) -> None:
    for name in _unknown_names(call):
        code = "UnknownParameter" if call.protocol == "ec2" else INVALID.get(call.service, "ValidationException")
        raise AwsError(code, f"The parameter {name} is not recognized")


def _unknown_names(call: Call) -> list[str]:
    if call.protocol in ("ec2", "query"):
        known = wire_names(call.operation_model, call.protocol) | QUERY_ENVELOPE
        sent = {name.partition(".")[0] for name in call.request.values}
        return sorted(name for name in sent - known if not name.startswith("X-Amz-"))
    if call.protocol in ("json", "rest-json") and "payload" not in _input(call.operation_model).serialization:
        return sorted(set(_json_body(call)) - _body_names(call.operation_model))
    return []


def _json_body(call: Call) -> Mapping[str, Any]:
    text = call.request.get_data()
    try:
        body = json.loads(text) if text else {}
    except ValueError as error:
        raise AwsError("SerializationException", f"The body is not JSON: {error}") from error
    return body if isinstance(body, dict) else {}


def _body_names(operation: OperationModel) -> set[str]:
    members = _input(operation).members
    return {shape.serialization.get("name", name) for name, shape in members.items()} | set(members)


def wire_names(operation: OperationModel, protocol: str) -> set[str]:
    """First parts of the names under which query and EC2 requests carry the operation's parameters."""
    names: set[str] = set()
    for name, shape in _input(operation).members.items():
        wire = shape.serialization.get("name", name)
        if protocol == "ec2":
            wire = shape.serialization.get("queryName", wire[0].upper() + wire[1:])
        names |= {name, wire}
        if shape.type_name == "list":
            names.add(shape.member.serialization.get("name", name))
    return names


def _check_filters(call: Call) -> None:
    filters = call.params.get("Filters") or call.params.get("Filter") or []
    documented = filter_names(call.operation_model)
    for item in filters if documented else []:
        name = str(item.get("Name", ""))
        if name not in documented | UNDOCUMENTED and not name.startswith("tag:"):
            raise AwsError("InvalidParameterValue", f"The filter '{name}' is invalid")


@functools.cache
def filter_names(operation: OperationModel) -> frozenset[str]:
    """Names of the filters that the vendor documents for an EC2 operation; empty if it documents none."""
    members = _input(operation).members
    shape = members.get("Filters") or members.get("Filter")
    return frozenset(html.unescape(name) for name in FILTER_NAME.findall(shape.documentation)) if shape else frozenset()


def _input(operation: OperationModel) -> Any:
    # botocore's own types say that a shape may be missing and do not know a list's member.
    return operation.input_shape


def _refuse(call: Call, problem: str, missing: bool = False) -> None:
    by_protocol = INVALID_BY_PROTOCOL.get(call.protocol, "ValidationException")
    code = "MissingParameter" if missing and call.protocol == "ec2" else INVALID.get(call.service, by_protocol)
    raise AwsError(code, problem)
