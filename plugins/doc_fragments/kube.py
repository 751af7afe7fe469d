# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Options of all modules that talk to a Kubernetes cluster."""

from __future__ import annotations


class ModuleDocFragment:
    """Fragment kubeops.hybrid.kube."""

    DOCUMENTATION = r"""
options:
  kubeconfig:
    description: Path of the kubeconfig. Credential plugins in it are run, and run again when their token ends.
    type: path
    required: true
  context:
    description: Context of the kubeconfig, the current one unless given.
    type: str
  cluster:
    description:
      - Name of the cluster as the estate declares it. In check mode it need not be there yet, then everything in it is
        to be created.
    type: str
  kubernetes_version:
    description: Kubernetes version of a cluster that is still to come, for example V(1.35).
    type: str
attributes:
  # The first fragment that says it counts, so modules name this one before kubeops.hybrid.estate.
  action_group:
    description: Use C(group/kubeops.hybrid.kube) in C(module_defaults) to set defaults for this module.
    support: full
    membership:
      - kubeops.hybrid.kube
requirements:
  - urllib3 >= 2.5
  - PyYAML >= 6.0.2
  - bcrypt >= 4.3
"""
