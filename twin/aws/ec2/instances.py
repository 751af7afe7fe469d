# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Instances that start from a launch template have all that the template says, and a group spreads over its zones."""

from __future__ import annotations

from collections import Counter
from typing import Any

from moto.autoscaling.models import ASG_NAME_TAG, FakeAutoScalingGroup, InstanceState
from moto.ec2.models import EC2Backend
from moto.ec2.models.instances import Instance, InstanceBackend, Reservation

RUN_INSTANCES = InstanceBackend.run_instances
TERMINATE = Instance.terminate


def run_instances(
    self: Any, image_id: str, count: int, user_data: Any, security_group_names: list[str], **kwargs: Any
) -> Reservation:
    """moto's run_instances, with metadata options and instance profile of the launch template honoured."""
    data: dict[str, Any] = {}
    if kwargs.get("launch_template"):
        data = self._get_template_from_args(kwargs["launch_template"]).data
        kwargs["metadata_options"] = {**data.get("MetadataOptions", {}), **(kwargs.get("metadata_options") or {})}
    kwargs.setdefault("region_name", self.region_name)
    reservation = RUN_INSTANCES(self, image_id, count, user_data, security_group_names, **kwargs)
    profile = data.get("IamInstanceProfile") or {}
    if profile and not kwargs.get("iam_instance_profile_name") and not kwargs.get("iam_instance_profile_arn"):
        for instance in reservation.instances:
            self.associate_iam_instance_profile(
                instance_id=instance.id,
                iam_instance_profile_name=profile.get("Name"),
                iam_instance_profile_arn=profile.get("Arn"),
            )
    return reservation


def terminate(self: Instance) -> Any:
    """moto's terminate, after which the instance's own interface is gone, as in EC2."""
    before = TERMINATE(self)
    for nic in self.nics.values():
        self.ec2_backend.enis.pop(nic.id, None)
    return before


def spread_instances(self: FakeAutoScalingGroup, count_needed: int, propagated_tags: dict[str, str]) -> None:
    """Start instances one by one, each in the subnet that has fewest of the group's."""
    tags = {**propagated_tags, ASG_NAME_TAG: self.name, **self.instance_tags}
    ec2: EC2Backend = self.ec2_backend
    subnets = self.vpc_zone_identifier.split(",") if self.vpc_zone_identifier else [None]
    for _ in range(count_needed):
        used = Counter(state.instance.subnet_id for state in self.instance_states)
        subnet_id = min(subnets, key=lambda one: used[one])
        reservation = ec2.run_instances(
            self.image_id,
            1,
            self.user_data,
            self.security_groups,
            instance_type=self.instance_type,
            tags={"instance": tags},
            placement=None if subnet_id else self.availability_zones[0],
            launch_config=self.launch_config,
            launch_template=_template_of(self),
            is_instance_type_default=False,
            associate_public_ip=self.launch_config.associate_public_ip_address if self.launch_config else None,
            subnet_id=subnet_id,
        )
        for instance in reservation.instances:
            vars(instance)["autoscaling_group"] = self
            state = InstanceState(instance, protected_from_scale_in=self.new_instances_protected_from_scale_in)
            self.instance_states.append(state)


def _template_of(group: FakeAutoScalingGroup) -> dict[str, str] | None:
    if group.ec2_launch_template is None:
        return None
    return {"LaunchTemplateId": group.ec2_launch_template.id, "Version": str(group.launch_template_version)}


def install() -> None:
    """Put both into moto's classes; doing it twice changes nothing."""
    for owner, name, function in (
        (InstanceBackend, "run_instances", run_instances),
        (Instance, "terminate", terminate),
        (FakeAutoScalingGroup, "replace_autoscaling_group_instances", spread_instances),
    ):
        setattr(owner, name, function)
