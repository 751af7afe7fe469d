# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""pydantic, imported in one place.

Every file of the model must be importable where pydantic is missing: ansible-doc, ansible-galaxy and the sanity tests
import plugins without the requirements of the execution environment. Whoever then uses the model gets a sentence that
names the requirement.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ansible.errors import AnsibleError

if TYPE_CHECKING:
    from pydantic import (
        AfterValidator,
        BaseModel,
        BeforeValidator,
        ConfigDict,
        Field,
        StringConstraints,
        TypeAdapter,
        ValidationError,
        model_validator,
    )
    from pydantic_core import PydanticCustomError
else:
    try:
        from pydantic import (
            AfterValidator,
            BaseModel,
            BeforeValidator,
            ConfigDict,
            Field,
            StringConstraints,
            TypeAdapter,
            ValidationError,
            model_validator,
        )
        from pydantic_core import PydanticCustomError
    except ImportError as missing:
        IMPORT_ERROR = missing

        def _refuse() -> None:
            raise MissingRequirement from IMPORT_ERROR

        class BaseModel:
            """Stands in for the class that models derive from."""

            def __init__(self, **values: Any) -> None:
                _refuse()

        class TypeAdapter:
            """Stands in for the entry of every validation."""

            def __init__(self, *args: Any, **kwargs: Any) -> None:
                _refuse()

        class ValidationError(Exception):
            """Never raised."""

        class PydanticCustomError(ValueError):
            """Never raised."""

        def _nothing(*args: Any, **kwargs: Any) -> None:
            return None

        def model_validator(**kwargs: Any) -> Any:
            """Decorates nothing."""
            return lambda function: function

        AfterValidator = BeforeValidator = ConfigDict = Field = StringConstraints = _nothing


class MissingRequirement(AnsibleError):
    """pydantic is not installed for the Python that runs Ansible."""

    def __init__(self) -> None:
        super().__init__(
            "The estate model needs the Python library pydantic (2.10 or newer), which is missing for the Python that "
            "runs Ansible. Install it there: python -m pip install 'pydantic>=2.10'."
        )


__all__ = [
    "AfterValidator",
    "BaseModel",
    "BeforeValidator",
    "ConfigDict",
    "Field",
    "MissingRequirement",
    "PydanticCustomError",
    "StringConstraints",
    "TypeAdapter",
    "ValidationError",
    "model_validator",
]
