# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This file is private to the collection: its content may change in any release.
"""One connection to AWS: a narrow port, cached clients, errors of botocore turned into ours."""

from __future__ import annotations

import dataclasses
import threading
import typing as t

from .._engine.errors import Conflict, Denied, EstateError, Invalid, NotFound, Unavailable

try:
    import boto3
    import botocore.config
    import botocore.credentials
    import botocore.exceptions
    import botocore.session

    HAS_BOTO3 = True
    # Credentials that a profile promises and nobody can make: a typing error, a login that ended.
    _UNUSABLE = (
        botocore.exceptions.CredentialRetrievalError,
        botocore.exceptions.ProfileNotFound,
        botocore.exceptions.SSOError,
        botocore.exceptions.TokenRetrievalError,
    )
except ImportError:
    HAS_BOTO3 = False

READS = ("describe_", "list_", "get_", "search_")
_DENIED = (
    "AccessDenied",
    "AuthFailure",
    "ExpiredToken",
    "InvalidClientTokenId",
    "InvalidSignature",
    "NotAuthorized",
    "OptInRequired",
    "RequestExpired",
    "SignatureDoesNotMatch",
    "UnauthorizedOperation",
    "UnrecognizedClient",
)
_NOT_FOUND = ("NoSuch", "NotAttached", "NotFound")
_QUOTA = ("LimitExceeded", "QuotaExceeded", "AddressLimit", "ResourceLimit", "TooMany")
_CONFLICT = (
    "AlreadyExists",
    "ConcurrentModification",
    "Conflict",
    "DeleteConflict",
    "DependencyViolation",
    "Duplicate",
    "InUse",
    "IncorrectState",
)
_UNAVAILABLE = ("InternalError", "InternalFailure", "Unavailable")
# Asked before quotas: EC2's word for too many requests looks like one.
_THROTTLED = ("RequestLimitExceeded", "RequestThrottled", "Throttl", "TooManyRequests")


class Port(t.Protocol):
    """What kinds may do with AWS."""

    region: str
    partition: str

    def call(self, service: str, operation: str, **parameters: t.Any) -> dict[str, t.Any]:
        """One request by botocore's names ("ec2", "create_vpc"); raises EstateError."""

    def pages(self, service: str, operation: str, key: str, **parameters: t.Any) -> list[t.Any]:
        """All pages of a reading operation, the lists under key joined."""


@dataclasses.dataclass(frozen=True)
class Connection:
    """How a region of an account is reached. Omitted values come from boto3's usual chain."""

    region: str
    endpoint_url: str | None = None
    profile: str | None = None
    shared_credentials_file: str | None = None
    access_key: str | None = None
    secret_key: str | None = None
    session_token: str | None = None
    ca_bundle: str | None = None
    account_id: str | None = None
    assume_role: str | None = None
    user_agent: str = "kubeops-hybrid"


def translate(error: Exception, service: str, operation: str) -> EstateError:
    """One of ours for one of botocore's."""
    call = f"{service}:{_camel(operation)}"
    if not isinstance(error, botocore.exceptions.ClientError):
        return _untold(error, call)
    code = str(error.response["Error"].get("Code", ""))
    status = int(error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0))
    cause = f"{error.response['Error'].get('Message', '')} ({call}: {code})".strip()
    if any(word in code for word in _DENIED):
        return Denied(cause, remedy=f"These credentials need the permission {call}, or are wrong.")
    if any(word in code for word in _THROTTLED):
        return Unavailable(cause)
    if any(word in code for word in _QUOTA):
        return Conflict(cause, remedy="Ask for a higher quota, or remove what is not needed.")
    for words, ours in ((_NOT_FOUND, NotFound), (_CONFLICT, Conflict), (_UNAVAILABLE, Unavailable)):
        if any(word in code for word in words):
            return ours(cause)
    return Unavailable(cause) if status >= 500 else Invalid(cause)


def _untold(error: Exception, call: str) -> EstateError:
    """What went wrong before AWS answered anything."""
    if isinstance(error, botocore.exceptions.ParamValidationError):
        return Invalid(f"{error} ({call})")
    if isinstance(error, (botocore.exceptions.NoCredentialsError, botocore.exceptions.PartialCredentialsError)):
        return Denied(f"there are no complete credentials ({call})", remedy="Give a profile or environment variables.")
    if isinstance(error, _UNUSABLE):
        return Denied(f"{error} ({call})", remedy="Correct the profile, or log in again.")
    return Unavailable(f"{error} ({call})", remedy="Is the endpoint right, and reachable from here?")


def _camel(operation: str) -> str:
    return "".join(part.capitalize() for part in operation.split("_"))


