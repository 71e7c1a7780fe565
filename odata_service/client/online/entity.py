"""Entities: their values, what has changed of them, what they are related to, and where they are."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, ClassVar, cast

from .model import Navigation, Resource, StructuredType, ValueType
from .record import Record, copied, is_stream, taken
from .spelling import Link, New
from .stream import Stream

if TYPE_CHECKING:
    from .client import ODataClient
    from .related import Related

Values = Mapping[str, object]


class Entity(Record):
    """``person.Name``, ``person.Addresses``, ``person.Name = "Augusta"``. What is assigned is sent by ``client.save``.

    Related entities that did not come along are fetched when somebody looks: ``address.Person.Name``.
    """

    __slots__ = ("_address", "_client", "_etag", "_is_new", "_links", "_related", "_resource", "_seen", "_usual")
    _ours: ClassVar[frozenset[str]] = Record._ours | frozenset(__slots__)
    _client: ODataClient
    _resource: Resource | None
    _is_new: bool  # not on the server
    _address: str | None  # None for new ones, and where the key was not read
    _etag: str | None
    _links: dict[str, Any]  # assigned and not yet saved, by navigation property
    _related: dict[str, Any]  # what was read
    _seen: dict[str, Any]  # the values on the server
    _usual: StructuredType

    def __init__(
        self, client: ODataClient, kind: StructuredType, resource: Resource | None, values: Values | None = None
    ) -> None:
        super().__init__(kind, values or {})
        self._client, self._resource, self._address, self._etag = client, resource, None, None
        self._links, self._related, self._seen, self._is_new = {}, {}, {}, True
        self._usual = kind if resource is None else resource.type

    def _missing(self, name: str) -> Any:
        navigation = self._kind.navigation.get(name)
        if navigation is not None:
            return self._follow(navigation)
        declared = self._kind.properties.get(name)
        if declared is not None and is_stream(declared.value):
            return Stream(self, name)
        operation = self._client._operation_of(name, ValueType(self._kind), self)
        return super()._missing(name) if operation is None else operation

    def _follow(self, navigation: Navigation) -> Any:
        name = navigation.name
        if navigation.collection:
            if name not in self._related:
                self._related[name] = self._way(navigation)
            return self._related[name]
        if name in self._links:
            return self._links[name]
        if name not in self._related:
            self._related[name] = self._way(navigation)._one_or_none() if not self._is_new else None
        return self._related[name]

    def _way(self, navigation: Navigation) -> Related:
        from .related import Related

        return Related(self, navigation)

    def __setattr__(self, name: str, value: object) -> None:
        navigation = None if name in self._ours else self._kind.navigation.get(name)
        if navigation is None:
            super().__setattr__(name, value)
        else:
            self._links[name] = related_value(self._client, navigation, value)

    @property
    def _where(self) -> str:
        """The address, relative to the service."""
        if self._is_new:
            raise ValueError(f"this {self._kind.name} is not on the server yet: save it first")
        if self._address is None:
            raise ValueError(f"nobody knows where this {self._kind.name} is: its key was not read")
        return self._address

    @property
    def _key(self) -> tuple[object, ...]:
        return tuple(self._values[each.name] for each in self._kind.key)

    @property
    def _link(self) -> Link:
        where = self._where
        return Link(where if where.startswith("$") else self._client._absolute(where))

    def _changes(self) -> dict[str, object]:
        """What is different from the server, as it is sent."""
        changed = {
            name: value
            for name, value in self._values.items()
            if (name not in self._seen or self._seen[name] != value) and not self._is_stream(name)
        }
        return {name: sent(value) for name, value in changed.items()} | {
            name: linked(value) for name, value in self._links.items()
        }

    def _is_stream(self, name: str) -> bool:
        declared = self._kind.properties.get(name)
        return declared is not None and is_stream(declared.value)

    def _new(self) -> New:
        """The whole entity, as it is made."""
        return New(self._kind, self._changes(), self._usual)

    def _is_read(self, other: Entity) -> None:
        """It is now what another reading of it says."""
        self._values, self._kind, self._is_new = other._values, other._kind, False
        self._address, self._etag, self._resource = other._address, other._etag, other._resource
        self._related |= other._related
        self._settled()

    def _settled(self) -> None:
        """What there is, is what the server has."""
        for name, value in self._links.items():
            self._related.pop(name, None)
            if isinstance(value, Entity):
                self._related[name] = value
        self._links = {}
        self._seen = cast(dict[str, Any], copied(self._values))

    __eq__ = object.__eq__
    __hash__ = object.__hash__

    def __dir__(self) -> list[str]:
        operations = self._client._model.bound_to(ValueType(self._kind))
        return [*super().__dir__(), *(each.name for each in operations)]


def sent(value: object) -> object:
    """Structures as what is made; everything else as it is."""
    if isinstance(value, Record):
        return New(value._kind, {name: sent(each) for name, each in value._values.items()}, value._kind)
    return [sent(each) for each in value] if isinstance(value, list) else value


def linked(value: object) -> object:
    """Entities that are there by their addresses, others as what is made together with this one."""
    if isinstance(value, list):
        every = [linked(each) for each in value]
        if len({type(each) for each in every}) > 1:
            raise ValueError(
                "related entities that are there and new ones do not go into one request: add them afterwards"
            )
        return every
    if isinstance(value, Entity):
        return value._new() if value._is_new else value._link
    return value


def related_value(client: ODataClient, navigation: Navigation, value: object) -> object:
    """What may be assigned to a navigation property: entities, or mappings of their values."""
    if navigation.collection:
        if not isinstance(value, (list, tuple)):
            raise TypeError(f"{navigation.name} is a list of entities")
        return [_related(client, navigation, each) for each in value]
    return None if value is None else _related(client, navigation, value)


def _related(client: ODataClient, navigation: Navigation, value: object) -> Entity:
    if isinstance(value, Entity):
        if not value._kind.is_a(navigation.target):
            raise TypeError(f"{navigation.name} leads to a {navigation.target.name}, not to a {value._kind.name}")
        return value
    if not isinstance(value, Mapping):
        raise TypeError(f"{navigation.name} takes an entity, or a mapping of its values")
    return made(client, navigation.target, None, value)


def sent_values(client: ODataClient, kind: StructuredType, values: Values) -> dict[str, object]:
    """Values for properties and navigation properties, as they are sent."""
    return {name: _sent_value(client, kind, name, value) for name, value in values.items()}


def _sent_value(client: ODataClient, kind: StructuredType, name: str, value: object) -> object:
    navigation = kind.navigation.get(name)
    return sent(taken(kind, name, value)) if navigation is None else linked(related_value(client, navigation, value))


def made(client: ODataClient, kind: StructuredType, resource: Resource | None, values: Values) -> Entity:
    """A new entity, with related ones in it."""
    entity = Entity(client, kind, resource)
    for name, value in values.items():
        setattr(entity, name, value)
    return entity
