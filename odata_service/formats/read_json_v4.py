"""Bodies of V4's requests in JSON → payloads."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from marshmallow import ValidationError

from odata_service.bind.payload import DeltaPayload, EntityPayload, EntityReference, Octets
from odata_service.edm import primitive as edm
from odata_service.edm.dynamic import DynamicType
from odata_service.edm.model import CollectionProperty, ComplexProperty, EntityModel, EntityType, Property
from odata_service.edm.operation import Parameter
from odata_service.errors import BadRequest
from odata_service.formats.control_v4 import Control
from odata_service.formats.mistakes import invalid, refusal
from odata_service.formats.parameters_v4 import is_given, read_parameter
from odata_service.formats.octets import octets
from odata_service.formats.own_form import FORMS_V4, OwnForm
from odata_service.formats.read_collection_v4 import read_value as read_item
from odata_service.formats.read_collection_v4 import read_values
from odata_service.formats.read_json import decoded_as, media_type_of, read_json
from odata_service.formats.read_open_v4 import read_dynamic_value
from odata_service.formats.schema_v4 import Reader
from odata_service.formats.structure import StructureReader
from odata_service.formats.value import check_facets
from odata_service.formats.value_v4 import as_text, read_text
from odata_service.formats.value_v4 import read_json as read_value
from odata_service.formats.version_v4 import V4_0, V4_01, Version
from odata_service.limits import Limits
from odata_service.values import frozen


@frozen
class JsonBodyV4:
    """A request's body, read once it is known what it should be. ``version`` is the one it is written in."""

    content: bytes
    content_type: str | None
    model: EntityModel
    limits: Limits
    version: Version = V4_01
    converts: bool = True

    def entity(
        self, entity_type: EntityType, *, partial: bool, known: Mapping[str, object] | None = None
    ) -> EntityPayload:
        """An entity; ``partial`` where absent properties stay as they are. ``known`` are values that the address gives;
        they win over the body's."""
        reader = Reader(self.model, update=partial, deep=not partial or self.version > V4_0)
        document = self._document()
        if not self.converts:
            OwnForm(FORMS_V4, self.model).demand(document, entity_type)
        if known and isinstance(document, dict):
            document |= {name: as_text(value, entity_type.properties[name]) for name, value in known.items()}
        try:
            payload = reader.entity(document, entity_type, partial=partial)
        except ValidationError as error:
            raise refusal(error, entity_type, self.model) from None
        self.limits.check("max_objects_on_insert", _count(payload))
        return payload

    def changes(self, entity_type: EntityType) -> DeltaPayload:
        """``{"@context":"#$delta","value":[…]}``, the body of ``PATCH Products``."""
        document = self._document()
        if not isinstance(document, dict) or "value" not in document:
            raise BadRequest("InvalidBody", 'expected a delta payload: {"@context":"#$delta","value":[…]}')
        for item in document["value"] if not self.converts and isinstance(document["value"], list) else ():
            OwnForm(FORMS_V4, self.model).demand(item, entity_type)
        try:
            payload = Reader(self.model, update=True).delta(document["value"], entity_type)
        except ValidationError as error:
            raise refusal(error, entity_type, self.model) from None
        self.limits.check("max_objects_on_insert", _count_changes(payload))
        return payload

    def property(self, declared: Property) -> object:
        """``{"value":"x"}``"""
        value = self._value(declared.name)
        if not self.converts:
            OwnForm(FORMS_V4, self.model).demand_value(value, declared, declared.name)
        try:
            return read_value(value, declared)
        except ValueError as error:
            raise invalid(declared.name, str(error)) from None

    def structure(self, structure: ComplexProperty, *, partial: bool = True) -> Mapping[str, object] | None:
        """``{"City":"Berlin"}``; ``{"value":null}`` makes it null."""
        document = self._document()
        if isinstance(document, dict) and "value" in document and structure.member("value") is None:
            document = document["value"]
        if document is None and structure.nullable:
            return None
        if not self.converts:
            OwnForm(FORMS_V4, self.model).demand_members(document, structure)
        try:
            return StructureReader(structure, read_value).members(document, partial=partial)
        except ValidationError as error:
            raise refusal(error, structure.type, self.model) from None

    def values(self, declared: CollectionProperty) -> list[object]:
        """``{"value":["new","blue"]}``"""
        value = self._value(declared.name)
        try:
            return read_values(value, declared)
        except ValidationError as error:
            raise refusal(error, declared, self.model, declared.name) from None

    def item(self, declared: CollectionProperty) -> object:
        """``{"value":"new"}``, and a structure as it is: ``{"City":"Berlin"}``."""
        structure = declared.item if isinstance(declared.item, ComplexProperty) else None
        value = self._value(declared.name) if structure is None else self._document()
        try:
            return read_item(value, declared)
        except ValidationError as error:
            raise refusal(error, structure.type if structure else declared, self.model, declared.name) from None

    def dynamic(self, name: str) -> tuple[object, DynamicType] | None:
        """``{"@odata.type":"#Date","value":"2020-02-29"}``; null is nothing."""
        value, document = self._value(name), self._document()
        said = (document.get(f"{of}@{prefix}type") for of in ("", "value") for prefix in ("odata.", ""))
        try:
            return read_dynamic_value(name, value, next((each for each in said if each is not None), None))
        except ValidationError as error:
            raise invalid(name, str(error.messages[0])) from None

    def raw(self, declared: Property) -> object:
        """The body of ``PUT …/Name/$value``: the value alone as text, or bytes as they are."""
        try:
            if declared.type is edm.BINARY:
                check_facets(self.content, declared)
                return self.content
            _, charset = media_type_of(self.content_type)
            return read_text(decoded_as(charset or "utf-8", self.content), declared)
        except ValueError as error:
            raise invalid(declared.name, str(error)) from None

    def references(self) -> tuple[EntityReference, ...]:
        """``{"@odata.id":"Products(1)"}``, the body of a change of ``$ref``; for a whole collection
        ``{"value":[{"@id":"Products(1)"},…]}``."""
        document = self._document()
        several = isinstance(document, dict) and isinstance(document.get("value"), list)
        return tuple(_reference(item) for item in (document["value"] if several else [document]))

    def octets(self) -> Octets:
        """The body as it is, with its media type."""
        return octets(self.content, self.content_type)

    def parameters(self, declared: Sequence[Parameter]) -> Mapping[str, object]:
        """What an action is called with; an action without parameters needs no body (Protocol, Invoking an Action)."""
        document = self._document() if self.content.strip() else {}
        document = {} if document is None else document  # some clients send null for nothing
        if not isinstance(document, dict):
            raise BadRequest("InvalidBody", "expected an object with the action's parameters")
        said = {name: value for name, value in document.items() if "@" not in name}
        unknown = said.keys() - {parameter.name for parameter in declared}
        if unknown:
            name = min(unknown)[:80]
            raise BadRequest("UnknownParameter", f"the action has no parameter {name!r}", target=name)
        reader = Reader(self.model)
        return {each.name: read_parameter(each, said[each.name], reader) for each in declared if is_given(each, said)}

    def _value(self, name: str) -> object:
        document = self._document()
        if not isinstance(document, dict) or "value" not in document:
            raise BadRequest("InvalidBody", 'expected an object with a value: {"value": …}', target=name)
        more = next((each[:80] for each in document if each != "value" and "@" not in each), None)
        if more is not None:
            raise BadRequest("InvalidBody", f"{more!r} has no meaning beside the value", target=more)
        return document["value"]

    def _document(self) -> Any:
        """Any: what a client sends may be anything."""
        return read_json(self.content, self.content_type, self.limits)


def _reference(item: object) -> EntityReference:
    try:
        reference = Control.of(item).reference if isinstance(item, dict) else None
    except ValidationError:
        reference = None
    if reference is None:
        raise BadRequest("InvalidBody", 'expected the address of an entity: {"@odata.id": "…"}', target="@odata.id")
    return reference


def _count(payload: EntityPayload) -> int:
    if not (payload.related or payload.changes):
        return 1
    related = (item for items in payload.related.values() for item in items)
    return (
        1
        + sum(_count(item) for item in related if isinstance(item, EntityPayload))
        + sum(_count_changes(each) for each in payload.changes.values())
    )


def _count_changes(changes: DeltaPayload) -> int:
    return sum(_count(item) if isinstance(item, EntityPayload) else 1 for item in changes.items)
