#!/usr/bin/python
# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Documentation of module estate_run; the work is done by the action plugin of the same name."""

from __future__ import annotations

DOCUMENTATION = r"""
module: estate_run
short_description: Begin and end a run over an estate, and keep its record
version_added: 0.1.0
author: KubeOps Hybrid contributors (@kubeops)
description:
  - With O(phase=begin) the whole inventory is checked, and if it holds the run is given an id and, when it writes, the
    lease of the estate, so that two runs never write at the same time.
  - With O(phase=enter) and O(phase=leave) a layer of an endpoint asks whether what it needs is done, and records how it
    ended.
  - With O(phase=end) the steps' results become the result of the run, and others are let in.
  - The playbooks of this collection do all that; a playbook with a module or a role alone needs none of it.
options:
  phase:
    description: What to do.
    type: str
    choices: [begin, enter, leave, end]
    required: true
  verb:
    description: What the run is for.
    type: str
    choices: [site, plan, verify, drift, preflight, teardown]
    default: site
  store:
    description: Directory of the store; C(.kubeops/store) of the working directory when omitted.
    type: path
  plan:
    description: Id or file of an approved plan to hold to.
    type: str
  teardown:
    description: Name of the estate, as consent to remove all of it.
    type: str
  allow_delete:
    description: Consent to delete, as C(kind:count).
    type: list
    elements: str
    default: []
  consent:
    description: Consent to disturb, as addresses C(kind/name) or as an impact like V(disruptive).
    type: list
    elements: str
    default: []
  lease_wait:
    description: Seconds to wait for another run to end.
    type: float
    default: 0
  run:
    description: What O(phase=begin) returned as C(kubeops_run).
    type: dict
    default: {}
  layer:
    description: Name of the layer, for O(phase=enter) and O(phase=leave).
    type: str
  needs:
    description:
      - Layers that must be done, for O(phase=enter), of the same endpoint, or of another as V(us-east-2.eks).
    type: list
    elements: str
    default: []
  failure:
    description: The result of the task that failed, for O(phase=leave).
    type: raw
attributes:
  check_mode:
    description: In check mode no lease is taken.
    support: full
  diff_mode:
    description: There is nothing to compare.
    support: none
"""

EXAMPLES = r"""
- name: A run begins
  kubeops.hybrid.estate_run:
    phase: begin
    verb: plan

- name: The run is over
  kubeops.hybrid.estate_run:
    phase: end
    run: "{{ kubeops_run }}"
"""

RETURN = r"""
ready:
  description: Whether what the layer needs is done.
  returned: with O(phase=enter)
  type: bool
covered:
  description: Whether this version looks at the endpoint at all. A cluster that no layer makes yet is passed over.
  returned: with O(phase=enter)
  type: bool
run:
  description: Id of the run.
  returned: with O(phase=end)
  type: str
counts:
  description: Entries of all steps, by verb and by outcome.
  returned: with O(phase=end)
  type: dict
waiting:
  description: For whom the run waits.
  returned: with O(phase=end)
  type: list
  elements: dict
undeclared:
  description: What carries the estate's mark and is declared nowhere.
  returned: with O(phase=end)
  type: list
  elements: dict
passed_over:
  description: Endpoints that no layer looked at, with C(place) and C(reason).
  returned: with O(phase=end)
  type: list
  elements: dict
milestones:
  description: State and evidence by milestone.
  returned: with O(phase=end)
  type: dict
differences:
  description: What differs from the inventory, of runs that do not write.
  returned: with O(phase=end)
  type: list
  elements: str
plan:
  description: Id, digest and file of the plan.
  returned: with O(phase=end) of a plan
  type: dict
"""
