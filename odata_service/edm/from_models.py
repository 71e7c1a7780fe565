"""SQLAlchemy's mapped classes → the entity model."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Any

from sqlalchemy import Column, ColumnElement
from sqlalchemy import inspect as inspect_mapping
from sqlalchemy.orm import ColumnProperty, DeclarativeBase, Mapper

from odata_service.edm import primitive
from odata_service.edm.containment import contain
from odata_service.edm.errors import ModelError
from odata_service.edm.model import (
    CollectionProperty, ComplexProperty, DynamicColumn, EntityModel, EntitySet, EntityType, Property, StreamProperty,
)  # fmt: skip
from odata_service.edm.relationships import navigation_of
from odata_service.edm.said import Kinds, Said
from odata_service.edm.unique import check_alternate_keys
from odata_service.edm.values import edm_type
from odata_service.tracking import Tracking, tracking_of
from odata_service.types import Collection, DynamicProperties, Enumeration, Stream


def model_from(
    models: type[DeclarativeBase] | Iterable[type], namespace: str, container: str | None = None
) -> EntityModel:
    """The entity model of a declarative base, or of chosen mapped classes."""
    mappers = _mappers(models)
    said = {mapper: Said.of(mapper.class_) for mapper in mappers}
    kinds = Kinds(namespace)
    types = {mapper: _entity_type(mapper, said[mapper], kinds) for mapper in mappers}
    _connect_hierarchies(types)
    for mapper, entity_type in types.items():
        entity_type.navigation = navigation_of(mapper, said)
    every = [
        EntitySet(said[mapper].set_name, entity_type, said[mapper].singleton)
        for mapper, entity_type in types.items()
        if entity_type.base is None
    ]
    sets = {each.name: each for each in _without_collision(every)}
    for entity_type in types.values():
        check_alternate_keys(entity_type)
    by_name = {each.name: each for each in types.values()}
    contain(by_name, sets, {each.type_name: each.contained_in for each in said.values() if each.contained_in})
    return EntityModel(
        namespace, container or f"{namespace}Container", sets, by_name, kinds.enums, kinds.complex_types
    )


def _mappers(models: type[DeclarativeBase] | Iterable[type]) -> list[Mapper[Any]]:
    if isinstance(models, type):
        mappers = sorted(models.registry.mappers, key=lambda mapper: mapper.class_.__name__)
    else:
        mappers = [inspect_mapping(mapped) for mapped in models]
    for mapper in mappers:
        mapper._check_configure()
    return mappers


def _without_collision(sets: list[EntitySet]) -> list[EntitySet]:
    seen: dict[str, EntitySet] = {}
    for each in sets:
        if each.name in seen:
            other = seen[each.name].type.mapper.class_.__name__
            mine = each.type.mapper.class_.__name__
            raise ModelError(f"{other} and {mine} both make the set {each.name!r}; give one __odata__ = {{'set': …}}")
        seen[each.name] = each
    return sets


def _connect_hierarchies(types: Mapping[Mapper[Any], EntityType]) -> None:
    for mapper, entity_type in types.items():
        base = None if mapper.inherits is None else types.get(mapper.inherits)
        if base is not None:
            entity_type.base = base
            entity_type.base.derived.append(entity_type)
    for entity_type in types.values():
        if entity_type.base is None:
            _check_feeds(entity_type)


def _check_feeds(entity_type: EntityType) -> None:
    """Where properties stand in feeds; a derived type says it of its own and inherits the rest."""
    base = entity_type.base
    taken = {} if base is None else {to.target: source for source, to in base.feed.items()}
    for source, to in entity_type.feed.items():
        problem = to.problem() or _source_problem(source, entity_type)
        if to.target in taken:
            problem = f"{to.target!r} is taken by {taken[to.target]!r}"
        if problem is not None:
            raise ModelError(f"{entity_type.name} says where {source!r} stands in feeds, but {problem}")
        taken[to.target] = source
    entity_type.feed = {**(base.feed if base else {}), **entity_type.feed}
    for derived in entity_type.derived:
        _check_feeds(derived)


def _source_problem(source: str, entity_type: EntityType) -> str | None:
    name, _, member = source.partition("/")
    structure = entity_type.complex.get(name)
    declared = structure.member(member) if structure else entity_type.properties.get(source)
    if declared is None or not declared.type.v2:
        return "it has no such property of a type that V2 knows"
    if entity_type.base is not None and name in entity_type.base.member_names:
        return f"that is for {entity_type.base.name} to say, which declares it"
    return None


def _entity_type(mapper: Mapper[Any], said: Said, kinds: Kinds) -> EntityType:
    tracking = tracking_of(mapper)
    in_structures = {column.key for composite in mapper.composites for column in composite.props}
    columns = [column for column in mapper.column_attrs if column.key not in said.ignored]
    properties = [_property(mapper, column, said, kinds, tracking) for column in columns if column.key not in in_structures]
    collections = [_collection(mapper, column, said, kinds) for column in columns if isinstance(column.columns[0].type, Collection)]
    streams = [_stream(column) for column in columns if isinstance(column.columns[0].type, Stream)]
    media = next((stream for stream in streams if stream.name == said.media), None)
    published = {declared.name: declared for declared in properties if declared is not None}
    discriminator = None if mapper.polymorphic_on is None else mapper.get_property_by_column(mapper.polymorphic_on).key
    return EntityType(
        name=said.type_name,
        namespace=kinds.namespace,
        mapper=mapper,
        properties=published,
        complex={each.name: each for each in _complex_properties(mapper, said, kinds)},
        collections={each.name: each for each in collections},
        dynamic=_dynamic_column(mapper, columns),
        streams={stream.name: stream for stream in streams if stream.name != said.media},
        media=media,
        slug=None if media is None else _slug(said, media, published),
        tracking=tracking,
        alternate=said.alternate_keys,
        feed=said.feed,
        full_text=tuple(name for name in published if name in said.full_text),
        discriminator=discriminator,
        discriminator_value=mapper.polymorphic_identity,
        keyless=said.keyless,
    )


def _slug(said: Said, media: StreamProperty, properties: Mapping[str, Property]) -> Property | None:
    """What the header ``Slug`` sets: the property that is said to, else the first text, a required one if there is any."""
    if said.slug is not None:
        return properties[said.slug]
    texts = [each for each in properties.values() if each.type is primitive.STRING and not each.server_set]
    named = [each for each in texts if each.attribute != media.content_type_attribute]
    return next((each for each in named if not each.nullable), named[0] if named else None)


def _stream(attribute: ColumnProperty[Any]) -> StreamProperty:
    kind = attribute.columns[0].type
    assert isinstance(kind, Stream), "only columns of that type come here"
    content_type = kind.content_type
    named = content_type if "/" not in content_type else None
    return StreamProperty(attribute.key, attribute.key, "application/octet-stream" if named else content_type, named)


def _dynamic_column(mapper: Mapper[Any], attributes: Iterable[ColumnProperty[Any]]) -> DynamicColumn | None:
    """The column that makes a type an open one."""
    found = [each for each in attributes if isinstance(each.columns[0].type, DynamicProperties)]
    if len(found) > 1:
        raise ModelError(f"{mapper.class_.__name__} has two columns for its dynamic properties")
    return DynamicColumn(found[0].key, found[0].columns[0], _subclass(mapper, found[0].key)) if found else None


def _collection(
    mapper: Mapper[Any], attribute: ColumnProperty[Any], said: Said, kinds: Kinds
) -> CollectionProperty:
    column, name = attribute.columns[0], attribute.key
    assert isinstance(column.type, Collection), "only columns of that type come here"
    return CollectionProperty(
        name,
        kinds.item(name, column.type.shape),
        name,
        column,
        server_set=name in said.computed,
        immutable=name in said.immutable,
        description=getattr(column, "comment", None) or "",
        subclass=_subclass(mapper, name),
    )


def _complex_properties(mapper: Mapper[Any], said: Said, kinds: Kinds) -> Iterator[ComplexProperty]:
    """Composites: ``ShippingAddress = composite(Address, mapped_column("ship_street"), …)``."""
    for composite in mapper.composites:
        if composite.key in said.ignored:
            continue
        assert isinstance(composite.composite_class, type), f"{composite.key} names its dataclass"
        kind = kinds.complex_type(composite.composite_class)
        columns = [column for column in composite.props if isinstance(column, ColumnProperty)]
        leaves = [_property(mapper, column, said, kinds, None) for column in columns]
        named = zip(kind.members, leaves, strict=True)
        members = tuple(replace(leaf, name=name) for name, leaf in named if leaf is not None)
        nullable = all(member.nullable for member in members)
        yield ComplexProperty(composite.key, kind, composite.key, nullable, members, _subclass(mapper, composite.key))


def _property(
    mapper: Mapper[Any], attribute: ColumnProperty[Any], said: Said, kinds: Kinds, tracking: Tracking | None
) -> Property | None:
    """One column as a property, or ``None`` where it is none or no Edm type fits its SQL type."""
    column, name = attribute.columns[0], attribute.key
    kind = edm_type(column.type)
    if kind is None or kind is primitive.STREAM:
        return None
    length = getattr(column.type, "length", None)
    counts_changes = column is mapper.version_id_col
    tracked = tracking is not None and name in (tracking.last_updated, tracking.is_deleted)
    computed = name in said.computed or getattr(column, "computed", None) is not None
    is_key = column in mapper.primary_key and not said.keyless
    return Property(
        name=name,
        type=kind,
        attribute=name,
        column=column,
        nullable=bool(getattr(column, "nullable", True)) and not is_key,
        max_length=length if kind in (primitive.STRING, primitive.BINARY) else None,
        precision=getattr(column.type, "precision", None) if kind is primitive.DECIMAL else None,
        scale=getattr(column.type, "scale", None) if kind is primitive.DECIMAL else None,
        is_key=is_key,
        server_set=tracked or computed or counts_changes,
        immutable=name in said.immutable,
        generated=_makes_own_value(column),
        concurrency=name in said.etag or counts_changes,
        searchable=name in said.searchable or name in said.full_text,
        aggregate=said.aggregates.get(name),
        description=getattr(column, "comment", None) or "",
        enum=kinds.enum_type(column.type.members) if isinstance(column.type, Enumeration) else None,
        subclass=_subclass(mapper, name),
    )


def _subclass(mapper: Mapper[Any], name: str) -> str:
    """The derived class that declares an attribute, or nothing where the root of the hierarchy has it."""
    declaring = mapper
    while declaring.inherits is not None and name in declaring.inherits.attrs:
        declaring = declaring.inherits
    return "" if declaring.inherits is None else declaring.class_.__name__


def _makes_own_value(column: ColumnElement[object]) -> bool:
    if not isinstance(column, Column):
        return True
    table = column.table
    return (
        column.default is not None
        or column.server_default is not None
        or column.identity is not None
        or getattr(table, "_autoincrement_column", None) is column
    )


def property_of_attribute(entity_type: EntityType, attribute: str) -> Property:
    """A mapped column as a property; it need not be one that is published."""
    found = next((each for each in entity_type.properties.values() if each.attribute == attribute), None)
    if found is not None:
        return found
    column = entity_type.mapper.column_attrs[attribute].columns[0]
    kind = edm_type(column.type)
    assert kind is not None, f"no type of OData is that of {attribute}"
    nullable = bool(getattr(column, "nullable", True))
    return Property(attribute, kind, attribute, column, nullable, subclass=_subclass(entity_type.mapper, attribute))


def tracking_property(entity_type: EntityType, attribute: str) -> Property:
    """A tracking column as a property; no row is without its value."""
    return replace(property_of_attribute(entity_type, attribute), nullable=False)
