# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This file is private to the collection: its content may change in any release.
"""All kinds behind a vCenter. Imports are static: Ansible ships to a module what it imports."""

from __future__ import annotations

import typing as t

from ..._clients.vsphere import Port
from ..._engine.kind import Kind
from .cluster import Cluster
from .datacenter import Datacenter
from .datastore import Datastore
from .distributed_port_group import DistributedPortGroup
from .distributed_switch import DistributedSwitch
from .drs_group import DrsGroup
from .drs_rule import DrsRule
from .esxi_host import EsxiHost
from .folder import Folder
from .host_settings import HostSettings
from .license import License
from .resource_pool import ResourcePool
from .standard_port_group import StandardPortGroup
from .standard_switch import StandardSwitch
from .tag import Tag
from .tag_category import TagCategory
from .vcenter_ha import VcenterHa
from .vm_override import VmOverride
from .vmkernel_adapter import VmkernelAdapter
from .vsphere_permission import VspherePermission
from .vsphere_role import VsphereRole

_ALL: tuple[Kind[Port], ...] = (
    Cluster(),
    Datacenter(),
    Datastore(),
    DistributedPortGroup(),
    DistributedSwitch(),
    DrsGroup(),
    DrsRule(),
    EsxiHost(),
    Folder(),
    HostSettings(),
    License(),
    ResourcePool(),
    StandardPortGroup(),
    StandardSwitch(),
    Tag(),
    TagCategory(),
    VcenterHa(),
    VmOverride(),
    VmkernelAdapter(),
    VspherePermission(),
    VsphereRole(),
)

KINDS: t.Mapping[str, Kind[Port]] = {kind.name: kind for kind in _ALL}
