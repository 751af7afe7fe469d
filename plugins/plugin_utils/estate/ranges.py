# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Ranges in names and addresses: esx-pit1-[01:09] stands for nine hosts."""

from __future__ import annotations

import itertools
import re
import string
from collections.abc import Iterator

_RANGE = re.compile(r"\[([^\[\]:]*):([^\[\]:]*)(?::([^\[\]:]*))?\]")
# Far above any estate; a slip of the keyboard must not fill the memory.
LIMIT = 100_000


class BadRange(ValueError):
    """A range that stands for nothing."""


def expand(text: str) -> list[str]:
    """All names that a text with ranges stands for, in order; several ranges multiply. Raises BadRange.

    [01:09] counts with leading zeros, [1:9:2] in steps, [a:c] through letters.
    """
    fixed: list[list[str]] = []
    position = 0
    for match in _RANGE.finditer(text):
        fixed += [[text[position : match.start()]], list(_members(match))]
        position = match.end()
    fixed.append([text[position:]])
    total = 1
    for choices in fixed:
        total *= len(choices)
    if total > LIMIT:
        raise BadRange(f"stands for {total} names, more than {LIMIT}")
    names = ["".join(choice) for choice in itertools.product(*fixed)]
    if any("[" in name or "]" in name for name in names[:1]):
        raise BadRange("has a bracket that is no range such as [01:09]")
    return names


def _members(match: re.Match[str]) -> Iterator[str]:
    first, last, step_text = match.groups()
    step = int(step_text) if step_text and step_text.isdigit() else 1
    if step_text is not None and (not step_text.isdigit() or step < 1):
        raise BadRange(f"has the step '{step_text}', which is no whole number above 0")
    if first.isdigit() and last.isdigit():
        yield from _numbers(first, last, step)
    elif len(first) == len(last) == 1 and first in string.ascii_letters and last in string.ascii_letters:
        yield from _letters(first, last, step)
    else:
        raise BadRange(f"has the range {match.group()}, which needs two numbers or two letters")


def _numbers(first: str, last: str, step: int) -> Iterator[str]:
    if int(first) > int(last):
        raise BadRange(f"counts from {first} down to {last}")
    if int(last) - int(first) > LIMIT * step:
        raise BadRange(f"stands for more than {LIMIT} names")
    # Leading zeros are meant: [01:10] is 01 ... 10, [1:10] is 1 ... 10.
    width = len(first) if first.startswith("0") else 0
    for number in range(int(first), int(last) + 1, step):
        yield str(number).zfill(width)


def _letters(first: str, last: str, step: int) -> Iterator[str]:
    if first > last:
        raise BadRange(f"counts from {first} down to {last}")
    for code in range(ord(first), ord(last) + 1, step):
        yield chr(code)
