# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What differs from one release of Kubeflow's manifests to the next: names of objects that we replace or change."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import NamedTuple

EXAMPLE_PROFILE = "kubeflow-user-example-com"
EXAMPLE_USER = "user@example.com"
LATEST = "26.03"


class Database(NamedTuple):
    """A Secret of the model registry: key and value of its user, and the key of the password."""

    user_key: str
    user: str
    password_key: str


@dataclasses.dataclass(frozen=True)
class Release:
    """Names in one release. A name that ends in random letters is its generator's and changes with the content.

    artifact: its version in the catalogue of artifacts. selectable: whether components can be chosen, or it is there
    as a whole only. pod_security: level to which pods of namespace kubeflow are held. dashboard: ConfigMap of the
    dashboard's settings, and the key that lets people register themselves. claims: namespace/name of each claim that
    names no StorageClass to the component that it comes with. databases: namespace/name of further Secrets with a
    public password to what is in them. example_profile_used: whether other objects of the release lie in the namespace
    of its example user, so that this must not be left out. replaces: address of what held data in an earlier release
    to the addresses of what turns away from it.
    """

    artifact: str
    selectable: bool
    pod_security: str
    proxy_secret: str
    spawner: str
    notebook_controller: str
    profiles: str
    dashboard: tuple[str, str]
    claims: Mapping[str, str]
    databases: Mapping[str, Database] = dataclasses.field(default_factory=dict)
    example_profile_used: bool = False
    replaces: Mapping[str, tuple[str, ...]] = dataclasses.field(default_factory=dict)


_CLAIMS = {"kubeflow/katib-mysql": "katib", "kubeflow/mysql-pv-claim": "pipelines"}
_V1_10 = Release(
    artifact="v1.10.2",
    selectable=False,
    pod_security="baseline",
    proxy_secret="oauth2-proxy-h675gf55ht",
    spawner="jupyter-web-app-config-9c2fbg2gdc",
    notebook_controller="notebook-controller-config-fhm9f7tdt5",
    profiles="profiles-config-5h9m86f79f",
    dashboard=("centraldashboard-parameters", "CD_REGISTRATION_FLOW"),
    claims={**_CLAIMS, "kubeflow/minio-pvc": "pipelines"},
)
# Pipelines keep artifacts elsewhere from here on, and nothing moves those that there are.
_STORE = (
    "PersistentVolumeClaim/kubeflow/seaweedfs-pvc",
    "ConfigMap/kubeflow/workflow-controller-configmap",
    "Deployment.apps/kubeflow/kubeflow-pipelines-profile-controller",
    "Deployment.apps/kubeflow/ml-pipeline",
)
_V26_03 = dataclasses.replace(
    _V1_10,
    artifact="26.03",
    selectable=True,
    pod_security="restricted",
    claims={**_CLAIMS, "kubeflow/seaweedfs-pvc": "pipelines", "kubeflow/metadata-mysql": "model_registry"},
    databases={"kubeflow/model-registry-db-secrets": Database("MYSQL_USER_NAME", "root", "MYSQL_ROOT_PASSWORD")},
    replaces={"PersistentVolumeClaim/kubeflow/minio-pvc": _STORE},
)
_V26_03_1 = dataclasses.replace(
    _V26_03,
    artifact="26.03.1-rc.2",
    selectable=False,
    spawner="jupyter-web-app-config-f5cb4gtmbc",
    dashboard=("dashboard-parameters-ckkh684h89", "REGISTRATION_FLOW"),
    claims={
        **_CLAIMS,
        "kubeflow/seaweedfs-pvc": "pipelines",
        "kubeflow/model-catalog-postgres": "model_registry",
        f"{EXAMPLE_PROFILE}/metadata-postgres": "model_registry",
    },
    databases={
        "kubeflow/model-catalog-postgres": Database("POSTGRES_USER", "postgres", "POSTGRES_PASSWORD"),
        f"{EXAMPLE_PROFILE}/model-registry-db-secrets": Database("POSTGRES_USER", "root", "POSTGRES_PASSWORD"),
    },
    example_profile_used=True,
)
RELEASES: Mapping[str, Release] = {"1.10.2": _V1_10, "26.03": _V26_03, "26.03.1-rc.2": _V26_03_1}


def release_of(version: str) -> Release | None:
    """The release of that version, with or without a 'v' before it; None of one that we do not know."""
    return RELEASES.get(version.removeprefix("v"))
