"""Navigation properties in the JSON of V4's requests: entities inline, references to existing ones, changes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from marshmallow import ValidationError, fields

from odata_service.bind.payload import DeltaPayload, EntityPayload, EntityReference
from odata_service.edm.model import EntityModel, EntityType, NavigationProperty
from odata_service.formats.control_v4 import Origin
from odata_service.formats.schema import ITSELF

Related = EntityPayload | EntityReference
Data = Mapping[str, Any] | None


class Way(fields.Field[tuple[Related, ...]]):
    """``"Category":{"Name":…}``, ``"Products":[{"@id":"Products(1)"},…]``."""

    def __init__(self, navigation: NavigationProperty, model: EntityModel) -> None:
        super().__init__(attribute=f"inline {navigation.name}", data_key=navigation.name, allow_none=True)
        self._navigation = navigation
        self._target = model.types[navigation.target]

    # Any: marshmallow's own signature, here and below.
    def deserialize(self, value: Any, attr: str | None = None, data: Data = None, **kwargs: Any) -> Any:
        """Null unbinds a single one; a collection cannot be null."""
        if value is None:
            return _array(value) if self._navigation.collection else ()
        return super().deserialize(value, attr, data, **kwargs)

    def _deserialize(self, value: Any, attr: str | None, data: Data, **kwargs: Any) -> tuple[Related, ...]:
        reader = Origin.of(data).reader
        if not self._navigation.collection:
            return (reader.related(value, self._target),)
        related, mistakes = [], {}
        for number, item in enumerate(_array(value)):
            try:
                related.append(reader.related(item, self._target))
            except ValidationError as error:
                mistakes[number] = error.messages
        if mistakes:
            raise ValidationError(mistakes)
        return tuple(related)


class Binding(fields.Field[tuple[EntityReference, ...]]):
    """``"Category@odata.bind":"Categories(6)"``, or an array of addresses where the property is a collection."""

    def __init__(self, navigation: NavigationProperty) -> None:
        name = navigation.name
        super().__init__(attribute=f"bind {name}", data_key=f"{name}@bind", allow_none=not navigation.collection)
        self._navigation = navigation

    def _deserialize(self, value: Any, attr: str | None, data: Data, **kwargs: Any) -> tuple[EntityReference, ...]:
        addresses = _array(value) if self._navigation.collection else [value]
        for number, address in enumerate(addresses):
            if not isinstance(address, str):
                where = str(number) if self._navigation.collection else ITSELF
                raise ValidationError({where: ["expected the address of an entity"]})
        return tuple(map(EntityReference, addresses))


class Changes(fields.Field[DeltaPayload]):
    """``"Products@delta":[…]``: members to add, change and remove."""

    def __init__(self, navigation: NavigationProperty, model: EntityModel) -> None:
        super().__init__(attribute=f"changes {navigation.name}", data_key=f"{navigation.name}@delta")
        self._target: EntityType = model.types[navigation.target]

    def _deserialize(self, value: Any, attr: str | None, data: Data, **kwargs: Any) -> DeltaPayload:
        return Origin.of(data).reader.delta(value, self._target)


def _array(value: object) -> list[Any]:
    if not isinstance(value, list):
        raise ValidationError("is a collection; expected an array")
    return value
