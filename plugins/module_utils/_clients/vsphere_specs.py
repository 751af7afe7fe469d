# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This file is private to the collection: its content may change in any release.
"""Plain data to pyVmomi's objects and back, by reflection on pyVmomi's types: the vendor's model decides what holds.

A managed object is the text Type:moid, a data object a dict with _type (the vendor's name) and the vendor's property
names, an enumeration its word, a date ISO text, binary data base64. What is unset is absent.
"""

from __future__ import annotations

import base64
import datetime
import functools
import typing as t

from .._engine.errors import Invalid

try:
    from pyVmomi import Iso8601, VmomiSupport

    HAS_PYVMOMI = True
except ImportError:
    HAS_PYVMOMI = False

NAMESPACE = "urn:vim25"
_BOOKKEEPING = frozenset({"dynamicType", "dynamicProperty", "faultCause", "faultMessage"})


def type_named(name: str, where: str) -> t.Any:
    """pyVmomi's class for a vendor's name, as ClusterConfigSpecEx."""
    try:
        return VmomiSupport.GetWsdlType(NAMESPACE, name)
    except KeyError as error:
        raise Invalid(f"{where}: the vendor's model has no type {name}") from error


def method_named(kind: t.Any, name: str) -> t.Any:
    """What pyVmomi knows of a managed type's method by the vendor's name, as AddHost_Task."""
    info = _methods(kind).get(name)
    if info is None:
        raise Invalid(f"the vendor's model has no method {kind._wsdlName}.{name}")
    return info


def require_paths(name: str, paths: t.Iterable[str]) -> None:
    """Raise Invalid for property paths that a managed type does not have."""
    known = _properties(type_named(name, "a read"))
    unknown = sorted(path for path in paths if path.partition(".")[0] not in known)
    if unknown:
        raise Invalid(f"{name} has no {', '.join(unknown)}")


@functools.cache
def _methods(kind: t.Any) -> dict[str, t.Any]:
    return {info.wsdlName: info for info in kind._GetMethodList()}


@functools.cache
def _properties(kind: t.Any) -> dict[str, t.Any]:
    return {info.name: info for info in kind._GetPropertyList()}


@functools.lru_cache(maxsize=1)
def _parents() -> frozenset[str]:
    """Names of all data types that others derive from."""
    return frozenset(str(definition[2]) for definition in VmomiSupport._dataDefMap.values())


def _is_base(kind: t.Any) -> bool:
    return bool(kind.__subclasses__()) or kind.__name__ in _parents()


def managed(ref: str, stub: t.Any = None) -> t.Any:
    """The managed object for Type:moid."""
    name, colon, moid = ref.partition(":")
    if not colon or not moid:
        raise Invalid(f"{ref!r} is no reference to a managed object (Type:moid)")
    kind = type_named(name, ref)
    if not issubclass(kind, VmomiSupport.ManagedObject):
        raise Invalid(f"{ref}: {name} is no managed type")
    return kind(moid, stub)


