# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A cluster where wishes were applied and noted, for tests of plans."""

from __future__ import annotations

import copy
import dataclasses
from typing import Any

import pytest

from ansible_collections.kubeops.hybrid.plugins.module_utils._clients.kube_discovery import Resources
from ansible_collections.kubeops.hybrid.plugins.module_utils._engine.errors import (
    EstateError,
)
from ansible_collections.kubeops.hybrid.plugins.module_utils._engine.guards import Consent
from ansible_collections.kubeops.hybrid.plugins.module_utils._engine.plan import PlanErrors
from ansible_collections.kubeops.hybrid.plugins.module_utils._kinds.kubernetes.normal import normalise
from ansible_collections.kubeops.hybrid.plugins.module_utils._kinds.kubernetes.objects import (
    MANAGER,
    Key,
    Live,
    Manifest,
    owner_of,
)
from ansible_collections.kubeops.hybrid.plugins.module_utils._kinds.kubernetes.plan import (
    doubtful,
    make_steps,
)
from ansible_collections.kubeops.hybrid.plugins.module_utils._kinds.kubernetes.steps import Observed, Record, Step
from tests.unit.kubernetes.samples import Body, thing
from tests.unit.kubernetes.test_fields import reference

ESTATE, SET = "pit", "ml"
SECRET = "s3cr3t-value"


def wishes(*bodies: Body, set_name: str = SET) -> list[Manifest]:
    """As the plan gets them: with digests, which here are their contents."""
    found = normalise([(body, "a.yaml") for body in bodies], estate=ESTATE, set_name=set_name, resources=None)
    return [dataclasses.replace(wish, digest=repr(wish.body)) for wish in found]


def applied(body: Any) -> Body:
    """An object as the server shows it after we applied it."""
    fields = reference({name: value for name, value in body.items() if name not in ("apiVersion", "kind", "metadata")})
    fields["f:metadata"] = reference({k: v for k, v in body["metadata"].items() if k not in ("name", "namespace")})
    entry = {"manager": MANAGER, "operation": "Apply", "fieldsV1": fields}
    metadata = {**copy.deepcopy(body["metadata"]), "uid": "u", "managedFields": [entry]}
    return {**copy.deepcopy(body), "metadata": metadata, "status": {}}


def live_of(key: Key, body: Any, **more: Any) -> Live:
    """As observed."""
    return Live(key, body, owner_of(body, ESTATE), **more)


class World:
    """A cluster where the wishes were applied and noted, to be disturbed by a test."""

    def __init__(self, *bodies: Body) -> None:
        self.wishes = wishes(*bodies)
        self.live = {wish.key: live_of(wish.key, applied(wish.body)) for wish in self.wishes}
        self.records = {wish.key: Record(wish.version, wish.digest) for wish in self.wishes}
        self.probes: dict[Key, Any] = {}
        self.adopt: list[str] = []

    @property
    def key(self) -> Key:
        """Of the first wish."""
        return self.wishes[0].key

    @property
    def observed(self) -> Observed:
        """As the plan gets it."""
        return Observed(self.live, self.records, Resources([]), self.probes)

    def wish(self, *bodies: Body) -> None:
        """Something else from now on."""
        self.wishes = wishes(*bodies)

    def there(self, body: Any, **more: Any) -> None:
        """What the first wish's name stands for."""
        self.live[self.key] = live_of(self.key, body, **more)

    def answer(self, **changed: Any) -> None:
        """A dry run of the first wish says: as wished, and this."""
        self.probes[self.key] = {**applied(self.wishes[0].body), **changed}

    def steps(self, **more: Any) -> list[Step]:
        """The plan."""
        given = {"ready": lambda _live, _wish: (True, ""), "consent": Consent(), "take_over": False, **more}
        return make_steps(self.wishes, self.observed, adopt=self.adopt, **given)

    def step(self, **more: Any) -> Step:
        """The plan's first."""
        return self.steps(**more)[0]

    def error(self, **more: Any) -> EstateError:
        """What keeps the plan from being made."""
        with pytest.raises(PlanErrors) as raised:
            self.steps(**more)
        (error,) = raised.value.errors
        return error

    @property
    def doubts(self) -> list[str]:
        """What has to be asked."""
        return [one.key.place for one in doubtful(self.wishes, self.observed, adopt=self.adopt)]


def config(**data: Any) -> Body:
    """A ConfigMap."""
    return thing("v1", "ConfigMap", "c", "n", data=data)


def crd() -> Body:
    """Of widgets."""
    spec = {"group": "example.com", "scope": "Namespaced", "names": {"kind": "Widget", "plural": "widgets"}}
    versions = [{"name": "v1", "served": True, "storage": True}]
    return thing(
        "apiextensions.k8s.io/v1",
        "CustomResourceDefinition",
        "widgets.example.com",
        spec={**spec, "versions": versions},
    )


def claim(size: str, access: str = "ReadWriteOnce") -> Body:
    """A PersistentVolumeClaim."""
    return thing("v1", "PersistentVolumeClaim", "d", "n",
                 spec={"accessModes": [access], "resources": {"requests": {"storage": size}}})  # fmt: skip
