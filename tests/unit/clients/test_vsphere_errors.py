# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a request to a vCenter may end with, and what a person is then told."""

from __future__ import annotations

import http.client
import ssl
from typing import Any

import pytest

from ansible_collections.kubeops.hybrid.plugins.module_utils._clients.vsphere_errors import (
    from_answer,
    from_fault_document,
    translate,
)
from ansible_collections.kubeops.hybrid.plugins.module_utils._clients.vsphere_specs import type_named
from ansible_collections.kubeops.hybrid.plugins.module_utils._engine import errors

FAULTS = [
    ("ManagedObjectNotFound", errors.NotFound),
    ("NotFound", errors.NotFound),
    ("DuplicateName", errors.Conflict),
    ("AlreadyExists", errors.Conflict),
    ("AlreadyConnected", errors.Conflict),
    ("ResourceInUse", errors.Conflict),
    ("ConcurrentAccess", errors.Conflict),
    ("InvalidState", errors.Conflict),
    ("InvalidPowerState", errors.Conflict),
    ("InsufficientCpuResourcesFault", errors.Conflict),
    ("TaskInProgress", errors.Conflict),
    ("NoPermission", errors.Denied),
    ("InvalidLogin", errors.Denied),
    ("NotAuthenticated", errors.Denied),
    ("InvalidArgument", errors.Invalid),
    ("InvalidRequest", errors.Invalid),
    ("NotSupported", errors.Invalid),
    ("SSLVerifyFault", errors.Invalid),
    ("InvalidProperty", errors.Invalid),
    ("InvalidName", errors.Invalid),
    ("HostConnectFault", errors.Unavailable),
    ("NoHost", errors.Unavailable),
    ("HostNotReachable", errors.Unavailable),
    ("HostCommunication", errors.Unavailable),
]


@pytest.mark.parametrize(("name", "ours"), FAULTS)
def test_a_fault_is_one_of_ours_and_says_its_name(name: str, ours: type[errors.EstateError]) -> None:
    error = from_fault_document({"_type": name, "msg": "The operation failed."}, "Folder.CreateFolder")
    assert type(error) is ours
    assert error.cause.startswith(f"The operation failed (Folder.CreateFolder: {name})")


def test_a_fault_that_derives_from_a_known_one_is_of_its_sort() -> None:
    # MaintenanceModeFileMove derives from MigrationFault, InvalidHostConnectionState from InvalidHostState.
    assert isinstance(from_fault_document({"_type": "InvalidHostConnectionState"}, "x"), errors.Conflict)


def test_a_certificate_that_is_not_trusted_is_told_by_its_thumbprint() -> None:
    fault = {"_type": "SSLVerifyFault", "selfSigned": True, "thumbprint": "AA:BB", "msg": "unknown authority"}
    assert "has the thumbprint AA:BB" in str(from_fault_document(fault, "ClusterComputeResource.AddHost_Task"))


def test_a_missing_privilege_is_named() -> None:
    fault = type_named("NoPermission", "x")(privilegeId="Global.ManageCustomFields", msg="Permission denied.")
    told = str(translate(fault, "CustomFieldsManager.AddCustomFieldDef"))
    assert "need the privilege Global.ManageCustomFields" in told


def test_a_fault_without_a_message_says_what_its_fields_say() -> None:
    assert "invalidProperty spec.name" in str(
        from_fault_document({"_type": "InvalidArgument", "invalidProperty": "spec.name"}, "x")
    )


def test_a_fault_that_pyvmomi_does_not_know_is_still_a_fault() -> None:
    assert isinstance(from_fault_document({"_type": "FaultOfTomorrow", "msg": "no"}, "x"), errors.Invalid)


@pytest.mark.parametrize(
    "error",
    [
        ConnectionRefusedError(111, "refused"),
        TimeoutError(),
        ssl.SSLError("bad"),
        http.client.RemoteDisconnected("gone"),
    ],
)
def test_what_a_connection_ends_with(error: Exception) -> None:
    ours = translate(error, "HostSystem.Reboot")
    assert isinstance(ours, errors.Unavailable)
    assert "(HostSystem.Reboot)" in ours.cause


def test_arguments_that_pyvmomi_refuses() -> None:
    assert isinstance(translate(TypeError("For x expected y"), "a"), errors.Invalid)


@pytest.mark.parametrize(
    ("status", "body", "ours"),
    [
        (400, {"error_type": "ALREADY_EXISTS", "messages": [{"default_message": "it is there"}]}, errors.Conflict),
        (400, {"type": "com.vmware.vapi.std.errors.already_exists", "value": {"messages": []}}, errors.Conflict),
        (400, {"error_type": "INVALID_ARGUMENT", "messages": [{"default_message": "bad name"}]}, errors.Invalid),
        (401, None, errors.Denied),
        (403, {"error_type": "UNAUTHORIZED", "messages": []}, errors.Denied),
        (404, {"error_type": "NOT_FOUND", "messages": [{"default_message": "no such tag"}]}, errors.NotFound),
        (500, None, errors.Unavailable),
        (503, {"error_type": "SERVICE_UNAVAILABLE"}, errors.Unavailable),
    ],
)
def test_answers_of_the_rest_api(status: int, body: Any, ours: type[errors.EstateError]) -> None:
    error = from_answer(status, body, "GET /api/cis/tagging/tag")
    assert type(error) is ours
    assert "GET /api/cis/tagging/tag" in error.cause