class Builder:
    """Builds arguments for one connection.

    stub: what managed objects call through. version: pyVmomi's name of the API that was agreed upon, without one
    everything that pyVmomi knows may be used.
    """

    def __init__(self, stub: t.Any = None, version: str = "") -> None:
        self._stub = stub
        self._version = version

    def arguments(self, method: t.Any, given: t.Mapping[str, t.Any]) -> list[t.Any]:
        """The arguments of a call in the order of the method's parameters."""
        known = {parameter.name: parameter for parameter in method.params}
        self._refuse_unknown(method.wsdlName, given, known)
        return [self._field(parameter, given.get(name), method.wsdlName) for name, parameter in known.items()]

    def _refuse_unknown(self, where: str, given: t.Iterable[str], known: t.Collection[str]) -> None:
        unknown = sorted(set(given) - set(known))
        if unknown:
            raise Invalid(f"{where} has no {', '.join(unknown)}, only {', '.join(sorted(known)) or 'nothing'}")

    def _field(self, info: t.Any, value: t.Any, where: str) -> t.Any:
        place = f"{where}.{info.name}"
        if _unset(value):
            if not info.flags & VmomiSupport.F_OPTIONAL and not _is_any(info.type) and value is None:
                raise Invalid(f"{place} is missing")
            return [] if issubclass(info.type, list) else None
        if self._version and not VmomiSupport.IsChildVersion(self._version, info.version):
            # pyVmomi would leave it out without a word.
            raise Invalid(f"{place} needs a newer vCenter: this one does not know it yet")
        return self.value(info.type, value, place)

    def value(self, kind: t.Any, value: t.Any, where: str) -> t.Any:
        """A value of pyVmomi's type kind."""
        if _is_any(kind):
            return self._any(value, where)
        if kind is type:
            return type_named(self._text(value, where), where)
        if issubclass(kind, list):
            if not isinstance(value, (list, tuple)):
                raise Invalid(f"{where} is a list, not {value!r}")
            return kind([self.value(kind.Item, item, f"{where}[{i}]") for i, item in enumerate(value)])
        if issubclass(kind, VmomiSupport.ManagedObject):
            return self._managed(kind, value, where)
        if issubclass(kind, VmomiSupport.DataObject):
            return self._data(kind, value, where)
        return self._scalar(kind, value, where)

    def _managed(self, kind: t.Any, value: t.Any, where: str) -> t.Any:
        found = managed(self._text(value, where), self._stub)
        if not isinstance(found, kind):
            raise Invalid(f"{where} is a {kind.__name__}, not {value}")
        return found

    def _data(self, kind: t.Any, value: t.Any, where: str) -> t.Any:
        if not isinstance(value, t.Mapping):
            raise Invalid(f"{where} is a {kind._wsdlName}, not {value!r}")
        named = value.get("_type")
        if not named and _is_base(kind):
            raise Invalid(f"{where} needs a _type: {kind._wsdlName} or one that derives from it")
        chosen = type_named(named, where) if named else kind
        if not issubclass(chosen, kind):
            raise Invalid(f"{where} is a {kind._wsdlName}, and {named} does not derive from it")
        known = _properties(chosen)
        given = {name: inner for name, inner in value.items() if name != "_type"}
        self._refuse_unknown(f"{where} ({chosen._wsdlName})", given, known)
        fields = {name: self._field(info, given.get(name), where) for name, info in known.items()}
        return chosen(**{name: inner for name, inner in fields.items() if not _unset(inner)})

    def _scalar(self, kind: t.Any, value: t.Any, where: str) -> t.Any:
        if issubclass(kind, VmomiSupport.Enum):
            if value not in kind.values:
                raise Invalid(f"{where} is one of {', '.join(kind.values)}, not {value!r}")
            return kind(value)
        if kind is bool or isinstance(value, bool):
            if kind is not bool or not isinstance(value, bool):
                raise Invalid(f"{where} is a {kind.__name__}, not {value!r}")
            return value
        if kind is datetime.datetime:
            return _date(value, where)
        if kind is VmomiSupport.binary:
            return kind(base64.b64decode(self._text(value, where)))
        if issubclass(kind, str):
            return kind(self._text(value, where))
        if isinstance(value, int) or (isinstance(value, float) and issubclass(kind, float)):
            return kind(value)
        raise Invalid(f"{where} is a {kind.__name__}, not {value!r}")

    def _any(self, value: t.Any, where: str) -> t.Any:
        """A value whose type only the value tells; {_type: xsd:long, value: 5} where the number's width counts.

        A managed object is {_type: ManagedObjectReference, value: Type:moid} here, for its text is a text.
        """
        if isinstance(value, t.Mapping):
            named = str(value.get("_type", ""))
            if named.startswith("xsd:"):
                return self._scalar(_simple(named[4:], where), value.get("value"), where)
            if named == "ManagedObjectReference":
                return managed(self._text(value.get("value"), where), self._stub)
            if not named:
                raise Invalid(f"{where} needs a _type")
            return self.value(type_named(named, where), value, where)
        if isinstance(value, (list, tuple)):
            raise Invalid(f"{where}: lists of no type are not sent")
        return value

    @staticmethod
    def _text(value: t.Any, where: str) -> str:
        if not isinstance(value, str):
            raise Invalid(f"{where} is a text, not {value!r}")
        return value


def _unset(value: t.Any) -> bool:
    return value is None or (isinstance(value, (list, tuple)) and not value)


def _is_any(kind: t.Any) -> bool:
    return kind is object


def _simple(name: str, where: str) -> t.Any:
    kinds = {
        "boolean": bool,
        "byte": VmomiSupport.byte,
        "double": VmomiSupport.double,
        "float": float,
        "int": int,
        "long": VmomiSupport.long,
        "short": VmomiSupport.short,
        "string": str,
    }
    if name not in kinds:
        raise Invalid(f"{where}: there is no simple type xsd:{name}")
    return kinds[name]


def _date(value: t.Any, where: str) -> t.Any:
    parsed = Iso8601.ParseISO8601(value) if isinstance(value, str) else None
    if parsed is None:
        raise Invalid(f"{where} is a date in ISO 8601, not {value!r}")
    return parsed


def plain(value: t.Any) -> t.Any:
    """What pyVmomi answered as plain data; empty lists inside of data objects are as absent as unset properties."""
    if isinstance(value, VmomiSupport.ManagedObject):
        return f"{value._wsdlName}:{value._GetMoId()}"
    if isinstance(value, VmomiSupport.DataObject):
        kind: t.Any = type(value)
        found = {name: plain(getattr(value, name, None)) for name in _properties(kind) if name not in _BOOKKEEPING}
        return {"_type": value._wsdlName, **{name: inner for name, inner in found.items() if not _unset(inner)}}
    if isinstance(value, type):
        return value._wsdlName if hasattr(value, "_wsdlName") else value.__name__
    if isinstance(value, datetime.datetime):
        return value.isoformat()
    return _plain_simple(value)


def _plain_simple(value: t.Any) -> t.Any:
    if isinstance(value, (bytes, bytearray)):
        return base64.b64encode(value).decode()
    if isinstance(value, (list, tuple)):
        return [plain(item) for item in value]
    if value is None or isinstance(value, bool):
        return value
    for simple in (str, int, float):
        if isinstance(value, simple):
            return simple(value)
    return str(value)
