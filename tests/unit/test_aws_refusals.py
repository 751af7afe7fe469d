# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What AWS refuses only for a while, and what its codes mean."""

from __future__ import annotations

import datetime
import ssl
from collections.abc import Sequence
from typing import Any

import botocore.exceptions
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from ansible_collections.kubeops.hybrid.plugins.module_utils._clients import eks_api
from ansible_collections.kubeops.hybrid.plugins.module_utils._clients.aws import AwsClient, Connection, translate
from ansible_collections.kubeops.hybrid.plugins.module_utils._engine.errors import (
    Conflict,
    Denied,
    EstateError,
    Invalid,
    NotFound,
    Unavailable,
)
from ansible_collections.kubeops.hybrid.plugins.module_utils._engine.kind import Owner, Seen, Status
from ansible_collections.kubeops.hybrid.plugins.module_utils._kinds.aws import eks_nodegroup_change
from ansible_collections.kubeops.hybrid.plugins.module_utils._kinds.aws.registry import KINDS

Answer = dict[str, Any]
HELD = ("AuthFailure", "You do not have permission to access the specified resource.")
SCALING = ("ResourceInUseException", "Cannot delete because cluster demo currently has an update in progress")


def refused(code: str, message: str = "") -> botocore.exceptions.ClientError:
    """The refusal of a call as botocore raises it."""
    return botocore.exceptions.ClientError({"Error": {"Code": code, "Message": message}}, "Operation")


@pytest.mark.parametrize(
    ("code", "ours"),
    [
        ("RequestLimitExceeded", Unavailable),
        ("TooManyRequestsException", Unavailable),
        ("ThrottlingException", Unavailable),
        ("VpcLimitExceeded", Conflict),
        ("ResourceLimitExceededException", Conflict),
        ("ServiceQuotaExceededException", Conflict),
        ("ConcurrentModification", Conflict),
        ("ResourceInUseException", Conflict),
        ("InvalidIPAddress.InUse", Conflict),
        ("Gateway.NotAttached", NotFound),
        ("NatGatewayNotFound", NotFound),
        ("InvalidVpcID.NotFound", NotFound),
        ("NoSuchEntity", NotFound),
        ("RequestExpired", Denied),
        ("UnauthorizedOperation", Denied),
        ("InvalidParameterException", Invalid),
    ],
)
def test_a_code_means_one_of_our_errors(code: str, ours: type[EstateError]) -> None:
    assert type(translate(refused(code), "ec2", "create_vpc")) is ours


def test_a_profile_that_nobody_has_is_told_as_ours() -> None:
    with pytest.raises(Denied, match="nobody"):
        AwsClient(Connection("us-east-2", profile="nobody"), lambda: None)


class RefusingPort:
    """A port whose writes are refused with those codes and messages, one after the other, and then taken."""

    region = "us-east-2"
    partition = "aws"

    def __init__(self, *refusals: tuple[str, str]) -> None:
        self._refusals = list(refusals)
        self.calls: list[str] = []

    def call(self, service: str, operation: str, **parameters: Any) -> Answer:
        """See Port."""
        self.calls.append(operation)
        if self._refusals:
            raise translate(refused(*self._refusals.pop(0)), service, operation)
        return {}

    def pages(self, service: str, operation: str, key: str, **parameters: Any) -> list[Any]:
        """See Port; nothing holds anything."""
        return []


STATE = {"managed_policies": [], "inline_policies": {}, "role": None}


@pytest.mark.parametrize(
    ("kind", "refusals"),
    [
        ("elastic_ip", [HELD, ("InvalidIPAddress.InUse", "in use")]),
        ("iam_role", [("DeleteConflict", "Cannot delete entity, must remove roles from instance profile first.")]),
        ("iam_instance_profile", [("DeleteConflict", "Cannot delete entity, must remove roles first.")]),
        ("eks_cluster", [SCALING]),
        ("eks_nodegroup", [SCALING]),
    ],
)
def test_a_deletion_that_is_refused_for_a_while_is_tried_again(kind: str, refusals: Sequence[tuple[str, str]]) -> None:
    port = RefusingPort(*refusals)
    (watch,) = KINDS[kind].delete(port, Seen("demo/a", "demo/a", STATE, Owner.OURS))
    for _code, message in refusals[1:]:
        assert watch.poll() == (Status.PENDING, f"{message} (ec2:ReleaseAddress: InvalidIPAddress.InUse)")
    assert watch.poll() == (Status.READY, "")
    assert len(port.calls) == len(refusals) + 1


@pytest.mark.parametrize(
    ("kind", "refusal", "ours"),
    [
        ("elastic_ip", ("AuthFailure", "AWS was not able to validate the provided access credentials"), Denied),
        ("eks_cluster", ("ResourceInUseException", "Cluster has nodegroups attached"), Conflict),
        ("iam_role", ("AccessDenied", "not authorized to perform: iam:DeleteRole"), Denied),
    ],
)
def test_a_deletion_that_time_does_not_help_fails(kind: str, refusal: tuple[str, str], ours: type[EstateError]) -> None:
    with pytest.raises(ours):
        list(KINDS[kind].delete(RefusingPort(refusal), Seen("demo", "demo", STATE, Owner.OURS)))


@pytest.mark.parametrize(
    ("kind", "message"),
    [
        ("eks_cluster", "Role with arn: r, could not be assumed because it does not exist or the trust is not correct"),
        ("eks_cluster", "Error in role params"),
        ("eks_cluster", "The provided role doesn't have the Amazon EKS Managed Policies associated with it."),
        ("eks_cluster", "IAM role's policy must include the `ec2:DescribeSubnets` action"),
        ("eks_access_entry", "The specified principalArn is invalid: invalid principal."),
        ("eks_addon", "Role provided in the request does not exist."),
        ("eks_pod_identity_association", "Trust policy of the role provided is invalid"),
        ("iam_role", "Invalid principal in policy: arn:aws:iam::123456789012:role/new"),
    ],
)
def test_what_is_new_is_not_seen_everywhere_yet(kind: str, message: str) -> None:
    assert KINDS[kind].not_yet(Invalid(f"{message} (eks:CreateCluster: InvalidParameterException)"))
    assert not KINDS[kind].not_yet(Invalid("the value is wrong"))


@pytest.mark.parametrize(
    ("image", "version"), [("AL2023_x86_64_STANDARD", {"version": "1.34"}), ("CUSTOM", {})], ids=["theirs", "ours"]
)
def test_nodes_are_replaced_without_another_version_of_kubernetes(image: str, version: Answer) -> None:
    row = {"launchTemplate": {"id": "lt-1", "name": "n", "version": "1"}, "amiType": image, "version": "1.34"}
    wanted = {"launchTemplate": {"id": "lt-1", "version": "2"}, **version}
    assert eks_nodegroup_change.replacement(row, "2") == wanted


def test_an_authority_as_eks_makes_it_is_trusted() -> None:
    # Its only extension is that it is an authority.
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "kubernetes")])
    now = datetime.datetime.now(datetime.UTC)
    built = x509.CertificateBuilder(name, name, key.public_key(), 1, now, now + datetime.timedelta(days=1))
    certificate = built.add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True).sign(
        key, hashes.SHA256()
    )
    context = eks_api.trust(certificate.public_bytes(serialization.Encoding.PEM).decode())
    assert len(context.get_ca_certs()) == 1
    assert not context.verify_flags & ssl.VERIFY_X509_STRICT
    assert (context.verify_mode, context.check_hostname) == (ssl.CERT_REQUIRED, True)
