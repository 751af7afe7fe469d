# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This file is private to the collection: its content may change in any release.
"""All kinds behind an AWS region. Imports are static: Ansible ships to a module what it imports."""

from __future__ import annotations

import typing as t

from ..._clients.aws import Port
from ..._engine.kind import Kind
from .eks_access_entry import EksAccessEntry
from .eks_addon import EksAddon
from .eks_cluster import EksCluster
from .eks_kubeconfig import EksKubeconfig
from .eks_nodegroup import EksNodegroup
from .eks_pod_identity_association import EksPodIdentityAssociation
from .elastic_ip import ElasticIp
from .iam_instance_profile import IamInstanceProfile
from .iam_oidc_provider import IamOidcProvider
from .iam_role import IamRole
from .internet_gateway import InternetGateway
from .launch_template import LaunchTemplate
from .nat_gateway import NatGateway
from .route_table import RouteTable
from .security_group import SecurityGroup
from .subnet import Subnet
from .vpc import Vpc
from .vpc_endpoint import VpcEndpoint

_ALL: tuple[Kind[Port], ...] = (
    Vpc(),
    Subnet(),
    InternetGateway(),
    ElasticIp(),
    NatGateway(),
    RouteTable(),
    SecurityGroup(),
    VpcEndpoint(),
    LaunchTemplate(),
    IamRole(),
    IamInstanceProfile(),
    EksCluster(),
    IamOidcProvider(),
    EksNodegroup(),
    EksAccessEntry(),
    EksAddon(),
    EksPodIdentityAssociation(),
    EksKubeconfig(),
)

KINDS: t.Mapping[str, Kind[Port]] = {kind.name: kind for kind in _ALL}
