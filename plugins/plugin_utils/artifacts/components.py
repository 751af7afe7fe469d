# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which parts of Kubeflow are rendered, and whose the shared ones are."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from ansible_collections.kubeops.hybrid.plugins.module_utils._engine.errors import Invalid

from .catalogue import Artifact, Component, near


def select(
    artifact: Artifact, wanted: Sequence[str] | None, owners: Mapping[str, str]
) -> list[tuple[Component, tuple[str, ...]]]:
    """The components, in upstream's order, each with the paths that are rendered of it.

    wanted: None for upstream's own list. What the wanted ones need and what is always there comes along. owners:
    component to who brings it; "kubeflow" is the default. Raises Invalid that names what is unknown and what is near.
    """
    known = artifact.components
    if (wanted is not None or owners) and not known:
        raise Invalid(f"{artifact.title} has no components to choose from")
    for name in [*(wanted or ()), *owners]:
        if name not in known:
            raise Invalid(f"{artifact.title} has no component {name!r}", remedy=near(name, list(known)))
    chosen = {name for name, one in known.items() if one.base or (wanted is None and not one.optional)}
    open_ = [*chosen, *(wanted or ())]
    while open_:
        name = open_.pop()
        chosen.add(name)
        open_ += [need for need in known[name].needs if need not in chosen]
    return [(one, _paths(one, owners.get(name, "kubeflow"))) for name, one in known.items() if name in chosen]


def _paths(component: Component, owner: str) -> tuple[str, ...]:
    if owner == "kubeflow":
        return component.paths
    if owner not in component.owned:
        whose = ["kubeflow", *component.owned]
        raise Invalid(f"{component.name} cannot be owned by {owner!r}", remedy=f"Its owner is {' or '.join(whose)}.")
    return tuple(component.owned[owner])
