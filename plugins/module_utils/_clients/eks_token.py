# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This file is private to the collection: its content may change in any release.
"""Tokens for the Kubernetes API of EKS clusters: presigned questions to STS about who is asking.

Also a program: kubectl and every other client run it as credential plugin and read an ExecCredential of
client.authentication.k8s.io/v1. It imports nothing of this collection, so that a copy works anywhere.
"""

from __future__ import annotations

import argparse
import base64
import datetime
import json
import sys
import typing as t

try:
    import botocore.auth
    import botocore.awsrequest
    import botocore.exceptions
    import botocore.session

    HAS_BOTOCORE = True
except ImportError:
    HAS_BOTOCORE = False

CLUSTER_HEADER = "x-k8s-aws-id"
PREFIX = "k8s-aws-v1."
URL_SECONDS = 60
# EKS takes a token for 15 minutes after it was signed.
LIFETIME = datetime.timedelta(minutes=14)


Keys = tuple[str, str, t.Optional[str]]
"""Access key, secret key and, of temporary ones, session token."""


def session_of(
    *, profile: str | None = None, shared_credentials_file: str | None = None, keys: Keys | None = None
) -> t.Any:
    """A session of botocore; without arguments its usual chain of credentials."""
    session = botocore.session.Session(profile=profile)
    if shared_credentials_file:
        session.set_config_variable("credentials_file", shared_credentials_file)
    if keys:
        session.set_credentials(*keys)
    return session


def sts_of(session: t.Any, region: str, endpoint_url: str | None, ca_bundle: str | None) -> t.Any:
    """A client of the region's STS; the global one would sign for another region."""
    session.set_config_variable("sts_regional_endpoints", "regional")
    return session.create_client("sts", region_name=region, endpoint_url=endpoint_url, verify=ca_bundle)


def assumed(sts: t.Any, role: str) -> t.Any:
    """A session with temporary credentials of a role, by ARN."""
    keys = sts.assume_role(RoleArn=role, RoleSessionName="kubeops-hybrid")["Credentials"]
    return session_of(keys=(keys["AccessKeyId"], keys["SecretAccessKey"], keys["SessionToken"]))


def presigned(session: t.Any, sts: t.Any, cluster: str) -> str:
    """A token for a cluster, from the credentials of the session, for the STS that the client talks to."""
    credentials = session.get_credentials()
    if credentials is None:
        raise botocore.exceptions.NoCredentialsError()
    url = f"{sts.meta.endpoint_url.rstrip('/')}/?Action=GetCallerIdentity&Version=2011-06-15"
    request = botocore.awsrequest.AWSRequest("GET", url, headers={CLUSTER_HEADER: cluster})
    frozen = credentials.get_frozen_credentials()
    botocore.auth.SigV4QueryAuth(frozen, "sts", sts.meta.region_name, expires=URL_SECONDS).add_auth(request)
    return PREFIX + base64.urlsafe_b64encode(str(request.url).encode()).decode().rstrip("=")


def token(
    cluster: str,
    region: str,
    session: t.Any,
    *,
    endpoint_url: str | None = None,
    ca_bundle: str | None = None,
    assume_role: str | None = None,
) -> str:
    """A token for a cluster. Raises botocore's errors. endpoint_url, ca_bundle: of STS, if not AWS' own."""
    sts = sts_of(session, region, endpoint_url, ca_bundle)
    return presigned(assumed(sts, assume_role) if assume_role else session, sts, cluster)


def credential(text: str, now: datetime.datetime) -> dict[str, t.Any]:
    """The ExecCredential that holds a token made now."""
    expiry = (now + LIFETIME).strftime("%Y-%m-%dT%H:%M:%SZ")
    return {
        "apiVersion": "client.authentication.k8s.io/v1",
        "kind": "ExecCredential",
        "spec": {"interactive": False},
        "status": {"expirationTimestamp": expiry, "token": text},
    }


def _arguments(arguments: t.Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Print a token for an EKS cluster as an ExecCredential.")
    parser.add_argument("--cluster", required=True, help="name of the cluster")
    parser.add_argument("--region", required=True, help="region of the cluster")
    parser.add_argument("--profile", help="profile of the credentials")
    parser.add_argument("--shared-credentials-file", help="file of the credentials")
    parser.add_argument("--endpoint-url", help="URL of STS, if not AWS' own")
    parser.add_argument("--ca-bundle", help="certificate authorities of STS, if not the system's")
    parser.add_argument("--assume-role", help="ARN of a role to assume first")
    return parser.parse_args(arguments)


def main(arguments: t.Sequence[str] | None = None) -> int:
    """Print the credential and answer 0, or complain in one line and answer 1."""
    wish = _arguments(arguments)
    if not HAS_BOTOCORE:
        sys.stderr.write(f"eks_token: the Python library botocore is missing for {sys.executable}\n")
        return 1
    try:
        session = session_of(profile=wish.profile, shared_credentials_file=wish.shared_credentials_file)
        text = token(
            wish.cluster,
            wish.region,
            session,
            endpoint_url=wish.endpoint_url,
            ca_bundle=wish.ca_bundle,
            assume_role=wish.assume_role,
        )
    except (botocore.exceptions.BotoCoreError, botocore.exceptions.ClientError) as error:
        sys.stderr.write(f"eks_token: no token for {wish.cluster}: {error}\n")
        return 1
    sys.stdout.write(json.dumps(credential(text, datetime.datetime.now(datetime.UTC))) + "\n")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
