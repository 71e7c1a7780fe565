"""Control information in requests: ``@odata.type`` of version 4.0, ``@type`` of 4.01; both are read in both."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol as Shape

from marshmallow import ValidationError

from odata_service.bind.payload import DeltaPayload, EntityPayload, EntityReference
from odata_service.edm.model import EntityModel, EntityType
from odata_service.errors import did_you_mean
from odata_service.values import frozen

_CONTENT_ID = ("Org.OData.Core.V1.ContentID", "Core.ContentID")
# Marshmallow passes an entity's data to each field; under this name it finds where the data came from.
ORIGIN = "@"


@frozen
class Control:
    """What an object says of itself besides its properties."""

    type: str | None = None
    reference: EntityReference | None = None
    etag: str | None = None
    is_removed: bool = False
    reason: str = ""
    content_id: str | None = None

    @classmethod
    def of(cls, data: Mapping[str, object]) -> Control:
        """
        >>> Control.of({"@odata.type": "#Shop.Book", "@id": "Books(1)", "Title": "Emma"}).reference
        EntityReference(uri='Books(1)')
        """
        if "@" not in "".join(data):
            return _NOTHING_SAID
        said = {name[1:].removeprefix("odata."): value for name, value in data.items() if name.startswith("@")}
        uri = _text(said, "id")
        removed = said.get("removed")
        reason = removed.get("reason") if isinstance(removed, dict) else None
        return cls(
            _text(said, "type"),
            None if uri is None else EntityReference(uri),
            _text(said, "etag"),
            "removed" in said,
            reason if isinstance(reason, str) else "",
            next((_text(said, name) for name in _CONTENT_ID if name in said), None),
        )


_NOTHING_SAID = Control()


def _text(said: Mapping[str, object], name: str) -> str | None:
    value = said.get(name)
    if value is not None and not isinstance(value, str):
        raise ValidationError({f"@odata.{name}": ["expected a string"]})
    return value


def type_of_control(said: str | None, declared: EntityType, model: EntityModel) -> EntityType | None:
    """The type that ``#TechStore.SpecialProduct`` names; some clients leave the ``#`` out."""
    if said is None:
        return None
    name = said.rpartition("#")[2]
    found = model.type_named(name)
    if found is None or not found.is_a(declared):
        hint = did_you_mean(name, [each.full_name for each in declared.with_derived()])
        raise ValidationError({"@odata.type": [f"expected {declared.full_name}, not {said!r:.100}{hint}"]})
    return found


class EntityReader(Shape):
    """Reads the entities inside an entity."""

    def related(self, data: object, entity_type: EntityType) -> EntityPayload | EntityReference: ...

    def delta(self, data: object, entity_type: EntityType) -> DeltaPayload: ...


@frozen
class Origin:
    """Where an entity's data came from: what it said of itself, and who reads what is inside it."""

    control: Control
    reader: EntityReader

    @classmethod
    def of(cls, data: Mapping[str, object] | None) -> Origin:
        origin = None if data is None else data.get(ORIGIN)
        assert isinstance(origin, Origin), "whoever loads an entity says where its data came from"
        return origin
