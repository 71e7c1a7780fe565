"""``$metadata`` of V2 and V3: navigation properties are ends of associations, and operations are function imports."""

from __future__ import annotations

from collections.abc import Iterator
from xml.etree.ElementTree import Element

from odata_service.edm import primitive as edm
from odata_service.edm.primitive import PRIMITIVES

from .metadata import Schemas, attribute, children
from .model import Model, Navigation, Operation

# Edm.Time is a time span in every client library; a column without a zone is in UTC.
PRIMITIVES_V2 = {each.name: each for each in PRIMITIVES} | {
    "Edm.DateTime": edm.DATE_TIME,
    "Edm.DateTimeOffset": edm.DATE_TIME_OFFSET,
    "Edm.Time": edm.DURATION,
}


def read_metadata(content: bytes) -> Model:
    schemas = Schemas(content, PRIMITIVES_V2, "v2")
    schemas.declare_types()
    ends = dict(_ends(schemas))
    for name, each in schemas.all("EntityType"):
        source = schemas.structured(name)
        for navigation in children(each, "NavigationProperty"):
            association = schemas.full_name(navigation.get("Relationship", ""))
            end = ends[association, navigation.get("ToRole", "")]
            collection = end.get("Multiplicity") == "*"
            target = schemas.structured(end.get("Type", ""))
            found = Navigation(navigation.get("Name", ""), target, collection)
            source.own_navigation[found.name] = found
    schemas.declare_sets()
    _bind(schemas)
    schemas.model.operations += _operations(schemas)
    return schemas.model


def _ends(schemas: Schemas) -> Iterator[tuple[tuple[str, str], Element]]:
    for name, association in schemas.all("Association"):
        for end in children(association, "End"):
            yield (name, end.get("Role", "")), end


def _bind(schemas: Schemas) -> None:
    """An association set says of each end in which set it is; a navigation property goes from one to the other."""
    homes = {}
    for container in schemas.containers():
        for each in children(container, "AssociationSet"):
            association = schemas.full_name(each.get("Association", ""))
            for end in children(each, "End"):
                homes[association, end.get("Role", "")] = end.get("EntitySet", "")
    for _, element in schemas.all("EntityType"):
        for each in children(element, "NavigationProperty"):
            association = schemas.full_name(each.get("Relationship", ""))
            near = homes.get((association, each.get("FromRole", "")))
            far = homes.get((association, each.get("ToRole", "")))
            if near in schemas.model.resources and far is not None:
                schemas.model.resources[near].bindings[each.get("Name", "")] = far


def _operations(schemas: Schemas) -> Iterator[Operation]:
    for container in schemas.containers():
        for each in children(container, "FunctionImport"):
            returned = each.get("ReturnType") or next((one.get("Type") for one in children(each, "ReturnType")), None)
            parameters = schemas.parameters(each)
            yield Operation(
                name=each.get("Name", ""),
                segment=each.get("Name", ""),
                is_action=(attribute(each, "HttpMethod") or "GET") != "GET",
                parameters=parameters,
                returns=schemas.value_type(returned) if returned else None,
                result_set=each.get("EntitySet"),
                optional=frozenset(parameters),  # V2 does not say which of them may be left out
            )