class _Lent:
    """The one place where a session looks for credentials."""

    def __init__(self, credentials: t.Any) -> None:
        self._credentials = credentials

    def load_credentials(self) -> t.Any:
        """As botocore's own chain answers."""
        return self._credentials


class AwsClient:
    """The port over boto3.

    guard is called before every request that writes and may raise (a lost lease, check mode).
    Throttling and 5xx are retried by botocore in its standard mode.
    """

    def __init__(self, connection: Connection, guard: t.Callable[[], None]) -> None:
        if not HAS_BOTO3:
            raise Invalid("the Python library boto3 is missing", remedy="Install it for ansible_playbook_python.")
        self.connection = connection
        self._guard = guard
        self._lock = threading.Lock()
        self._clients: dict[str, t.Any] = {}
        self.region = connection.region
        try:
            self._session = self._open()
            # botocore knows where a region lies; whose the credentials are is asked only where that decides something.
            self.partition = str(self._session.get_partition_for_region(connection.region))
        except botocore.exceptions.BotoCoreError as error:
            raise translate(error, "sts", "connect") from error
        if connection.account_id:
            self._identify(connection.account_id)

    def _open(self) -> t.Any:
        c = self.connection
        core = botocore.session.Session(profile=c.profile)
        if c.shared_credentials_file:
            core.set_config_variable("credentials_file", c.shared_credentials_file)
        session = boto3.Session(
            botocore_session=core,
            aws_access_key_id=c.access_key,
            aws_secret_access_key=c.secret_key,
            aws_session_token=c.session_token,
            region_name=c.region,
        )
        return self._assumed(session, c.assume_role) if c.assume_role else session

    def _assumed(self, session: t.Any, role: str) -> t.Any:
        sts = self._build(session, "sts")

        def taken() -> dict[str, str]:
            keys = sts.assume_role(RoleArn=role, RoleSessionName="kubeops-hybrid")["Credentials"]
            names = {"access_key": "AccessKeyId", "secret_key": "SecretAccessKey", "token": "SessionToken"}
            return {**{name: keys[key] for name, key in names.items()}, "expiry_time": keys["Expiration"].isoformat()}

        try:
            first = taken()
        except (botocore.exceptions.ClientError, botocore.exceptions.BotoCoreError) as error:
            raise translate(error, "sts", "assume_role") from error
        # A role is lent for an hour; a run that waits for clusters and their nodes may take longer.
        lent = botocore.credentials.RefreshableCredentials.create_from_metadata(first, taken, "assume-role")
        core = botocore.session.Session()
        core.register_component("credential_provider", _Lent(lent))
        return boto3.Session(botocore_session=core, region_name=self.connection.region)

    def _build(self, session: t.Any, service: str) -> t.Any:
        c = self.connection
        config = botocore.config.Config(
            retries={"mode": "standard", "total_max_attempts": 10},
            max_pool_connections=16,
            user_agent_extra=c.user_agent,
            connect_timeout=10,
        )
        return session.client(service, endpoint_url=c.endpoint_url, verify=c.ca_bundle, config=config)

    def _identify(self, wanted: str) -> None:
        account = str(self.call("sts", "get_caller_identity")["Account"])
        if wanted != account:
            raise Denied(
                f"these credentials belong to account {account}, the estate is in {wanted}",
                remedy="Use the credentials of the estate's account, or correct account_id.",
            )

    def _client(self, service: str) -> t.Any:
        # boto3 sessions are not thread-safe, their clients are.
        with self._lock:
            if service not in self._clients:
                try:
                    self._clients[service] = self._build(self._session, service)
                except botocore.exceptions.BotoCoreError as error:
                    raise translate(error, service, "connect") from error
            return self._clients[service]

    def call(self, service: str, operation: str, **parameters: t.Any) -> dict[str, t.Any]:
        """One request by botocore's names ("ec2", "create_vpc"); raises EstateError."""
        if not operation.startswith(READS):
            self._guard()
        try:
            return t.cast("dict[str, t.Any]", getattr(self._client(service), operation)(**parameters))
        except (botocore.exceptions.ClientError, botocore.exceptions.BotoCoreError) as error:
            raise translate(error, service, operation) from error

    def pages(self, service: str, operation: str, key: str, **parameters: t.Any) -> list[t.Any]:
        """All pages of a reading operation, the lists under key joined."""
        client = self._client(service)
        if not client.can_paginate(operation):
            return list(self.call(service, operation, **parameters)[key])
        try:
            return [item for page in client.get_paginator(operation).paginate(**parameters) for item in page[key]]
        except (botocore.exceptions.ClientError, botocore.exceptions.BotoCoreError) as error:
            raise translate(error, service, operation) from error
