#!/usr/bin/python
# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Module aws_quotas_info."""

from __future__ import annotations

DOCUMENTATION = r"""
module: aws_quotas_info
short_description: Whether an AWS region's quotas are enough
version_added: 0.1.0
author: KubeOps Hybrid contributors (@kubeops)
description:
  - Reads quotas from the Service Quotas API and compares them with what is needed.
  - What others already use of a quota is not known there; it has to fit in as well.
extends_documentation_fragment:
  - kubeops.hybrid.aws
options:
  needs:
    description: What is needed of which quota.
    type: list
    elements: dict
    required: true
    suboptions:
      service:
        description: Code of the service, for example V(vpc).
        type: str
        required: true
      code:
        description: Code of the quota, for example V(L-F678F1CE).
        type: str
        required: true
      name:
        description: Name of the quota, for messages.
        type: str
        required: true
      needed:
        description: How much is needed, in the unit of the quota.
        type: int
        required: true
attributes:
  check_mode:
    description: It only reads.
    support: full
  diff_mode:
    description: There is nothing to compare.
    support: none
"""

EXAMPLES = r"""
- name: Room for one more VPC
  kubeops.hybrid.aws_quotas_info:
    region: us-east-2
    needs:
      - service: vpc
        code: L-F678F1CE
        name: VPCs per Region
        needed: 1
"""

RETURN = r"""
quotas:
  description: The quotas, each as in O(needs) with its value and whether that is enough.
  returned: success
  type: list
  elements: dict
  contains:
    value:
      description: The quota.
      type: float
    enough:
      description: Whether it is not smaller than what is needed.
      type: bool
lacking:
  description: A sentence for each quota that is not enough.
  returned: success
  type: list
  elements: str
"""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.kubeops.hybrid.plugins.module_utils._clients.aws import Port
from ansible_collections.kubeops.hybrid.plugins.module_utils._clients.aws_module import OPTIONS, connect
from ansible_collections.kubeops.hybrid.plugins.module_utils._engine.errors import EstateError
from ansible_collections.kubeops.hybrid.plugins.module_utils._engine.runs import Run

NEED = {
    "service": {"type": "str", "required": True},
    "code": {"type": "str", "required": True},
    "name": {"type": "str", "required": True},
    "needed": {"type": "int", "required": True},
}


def compared(port: Port, need: dict[str, Any]) -> dict[str, Any]:
    """The need with the quota's value."""
    answer = port.call("service-quotas", "get_service_quota", ServiceCode=need["service"], QuotaCode=need["code"])
    value = float(answer["Quota"]["Value"])
    return {**need, "value": value, "enough": value >= need["needed"]}


def main() -> None:
    """Read all at once."""
    spec = {"needs": {"type": "list", "elements": "dict", "required": True, "options": NEED}, **OPTIONS}
    module = AnsibleModule(argument_spec=spec, supports_check_mode=True)
    try:
        port = connect(module.params, Run({}, ""), True)
        with ThreadPoolExecutor(8) as pool:
            quotas = list(pool.map(lambda need: compared(port, need), module.params["needs"]))
    except EstateError as error:
        module.fail_json(msg=str(error))
    lacking = [
        f"{quota['name']} ({quota['service']} {quota['code']}) is {quota['value']:g}, {quota['needed']} are needed"
        for quota in quotas
        if not quota["enough"]
    ]
    module.exit_json(changed=False, quotas=quotas, lacking=lacking)


if __name__ == "__main__":
    main()
