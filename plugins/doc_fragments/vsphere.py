# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Options of all modules that talk to a vCenter."""

from __future__ import annotations


class ModuleDocFragment:
    """Fragment kubeops.hybrid.vsphere."""

    DOCUMENTATION = r"""
options:
  address:
    description: Name or address of the vCenter.
    type: str
    required: true
  port:
    description: Port of its API.
    type: int
    default: 443
  username:
    description: User, by default that of the environment variable E(VMWARE_USER).
    type: str
  password:
    description: The user's password, by default that of the environment variable E(VMWARE_PASSWORD).
    type: str
  password_file:
    description: Path of a file that holds the password and nothing else, in place of O(password).
    type: path
  ca_bundle:
    description: Path of the certificates to trust.
    type: path
  thumbprint:
    description:
      - SHA-256 thumbprint that the certificate of the vCenter must have; without O(ca_bundle) it needs nothing else.
    type: str
  instance_uuid:
    description: Instance UUID that the vCenter must have; with any other one nothing is done.
    type: str
attributes:
  # The first fragment that says it counts, so modules name this one before kubeops.hybrid.estate.
  action_group:
    description: Use C(group/kubeops.hybrid.vsphere) in C(module_defaults) to set defaults for this module.
    support: full
    membership:
      - kubeops.hybrid.vsphere
requirements:
  - pyvmomi >= 9.1
  - urllib3 >= 2.5
"""
