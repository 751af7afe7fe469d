# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Who calls."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Principal:
    """A signer that the account knows.

    :param arn: ARN of the user, or of the session of an assumed role.
    :param account: the 12 digits of the account.
    :param user_id: unique id that STS returns.
    :param read_only: its policy allows no writes.
    """

    arn: str
    account: str
    user_id: str
    read_only: bool = False

    @classmethod
    def anonymous(cls) -> Principal:
        """Nobody: before the signature has been looked at."""
        return cls(arn="", account="", user_id="")

    @property
    def role_arn(self) -> str:
        """ARN that IAM and access entries know this principal by: of the role, not of its session."""
        head, found, session = self.arn.partition(":assumed-role/")
        if not found:
            return self.arn
        return f"{head.replace(':sts:', ':iam:')}:role/{session.rpartition('/')[0]}"
