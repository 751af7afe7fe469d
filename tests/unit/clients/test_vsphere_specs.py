# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Plain data to pyVmomi's objects and back, held against the vendor's model."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.kubeops.hybrid.plugins.module_utils._clients.vsphere_specs import (
    Builder,
    managed,
    method_named,
    plain,
    type_named,
)
from ansible_collections.kubeops.hybrid.plugins.module_utils._engine.errors import Invalid

NEWEST = Builder()


def built(kind: str, value: Any, builder: Builder = NEWEST) -> Any:
    """A value of a data type by the vendor's name, as plain data again."""
    return plain(builder.value(type_named(kind, "spec"), value, "spec"))


def arguments(ref: str, method: str, **given: Any) -> list[Any]:
    """What a call would send, as plain data."""
    return [plain(one) for one in NEWEST.arguments(method_named(type(managed(ref)), method), given)]


numbers = st.integers(min_value=0, max_value=100)
# Control characters have no place in XML, and so in no name of the API.
texts = st.text(st.characters(codec="utf-8", exclude_categories=("Cs", "Cc")), min_size=1, max_size=20)
policies = st.one_of(
    st.fixed_dictionaries(
        {
            "_type": st.just("ClusterFailoverResourcesAdmissionControlPolicy"),
            "cpuFailoverResourcesPercent": numbers,
            "memoryFailoverResourcesPercent": numbers,
        },
        optional={"autoComputePercentages": st.booleans()},
    ),
    st.fixed_dictionaries({"_type": st.just("ClusterFailoverLevelAdmissionControlPolicy"), "failoverLevel": numbers}),
    st.fixed_dictionaries(
        {
            "_type": st.just("ClusterFailoverHostAdmissionControlPolicy"),
            "failoverHosts": st.lists(st.integers(1, 99).map("HostSystem:host-{}".format), min_size=1, max_size=4),
        }
    ),
)
option_values = st.fixed_dictionaries(
    {"_type": st.just("OptionValue"), "key": texts, "value": st.one_of(texts, st.booleans(), st.integers(0, 2**31 - 1))}
)
clusters = st.fixed_dictionaries(
    {"_type": st.just("ClusterConfigSpecEx")},
    optional={
        "dasConfig": st.fixed_dictionaries(
            {"_type": st.just("ClusterDasConfigInfo")},
            optional={
                "enabled": st.booleans(),
                "admissionControlPolicy": policies,
                "option": st.lists(option_values, min_size=1, max_size=3),
                "heartbeatDatastore": st.lists(st.just("Datastore:datastore-7"), min_size=1, max_size=2),
            },
        ),
        "drsConfig": st.fixed_dictionaries(
            {"_type": st.just("ClusterDrsConfigInfo")},
            optional={
                "defaultVmBehavior": st.sampled_from(["manual", "partiallyAutomated", "fullyAutomated"]),
                "vmotionRate": st.integers(1, 5),
            },
        ),
    },
)


@given(clusters)
def test_what_is_built_is_told_back_as_it_was(spec: dict[str, Any]) -> None:
    assert built("ClusterConfigSpecEx", spec) == spec


@given(clusters)
def test_a_type_may_be_left_out_where_nothing_derives_from_the_declared_one(spec: dict[str, Any]) -> None:
    bare = {
        name: {key: value for key, value in inner.items() if key != "_type"} if isinstance(inner, dict) else inner
        for name, inner in spec.items()
    }
    assert built("ClusterConfigSpecEx", bare) == spec


