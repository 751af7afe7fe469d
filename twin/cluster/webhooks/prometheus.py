# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The Prometheus operator's webhooks.

Checked: names of groups, one of record and alert, expressions' brackets and quotes; receivers and routes of
AlertmanagerConfigs. Not checked: PromQL beyond that, templates, intervals, receivers' own settings.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from twin.cluster.objects import Object
from twin.cluster.webhooks.review import Refused, Review

_PAIRS = {")": "(", "]": "[", "}": "{"}


def validate_rules(review: Review) -> None:
    """Refuse what the operator refuses of a PrometheusRule."""
    if review.deletes:
        return
    problems = list(_groups(review.spec.get("groups") or []))
    if problems:
        raise Refused("Rules are not valid: " + "; ".join(problems), code=422)


def _groups(groups: Sequence[Object]) -> Iterator[str]:
    names: set[str] = set()
    for group in groups:
        name = group.get("name", "")
        if not name:
            yield "Groupname must not be empty"
        if name in names:
            yield f'groupname: "{name}" is repeated in the same file'
        names.add(name)
        for index, rule in enumerate(group.get("rules") or [], start=1):
            told = rule.get("record") or rule.get("alert") or ""
            yield from (f'group "{name}", rule {index}, "{told}": {problem}' for problem in _rule(rule))


def _rule(rule: Object) -> Iterator[str]:
    if rule.get("record") and rule.get("alert"):
        yield "only one of 'record' and 'alert' must be set"
    if not rule.get("record") and not rule.get("alert"):
        yield "one of 'record' or 'alert' must be set"
    expression = str(rule.get("expr", "")).strip()
    if not expression:
        yield "field 'expr' must be set in rule"
    elif problem := expression_problem(expression):
        yield f"could not parse expression: {problem}"


def expression_problem(expression: str) -> str:
    """What is wrong with brackets and quotes of a PromQL expression, "" when nothing is."""
    opened: list[str] = []
    quote = ""
    escaped = False
    for letter in expression:
        if quote:
            escaped, ended = letter == "\\" and not escaped and quote != "`", letter == quote and not escaped
            quote = "" if ended else quote
        elif letter in "\"'`":
            quote = letter
        elif letter in "([{":
            opened.append(letter)
        elif letter in _PAIRS and (not opened or opened.pop() != _PAIRS[letter]):
            return f"unexpected {letter!r}"
    return "unterminated quoted string" if quote else f"unclosed {opened[-1]!r}" if opened else ""


def validate_alertmanager_config(review: Review) -> None:
    """Refuse what the operator refuses of an AlertmanagerConfig."""
    if review.deletes:
        return
    receivers = [receiver.get("name", "") for receiver in review.spec.get("receivers") or []]
    for name in receivers:
        if receivers.count(name) > 1:
            raise Refused(f'"{name}" receiver is not unique', code=422)
    route = review.spec.get("route")
    if route is None:
        return
    if not route.get("receiver"):
        raise Refused("root route must define a receiver", code=422)
    for name in _routed(route):
        if name not in receivers:
            raise Refused(f'receiver "{name}" not found', code=422)


def _routed(route: Object) -> Iterator[str]:
    if route.get("receiver"):
        yield route["receiver"]
    for child in route.get("routes") or []:
        yield from _routed(child)
