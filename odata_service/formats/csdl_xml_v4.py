"""``$metadata`` as CSDL XML: ``Version="4.0"`` for clients of OData 4.0, ``"4.01"`` for those of 4.01."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from decimal import Decimal
from xml.etree.ElementTree import Element, SubElement

from odata_service.formats.csdl_v4 import (
    ContainedSet, DeclaredNavigation, DeclaredOperation, DeclaredProperty, Enumeration, Facet, Facets, Schema,
    StructuredType, schema_of,
)  # fmt: skip
from odata_service.formats.vocabularies_v4 import PUBLISHED_AT, Annotation, EnumMember, Offer, Path, Value
from odata_service.formats.xml_text import document, printable

EDMX = "http://docs.oasis-open.org/odata/ns/edmx"
EDM = "http://docs.oasis-open.org/odata/ns/edm"


def write_xml(offer: Offer, version: str = "4.0") -> bytes:
    """The document for one caller; the same offer always gives the same bytes."""
    schema = schema_of(offer)
    # Prefixes are written out: those that ElementTree knows are one table for all threads, and V2's are in it.
    edmx = Element("edmx:Edmx", {"xmlns:edmx": EDMX, "Version": version})
    for namespace, alias in schema.vocabularies().items():
        reference = SubElement(edmx, "edmx:Reference", {"Uri": f"{PUBLISHED_AT}{namespace}.xml"})
        SubElement(reference, "edmx:Include", {"Namespace": namespace, "Alias": alias})
    services = SubElement(edmx, "edmx:DataServices")
    element = SubElement(services, "Schema", {"xmlns": EDM, "Namespace": schema.namespace})
    _add_schema(element, schema, version)
    return document(edmx)


def _add_schema(element: Element, schema: Schema, version: str) -> None:
    for enumeration in schema.enumerations:
        _add_enumeration(element, enumeration)
    for kind in schema.types:
        _add_type(element, kind, version)
    for operation in schema.operations:
        _add_operation(element, operation, version)
    _add_container(element, schema)
    _annotate(element, schema.annotations)


def _add_enumeration(parent: Element, enumeration: Enumeration) -> None:
    attributes = {"Name": enumeration.name, "UnderlyingType": enumeration.underlying}
    if enumeration.is_flags:
        attributes["IsFlags"] = "true"
    element = SubElement(parent, "EnumType", attributes)
    for name, number in enumeration.members.items():
        SubElement(element, "Member", {"Name": name, "Value": str(number)})


def _add_type(parent: Element, kind: StructuredType, version: str) -> None:
    element = SubElement(parent, kind.kind, _type_attributes(kind))
    if kind.key:
        key = SubElement(element, "Key")
        for name in kind.key:
            SubElement(key, "PropertyRef", {"Name": name})
    for declared in kind.properties:
        _add_property(element, declared, version)
    for way in kind.navigation:
        _add_navigation(element, way)
    _annotate(element, kind.annotations)


def _type_attributes(kind: StructuredType) -> dict[str, str]:
    facts = {"BaseType": kind.base, "Abstract": kind.abstract, "OpenType": kind.is_open, "HasStream": kind.has_stream}
    return {"Name": kind.name} | {name: _text(fact) for name, fact in facts.items() if fact}


def _add_property(parent: Element, declared: DeclaredProperty, version: str, tag: str = "Property") -> None:
    attributes = {"Name": declared.name, "Type": str(declared.type)} | _facets(declared.facets, version)
    _annotate(SubElement(parent, tag, attributes), declared.annotations)


def _facets(facets: Facets, version: str) -> dict[str, str]:
    """``MaxLength="max"`` is for clients of 4.0; later versions leave the facet out (CSDL 4.01, MaxLength)."""
    unsaid = () if version == "4.0" else (("MaxLength", "max"),)
    return {name: _text(value) for name, value in facets.items() if (name, value) not in unsaid}


def _text(value: Facet) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _add_navigation(parent: Element, way: DeclaredNavigation) -> None:
    attributes = {"Name": way.name, "Type": str(way.type)}
    if way.nullable is not None:
        attributes["Nullable"] = _text(way.nullable)
    if way.partner is not None:
        attributes["Partner"] = way.partner
    if way.contains:
        attributes["ContainsTarget"] = _text(way.contains)
    element = SubElement(parent, "NavigationProperty", attributes)
    for here, there in way.constraint:
        SubElement(element, "ReferentialConstraint", {"Property": here, "ReferencedProperty": there})


def _add_operation(parent: Element, operation: DeclaredOperation, version: str) -> None:
    facts = {
        "IsBound": operation.is_bound,
        "IsComposable": operation.is_composable,
        "EntitySetPath": operation.entity_set_path,
    }
    attributes = {"Name": operation.name} | {name: _text(fact) for name, fact in facts.items() if fact}
    element = SubElement(parent, operation.kind, attributes)
    for parameter in operation.parameters:
        _add_property(element, parameter, version, tag="Parameter")
    if operation.returns is not None:
        returned = {"Type": str(operation.returns.type)} | _facets(operation.returns.facets, version)
        SubElement(element, "ReturnType", returned)


def _add_container(parent: Element, schema: Schema) -> None:
    element = SubElement(parent, "EntityContainer", {"Name": schema.container})
    for contained in schema.sets:
        _add_set(element, contained)
    for each in schema.imports:
        target = {} if each.entity_set is None else {"EntitySet": each.entity_set}
        SubElement(element, f"{each.kind}Import", {"Name": each.name, each.kind: each.operation, **target})
    _annotate(element, schema.container_annotations)


def _add_set(parent: Element, contained: ContainedSet) -> None:
    tag, type_attribute = ("Singleton", "Type") if contained.singleton else ("EntitySet", "EntityType")
    element = SubElement(parent, tag, {"Name": contained.name, type_attribute: contained.type})
    for path, target in contained.bindings.items():
        SubElement(element, "NavigationPropertyBinding", {"Path": path, "Target": target})
    _annotate(element, contained.annotations)


# Annotations


def _annotate(parent: Element, annotations: Iterable[Annotation]) -> None:
    for annotation in annotations:
        qualifier = {"Qualifier": annotation.qualifier} if annotation.qualifier else {}
        _add_value(SubElement(parent, "Annotation", {"Term": annotation.term, **qualifier}), annotation.value)


def _add_value(parent: Element, value: Value) -> None:
    """A constant or a path is an attribute of what it is the value of; anything else stands inside it."""
    if isinstance(value, Mapping):
        _add_record(parent, value)
    elif isinstance(value, tuple):
        collection = SubElement(parent, "Collection")
        for item in value:
            _add_item(collection, item)
    elif isinstance(value, EnumMember):
        _add_item(parent, value)  # as an attribute it is unknown to older readers
    else:
        tag, text = _constant(value)
        parent.set(tag, text)


def _add_record(parent: Element, members: Mapping[str, Value]) -> None:
    record = SubElement(parent, "Record")
    for name, value in members.items():
        _add_value(SubElement(record, "PropertyValue", {"Property": name}), value)


def _add_item(parent: Element, value: Value) -> None:
    if isinstance(value, Mapping):
        _add_record(parent, value)
    else:
        tag, text = _constant(value)
        SubElement(parent, tag).text = text


# The first row that fits; true and false are numbers too, for Python.
_CONSTANTS: tuple[tuple[type | tuple[type, ...], str, Callable[..., str]], ...] = (
    (bool, "Bool", _text),
    (int, "Int", str),
    (float, "Float", repr),
    (Decimal, "Decimal", "{:f}".format),
    (str, "String", printable),
)


def _constant(value: Value) -> tuple[str, str]:
    """
    >>> _constant(True), _constant(EnumMember("Org.OData.Core.V1.Permission", "Read"))
    (('Bool', 'true'), ('EnumMember', 'Org.OData.Core.V1.Permission/Read'))
    """
    if isinstance(value, Path):
        return value.kind, value.text
    if isinstance(value, EnumMember):
        return "EnumMember", f"{value.type}/{value.name}"
    for kind, tag, write in _CONSTANTS:
        if isinstance(value, kind):
            return tag, write(value)
    raise AssertionError(f"{value!r} is no constant")
