"""``$metadata`` as V2 clients read it (MS-ODATA, Conceptual Schema Definition Language; CSDL version 2.0 in EDMX 1.0).

V2 names a relationship once, as an association with two ends, and each navigation property says from which end to which
it goes.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from xml.etree.ElementTree import Element, SubElement

from sqlalchemy import ColumnElement

from odata_service.edm import primitive as edm
from odata_service.edm.model import EntityModel, EntitySet, EntityType, NavigationProperty, Property
from odata_service.formats.xml_text import EDMX, METADATA, document, name

SCHEMA = "http://schemas.microsoft.com/ado/2008/09/edm"


@dataclass(frozen=True, slots=True)
class End:
    """One end of an association: ``role`` names it, ``multiplicity`` says how many there are for one at the other."""

    role: str
    entity_set: EntitySet
    multiplicity: str  # "0..1", "1" or "*"


@dataclass(frozen=True, slots=True)
class Association:
    """A relationship as both of its ends see it; ``ways`` are the one or two navigation properties that go along it."""

    name: str
    start: End
    end: End
    ways: tuple[NavigationProperty, ...]

    @property
    def dependent(self) -> NavigationProperty | None:
        """The way that starts where the foreign key is."""
        return next((way for way in self.ways if way.owns_key), None)


def write(model: EntityModel) -> bytes:
    """The metadata document; the same model always gives the same bytes."""
    edmx = Element(name(EDMX, "Edmx"), {"Version": "1.0"})
    services = SubElement(edmx, name(EDMX, "DataServices"), {name(METADATA, "DataServiceVersion"): "2.0"})
    schema = SubElement(services, "Schema", {"Namespace": model.namespace, "xmlns": SCHEMA})
    associations = associations_of(model)
    by_way = {way: association for association in associations for way in association.ways}
    for entity_type in model.types.values():
        _add_entity_type(schema, entity_type, by_way)
    for association in associations:
        _add_association(schema, association, model)
    _add_container(schema, model, associations)
    return document(edmx)


def associations_of(model: EntityModel) -> list[Association]:
    """One association for each pair of partners, and for each navigation property that has none."""
    sets = {each.type.name: each for each in model.sets.values()}
    found: list[Association] = []
    seen: set[tuple[str, str]] = set()
    taken = {*model.types, *model.sets, model.container}
    for entity_type in model.types.values():
        for way in entity_type.navigation.values():
            if (way.source, way.name) not in seen and way.source in sets:
                back = _partner(way, model)
                seen.update((each.source, each.name) for each in (way, back) if each)
                named = _free_name(f"{way.source}_{way.name}", taken)
                found.append(_association(named, way, back, (sets[way.source], model.target_set(way))))
    return found


def _partner(way: NavigationProperty, model: EntityModel) -> NavigationProperty | None:
    back = model.types[way.target].navigation.get(way.partner or "")
    return back if back is not None and back.target == way.source else None


def _free_name(wished: str, taken: set[str]) -> str:
    """Named for the navigation property: ``Person_Addresses``; with a line more where something is called that."""
    while wished in taken:
        wished += "_"
    taken.add(wished)
    return wished


def _association(
    named: str, way: NavigationProperty, back: NavigationProperty | None, sets: tuple[EntitySet, EntitySet]
) -> Association:
    roles = (way.source, way.target) if way.source != way.target else (f"{way.source}_Source", f"{way.target}_Target")
    return Association(
        named,
        End(roles[0], sets[0], _multiplicity(back) if back else _assumed_multiplicity(way)),
        End(roles[1], sets[1], _multiplicity(way)),
        (way, back) if back else (way,),
    )


def _multiplicity(way: NavigationProperty) -> str:
    """How many there are at the far end."""
    if way.collection:
        return "*"
    return "0..1" if way.nullable else "1"


def _assumed_multiplicity(way: NavigationProperty) -> str:
    """At the near end of a way without a way back: where the key is, or behind a link table, there may be many."""
    if way.owns_key or way.link_near:
        return "*"
    return "0..1" if any(getattr(column, "nullable", True) for column in way.far) else "1"


def _add_entity_type(schema: Element, entity_type: EntityType, by_way: dict[NavigationProperty, Association]) -> None:
    element = SubElement(schema, "EntityType", {"Name": entity_type.name})
    key = SubElement(element, "Key")
    for declared in entity_type.key:
        SubElement(key, "PropertyRef", {"Name": declared.name})
    for declared in entity_type.properties.values():
        if declared.type.v2:
            SubElement(element, "Property", {"Name": declared.name, "Type": declared.type.v2, **_facets(declared)})
    for way in entity_type.navigation.values():
        if way in by_way:
            _add_navigation(element, way, by_way[way], schema.attrib["Namespace"])


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
    if declared.concurrency:
        facets["ConcurrencyMode"] = "Fixed"
    return facets


def _add_navigation(element: Element, way: NavigationProperty, association: Association, namespace: str) -> None:
    ends = (association.start, association.end)
    here, there = ends if way is association.ways[0] else ends[::-1]
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
        attributes = {"Type": end.entity_set.type.full_name, "Role": end.role, "Multiplicity": end.multiplicity}
        SubElement(element, "End", attributes)
    dependent = association.dependent
    if dependent is not None:
        _add_constraint(element, association, dependent, model)


def _add_constraint(element: Element, association: Association, way: NavigationProperty, model: EntityModel) -> None:
    """Which properties hold the foreign key, where they and what they refer to are published."""
    foreign = _published(model.types[way.source], way.near)
    referred = _published(model.types[way.target], way.far)
    if foreign is None or referred is None or set(referred) != set(model.types[way.target].key):
        return
    here, there = (
        (association.start, association.end) if way is association.ways[0] else (association.end, association.start)
    )
    constraint = SubElement(element, "ReferentialConstraint")
    for tag, end, properties in (("Principal", there, referred), ("Dependent", here, foreign)):
        side = SubElement(constraint, tag, {"Role": end.role})
        for declared in properties:
            SubElement(side, "PropertyRef", {"Name": declared.name})


def _published(entity_type: EntityType, columns: Iterable[ColumnElement[object]]) -> list[Property] | None:
    by_column = {declared.column: declared for declared in entity_type.properties.values() if declared.type.v2}
    found = [by_column[column] for column in columns if column in by_column]
    return found if found and len(found) == len(tuple(columns)) else None


def _add_container(schema: Element, model: EntityModel, associations: Sequence[Association]) -> None:
    attributes = {"Name": model.container, name(METADATA, "IsDefaultEntityContainer"): "true"}
    container = SubElement(schema, "EntityContainer", attributes)
    for entity_set in model.sets.values():
        SubElement(container, "EntitySet", {"Name": entity_set.name, "EntityType": entity_set.type.full_name})
    for association in associations:
        attributes = {"Name": association.name, "Association": f"{model.namespace}.{association.name}"}
        element = SubElement(container, "AssociationSet", attributes)
        for end in (association.start, association.end):
            SubElement(element, "End", {"Role": end.role, "EntitySet": end.entity_set.name})
