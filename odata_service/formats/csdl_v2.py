"""``$metadata`` as V2 clients read it (MS-ODATA, Conceptual Schema Definition Language; CSDL version 2.0 in EDMX 1.0)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from types import MappingProxyType
from xml.etree.ElementTree import Element, SubElement

from odata_service.edm import primitive as edm
from odata_service.edm.feed import TEXTS, FeedMapping
from odata_service.edm.model import ComplexProperty, EntityModel, EntityType, NavigationProperty, Property
from odata_service.formats.associations_v2 import Association, associations_of, constraint_of
from odata_service.formats.imports_v2 import FunctionImport, imports_of
from odata_service.formats.structures import structures_of
from odata_service.formats.xml_text import EDMX, METADATA, document, name

SCHEMA = "http://schemas.microsoft.com/ado/2008/09/edm"


def write(model: EntityModel) -> bytes:
    """The metadata document; the same model always gives the same bytes."""
    edmx = Element(name(EDMX, "Edmx"), {"Version": "1.0"})
    services = SubElement(edmx, name(EDMX, "DataServices"), {name(METADATA, "DataServiceVersion"): "2.0"})
    schema = SubElement(services, "Schema", {"Namespace": model.namespace, "xmlns": SCHEMA})
    associations = associations_of(model)
    by_way = {way: association for association in associations for way in association.ways}
    for entity_type in model.types_from_the_root():
        _add_entity_type(schema, entity_type, by_way)
    for structure, members in structures_of(model).values():
        _add_properties(SubElement(schema, "ComplexType", {"Name": structure.name}), members)
    for association in associations:
        _add_association(schema, association, model)
    _add_container(schema, model, associations)
    return document(edmx)


def _add_entity_type(schema: Element, entity_type: EntityType, by_way: dict[NavigationProperty, Association]) -> None:
    """A type with what it does not inherit."""
    base = entity_type.base
    inherited = () if base is None else base.member_names
    element = SubElement(schema, "EntityType", _type_attributes(entity_type))
    if base is None and not entity_type.keyless:
        key = SubElement(element, "Key")
        for declared in entity_type.key:
            SubElement(key, "PropertyRef", {"Name": declared.name})
    own = (each for each in entity_type.properties.values() if each.name not in inherited)
    _add_properties(element, own, entity_type.feed)
    for structure in entity_type.complex.values():
        if structure.name not in inherited:  # CSDL 2.0: a structure is never null, its members may be
            said = {"Name": structure.name, "Type": structure.type.full_name, "Nullable": "false"}
            SubElement(element, "Property", {**said, **_places_of_members(structure, entity_type.feed)})
    for way in entity_type.navigation.values():
        if way in by_way and way.name not in inherited:
            _add_navigation(element, way, by_way[way], schema.attrib["Namespace"])


def _type_attributes(entity_type: EntityType) -> dict[str, str]:
    attributes = {"Name": entity_type.name}
    if entity_type.base is not None:
        attributes["BaseType"] = entity_type.base.full_name
    if entity_type.is_abstract:
        attributes["Abstract"] = "true"
    if entity_type.media is not None and (entity_type.base is None or entity_type.base.media is None):
        attributes[name(METADATA, "HasStream")] = "true"
    return attributes


def _add_properties(
    element: Element, properties: Iterable[Property], feed: Mapping[str, FeedMapping] = MappingProxyType({})
) -> None:
    for declared in properties:
        if declared.type.v2:
            said = {"Name": declared.name, "Type": declared.type.v2, **_facets(declared)}
            place = _place(feed[declared.name]) if declared.name in feed else {}
            SubElement(element, "Property", {**said, **place})


def _place(mapping: FeedMapping, number: int = 0, source: str = "") -> dict[str, str]:
    """Where an entry shows a property (MS-ODATA, Customizable Feed); of many members each but the first has a number."""
    said = {"TargetPath": mapping.target, "SourcePath": source, "KeepInContent": str(mapping.keep_in_content).lower()}
    if mapping.path[-1] in TEXTS and mapping.syndication:
        said["ContentKind"] = mapping.content_kind
    said |= {"NsPrefix": mapping.prefix, "NsUri": mapping.namespace}
    ending = f"_{number}" if number else ""
    return {name(METADATA, f"FC_{key}{ending}"): value for key, value in said.items() if value}


def _places_of_members(structure: ComplexProperty, feed: Mapping[str, FeedMapping]) -> dict[str, str]:
    sources = {member.name: f"{structure.name}/{member.name}" for member in structure.members}
    known = [(name, feed[source]) for name, source in sources.items() if source in feed]
    places = (_place(mapping, number, name) for number, (name, mapping) in enumerate(known))
    return {key: value for place in places for key, value in place.items()}


def _facets(declared: Property) -> dict[str, str]:
    """MaxLength always stands on strings and binaries: clients take 128 where it is missing."""
    facets = {"Nullable": str(declared.nullable).lower()}
    if declared.type in (edm.STRING, edm.BINARY):
        facets["MaxLength"] = "Max" if declared.max_length is None else str(declared.max_length)
        facets["FixedLength"] = "false"
    if declared.type is edm.STRING:
        facets["Unicode"] = "true"
    if declared.type is edm.DECIMAL and declared.precision is not None:
        facets |= {"Precision": str(declared.precision), "Scale": str(declared.scale or 0)}
    if declared.media_type is not None:
        facets[name(METADATA, "MimeType")] = declared.media_type
    if declared.concurrency:
        facets["ConcurrencyMode"] = "Fixed"
    return facets


def _add_navigation(element: Element, way: NavigationProperty, association: Association, namespace: str) -> None:
    here, there = association.ends_of(way)
    attributes = {
        "Name": way.name,
        "Relationship": f"{namespace}.{association.name}",
        "FromRole": here.role,
        "ToRole": there.role,
    }
    SubElement(element, "NavigationProperty", attributes)


def _add_association(schema: Element, association: Association, model: EntityModel) -> None:
    element = SubElement(schema, "Association", {"Name": association.name})
    for end in (association.start, association.end):
        attributes = {"Type": end.type.full_name, "Role": end.role, "Multiplicity": end.multiplicity}
        SubElement(element, "End", attributes)
    _add_constraint(element, association, model)


def _add_constraint(element: Element, association: Association, model: EntityModel) -> None:
    """Which properties hold the foreign key, and what they refer to."""
    constrained, way = constraint_of(association, model), association.dependent
    if constrained is None or way is None:
        return
    dependent, principal = association.ends_of(way)
    constraint = SubElement(element, "ReferentialConstraint")
    for tag, end, properties in (("Principal", principal, constrained[0]), ("Dependent", dependent, constrained[1])):
        side = SubElement(constraint, tag, {"Role": end.role})
        for declared in properties:
            SubElement(side, "PropertyRef", {"Name": declared.name})


def _add_container(schema: Element, model: EntityModel, associations: Sequence[Association]) -> None:
    attributes = {"Name": model.container, name(METADATA, "IsDefaultEntityContainer"): "true"}
    container = SubElement(schema, "EntityContainer", attributes)
    for entity_set in model.sets.values():
        SubElement(container, "EntitySet", {"Name": entity_set.name, "EntityType": entity_set.type.full_name})
    for each in imports_of(model):
        _add_import(container, each)
    for association in associations:
        attributes = {"Name": association.name, "Association": f"{model.namespace}.{association.name}"}
        element = SubElement(container, "AssociationSet", attributes)
        for end in (association.start, association.end):
            SubElement(element, "End", {"Role": end.role, "EntitySet": end.entity_set.name})


def _add_import(container: Element, operation: FunctionImport) -> None:
    attributes = {"Name": operation.name}
    if operation.returns is not None:
        attributes["ReturnType"] = operation.returns
    if operation.entity_set is not None:
        attributes["EntitySet"] = operation.entity_set
    element = SubElement(container, "FunctionImport", {**attributes, name(METADATA, "HttpMethod"): operation.method})
    for parameter, kind in operation.parameters:
        SubElement(element, "Parameter", {"Name": parameter, "Type": kind, "Mode": "In"})
