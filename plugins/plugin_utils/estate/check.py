# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The frame of all checks: each says which variables it needs, and runs if those are well formed."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterable, Iterator

from .estate import Estate
from .problems import Path, Problem, one_of

Rule = Callable[[Estate], Iterator[Problem]]


@dataclasses.dataclass(frozen=True)
class Check:
    """A rule over the whole estate, and the variables without which it would only repeat other problems.

    sound: these variables must not only be well formed, but free of problems: the rule follows their references.
    """

    rule: Rule
    needs: frozenset[str]
    sound: bool


CHECKS: list[Check] = []


def needs(*variables: str, sound: bool = False) -> Callable[[Rule], Rule]:
    """Register a rule that runs when these variables are well formed (and sound, if it asks for that)."""

    def register(rule: Rule) -> Rule:
        CHECKS.append(Check(rule, frozenset(variables), sound))
        return rule

    return register


def problems_of(estate: Estate, malformed: Iterable[str]) -> Iterator[Problem]:
    """What all rules say that can be judged."""
    bad = set(malformed)
    first = [check for check in CHECKS if not check.sound and not check.needs & bad]
    found = [problem for check in first for problem in check.rule(estate)]
    yield from found
    bad |= {str(problem.path[0]) for problem in found}
    for check in CHECKS:
        if check.sound and not check.needs & bad:
            yield from check.rule(estate)


def known(path: Path, value: str, names: Iterable[str], what: str, host: str = "") -> Iterator[Problem]:
    """A problem if a name is not among those that there are. what: 'site of kubeops_sites'."""
    there = list(names)
    if value not in there:
        yield Problem(path, value, f"is no {what}", one_of(value, there), host)


def unique(values: Iterable[tuple[str, Path]], what: str, remedy: str) -> Iterator[Problem]:
    """A problem for each value that stood before. values: value and where it stands."""
    first: dict[str, Path] = {}
    for value, path in values:
        if value in first:
            yield Problem(path, value, f"{what} {_where(first[value])}", remedy)
        else:
            first[value] = path


def _where(path: Path) -> str:
    return Problem(path, "", "", "").where
