# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Secrets: referred to by names that there are, and written down nowhere."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from typing import Any

from ansible_collections.kubeops.hybrid.plugins.module_utils._engine.secrets import is_known_default

from ._pydantic import BaseModel
from .check import known, needs
from .estate import Estate
from .problems import Path, Problem
from .secrets import SecretReference, is_reference


@needs("kubeops_secrets")
def references(estate: Estate) -> Iterator[Problem]:
    """Every secret that something names is in kubeops_secrets."""
    parts: list[tuple[Path, str, Any]] = [
        (("kubeops_host_profile",), "", estate.host_profile),
        (("kubeops_link",), "", estate.link),
        (("kubeops_mesh",), "", estate.mesh),
        (("kubeops_platform",), "", estate.platform),
        (("kubeops_observability",), "", estate.observability),
    ]
    parts += [(("kubeops_vsphere",), host, endpoint) for host, endpoint in estate.vcenters.items()]
    for path, host, part in parts:
        for where, name in _named(path, part):
            for problem in known(where, name, estate.secrets, "secret of kubeops_secrets"):
                yield dataclasses.replace(problem, host=host)


def _named(path: Path, value: Any) -> Iterator[tuple[Path, str]]:
    if isinstance(value, SecretReference):
        yield (*path, "secret"), value.secret
    elif isinstance(value, BaseModel):
        for name in type(value).model_fields:
            yield from _named((*path, name), getattr(value, name))
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from _named((*path, index), item)


@needs("kubeops_secrets")
def nowhere_in_plain_text(estate: Estate) -> Iterator[Problem]:
    """kubeops_secrets says where secrets are, not what they are. Values are never shown."""
    for name, value in estate.secrets.items():
        if is_reference(value):
            continue
        message = "holds the secret itself (its value is not shown)"
        if is_known_default(str(value)):
            message = "holds a default password that everybody knows (its value is not shown)"
        remedy = "look it up, as in \"{{ lookup('ansible.builtin.env', 'NAME') }}\", or encrypt it by ansible-vault"
        yield Problem(("kubeops_secrets", name), "", message, remedy)
