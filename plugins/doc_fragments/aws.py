# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Options of all modules that talk to AWS."""

from __future__ import annotations


class ModuleDocFragment:
    """Fragment kubeops.hybrid.aws."""

    DOCUMENTATION = r"""
options:
  region:
    description: Region, for example V(us-east-2).
    type: str
    required: true
  endpoint_url:
    description: Address that replaces those of all services.
    type: str
  profile:
    description: Profile of the credentials file.
    type: str
  shared_credentials_file:
    description: Path of a credentials file in place of the usual one.
    type: path
  access_key:
    description: Access key id. Without this and O(profile), boto3 looks where it usually does.
    type: str
  secret_key:
    description: Secret access key.
    type: str
  session_token:
    description: Session token of temporary credentials.
    type: str
  ca_bundle:
    description: Path of the certificates to trust.
    type: path
  account_id:
    description: Account that the credentials must belong to; with any other one nothing is done.
    type: str
  assume_role:
    description: ARN of a role to assume first.
    type: str
requirements:
  - boto3 >= 1.40
"""
