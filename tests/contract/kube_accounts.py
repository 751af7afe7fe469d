# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""An administrator who is not system:masters: counted in the audit log, throttled like others, with a token that ends.

It is a service account, so its token is one that the API server itself issues and judges.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from twin.control_plane import ControlPlane
from twin.kube_api import KubeApi
from twin.kubeconfig import kubeconfig_of
from twin.pki import write_private

NAME = "installer"
PRINCIPAL = f"system:serviceaccount:default:{NAME}"
_ACCOUNTS = "/api/v1/namespaces/default/serviceaccounts"
_BINDING = f"/apis/rbac.authorization.k8s.io/v1/clusterrolebindings/{NAME}"


def token(api: KubeApi) -> str:
    """A token of the account, which is made unless it is there."""
    api.apply(f"{_ACCOUNTS}/{NAME}", {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": NAME}})
    group = "rbac.authorization.k8s.io"
    binding = {
        "apiVersion": f"{group}/v1",
        "kind": "ClusterRoleBinding",
        "metadata": {"name": NAME},
        "roleRef": {"apiGroup": group, "kind": "ClusterRole", "name": "cluster-admin"},
        "subjects": [{"kind": "ServiceAccount", "name": NAME, "namespace": "default"}],
    }
    api.apply(_BINDING, binding)
    request = {"apiVersion": "authentication.k8s.io/v1", "kind": "TokenRequest", "spec": {"expirationSeconds": 7200}}
    return str(api.request("POST", f"{_ACCOUNTS}/{NAME}/token", request)["status"]["token"])


def kubeconfig(plane: ControlPlane, directory: Path, user: dict[str, Any] | None = None) -> Path:
    """A kubeconfig of the account. user: its section when that is not simply a token."""
    chosen = user or {"token": token(plane.api())}
    text = kubeconfig_of(plane.url, user=chosen, ca=plane.directory / "pki" / "ca.crt")
    return write_private(directory / "installer.kubeconfig", text.encode())
