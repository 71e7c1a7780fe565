"""Values with names, as ``$metadata`` declares them: a structure, or a row of an aggregation. Entities are records, too."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, ClassVar

from odata_service.edm.primitive import PrimitiveType
from odata_service.errors import did_you_mean

from .model import EnumType, StructuredType, UnknownName, ValueType
from .spelling import enum_member
from .values import accepted


class NotLoaded(AttributeError):
    """A property that there is, but that was not asked for."""


class Record:
    """``address.City``, ``address["City"]``, ``dict(address)``. A value of another type is refused where it is assigned."""

    __slots__ = ("_kind", "_values")
    # Services have names like ``_Items``, too: only these are none of theirs.
    _ours: ClassVar[frozenset[str]] = frozenset(__slots__)
    _kind: StructuredType
    _values: dict[str, Any]

    def __init__(self, kind: StructuredType, values: Mapping[str, Any]) -> None:
        object.__setattr__(self, "_kind", kind)
        object.__setattr__(self, "_values", dict(values))

    def __getattr__(self, name: str) -> Any:
        if name in self._ours or name.startswith("__"):
            raise AttributeError(name)
        if name in self._values:
            return self._values[name]
        return self._missing(name)

    def _missing(self, name: str) -> Any:
        if name in self._kind.properties:
            raise NotLoaded(f"{name} of this {self._kind.name} was not read: select it, or reload the entity")
        known = (*self._kind.properties, *self._kind.navigation, *self._values)
        raise UnknownName(f"{self._kind.name} has no property {name!r}{did_you_mean(name, known)}")

    def __setattr__(self, name: str, value: object) -> None:
        if name in self._ours:
            object.__setattr__(self, name, value)
        else:
            self._values[name] = self._taken(name, value)

    def _taken(self, name: str, value: object) -> object:
        return taken(self._kind, name, value)

    def __getitem__(self, name: str) -> Any:
        return getattr(self, name)

    def __setitem__(self, name: str, value: object) -> None:
        setattr(self, name, value)

    def __contains__(self, name: object) -> bool:
        return name in self._values

    def keys(self) -> Iterable[str]:
        """The names of what was read, which makes ``dict(person)`` possible."""
        return self._values.keys()

    def __iter__(self) -> Iterator[str]:
        return iter(self._values)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Record) and other._kind is self._kind and other._values == self._values

    def __hash__(self) -> int:
        raise TypeError(f"a {self._kind.name} may change: it cannot be a key")

    def __dir__(self) -> list[str]:
        return [*self._kind.properties, *self._kind.navigation, *self._values]

    def __repr__(self) -> str:
        shown = " ".join(f"{name}={value!r}" for name, value in list(self._values.items())[:4])
        return f"<{self._kind.name} {shown}{' …' if len(self._values) > 4 else ''}>"


def taken(owner: StructuredType, name: str, value: object) -> object:
    """A value for a property of that name, in the property's type."""
    declared = owner.properties.get(name)
    if declared is None:
        if owner.is_open:
            return value
        raise owner.unknown(name)
    try:
        return of_type(value, declared.value)
    except (TypeError, ValueError) as error:
        raise type(error)(f"{owner.name}.{name}: {error}") from None


def of_type(value: object, kind: ValueType) -> object:
    if value is None:
        return None
    if kind.collection:
        if not isinstance(value, (list, tuple)):
            raise TypeError(f"{value!r:.60} is no list")
        return [of_type(item, kind.item) for item in value]
    if isinstance(kind.type, StructuredType):
        return structure_of(value, kind.type)
    if isinstance(kind.type, EnumType):
        return enum_member(value, kind.type)
    return accepted(value, kind.type)


def structure_of(value: object, kind: StructuredType) -> Record:
    if isinstance(value, Record) and value._kind.is_a(kind):
        return value
    if not isinstance(value, Mapping):
        raise TypeError(f"{value!r:.60} is no {kind.name}: give a mapping of its members")
    return Record(kind, {name: taken(kind, name, each) for name, each in value.items()})


def copied(value: Any) -> Any:
    """As it is now; what is changed in place afterwards is seen by comparing."""
    if isinstance(value, Record):
        return Record(value._kind, {name: copied(each) for name, each in value._values.items()})
    if isinstance(value, list):
        return [copied(each) for each in value]
    if isinstance(value, dict):
        return {name: copied(each) for name, each in value.items()}
    return value


def is_stream(kind: ValueType) -> bool:
    return isinstance(kind.type, PrimitiveType) and kind.type.name == "Edm.Stream"
