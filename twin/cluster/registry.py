# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which controllers a cluster has: add a class here and it runs."""

from __future__ import annotations

from collections.abc import Sequence

from twin.cluster.ca_injector import CaInjector
from twin.cluster.certificates import CertManager
from twin.cluster.controller import Controller
from twin.cluster.istio_roots import IstioRoots
from twin.cluster.load_balancers import LoadBalancers
from twin.cluster.mounts import Mounts
from twin.cluster.own_certificates import OwnCertificates
from twin.cluster.profile_pipelines import ProfilePipelines
from twin.cluster.profiles import Profiles
from twin.cluster.volumes import Volumes

CONTROLLERS: Sequence[type[Controller]] = (
    Mounts, CertManager, CaInjector, OwnCertificates, IstioRoots, Volumes, LoadBalancers,
    Profiles, ProfilePipelines,
)  # fmt: skip
