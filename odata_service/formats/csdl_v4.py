"""What ``$metadata`` says in V4, before it is XML or JSON (CSDL 4.01): the schema as plain values, in order.

Both writers say the same because both are given this.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Literal

from sqlalchemy import ColumnElement

from odata_service.edm import primitive as edm
from odata_service.edm.model import (
    CollectionProperty, ComplexType, EntityModel, EntitySet, EntityType, EnumType, NavigationProperty, Property,
    StreamProperty,
)  # fmt: skip
from odata_service.edm.operation import Operation, Parameter, ValueType
from odata_service.formats import vocabularies_v4 as vocabularies
from odata_service.formats.structures import structures_in, structures_of
from odata_service.formats.vocabularies_v4 import Annotation, Offer, OfferedSet, said
from odata_service.values import frozen

Facet = bool | int | str
Facets = Mapping[str, Facet]  # by CSDL's name for them, Nullable always among them
MICROSECONDS = 6  # the digits of a second that are kept
WGS_84 = 4326


@frozen
class TypeReference:
    """``Collection(TechStore.Product)``"""

    name: str
    collection: bool = False

    def __str__(self) -> str:
        return f"Collection({self.name})" if self.collection else self.name


@frozen
class DeclaredProperty:
    """A structural property, a named stream, or a parameter of an operation."""

    name: str
    type: TypeReference
    facets: Facets
    annotations: tuple[Annotation, ...] = ()


@frozen
class DeclaredNavigation:
    """``constraint`` pairs each property of the foreign key with the one that it refers to. ``nullable`` is ``None``
    for collections, where CSDL has no place for it."""

    name: str
    type: TypeReference
    nullable: bool | None
    partner: str | None
    constraint: tuple[tuple[str, str], ...] = ()
    contains: bool = False


@frozen
class StructuredType:
    """An entity type or a complex type, with what it does not inherit."""

    kind: Literal["EntityType", "ComplexType"]
    name: str
    properties: tuple[DeclaredProperty, ...]
    navigation: tuple[DeclaredNavigation, ...] = ()
    base: str | None = None
    abstract: bool = False
    has_stream: bool = False
    is_open: bool = False
    key: tuple[str, ...] = ()
    annotations: tuple[Annotation, ...] = ()


@frozen
class Enumeration:
    name: str
    underlying: str
    is_flags: bool
    members: Mapping[str, int]


@frozen
class DeclaredOperation:
    """One overload of a function or action. The parameter of a bound one that stands for what it is bound to is the
    first; ``entity_set_path`` is its name where what comes back is of the same set."""

    kind: Literal["Function", "Action"]
    name: str
    parameters: tuple[DeclaredProperty, ...]
    returns: DeclaredProperty | None
    is_bound: bool = False
    is_composable: bool = False
    entity_set_path: str | None = None


@frozen
class Import:
    """What makes an unbound function or action a resource at the root: ``FindProducts``."""

    kind: Literal["Function", "Action"]
    name: str
    operation: str
    entity_set: str | None


@frozen
class ContainedSet:
    """An entity set or a singleton. ``bindings`` say where a navigation property's targets are."""

    name: str
    type: str
    singleton: bool
    bindings: Mapping[str, str]
    annotations: tuple[Annotation, ...]


@frozen
class Schema:
    """The whole document: one schema with its container."""

    namespace: str
    container: str
    enumerations: tuple[Enumeration, ...]
    types: tuple[StructuredType, ...]
    operations: tuple[DeclaredOperation, ...]
    sets: tuple[ContainedSet, ...]
    imports: tuple[Import, ...]
    annotations: tuple[Annotation, ...]
    container_annotations: tuple[Annotation, ...]

    def vocabularies(self) -> dict[str, str]:
        """The vocabularies that are used, with their aliases."""
        used = {vocabularies.namespace_of(annotation.term) for annotation in self.every_annotation()}
        return {namespace: alias for alias, namespace in vocabularies.VOCABULARIES.items() if namespace in used}

    def every_annotation(self) -> Iterator[Annotation]:
        yield from self.annotations
        yield from self.container_annotations
        for contained in self.sets:
            yield from contained.annotations
        for kind in self.types:
            yield from kind.annotations
        declaring = (*(kind.properties for kind in self.types), *(each.parameters for each in self.operations))
        for properties in declaring:
            for declared in properties:
                yield from declared.annotations


