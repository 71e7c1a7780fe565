"""Answers → entities, structures and values."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from .entity import Entity
from .model import Model, Navigation, Operation, Resource, StructuredType, ValueType
from .record import Record
from .related import Related
from .spelling import Control, Json, Row, Spelling

if TYPE_CHECKING:
    from .client import ODataClient


class Reader:
    """Makes the objects of one client out of JSON."""

    def __init__(self, client: ODataClient, spelling: Spelling, model: Model) -> None:
        self._client, self._spelling, self._model = client, spelling, model

    def entity(
        self,
        row: Row,
        usual: StructuredType,
        resource: Resource | None,
        place: str | None = None,
        address: str | None = None,
    ) -> Entity:
        """``place`` is the address of the collection that it was found in, which matters where that is its only home;
        ``address`` is its own, where that is the only one in its place."""
        control = self._spelling.control(row)
        entity = Entity(self._client, self._model.structured(control.type, usual), resource)
        entity._is_new = False
        for name, value in members(row):
            navigation = entity._kind.navigation.get(name)
            if navigation is None:
                entity._values[name] = self._property(entity._kind, row, name, value)
        entity._etag, entity._address = control.etag, address or self._address(entity, control, place)
        for name, value in members(row):
            navigation = entity._kind.navigation.get(name)
            if navigation is not None and self._spelling.is_expanded(value):
                entity._related[name] = self._related(entity, navigation, row, value)
        entity._settled()
        return entity

    def _address(self, entity: Entity, control: Control, place: str | None) -> str | None:
        resource, key = entity._resource, tuple(entity._values.get(each.name) for each in entity._kind.key)
        if resource is not None and resource.is_singleton:
            return resource.name
        home = resource.name if resource is not None else place
        if home is not None and key and None not in key:
            return home + self._spelling.key_text(key, entity._kind.key)
        return None if control.address is None else self._client._relative(control.address)

    def _related(self, entity: Entity, navigation: Navigation, row: Row, value: Json) -> Related | Entity | None:
        way = Related(entity, navigation)
        if navigation.collection:
            page = self._spelling.inner_page(row, navigation.name)
            way._come(self.entities(page.rows, navigation.target, way._resource, way._here), page.next)
            return way
        if value is None:
            return None
        return self.entity(value, navigation.target, way._resource, address=way._only)

    def entities(
        self, rows: Any, usual: StructuredType, resource: Resource | None, place: str | None
    ) -> Iterator[Entity]:
        return (self.entity(row, usual, resource, place) for row in rows)

    def value(self, value: Json, kind: ValueType) -> Any:
        if value is None:
            return None
        if kind.collection:
            items = value["results"] if isinstance(value, dict) and "results" in value else value
            return [self.value(item, kind.item) for item in items]
        if isinstance(kind.type, StructuredType):
            return self.structure(value, kind.type)
        return self._spelling.read(value, kind.type)

    def structure(self, row: Row, usual: StructuredType) -> Record:
        kind = self._model.structured(self._spelling.control(row).type, usual)
        return Record(kind, {name: self._property(kind, row, name, value) for name, value in members(row)})

    def aggregate(self, row: Row, source: StructuredType) -> Record:
        """A row of ``$apply``: properties, paths to related entities, and what was computed."""
        values: dict[str, Any] = {}
        for name, value in members(row):
            navigation = source.navigation.get(name)
            if navigation is not None and isinstance(value, dict):
                values[name] = self.aggregate(value, navigation.target)
            else:
                values[name] = self._property(source, row, name, value)
        return Record(StructuredType(source.full_name, is_entity=False, is_open=True), values)

    def _property(self, owner: StructuredType, row: Row, name: str, value: Json) -> Any:
        declared = owner.properties.get(name)
        if declared is not None:
            return self.value(value, declared.value)
        kind = self._said_type(row.get(f"{name}@odata.type") or row.get(f"{name}@type"))
        if kind is not None:
            return self.value(value, kind)
        # OData JSON Format, Control Information: a number with a fraction that does not say its type is a Double.
        return float(value) if isinstance(value, Decimal) else value

    def _said_type(self, said: Json) -> ValueType | None:
        """``#Decimal``, ``#Collection(String)``: what a value says that nobody has declared."""
        if not isinstance(said, str):
            return None
        name = said.removeprefix("#")
        inner = name.removeprefix("Collection(").removesuffix(")")
        kind = self._client._primitive(inner if "." in inner else f"Edm.{inner}") or self._model.types.get(inner)
        return None if kind is None else ValueType(kind, collection=inner != name)

    def result(self, document: Json, operation: Operation, resource: Resource | None) -> Any:
        """What a function or an action has returned."""
        kind = operation.returns
        if kind is None or document is None:
            return None
        if isinstance(kind.type, StructuredType) and kind.type.is_entity:
            if kind.collection:
                page = self._spelling.page(document)
                return list(self.entities(page.rows, kind.type, resource, None))
            found = self._spelling.value(document, operation)
            return None if found is None else self.entity(found, kind.type, resource)
        return self.value(self._spelling.value(document, operation), kind)


def members(row: Row) -> Iterator[tuple[str, Json]]:
    """Without what an object says of itself."""
    return ((name, value) for name, value in row.items() if "@" not in name and name != "__metadata")