@pytest.mark.parametrize(
    ("kind", "value", "told"),
    [
        ("ClusterConfigSpecEx", {"drsConfg": {}}, "spec (ClusterConfigSpecEx) has no drsConfg"),
        ("ClusterConfigSpecEx", {"drsConfig": True}, "spec.drsConfig is a ClusterDrsConfigInfo, not True"),
        ("ClusterConfigSpecEx", {"drsConfig": {"enabled": "yes"}}, "spec.drsConfig.enabled is a bool, not 'yes'"),
        ("ClusterConfigSpecEx", {"drsConfig": {"vmotionRate": True}}, "spec.drsConfig.vmotionRate is a int, not True"),
        ("ClusterConfigSpecEx", {"drsConfig": {"vmotionRate": "3"}}, "spec.drsConfig.vmotionRate is a int, not '3'"),
        ("ClusterConfigSpecEx", {"drsConfig": {"defaultVmBehavior": "full"}}, "is one of manual, partiallyAutomated"),
        ("ClusterConfigSpecEx", {"dasConfig": {"admissionControlPolicy": {}}}, "needs a _type: ClusterDasAdmission"),
        (
            "ClusterConfigSpecEx",
            {"dasConfig": {"admissionControlPolicy": {"_type": "ClusterFailoverLevelAdmissionControlPolicy"}}},
            "spec.dasConfig.admissionControlPolicy.failoverLevel is missing",
        ),
        (
            "ClusterConfigSpecEx",
            {"dasConfig": {"admissionControlPolicy": {"_type": "OptionValue", "key": "a", "value": "b"}}},
            "OptionValue does not derive from it",
        ),
        ("ClusterDasConfigInfo", {"heartbeatDatastore": ["HostSystem:host-1"]}, "heartbeatDatastore[0] is a"),
        ("ClusterDasConfigInfo", {"heartbeatDatastore": ["datastore-1"]}, "is no reference to a managed object"),
        ("ClusterDasConfigInfo", {"heartbeatDatastore": "Datastore:datastore-1"}, "is a list, not"),
        ("ClusterConfigSpecEx", {"_type": "Nonsense"}, "the vendor's model has no type Nonsense"),
        ("OptionValue", {"_type": "OptionValue", "key": "a", "value": {"a": 1}}, "needs a _type"),
        (
            "OptionValue",
            {"_type": "OptionValue", "key": "a", "value": {"_type": "xsd:wide"}},
            "no simple type xsd:wide",
        ),
        ("HostDateTimeInfo", {"timeZone": {"key": "UTC"}}, "is missing"),
    ],
)
def test_what_the_model_does_not_hold_is_named(kind: str, value: Any, told: str) -> None:
    with pytest.raises(Invalid) as raised:
        built(kind, value)
    assert told in str(raised.value)


def test_an_option_says_how_wide_its_number_is() -> None:
    option = NEWEST.value(
        type_named("OptionValue", "spec"),
        {"_type": "OptionValue", "key": "Mem.AllocGuestLargePage", "value": {"_type": "xsd:long", "value": 1}},
        "spec",
    )
    assert type(option.value).__name__ == "long"
    assert plain(option)["value"] == 1


def test_arguments_stand_in_the_order_of_the_method() -> None:
    spec = {"hostName": "esx-1", "force": True}
    answer = arguments("ClusterComputeResource:domain-c9", "AddHost_Task", asConnected=True, spec=spec)
    assert answer == [{"_type": "HostConnectSpec", **spec}, True, None, None]


def test_a_call_that_the_model_does_not_have() -> None:
    with pytest.raises(Invalid, match=r"no method HostSystem\.AddHost_Task"):
        arguments("HostSystem:host-1", "AddHost_Task")
    with pytest.raises(Invalid, match="AddHost_Task has no specs"):
        arguments("ClusterComputeResource:domain-c9", "AddHost_Task", specs={}, asConnected=True)
    with pytest.raises(Invalid, match=r"AddHost_Task\.asConnected is missing"):
        arguments("ClusterComputeResource:domain-c9", "AddHost_Task", spec={"force": True})


def test_an_older_vcenter_is_not_asked_for_what_it_does_not_know() -> None:
    old = Builder(version="vim.version.version11")
    assert built("ClusterConfigSpecEx", {"drsConfig": {"enabled": True}}, old)["drsConfig"]["enabled"]
    with pytest.raises(Invalid, match=r"spec\.desiredSoftwareSpec needs a newer vCenter"):
        built("ClusterConfigSpecEx", {"desiredSoftwareSpec": {}}, old)


@pytest.mark.parametrize("ref", ["", "host-21", "HostSystem:", "HostSystemm:host-21", "OptionValue:a"])
def test_what_is_no_managed_object(ref: str) -> None:
    with pytest.raises(Invalid):
        managed(ref)
