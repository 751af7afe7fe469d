# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is wrong with an inventory, in the words of the person who wrote it."""

from __future__ import annotations

import dataclasses
import difflib
from collections.abc import Iterable, Sequence

from ansible.errors import AnsibleError

PathPart = str | int
Path = tuple[PathPart, ...]


def path_text(path: Sequence[PathPart]) -> str:
    """A path as people write it: ("kubeops_networks", 3, "vlan") is kubeops_networks[3].vlan."""
    text = ""
    for part in path:
        if isinstance(part, int):
            text += f"[{part}]"
        else:
            text += f".{part}" if text else part
    return text


def nearest(word: str, words: Iterable[str]) -> str:
    """A question that names what was probably meant, or an empty string."""
    found = difflib.get_close_matches(word, sorted(set(words)), n=1, cutoff=0.6)
    return f"did you mean '{found[0]}'?" if found else ""


def one_of(word: str, words: Iterable[str]) -> str:
    """The remedy for a name that is not there: the nearest, and what there is."""
    known = sorted(set(words))
    listed = ", ".join(known[:12]) + (", ..." if len(known) > 12 else "")
    hint = nearest(word, known)
    return " ".join(part for part in (hint, f"known: {listed or 'none'}") if part)


@dataclasses.dataclass(frozen=True, order=True)
class Problem:
    """One thing that keeps an inventory from being used.

    path: variable path. value: what stands there, as text, empty where it is missing or must not be shown.
    host: the inventory host whose variable it is, empty for one of all. file, line: where, if it could be found.
    """

    path: Path
    value: str
    message: str
    remedy: str
    host: str = ""
    file: str = ""
    line: int = 0

    @property
    def where(self) -> str:
        """The variable path as text."""
        return path_text(self.path)

    def __str__(self) -> str:
        place = f"{self.file}:{self.line}: " if self.file else ""
        host = f" (host {self.host})" if self.host else ""
        value = f" = {self.value}" if self.value else ""
        remedy = f" Remedy: {self.remedy}" if self.remedy else ""
        return f"{place}{self.where}{host}{value}: {self.message}.{remedy}"


class InvalidEstate(AnsibleError):
    """The inventory cannot be used; every problem found is told at once."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems: tuple[Problem, ...] = tuple(problems)
        count = len(self.problems)
        head = "1 problem" if count == 1 else f"{count} problems"
        lines = "\n".join(f"- {problem}" for problem in self.problems)
        super().__init__(f"The inventory has {head}:\n{lines}")
