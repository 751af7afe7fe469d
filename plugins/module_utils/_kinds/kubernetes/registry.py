# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This file is private to the collection: its content may change in any release.
"""All makers, and lists of {kind, ...} as objects. Imports are static: Ansible ships to a module what it imports."""

from __future__ import annotations

import difflib
import typing as t

from ansible.module_utils.common.arg_spec import ArgumentSpecValidator

from ..._engine.errors import EstateError, Invalid
from ..._engine.options import Options, argument_spec
from ..._engine.plan import PlanErrors
from .maker import Maker, given
from .makers.kubeflow_contributor import KubeflowContributor
from .makers.kubeflow_profile import KubeflowProfile
from .makers.manifest import ManifestMaker
from .makers.namespace import Namespace
from .makers.role_binding import RoleBinding
from .makers.secret import Secret
from .makers.storage_class import StorageClass
from .makers.stream import Stream
from .objects import Body

_ALL: tuple[Maker, ...] = (
    Stream(),
    ManifestMaker(),
    Namespace(),
    StorageClass(),
    KubeflowProfile(),
    KubeflowContributor(),
    Secret(),
    RoleBinding(),
)

MAKERS: t.Mapping[str, Maker] = {maker.name: maker for maker in _ALL}


def expand(
    resources: t.Sequence[t.Mapping[str, t.Any]], makers: t.Mapping[str, Maker] = MAKERS
) -> list[tuple[Body, str]]:
    """The objects of all entries, each with its place, as "resources[3] (namespace ml)".

    resources: {kind, ...options of the kind's maker}. Raises PlanErrors with all that is wrong in them.
    """
    validators: dict[str, ArgumentSpecValidator] = {}
    errors: list[EstateError] = []
    found: list[tuple[Body, str]] = []
    for index, resource in enumerate(resources):
        try:
            found += _expanded(f"resources[{index}]", resource, makers, validators)
        except EstateError as error:
            errors.append(error)
    if errors:
        raise PlanErrors(errors)
    return found


def _expanded(
    path: str,
    resource: t.Mapping[str, t.Any],
    makers: t.Mapping[str, Maker],
    validators: dict[str, ArgumentSpecValidator],
) -> list[tuple[Body, str]]:
    maker = _maker(path, resource, makers)
    written = {name: value for name, value in given(resource).items() if name != "kind"}
    place = f"{path} ({maker.name} {maker.key(written)})"
    if maker.name not in validators:
        validators[maker.name] = ArgumentSpecValidator(argument_spec(maker.options))
    result = validators[maker.name].validate(written)
    if result.error_messages:
        raise Invalid(f"{place}: {'; '.join(result.error_messages)}", remedy=_nearest(maker.options, written))
    options = _restored(dict(result.validated_parameters), written)
    wrong = maker.check(options)
    if wrong:
        raise Invalid(f"{place}: {wrong}")
    return maker.sourced(options, place)


def _maker(path: str, resource: t.Mapping[str, t.Any], makers: t.Mapping[str, Maker]) -> Maker:
    name = str(resource.get("kind", ""))
    if name in makers:
        return makers[name]
    near = difflib.get_close_matches(name, makers, n=3) or sorted(makers)
    remedy = f"There are: {', '.join(near)}. Any object as it is goes in kind manifest."
    raise Invalid(f"{path}.kind: {name!r} is no kind of kube_resources", remedy=remedy)


def _restored(options: dict[str, t.Any], written: t.Mapping[str, t.Any]) -> dict[str, t.Any]:
    """Without the nulls that the validator adds; but what was written empty is a wish and stays empty."""
    return given({**options, **{name: value for name, value in written.items() if value == {}}})


def _nearest(options: Options, written: t.Mapping[str, t.Any]) -> str:
    hints = []
    for name in written:
        near = difflib.get_close_matches(name, options, n=1)
        if name not in options and near:
            hints.append(f"{name}: did you mean {near[0]}?")
    return " ".join(hints)
