#!/usr/bin/python
# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Module iam_oidc_providers. Written by tools/generate from the options of its kind."""

from __future__ import annotations

DOCUMENTATION = r"""
module: iam_oidc_providers
short_description: OIDC providers of IAM, by which service accounts take roles, in one call
version_added: 0.1.0
author: KubeOps Hybrid contributors (@kubeops)
description:
  - An OIDC provider of IAM, by which service accounts of a cluster take roles.
  - This is M(kubeops.hybrid.aws_resources) for the kind C(iam_oidc_provider) alone. References name objects of
    the same estate.
  - Made from IAM CreateOpenIDConnectProvider and the calls that change it.
extends_documentation_fragment:
  - kubeops.hybrid.estate
  - kubeops.hybrid.estate.purge
  - kubeops.hybrid.aws
options:
  providers:
    description:
      - The objects.
    type: list
    elements: dict
    required: true
    suboptions:
      name:
        description:
          - Name of the object.
        type: str
        required: true
      cluster:
        description:
          - Cluster whose issuer it trusts.
          - It cannot change in place.
        type: str
      url:
        description:
          - Issuer that it trusts where that is no cluster of EKS, beginning with https.
          - It cannot change in place.
        type: str
      client_ids:
        description:
          - All audiences of the tokens, V(sts.amazonaws.com) unless given.
          - A change is brief.
        type: list
        elements: str
      thumbprints:
        description:
          - All SHA-1 thumbprints of certificate authorities of the issuer, as 40 hexadecimal digits. IAM needs
            none for issuers with certificates of well-known authorities, as those of EKS.
          - A change is brief.
        type: list
        elements: str
      tags:
        description:
          - Tags. Other people's tags are left alone; C({}) removes all but the marks of ownership.
        type: dict
seealso:
  - module: kubeops.hybrid.aws_resources
"""

EXAMPLES = r"""
- name: Service accounts of the cluster can take roles
  kubeops.hybrid.iam_oidc_providers:
    region: us-east-2
    estate: example
    providers:
      - {name: example, cluster: example}
"""

RETURN = r"""
plan:
  description: What was or would be done, without what stays as it is. The full plan is in the store of the run.
  returned: always
  type: list
  elements: dict
  contains:
    kind: {description: Kind of the resource., type: str}
    name: {description: Name of the resource., type: str}
    verb: {description: 'One of create, update, continue, delete.', type: str}
    impact: {description: 'What it does to users: none, brief, disruptive or irreversible.', type: str}
    outcome: {description: 'One of planned, done, failed, not_tried, waiting.', type: str}
    fields: {description: 'What changes, of updates.', type: list, elements: str}
    reason: {description: Why it ended so., type: str}
counts:
  description: How many entries there are, by verb and by outcome.
  returned: always
  type: dict
waiting:
  description: Resources for which somebody else must act, with C(kind), C(name), C(since), C(for) and C(do).
  returned: always
  type: list
  elements: dict
undeclared:
  description: What carries the estate's mark and is declared nowhere, with C(kind), C(name) and C(id).
  returned: when O(purge)
  type: list
  elements: dict
"""

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.kubeops.hybrid.plugins.module_utils._clients.aws_module import OPTIONS, connect
from ansible_collections.kubeops.hybrid.plugins.module_utils._engine.one_kind import Many
from ansible_collections.kubeops.hybrid.plugins.module_utils._kinds.aws.registry import KINDS


def main() -> None:
    """The one-kind form of aws_resources."""
    shape = Many(KINDS["iam_oidc_provider"], "providers")
    module = AnsibleModule(argument_spec={**shape.argument_spec, **OPTIONS}, supports_check_mode=True)
    shape.run(module, KINDS, connect)


if __name__ == "__main__":
    main()
