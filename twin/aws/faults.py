# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Faults that strike before the service looks at the call."""

from __future__ import annotations

from twin.aws.call import Call
from twin.aws.credentials import denied
from twin.aws.errors import AwsError
from twin.contract import Fault, FaultKind

WIRE_KINDS: tuple[FaultKind, ...] = ("throttle", "error", "deny")
LATENCY_KINDS: tuple[FaultKind, ...] = ("latency",)
STATE_KINDS: tuple[FaultKind, ...] = ("stay", "fail", "invisible")

# (code, HTTP status) with which the service refuses a caller that is too fast.
THROTTLING = {
    "ec2": ("RequestLimitExceeded", 503),
    "s3": ("SlowDown", 503),
}


def injected(call: Call, fault: Fault) -> AwsError:
    """The error of a throttle, error or deny rule, in the words of the service."""
    if fault.kind == "throttle":
        return _throttled(call, fault.code)
    if fault.kind == "deny":
        refusal = denied(call.service, call.operation, call.protocol, call.principal)
        return AwsError(fault.code or refusal.code, refusal.message, refusal.status)
    return _failed(call, fault.code)


def _throttled(call: Call, code: str) -> AwsError:
    by_protocol = ("Throttling", 400) if call.protocol in ("query", "rest-xml") else ("ThrottlingException", 429)
    default, status = THROTTLING.get(call.service, by_protocol)
    return AwsError(code or default, "Rate exceeded", status)


def _failed(call: Call, code: str) -> AwsError:
    """A failure of the service; a rule's own code that names a refusal (a quota, say) is one of the caller."""
    default = {"ec2": "InternalError", "eks": "ServerException", "iam": "ServiceFailure"}.get(
        call.service, "InternalFailure"
    )
    chosen = code or default
    servers_fault = not code or any(word in code for word in ("Internal", "Server", "Failure", "Unavailable"))
    status = (503 if "Unavailable" in chosen else 500) if servers_fault else None
    return AwsError(chosen, f"{call.operation} failed ({chosen}, injected by the twin)", status)
