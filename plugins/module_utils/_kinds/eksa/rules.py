# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This file is private to the collection: its content may change in any release.
"""All rules over the documents of one cluster. Imports are what registers them."""

from __future__ import annotations

import typing as t

from . import rules_groups, rules_machines, rules_network, rules_references, rules_settings
from .documents import Document
from .rule import RULES, Cluster, Failure, Site

PARTS = (rules_groups, rules_machines, rules_network, rules_references, rules_settings)


def failures(documents: t.Sequence[Document], site: t.Optional[Site] = None) -> list[Failure]:
    """Everything that EKS Anywhere would refuse of these documents of one cluster, and what it should."""
    cluster = Cluster(documents, site or Site())
    return [failure for one in RULES for failure in one(cluster)]
