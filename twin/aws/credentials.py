# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The access keys that the simulated account knows, and what the service says to all others."""

from __future__ import annotations

import configparser
import os
import secrets
import string
from dataclasses import dataclass
from pathlib import Path

from botocore.credentials import Credentials

from twin.aws.errors import AwsError
from twin.aws.principal import Principal

STRANGER_ACCOUNT = "210987654321"
# Profile of the credentials file: (user name, account or None for the twin's own, read only).
PROFILES: dict[str, tuple[str, str | None, bool]] = {
    "twin": ("twin-admin", None, False),
    "readonly": ("twin-readonly", None, True),
    "stranger": ("stranger", STRANGER_ACCOUNT, False),
}
READS = ("Describe", "Get", "List", "Search", "Lookup", "Head", "BatchGet", "Simulate", "Filter", "Query", "AssumeRole")


@dataclass(frozen=True)
class Known:
    """An access key with its secret and its owner."""

    credentials: Credentials
    principal: Principal


class CredentialStore:
    """Access keys of the credentials file (profiles ``twin``, ``readonly``, ``stranger``) and of assumed roles."""

    def __init__(self, path: Path, account: str) -> None:
        self._path = path
        self._account = account
        self._sessions: dict[str, Known] = {}
        self._file: dict[str, Known] = {}
        self._read_at = -1.0
        complete_file(path)

    def find(self, access_key: str) -> Known | None:
        """The owner of an access key, or None."""
        return self._sessions.get(access_key) or self._from_file().get(access_key)

    def add_session(self, role_arn: str, session: str, role_id: str) -> Known:
        """New temporary credentials for a session of a role."""
        account = role_arn.split(":")[4]
        name = role_arn.rpartition("/")[2]
        key = _access_key("ASIA")
        arn = f"arn:aws:sts::{account}:assumed-role/{name}/{session}"
        known = Known(
            Credentials(key, secrets.token_urlsafe(30), secrets.token_urlsafe(120)),
            Principal(arn=arn, account=account, user_id=f"{role_id}:{session}"),
        )
        self._sessions[key] = known
        return known

    def _from_file(self) -> dict[str, Known]:
        changed_at = self._path.stat().st_mtime
        if changed_at != self._read_at:
            self._file = read_file(self._path, self._account)
            self._read_at = changed_at
        return self._file


def read_file(path: Path, account: str) -> dict[str, Known]:
    """Read a credentials file: access key to its owner. A profile that PROFILES does not name is a user so called."""
    parser = configparser.RawConfigParser()
    parser.read(path)
    found: dict[str, Known] = {}
    for profile in parser.sections():
        user, other_account, read_only = PROFILES.get(profile, (profile, None, False))
        owner = other_account or account
        key = parser[profile]["aws_access_key_id"]
        principal = Principal(f"arn:aws:iam::{owner}:user/{user}", owner, f"AIDA{key[4:]}", read_only)
        found[key] = Known(Credentials(key, parser[profile]["aws_secret_access_key"]), principal)
    return found


def complete_file(path: Path) -> None:
    """Add the profiles that the file lacks, with new random keys; only its owner may read it."""
    parser = configparser.RawConfigParser()
    parser.read(path)
    missing = [profile for profile in PROFILES if not parser.has_section(profile)]
    if not missing:
        return
    for profile in missing:
        parser[profile] = {
            "aws_access_key_id": _access_key("AKIA"),
            "aws_secret_access_key": secrets.token_urlsafe(30),
        }
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    new = path.with_suffix(".new")
    with os.fdopen(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as stream:
        parser.write(stream)
    new.replace(path)


def unknown_key(service: str, protocol: str) -> AwsError:
    """What the service answers to an access key that does not exist."""
    if protocol == "ec2":
        return AwsError("AuthFailure", "AWS was not able to validate the provided access credentials", 401)
    if service == "s3":
        return AwsError("InvalidAccessKeyId", "The AWS Access Key Id you provided does not exist in our records.", 403)
    if protocol in ("query", "rest-xml"):
        return AwsError("InvalidClientTokenId", "The security token included in the request is invalid.", 403)
    return AwsError("UnrecognizedClientException", "The security token included in the request is invalid.", 403)


def wrong_signature(protocol: str) -> AwsError:
    """What the service answers to a signature made with another secret."""
    if protocol == "ec2":
        return AwsError("AuthFailure", "AWS was not able to validate the provided access credentials", 401)
    code = "SignatureDoesNotMatch" if protocol in ("query", "rest-xml") else "InvalidSignatureException"
    message = "The request signature we calculated does not match the signature you provided."
    return AwsError(code, f"{message} Check your AWS Secret Access Key and signing method.", 403)


def denied(service: str, operation: str, protocol: str, principal: Principal) -> AwsError:
    """What the service answers to a principal whose policies do not allow the operation."""
    action = f"{service}:{operation}"
    reason = f"because no identity-based policy allows the {action} action"
    message = f"User: {principal.arn} is not authorized to perform: {action} on resource: * {reason}"
    if protocol == "ec2":
        return AwsError("UnauthorizedOperation", f"You are not authorized to perform this operation. {message}", 403)
    code = "AccessDenied" if protocol in ("query", "rest-xml") else "AccessDeniedException"
    return AwsError(code, message, 403)


def allowed(principal: Principal, operation: str) -> bool:
    """Whether the principal's policy covers the operation."""
    return not principal.read_only or operation.startswith(READS)


def _access_key(prefix: str) -> str:
    alphabet = string.ascii_uppercase + "234567"
    return prefix + "".join(secrets.choice(alphabet) for _ in range(16))
