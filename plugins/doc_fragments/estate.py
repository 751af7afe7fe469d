# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Options and attributes that all modules of the collection share."""

from __future__ import annotations


class ModuleDocFragment:
    """Fragment kubeops.hybrid.estate."""

    DOCUMENTATION = r"""
options:
  estate:
    description:
      - Name of the estate. It is written on every object that is made, and only objects that carry it are changed or
        deleted.
    type: str
    required: true
  state:
    description:
      - V(present) makes the resources what they are declared to be.
      - V(absent) deletes them, each after what refers to it; what does not carry the estate's mark is left alone.
    type: str
    choices: [present, absent]
    default: present
  step:
    description: Name of this call in the run's plans and records.
    type: str
    default: step
  endpoint:
    description: Name under which the estate declares what is behind this endpoint, usually the inventory host's.
    type: str
    default: ''
  run:
    description:
      - The run that this call belongs to, as M(kubeops.hybrid.estate_run) returns it.
      - With it every write is done under the run's lease, and an approved plan is held to.
      - 'A call outside of a run is given consent here: C({allow_delete: {subnet: 1}}) lets one subnet go,
        C({consent: [eks_cluster/example]}) lets changes of that cluster disturb its users, C({teardown: true}) lets
        everything go that O(state=absent) removes but for protected kinds, which O(run) has to count all the same.'
    type: dict
    default: {}
  timing:
    description: How long to wait.
    type: dict
    default: {}
    suboptions:
      poll_interval:
        description: Seconds between two looks at what is being waited for; 15 when omitted.
        type: float
      settle_timeout:
        description: Seconds for a change to be seen by everybody; 120 when omitted.
        type: float
      wait_timeout:
        description: Seconds after which waiting for one object has failed, where the kind does not say less; 3600 when
          omitted.
        type: float
  secrets:
    description: 'Values of secrets by name; options refer to them as C({$secret: name}).'
    type: dict
    default: {}
  maintenance_windows:
    description:
      - When disruptive changes may happen. Outside of these windows they wait.
    type: list
    elements: dict
    default: []
    suboptions:
      days:
        description: Days of the week on which the window opens; every day when omitted.
        type: list
        elements: str
      start:
        description: Time at which it opens, for example V(22:00).
        type: str
        required: true
      hours:
        description: How many hours it stays open.
        type: float
        required: true
      time_zone:
        description: Time zone of O(maintenance_windows[].start); V(UTC) when omitted.
        type: str
attributes:
  action_group:
    description: Use C(group/kubeops.hybrid.aws) in C(module_defaults) to set defaults for this module.
    support: full
    membership:
      - kubeops.hybrid.aws
  check_mode:
    description: Can run in check mode and tell what would change without changing anything.
    support: full
  diff_mode:
    description: Tells which fields change, from what to what.
    support: full
  idempotent:
    description: When run twice, the second run changes nothing.
    support: full
"""

    PURGE = r"""
options:
  purge:
    description:
      - Kinds of which everything of the estate that is not declared any more is deleted as well.
      - It happens after everything else went well, never for a kind of which the call lists nothing, and more than
        a tenth of a kind only with the consent of the run.
    type: list
    elements: str
    default: []
"""
