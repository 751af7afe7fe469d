# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The one error that every part of the simulated account raises."""

from __future__ import annotations

from typing import Any

UNSUPPORTED = "NotImplementedByTwin"


class AwsError(Exception):
    """An answer of the service that is an error.

    :param code: the service's own error code, as clients match it.
    :param message: the text that a person reads.
    :param status: HTTP status; None takes the status that the service model gives the code, else 400.
    :param fields: further members of the modelled error (REST-JSON and JSON services only).
    """

    def __init__(self, code: str, message: str, status: int | None = None, **fields: Any) -> None:
        super().__init__(f"{code}: {message}")
        self.code = code
        self.message = message
        self.status = status
        self.fields = fields


class Unsupported(AwsError):
    """The twin has no such operation. A gap is never answered with something that looks like success."""

    def __init__(self, service: str, operation: str, detail: str = "") -> None:
        what = f"The twin does not implement {service}:{operation}"
        super().__init__(UNSUPPORTED, f"{what}: {detail}" if detail else what, 501)
