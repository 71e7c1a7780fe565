"""``$metadata`` as CSDL JSON 4.01.

What a member's absence means is not what it means in XML: a property without ``$Nullable`` is not nullable, one without
``$Type`` is a string, and a decimal without ``$Scale`` has any number of digits behind the point.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any

import orjson

from odata_service.formats.csdl_v4 import (
    ContainedSet, DeclaredNavigation, DeclaredOperation, DeclaredProperty, Enumeration, Facets, Import, Schema,
    StructuredType, TypeReference, schema_of,
)  # fmt: skip
from odata_service.formats.vocabularies_v4 import PUBLISHED_AT, Annotation, EnumMember, Offer, Path, Value

Json = dict[str, Any]  # what orjson writes
_UNSAID = (("Nullable", False), ("MaxLength", "max"), ("Scale", "variable"))


def write_json(offer: Offer) -> bytes:
    """The document for one caller; the same offer always gives the same bytes."""
    schema = schema_of(offer)
    return orjson.dumps(
        {
            "$Version": "4.01",
            "$Reference": _references(schema.vocabularies()),
            "$EntityContainer": f"{schema.namespace}.{schema.container}",
            schema.namespace: _schema(schema),
        }
    )


def _references(vocabularies: Mapping[str, str]) -> Json:
    return {
        f"{PUBLISHED_AT}{namespace}.json": {"$Include": [{"$Namespace": namespace, "$Alias": alias}]}
        for namespace, alias in vocabularies.items()
    }


def _schema(schema: Schema) -> Json:
    return {
        **{enumeration.name: _enumeration(enumeration) for enumeration in schema.enumerations},
        **{kind.name: _type(kind) for kind in schema.types},
        **_operations(schema.operations),
        schema.container: _container(schema),
        **_annotations(schema.annotations),
    }


def _enumeration(enumeration: Enumeration) -> Json:
    facts = _facts("EnumType", UnderlyingType=enumeration.underlying, IsFlags=enumeration.is_flags)
    return facts | dict(enumeration.members)


def _type(kind: StructuredType) -> Json:
    facts = {"BaseType": kind.base, "Abstract": kind.abstract, "OpenType": kind.is_open, "HasStream": kind.has_stream}
    return {
        **_facts(kind.kind, **facts, Key=list(kind.key)),
        **{declared.name: _property(declared) for declared in kind.properties},
        **{way.name: _navigation(way) for way in kind.navigation},
        **_annotations(kind.annotations),
    }


def _facts(kind: str, **facts: Any) -> Json:
    """Members with ``$``; what is false or nothing is left out."""
    return {"$Kind": kind} | {f"${name}": fact for name, fact in facts.items() if fact}


def _property(declared: DeclaredProperty) -> Json:
    return _type_reference(declared.type) | _facets(declared.facets) | _annotations(declared.annotations)


def _type_reference(reference: TypeReference) -> Json:
    collection: Json = {"$Collection": True} if reference.collection else {}
    return collection if reference.name == "Edm.String" else {**collection, "$Type": reference.name}


def _facets(facets: Facets) -> Json:
    """The identifier of a coordinate system is a string here, as ``variable`` could stand in its place."""
    kept = {name: value for name, value in facets.items() if (name, value) not in _UNSAID}
    return {f"${name}": str(value) if name == "SRID" else value for name, value in kept.items()}


def _navigation(way: DeclaredNavigation) -> Json:
    facts = _facts("NavigationProperty", Collection=way.type.collection, Type=way.type.name, Nullable=way.nullable)
    if way.partner is not None:
        facts["$Partner"] = way.partner
    if way.contains:
        facts["$ContainsTarget"] = True
    if way.constraint:
        facts["$ReferentialConstraint"] = dict(way.constraint)
    return facts


def _operations(operations: Iterable[DeclaredOperation]) -> Json:
    """The overloads of a name are an array."""
    overloads: dict[str, list[Json]] = {}
    for operation in operations:
        overloads.setdefault(operation.name, []).append(_operation(operation))
    return overloads


def _operation(operation: DeclaredOperation) -> Json:
    facts = _facts(
        operation.kind,
        IsBound=operation.is_bound,
        IsComposable=operation.is_composable,
        EntitySetPath=operation.entity_set_path,
        Parameter=[{"$Name": each.name, **_property(each)} for each in operation.parameters],
    )
    return facts if operation.returns is None else {**facts, "$ReturnType": _property(operation.returns)}


def _import(each: Import) -> Json:
    target = {} if each.entity_set is None else {"$EntitySet": each.entity_set}
    return {f"${each.kind}": each.operation, **target}


def _container(schema: Schema) -> Json:
    return {
        "$Kind": "EntityContainer",
        **{contained.name: _set(contained) for contained in schema.sets},
        **{each.name: _import(each) for each in schema.imports},
        **_annotations(schema.container_annotations),
    }


def _set(contained: ContainedSet) -> Json:
    facts: Json = {} if contained.singleton else {"$Collection": True}
    facts["$Type"] = contained.type
    if contained.bindings:
        facts["$NavigationPropertyBinding"] = dict(contained.bindings)
    return facts | _annotations(contained.annotations)


# Annotations


def _annotations(annotations: Iterable[Annotation]) -> Json:
    return {f"@{each.term}{'#' if each.qualifier else ''}{each.qualifier}": _value(each.value) for each in annotations}


def _value(value: Value) -> Any:
    """
    >>> _value({"Readable": True}), _value(Path("Path", "PhotoType")), _value(Path("PropertyPath", "Name"))
    ({'Readable': True}, {'$Path': 'PhotoType'}, 'Name')
    """
    if isinstance(value, Mapping):
        return {name: _value(member) for name, member in value.items()}
    if isinstance(value, tuple):
        return [_value(item) for item in value]
    if isinstance(value, Path):
        return {"$Path": value.text} if value.kind == "Path" else value.text
    if isinstance(value, EnumMember):
        return value.name
    return float(value) if isinstance(value, Decimal) else value
