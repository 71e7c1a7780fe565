"""Bodies of V2's requests in JSON → payloads."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from marshmallow import ValidationError

from odata_service.bind.payload import DeltaPayload, EntityPayload, EntityReference, Octets
from odata_service.edm import primitive as edm
from odata_service.edm.dynamic import DynamicType
from odata_service.edm.model import CollectionProperty, ComplexProperty, EntityModel, EntityType, Property
from odata_service.edm.operation import Parameter
from odata_service.errors import BadRequest, NotImplementedByService
from odata_service.formats.mistakes import invalid, refusal
from odata_service.formats.octets import octets
from odata_service.formats.own_form import FORMS_V2, OwnForm
from odata_service.formats.read_json import decoded_as, media_type_of, read_json
from odata_service.formats.schema_v2 import read_entity, reference
from odata_service.formats.structure import StructureReader
from odata_service.formats.value import check_facets
from odata_service.formats.value_v2 import read_json as read_value
from odata_service.formats.value_v2 import read_text
from odata_service.limits import Limits
from odata_service.values import frozen


@frozen
class JsonBodyV2:
    """A request's body, read once it is known what it should be."""

    content: bytes
    content_type: str | None
    model: EntityModel
    limits: Limits
    converts: bool = True

    def entity(
        self, entity_type: EntityType, *, partial: bool, known: Mapping[str, object] | None = None
    ) -> EntityPayload:
        """An entity, with or without ``{"d":…}`` around it; ``partial`` where absent properties stay as they are."""
        try:
            payload = read_entity(self.entity_document(entity_type), entity_type, self.model, partial=partial)
        except ValidationError as error:
            raise refusal(error, entity_type, self.model) from None
        self.limits.check("max_objects_on_insert", _count(payload))
        return replace(payload, values={**payload.values, **known}) if known else payload

    def changes(self, entity_type: EntityType) -> DeltaPayload:
        raise BadRequest("InvalidBody", "this protocol has no changes of whole sets")

    def values(self, declared: CollectionProperty) -> list[object]:
        raise BadRequest("InvalidBody", "this protocol has no collections of values")

    def dynamic(self, name: str) -> tuple[object, DynamicType] | None:
        raise BadRequest("InvalidBody", "this protocol has no dynamic properties")

    def item(self, declared: CollectionProperty) -> object:
        raise BadRequest("InvalidBody", "this protocol has no collections of values")

    def property(self, declared: Property) -> object:
        """``{"Name":"x"}``, also inside ``{"d":…}``."""
        document = self.property_document(declared)
        if not isinstance(document, dict) or document.keys() != {declared.name}:
            message = f'expected an object with the one property {declared.name}: {{"{declared.name}": …}}'
            raise BadRequest("InvalidBody", message, target=declared.name)
        try:
            return read_value(document[declared.name], declared)
        except ValueError as error:
            raise invalid(declared.name, str(error)) from None

    def raw(self, declared: Property) -> object:
        """The body of ``PUT …/Name/$value``: the value alone as text, or bytes as they are."""
        if declared.type is not edm.BINARY:
            _, charset = media_type_of(self.content_type)
            text = decoded_as(charset or "utf-8", self.content)
        try:
            if declared.type is edm.BINARY:
                check_facets(self.content, declared)
                return self.content
            return read_text(text, declared)
        except ValueError as error:
            raise invalid(declared.name, str(error)) from None

    def structure(self, structure: ComplexProperty, *, partial: bool = True) -> Mapping[str, object] | None:
        """``{"ShippingAddress":{"City":"Berlin"}}``, or the members alone."""
        document = self.structure_document(structure)
        named = isinstance(document, dict) and structure.name in document and structure.member(structure.name) is None
        document = document[structure.name] if named else document
        if document is None and structure.nullable:
            return None
        try:
            return StructureReader(structure, read_value).members(document, partial=partial)
        except ValidationError as error:
            raise refusal(error, structure.type, self.model) from None

    def references(self) -> tuple[EntityReference, ...]:
        return (self.link(),)

    def parameters(self, declared: Sequence[Parameter]) -> Mapping[str, object]:
        raise NotImplementedByService("NotImplemented", "actions are only called in V4")

    def octets(self) -> Octets:
        """The body as it is, with its media type."""
        return octets(self.content, self.content_type)

    def link(self) -> EntityReference:
        """``{"uri":"Orders(1)"}``, the body of a change of ``$links``."""
        document = self.link_document()
        uri = document.get("uri") if isinstance(document, dict) else None
        uri = reference(document) if uri is None else uri
        if not isinstance(uri, str):
            raise BadRequest("InvalidBody", 'expected the address of an entity: {"uri": "…"}')
        return EntityReference(uri)

    def entity_document(self, entity_type: EntityType) -> Any:
        """The body as JSON; another format turns its own into that."""
        document = self._document()
        if not self.converts:
            OwnForm(FORMS_V2, self.model).demand(document, entity_type)
        return document

    def property_document(self, declared: Property) -> Any:
        document = self._document()
        if not self.converts and isinstance(document, dict):
            OwnForm(FORMS_V2, self.model).demand_value(document.get(declared.name), declared, declared.name)
        return document

    def structure_document(self, structure: ComplexProperty) -> Any:
        document = self._document()
        if not self.converts and isinstance(document, dict):
            OwnForm(FORMS_V2, self.model).demand_members(document.get(structure.name, document), structure)
        return document

    def link_document(self) -> Any:
        return self._document()

    def _document(self) -> Any:
        """Any: what a client sends may be anything."""
        document = read_json(self.content, self.content_type, self.limits)
        if isinstance(document, dict) and document.keys() == {"d"} and isinstance(document["d"], dict):
            return document["d"]
        return document


def _count(payload: EntityPayload) -> int:
    related = (item for items in payload.related.values() for item in items)
    return 1 + sum(_count(item) for item in related if isinstance(item, EntityPayload))
