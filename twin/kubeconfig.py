# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Files that say how a server of Kubernetes' kind is reached."""

from __future__ import annotations

from pathlib import Path

import yaml


def kubeconfig_of(server: str, *, user: dict[str, str] | None = None, ca: Path | None = None) -> str:
    """A kubeconfig with one cluster and one user; also the format of the API server's webhook configurations."""
    cluster = {"server": server, **({"certificate-authority": str(ca)} if ca else {})}
    return yaml.safe_dump(
        {
            "apiVersion": "v1",
            "kind": "Config",
            "clusters": [{"name": "twin", "cluster": cluster}],
            "users": [{"name": "twin", "user": user or {}}],
            "contexts": [{"name": "twin", "context": {"cluster": "twin", "user": "twin"}}],
            "current-context": "twin",
        }
    )
