# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Options of all modules that talk to EKS Anywhere."""

from __future__ import annotations


class ModuleDocFragment:
    """Fragment kubeops.hybrid.eksa."""

    DOCUMENTATION = r"""
options:
  directory:
    description:
      - Private directory of this machine. The kubeconfig of each cluster is V(kubeconfig-<cluster>) in it, for its
        owner only.
    type: path
    required: true
  admin:
    description: The admin machine, from which C(eksctl anywhere) makes clusters that manage themselves.
    type: dict
    default: {}
    suboptions:
      ssh:
        description:
          - How a command is run there, as V([ssh, -o, BatchMode=yes, ops@admin.example.com]).
          - It is this machine unless given.
        type: list
        elements: str
      directory:
        description:
          - Work directory there. Each cluster has its own in it, with the log, the folder of C(eksctl anywhere) and
            copies of both for every phase. V(eksa) in O(directory) unless given.
        type: str
      command:
        description: How C(eksctl anywhere) is called, V([eksctl, anywhere]) unless given.
        type: list
        elements: str
      flags:
        description: Flags of each call, as V([--bundles-override, /srv/bundles.yaml]).
        type: list
        elements: str
  environment:
    description:
      - Credentials of C(eksctl anywhere) - environment variable to value, as C(EKSA_VSPHERE_USERNAME). They reach the
        process by standard input and are in no argument and no file.
    type: dict
    default: {}
  ca_bundle:
    description: Path of the CA certificates to trust when the fingerprint of a vCenter is asked for.
    type: path
  vcenter:
    description:
      - The vCenter in which machines are made. With it, what it would refuse is found just before the first machine,
        and the hosts of nodes are told as evidence.
      - Its user and password are those of C(eksctl anywhere) as well, unless O(environment) says otherwise.
    type: dict
    suboptions:
      address:
        description: Name or address.
        type: str
      port:
        description: TCP port.
        type: int
        default: 443
      username:
        description: User. The environment variable E(VMWARE_USER) is taken unless given.
        type: str
      password:
        description: Password. The environment variable E(VMWARE_PASSWORD) is taken unless given.
        type: str
      password_file:
        description: Path of a file that holds the password.
        type: path
      ca_bundle:
        description: Path of the CA certificates to trust.
        type: path
      thumbprint:
        description: SHA-256 fingerprint of its certificate, where no CA is known.
        type: str
      instance_uuid:
        description: Instance UUID that it must have.
        type: str
attributes:
  # The first fragment that says it counts, so modules name this one before kubeops.hybrid.estate.
  action_group:
    description: Use C(group/kubeops.hybrid.eksa) in C(module_defaults) to set defaults for this module.
    support: full
    membership:
      - kubeops.hybrid.eksa
requirements:
  - urllib3 >= 2.5
  - PyYAML >= 6.0.2
  - ssh, flock and setsid, the latter two on the admin machine
"""