def schema_of(offer: Offer) -> Schema:
    """The schema as one caller may see it; the same offer always gives the same one."""
    model = offer.model
    structures = structures_of(model)
    operations = model.published(model.operations)
    return Schema(
        namespace=model.namespace,
        container=model.container,
        enumerations=tuple(_enumeration(each) for each in _enumerations(model).values()),
        types=(
            *(_complex_type(kind, members) for kind, members in structures.values()),
            *(_entity_type(each, model) for each in model.types_from_the_root()),
        ),
        operations=tuple(_without_action_overloads(map(_declared_operation, operations))),
        sets=tuple(_contained_set(each, offer) for each in model.root_sets.values()),
        imports=tuple(_imports(operations, model)),
        annotations=said(vocabularies.SCHEMA, model),
        container_annotations=said(vocabularies.CONTAINER, offer),
    )


def _base(entity_type: EntityType, model: EntityModel) -> EntityType | None:
    return None if entity_type.base is None else model.types.get(entity_type.base.name)


# Enumerations and structures


def _enumerations(model: EntityModel) -> Mapping[str, EnumType]:
    found = dict(model.enums)
    for entity_type in model.types.values():
        members = (member for structure in structures_in(entity_type) for member in structure.members)
        items = (each.item for each in entity_type.collections.values() if isinstance(each.item, Property))
        used = (declared.enum for declared in (*entity_type.properties.values(), *members, *items))
        found.update({kind.name: kind for kind in used if kind is not None})
    return dict(sorted(found.items()))


def _enumeration(kind: EnumType) -> Enumeration:
    return Enumeration(kind.name, kind.underlying.name, kind.is_flags, kind.numbers)


def _complex_type(kind: ComplexType, members: Iterable[Property]) -> StructuredType:
    return StructuredType("ComplexType", kind.name, tuple(map(_property, members)))


# Entity types


def _entity_type(entity_type: EntityType, model: EntityModel) -> StructuredType:
    base = _base(entity_type, model)
    inherited = () if base is None else base.member_names
    ways = [way for name, way in entity_type.navigation.items() if name not in inherited]
    return StructuredType(
        kind="EntityType",
        name=entity_type.name,
        properties=tuple(each for each in _properties(entity_type) if each.name not in inherited),
        navigation=tuple(_navigation(way, model) for way in ways),
        base=None if base is None else base.full_name,
        abstract=entity_type.is_abstract,
        has_stream=entity_type.media is not None,
        is_open=entity_type.dynamic is not None and (base is None or base.dynamic is None),
        key=tuple(declared.name for declared in entity_type.local_key or entity_type.key) if base is None else (),
        annotations=(
            *said(vocabularies.ENTITY_TYPE, entity_type),
            *_media_annotations(entity_type, base),
            *(vocabularies.custom_aggregates(entity_type) if base is None else ()),
        ),
    )


def _media_annotations(entity_type: EntityType, base: EntityType | None) -> tuple[Annotation, ...]:
    own = entity_type.media if base is None or base.media is None else None
    return () if own is None else _of_stream(own, entity_type)


def _properties(entity_type: EntityType) -> Iterator[DeclaredProperty]:
    for declared in entity_type.properties.values():
        given = declared.name in entity_type.implied  # by the address, so a client has no say in it
        yield _property(replace(declared, server_set=True) if given else declared)
    for structure in entity_type.complex.values():
        reference = TypeReference(structure.type.full_name)
        yield DeclaredProperty(structure.name, reference, {"Nullable": structure.nullable})
    yield from map(_collection, entity_type.collections.values())
    yield from (_stream(each, entity_type) for each in entity_type.streams.values())


def _property(declared: Property) -> DeclaredProperty:
    kind = declared.type.name if declared.enum is None else declared.enum.full_name
    facets = {"Nullable": declared.nullable, **facets_of(declared), **_default(declared)}
    return DeclaredProperty(declared.name, TypeReference(kind), facets, said(vocabularies.PROPERTY, declared))


def _collection(declared: CollectionProperty) -> DeclaredProperty:
    """Facets are those of the values; the collection itself is never null (CSDL, Nullable)."""
    facets = facets_of(declared.item) if isinstance(declared.item, Property) else {}
    return DeclaredProperty(
        declared.name,
        TypeReference(declared.item_type, collection=True),
        {"Nullable": declared.item.nullable, **facets},
        said(vocabularies.COLLECTION, declared),
    )


