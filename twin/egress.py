# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The way from an API server into its cluster: a Unix socket that speaks HTTP CONNECT."""

from __future__ import annotations

import hashlib
import shutil
import tempfile
from pathlib import Path

import yaml

_LONGEST_PATH = 100  # bytes; the kernel takes 107


class EgressSocket:
    """Where the socket of one control plane is; whoever plays the cluster's network binds it."""

    def __init__(self, directory: Path) -> None:
        """`directory` is the control plane's own."""
        self._directory = directory
        self._elsewhere: Path | None = None
        self.path = directory / "egress.sock"
        if len(bytes(self.path)) > _LONGEST_PATH:
            digest = hashlib.sha256(bytes(directory)).hexdigest()[:12]
            self._elsewhere = Path(tempfile.gettempdir()) / f"kubeops-twin-{digest}"
            self.path = self._elsewhere / "egress.sock"

    def prepare(self) -> Path:
        """Make room for the socket, and write the API server's configuration: the path of that."""
        if self._elsewhere:
            # What lies there under this name is left from a killed twin of the same directory.
            shutil.rmtree(self._elsewhere, ignore_errors=True)
            self._elsewhere.mkdir(mode=0o700)
        configuration = self._directory / "egress.yaml"
        configuration.write_text(
            yaml.safe_dump(
                {
                    "apiVersion": "apiserver.k8s.io/v1beta1",
                    "kind": "EgressSelectorConfiguration",
                    "egressSelections": [
                        {
                            "name": "cluster",
                            "connection": {
                                "proxyProtocol": "HTTPConnect",
                                "transport": {"uds": {"udsName": str(self.path)}},
                            },
                        }
                    ],
                }
            )
        )
        return configuration

    def remove(self) -> None:
        """Leave nothing; also when nothing was prepared."""
        self.path.unlink(missing_ok=True)
        if self._elsewhere:
            shutil.rmtree(self._elsewhere, ignore_errors=True)