def _stream(stream: StreamProperty, entity_type: EntityType) -> DeclaredProperty:
    annotations = _of_stream(stream, entity_type)
    return DeclaredProperty(stream.name, TypeReference(edm.STREAM.name), {"Nullable": True}, annotations)


def _of_stream(stream: StreamProperty, entity_type: EntityType) -> tuple[Annotation, ...]:
    """Its media type may be in a property that is not published."""
    published = (None, *(declared.attribute for declared in entity_type.properties.values()))
    annotations = said(vocabularies.STREAM, stream)
    if stream.content_type_attribute in published:
        return annotations
    return tuple(each for each in annotations if each.term != vocabularies.qualified("Core.MediaType"))


def facets_of(declared: Property) -> Facets:
    """What narrows a property's type.

    MaxLength always stands on strings and binaries: clients take 128 where it is missing. Scale always stands on
    decimals, where CSDL takes 0 for a missing one, and Precision on what has fractions of seconds, for the same reason.
    """
    kind = declared.type
    if kind in (edm.STRING, edm.BINARY):
        return {"MaxLength": "max" if declared.max_length is None else declared.max_length}
    if kind is edm.DECIMAL:
        return _digits(declared)
    if kind in (edm.DATE_TIME, edm.DATE_TIME_OFFSET, edm.TIME_OF_DAY, edm.DURATION):
        return {"Precision": MICROSECONDS if declared.precision is None else declared.precision}
    return {"SRID": WGS_84} if kind in vocabularies.GEOGRAPHIES else {}


def _default(declared: Property) -> Facets:
    value = None if declared.server_set else vocabularies.static_default(declared)
    return {} if value is None else {"DefaultValue": value}


def _digits(declared: Property) -> Facets:
    """``Numeric(10)`` has no fraction in SQL; ``Numeric()`` has one of any length."""
    if declared.precision is None:
        return {"Scale": "variable" if declared.scale is None else declared.scale}
    return {"Precision": declared.precision, "Scale": declared.scale or 0}


# Navigation


def _navigation(way: NavigationProperty, model: EntityModel) -> DeclaredNavigation:
    return DeclaredNavigation(
        name=way.name,
        type=TypeReference(model.types[way.target].full_name, way.collection),
        nullable=None if way.collection else way.nullable,
        partner=_partner(way, model),
        constraint=_constraint(way, model) if way.owns_key else (),
        contains=way.contains,
    )


def _partner(way: NavigationProperty, model: EntityModel) -> str | None:
    """The way back, where it too calls this one its partner (CSDL, Partner Navigation Property)."""
    back = model.types[way.target].navigation.get(way.partner or "")
    if back is None or back.partner != way.name or back.target not in model.types:
        return None
    return back.name if model.types[way.source].is_a(model.types[back.target]) else None


def _constraint(way: NavigationProperty, model: EntityModel) -> tuple[tuple[str, str], ...]:
    """Which properties hold the foreign key, where all of it is published at both ends."""
    near = _published(model.types[way.source], way.near)
    far = _published(model.types[way.target], way.far)
    pairs = tuple((here, there) for here, there in zip(near, far, strict=True) if here and there)
    return pairs if len(pairs) == len(way.near) else ()


def _published(entity_type: EntityType, columns: Iterable[ColumnElement[object]]) -> list[str | None]:
    by_column = {declared.column: declared.name for declared in entity_type.properties.values()}
    return [by_column.get(column) for column in columns]


# The container


def _contained_set(entity_set: EntitySet, offer: Offer) -> ContainedSet:
    rows = vocabularies.SINGLETON if entity_set.singleton else vocabularies.ENTITY_SET
    offered = OfferedSet(entity_set, offer.rights(entity_set), offer.limits, offer.behaviors)
    return ContainedSet(
        entity_set.name,
        entity_set.type.full_name,
        entity_set.singleton,
        dict(_bindings(entity_set, offer.model)),
        said(rows, offered),
    )


def _bindings(entity_set: EntitySet, model: EntityModel, before: str = "") -> Iterator[tuple[str, str]]:
    """``Category → Categories``; behind a cast where only a derived type has the navigation property, and behind what
    is contained: ``Lines/Product → Products``."""
    seen: set[str] = set()
    for entity_type in entity_set.type.with_derived():
        cast = "" if entity_type is entity_set.type else f"{entity_type.full_name}/"
        for name, way in entity_type.navigation.items():
            target = _set_of(way, model)
            if target is not None and name not in seen:
                path = f"{before}{cast}{name}"
                yield from _bindings(target, model, f"{path}/") if way.contains else [(path, _path_of(target))]
        seen.update(entity_type.navigation)


def _path_of(entity_set: EntitySet) -> str:
    """``Orders/Lines`` is where contained entities are."""
    if entity_set.containment is None:
        return entity_set.name
    return f"{_path_of(entity_set.containment.parent)}/{entity_set.segment}"


def _set_of(way: NavigationProperty, model: EntityModel) -> EntitySet | None:
    """A set of its own has only the type at the root of a hierarchy."""
    if way.target_set in model.sets:
        return model.target_set(way)
    root = model.types[way.target].root if way.target in model.types else None
    return next((each for each in model.sets.values() if each.type is root), None)


# Functions and actions


# By this name clients know the parameter that is not sent.
BINDING_PARAMETER = "bindingParameter"


def _declared_operation(operation: Operation) -> DeclaredOperation:
    parameters = tuple(map(_parameter, operation.parameters))
    bound = operation.bound
    same_set = bound is not None and operation.returns is not None and bound.type_name == operation.returns.type_name
    return DeclaredOperation(
        "Function" if operation.kind == "function" else "Action",
        operation.name,
        parameters if bound is None else (_typed(BINDING_PARAMETER, bound), *parameters),
        None if operation.returns is None else _typed("", operation.returns),
        is_bound=bound is not None,
        is_composable=operation.composable,
        entity_set_path=BINDING_PARAMETER if same_set else None,
    )


def _without_action_overloads(operations: Iterable[DeclaredOperation]) -> Iterator[DeclaredOperation]:
    """Only functions are told apart by their parameters; an action has one form for each type it is bound to (CSDL,
    Action Overloads). Several forms become one whose parameters may be left out where some form lacks them."""
    forms: dict[object, list[DeclaredOperation]] = {}
    for each in operations:
        names = tuple(parameter.name for parameter in each.parameters)
        bound_to = str(each.parameters[0].type) if each.is_bound else ""
        forms.setdefault((each.name, bound_to, names if each.kind == "Function" else ()), []).append(each)
    return (_merged(overloads) for overloads in forms.values())


def _merged(overloads: Sequence[DeclaredOperation]) -> DeclaredOperation:
    parameters = {parameter.name: parameter for each in overloads for parameter in each.parameters}
    in_all = set.intersection(*({parameter.name for parameter in each.parameters} for each in overloads))
    merged = (each if name in in_all else _optional(each) for name, each in parameters.items())
    return replace(overloads[0], parameters=tuple(merged))


def _optional(parameter: DeclaredProperty) -> DeclaredProperty:
    return replace(parameter, annotations=said(vocabularies.OPTIONAL_PARAMETER, None))


def _parameter(parameter: Parameter) -> DeclaredProperty:
    declared = _typed(parameter.name, parameter)
    return _optional(declared) if parameter.optional else declared


def _typed(name: str, kind: ValueType | Parameter) -> DeclaredProperty:
    facets = {"Nullable": kind.nullable, **_OF_ANY_WIDTH.get(kind.type_name, {})}
    return DeclaredProperty(name, TypeReference(kind.type_name, kind.collection), facets)


# Where CSDL would take 0 for the missing facet.
_OF_ANY_WIDTH: Mapping[str, Facets] = {
    edm.DECIMAL.name: {"Scale": "variable"},
    edm.DATE_TIME_OFFSET.name: {"Precision": MICROSECONDS},
    edm.TIME_OF_DAY.name: {"Precision": MICROSECONDS},
    edm.DURATION.name: {"Precision": MICROSECONDS},
}


def _imports(operations: Iterable[Operation], model: EntityModel) -> Iterator[Import]:
    """One for all overloads of a name."""
    imported = {each.name: each for each in operations if each.imported and each.bound is None}
    for name, operation in imported.items():
        kind: Literal["Function", "Action"] = "Function" if operation.kind == "function" else "Action"
        yield Import(kind, name, f"{model.namespace}.{name}", _set_of_result(operation.returns, model))


def _set_of_result(kind: ValueType | None, model: EntityModel) -> str | None:
    entity_type = None if kind is None else model.type_named(kind.type_name)
    if entity_type is None:
        return None
    return next((name for name, each in model.root_sets.items() if entity_type.is_a(each.type)), None)
