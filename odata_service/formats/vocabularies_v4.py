"""The annotations of ``$metadata``: one row per term, with what this service says of itself there.

The terms are those of the OASIS vocabularies Core, Capabilities, Aggregation, Repeatability, Validation and Measures; a
row gives the value for one container, set, type or property, or ``None`` where nothing is to be said of it. What the
service can do is in the constants and rows of this file and nowhere else: a capability that comes or goes is a change
here.

Members of enumerations are only taken from the enumerations that version 4.0 of the vocabularies had already: Power
Query refuses the whole document for one that it does not know.
"""

from __future__ import annotations

import enum
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import field
from decimal import Decimal
from typing import Generic, Literal, TypeVar

from sqlalchemy import Enum

from odata_service import functions
from odata_service.access import EntitySetRights
from odata_service.behavior import Behaviors
from odata_service.bind.aggregates import result_type
from odata_service.bind.delta import is_trackable
from odata_service.edm.model import (
    CollectionProperty, EntityModel, EntitySet, EntityType, Property, StreamProperty,
)  # fmt: skip
from odata_service.edm.primitive import GEOGRAPHY_LINE_STRING, GEOGRAPHY_POINT, GEOGRAPHY_POLYGON
from odata_service.limits import Limits
from odata_service.protocol import V4
from odata_service.values import frozen

VOCABULARIES = {
    alias: f"Org.OData.{alias}.V1"
    for alias in ("Core", "Capabilities", "Aggregation", "Repeatability", "Validation", "Measures")
}
PUBLISHED_AT = "https://oasis-tcs.github.io/odata-vocabularies/vocabularies/"

VERSIONS = "4.0,4.01"
METADATA_LEVELS = ("minimal", "full", "none")
FORMATS = (
    *(f"application/json;odata.metadata={level};IEEE754Compatible=false" for level in METADATA_LEVELS),
    *(f"application/json;odata.metadata={level};IEEE754Compatible=true" for level in METADATA_LEVELS),
)
METADATA_FORMATS = ("application/xml", "application/json")
BATCH_FORMATS = ("multipart/mixed", "application/json")
OPERATORS = (
    "eq", "ne", "gt", "ge", "lt", "le", "and", "or", "not", "in", "has", "add", "sub", "mul", "div", "divby", "mod",
    "any", "all", "case", "cast", "isof",
)  # fmt: skip
# What $apply takes; anything else is answered with 501.
TRANSFORMATIONS = (
    "aggregate", "groupby", "filter", "search", "compute", "concat", "identity", "orderby", "skip", "top",
    "topcount", "topsum", "toppercent", "bottomcount", "bottomsum", "bottompercent",
)  # fmt: skip
GEOGRAPHIES = (GEOGRAPHY_POINT, GEOGRAPHY_LINE_STRING, GEOGRAPHY_POLYGON)


@frozen
class Path:
    """A value that names a part of the model (``PropertyPath``, ``NavigationPropertyPath``), or that is the value of
    one (``Path``: the media type of ``Photo`` is in ``PhotoType``)."""

    kind: Literal["PropertyPath", "NavigationPropertyPath", "Path"]
    text: str


@frozen
class EnumMember:
    """``Org.OData.Capabilities.V1.ConformanceLevelType/Advanced``."""

    type: str
    name: str


Value = bool | int | float | Decimal | str | Path | EnumMember | tuple["Value", ...] | Mapping[str, "Value"]


@frozen
class Annotation:
    """``Org.OData.Core.V1.Computed`` is true: a term with its namespace and its value. One subject may have several of the
    same term with different qualifiers."""

    term: str
    value: Value
    qualifier: str = ""


@frozen
class Offer:
    """What one caller is offered: the model that is visible, what may be done with its sets, and how much at once."""

    model: EntityModel
    rights: Callable[[EntitySet], EntitySetRights] = lambda entity_set: EntitySetRights.ALL
    limits: Limits = field(default_factory=Limits)
    behaviors: Behaviors = field(default_factory=Behaviors)


@frozen
class OfferedSet:
    """A set or singleton with what may be done with it."""

    entity_set: EntitySet
    rights: EntitySetRights
    limits: Limits
    behaviors: Behaviors

    @property
    def countable(self) -> bool:
        return self.behaviors.accepts("accept_count_requests", self.entity_set.name)

    @property
    def selectable(self) -> bool:
        return self.behaviors.accepts("accept_projection_requests", self.entity_set.name)

    @property
    def type(self) -> EntityType:
        return self.entity_set.type

    @property
    def insertable(self) -> bool:
        return bool(self.rights & EntitySetRights.WRITE_APPEND) and not self.entity_set.singleton

    @property
    def updatable(self) -> bool:
        return bool(self.rights & (EntitySetRights.WRITE_MERGE | EntitySetRights.WRITE_REPLACE))

    @property
    def deletable(self) -> bool:
        return bool(self.rights & EntitySetRights.WRITE_DELETE) and not self.entity_set.singleton


Subject = TypeVar("Subject", contravariant=True)


@frozen
class Term(Generic[Subject]):
    """A row: the term, by its vocabulary's alias, and its value for a subject."""

    name: str
    value: Callable[[Subject], Value | None]


def said(rows: Iterable[Term[Subject]], subject: Subject) -> tuple[Annotation, ...]:
    """What the rows say of a subject.

    >>> said(OPTIONAL_PARAMETER, None)
    (Annotation(term='Org.OData.Core.V1.OptionalParameter', value={}, qualifier=''),)
    """
    values = ((row.name, row.value(subject)) for row in rows)
    return tuple(Annotation(qualified(name), value) for name, value in values if value is not None)


def qualified(name: str) -> str:
    """
    >>> qualified("Core.Computed")
    'Org.OData.Core.V1.Computed'
    """
    alias, _, term = name.partition(".")
    return f"{VOCABULARIES[alias]}.{term}"


def namespace_of(term: str) -> str:
    return term.rpartition(".")[0]


def _true(subject: object) -> bool:
    return True


def _true_or_nothing(fact: bool) -> bool | None:
    return True if fact else None


def _record(**members: Value) -> Value:
    """A structure without its empty lists."""
    return {name: value for name, value in members.items() if value != ()}


def _member(type_name: str, name: str) -> EnumMember:
    return EnumMember(qualified(type_name), name)


# Properties


def _told(term: str) -> Callable[[Property | CollectionProperty], Value | None]:
    """What the column says of itself: ``mapped_column(info={"odata": {"Measures.Unit": "kg"}})``."""

    def value(declared: Property | CollectionProperty) -> Value | None:
        info: Mapping[str, Mapping[str, Value]] = getattr(declared.column, "info", {})
        return info.get("odata", {}).get(term)

    return value


def static_default(declared: Property) -> bool | int | str | None:
    """The value that a column takes for want of another, where it is always the same: ``default=0``."""
    default = getattr(declared.column, "default", None)
    value = default.arg if default is not None and default.is_scalar else None
    if isinstance(value, enum.Enum):
        return value.name
    return value if isinstance(value, bool | int | str) else None


def _computed_default(declared: Property) -> bool | None:
    """Every default that is not :func:`static_default` and that a client may leave to the service."""
    return _true_or_nothing(declared.generated and not declared.server_set and static_default(declared) is None)


def _allowed_values(declared: Property) -> Value | None:
    """The words of a column that SQLAlchemy lets have only some."""
    kind = getattr(declared.column, "type", None)
    if not isinstance(kind, Enum) or declared.enum is not None:
        return None
    return tuple({"Value": word} for word in kind.enums)


TOLD = (
    "Core.LongDescription", "Core.MediaType", "Core.IsURL", "Core.IsLanguageDependent", "Measures.ISOCurrency",
    "Measures.Unit", "Measures.UNECEUnit", "Measures.Scale", "Measures.DurationGranularity", "Validation.Pattern",
    "Validation.Minimum", "Validation.Maximum", "Validation.MultipleOf",
)  # fmt: skip

_TOLD = tuple(Term(term, _told(term)) for term in TOLD)
# Of whatever has a column.
_STORED: tuple[Term[Property | CollectionProperty], ...] = (
    Term("Core.Description", lambda declared: declared.description or None),
    Term("Core.Computed", lambda declared: _true_or_nothing(declared.server_set)),
    Term("Core.Permissions", lambda declared: _member("Core.Permission", "Read") if declared.server_set else None),
    Term("Core.Immutable", lambda declared: _true_or_nothing(declared.immutable)),
)
PROPERTY: tuple[Term[Property], ...] = (
    *_STORED,
    Term("Core.ComputedDefaultValue", _computed_default),
    Term("Validation.AllowedValues", _allowed_values),
    *_TOLD,
)
COLLECTION: tuple[Term[CollectionProperty], ...] = (*_STORED, *_TOLD)


def _media_type(stream: StreamProperty) -> Value | None:
    """Where it is: in another property, or it is always the same one."""
    if stream.content_type_attribute is not None:
        return Path("Path", stream.content_type_attribute)
    return stream.content_type


def _acceptable_media_types(stream: StreamProperty) -> Value | None:
    return (stream.content_type,) if stream.content_type_attribute is None else ("*/*",)


STREAM: tuple[Term[StreamProperty], ...] = (
    Term("Core.MediaType", _media_type),
    Term("Core.AcceptableMediaTypes", _acceptable_media_types),
)


def _comment(entity_type: EntityType) -> str | None:
    """The comment of a type's own table; a type that shares its base's table has none."""
    table = entity_type.mapper.local_table
    own = entity_type.base is None or entity_type.base.mapper.local_table is not table
    return getattr(table, "comment", None) if own else None


def custom_aggregates(entity_type: EntityType) -> tuple[Annotation, ...]:
    """What ``aggregate(Amount)`` gives, for the properties of which the model says how they are aggregated."""
    named = ((each.name, each.aggregate, each.type) for each in entity_type.properties.values())
    term = qualified("Aggregation.CustomAggregate")
    return tuple(
        Annotation(term, "Edm.Decimal" if method == "countdistinct" else result_type(method, kind).name, name)
        for name, method, kind in named
        if method is not None
    )


def _alternate_keys(entity_type: EntityType) -> Value | None:
    """Those that the type does not inherit."""
    inherited = () if entity_type.base is None else entity_type.base.alternate_keys
    own = [key for key in entity_type.alternate_keys if key not in inherited]
    return tuple(_record(Key=tuple(map(_part_of_key, key))) for key in own) or None


def _part_of_key(declared: Property) -> Value:
    return _record(Name=Path("PropertyPath", declared.name), Alias=declared.name)


ENTITY_TYPE: tuple[Term[EntityType], ...] = (
    Term("Core.Description", _comment),
    Term("Core.AlternateKeys", _alternate_keys),
)
OPTIONAL_PARAMETER: tuple[Term[object], ...] = (Term("Core.OptionalParameter", lambda parameter: {}),)
SCHEMA: tuple[Term[EntityModel], ...] = (
    Term("Core.DefaultNamespace", _true),
    Term("Core.SchemaVersion", lambda model: model.schema_version),
)


# The container


def _apply_defaults(offer: object) -> Value:
    return {"Transformations": TRANSFORMATIONS, "From": False}


CONTAINER: tuple[Term[Offer], ...] = (
    Term("Core.ODataVersions", lambda offer: VERSIONS),
    Term("Core.ConventionalIDs", _true),
    Term("Core.DereferenceableIDs", _true),
    Term("Capabilities.ConformanceLevel", lambda offer: _member("Capabilities.ConformanceLevelType", "Advanced")),
    Term("Capabilities.SupportedFormats", lambda offer: FORMATS),
    Term("Capabilities.SupportedMetadataFormats", lambda offer: METADATA_FORMATS),
    Term("Capabilities.AsynchronousRequestsSupported", _true),
    Term("Capabilities.BatchContinueOnErrorSupported", _true),
    Term("Capabilities.BatchSupported", _true),
    Term("Capabilities.BatchSupport", lambda offer: {
        "Supported": True,
        "ContinueOnErrorSupported": True,
        "ReferencesInRequestBodiesSupported": True,
        "ReferencesAcrossChangeSetsSupported": True,
        "EtagReferencesSupported": False,
        "RequestDependencyConditionsSupported": False,
        "SupportedFormats": BATCH_FORMATS,
    }),
    Term("Capabilities.CrossJoinSupported", _true),
    Term("Capabilities.KeyAsSegmentSupported", _true),
    Term("Capabilities.QuerySegmentSupported", _true),
    Term("Capabilities.AnnotationValuesInQuerySupported", lambda offer: False),
    Term("Capabilities.FilterFunctions", lambda offer: (*OPERATORS, *functions.names(V4))),
    Term("Aggregation.ApplySupportedDefaults", _apply_defaults),
    Term("Repeatability.Supported", _true),
)  # fmt: skip


# Sets and singletons


def _every_property(entity_type: EntityType) -> Iterator[tuple[str, Property]]:
    """Each property with its path from the set, those of derived types behind a cast, those of structures last."""
    seen: set[str] = set()
    for each in entity_type.with_derived():
        cast = "" if each is entity_type else f"{each.full_name}/"
        for declared in each.properties.values():
            if declared.name not in seen:
                yield f"{cast}{declared.name}", declared
        for structure in each.complex.values():
            if structure.name not in seen:
                yield from ((f"{cast}{structure.name}/{member.name}", member) for member in structure.members)
        seen.update(each.member_names)


def _paths(offered: OfferedSet, wanted: Callable[[Property], bool]) -> tuple[Value, ...]:
    return tuple(Path("PropertyPath", path) for path, declared in _every_property(offered.type) if wanted(declared))


def _stream_paths(offered: OfferedSet) -> tuple[Value, ...]:
    return tuple(Path("PropertyPath", name) for name in offered.type.streams)


def _unsortable(offered: OfferedSet) -> tuple[Value, ...]:
    collections = tuple(Path("PropertyPath", name) for name in offered.type.collections)
    unsortable = _paths(offered, lambda each: each.type in GEOGRAPHIES or "sort" in each.closed_to)
    return (*unsortable, *collections, *_stream_paths(offered))


def _closed(offered: OfferedSet, use: str) -> tuple[Value, ...]:
    return _paths(offered, lambda declared: use in declared.closed_to)


def _aggregated(offered: OfferedSet) -> Value:
    """All properties, unless some are closed to it."""
    closed = _closed(offered, "aggregate")
    groupable = _paths(offered, lambda declared: "aggregate" not in declared.closed_to) if closed else ()
    aggregatable = tuple({"Property": path} for path in groupable)
    return _record(
        Transformations=TRANSFORMATIONS,
        GroupableProperties=groupable,
        AggregatableProperties=aggregatable,
        From=False,
    )


def _concurrency(offered: OfferedSet) -> Value | None:
    shown = offered.type.properties
    return tuple(Path("PropertyPath", each.name) for each in offered.type.etag if each.name in shown) or None


def _readable(offered: OfferedSet) -> Value:
    """Singletons have no collection: to read one is to read a single entity."""
    single = bool(offered.rights & EntitySetRights.READ_SINGLE)
    if offered.entity_set.singleton:
        return {"Readable": single}
    many = bool(offered.rights & EntitySetRights.READ_MULTIPLE)
    return {"Readable": many, "ReadByKeyRestrictions": {"Readable": single}}


def _insertable(offered: OfferedSet) -> Value:
    if not offered.insertable:
        return {"Insertable": False}
    return _record(
        Insertable=True,
        NonInsertableProperties=_paths(offered, lambda declared: declared.server_set or declared.only_later),
        RequiredProperties=_required_paths(offered),
    )


def _required_paths(offered: OfferedSet) -> tuple[Value, ...]:
    """What a client must send for want of a default; a foreign key can be given by a link as well."""
    mapper = offered.type.mapper
    given = {mapper.polymorphic_on, mapper.version_id_col}
    given.update(column for way in offered.type.navigation.values() if way.owns_key for column in way.near)
    return _paths(offered, lambda declared: declared.column not in given and _without_default(declared))


def _without_default(declared: Property) -> bool:
    return not (declared.nullable or declared.generated or declared.server_set or declared.subclass)


def _updatable(offered: OfferedSet) -> Value:
    """An entity is made by an update where it may be made at all, and by its key alone: not a media entity."""
    if not offered.updatable:
        return {"Updatable": False}
    return _record(
        Updatable=True,
        Upsertable=offered.insertable and offered.type.media is None,
        DeltaUpdateSupported=not offered.entity_set.singleton,
        FilterSegmentSupported=not offered.entity_set.singleton,
        NonUpdatableProperties=_paths(offered, lambda each: each.server_set or each.immutable or each.is_key),
    )


def _deletable(offered: OfferedSet) -> Value:
    return {"Deletable": True, "FilterSegmentSupported": True} if offered.deletable else {"Deletable": False}


def _expandable(offered: OfferedSet) -> Value:
    ways = any(each.navigation for each in offered.type.with_derived())
    return {"Expandable": ways, "MaxLevels": offered.limits.max_expand_depth} if ways else {"Expandable": False}


def _tracked(offered: OfferedSet) -> Value | None:
    """Changes are known of what stands on the entity itself, and of related entities that carry stamps of the same clock."""
    if offered.type.tracking is None:
        return None
    filterable = _paths(offered, lambda declared: declared.type not in GEOGRAPHIES)
    ways = (way for each in offered.type.with_derived() for way in each.navigation.values() if is_trackable(way))
    expandable = tuple(Path("NavigationPropertyPath", name) for name in dict.fromkeys(way.name for way in ways))
    return _record(Supported=True, FilterableProperties=filterable, ExpandableProperties=expandable)


def _deep(asked: Callable[[OfferedSet], bool]) -> Callable[[OfferedSet], Value]:
    return lambda offered: {"Supported": asked(offered), "ContentIDSupported": asked(offered)}


ONE_ENTITY: tuple[Term[OfferedSet], ...] = (
    Term("Capabilities.ReadRestrictions", _readable),
    Term("Capabilities.UpdateRestrictions", _updatable),
    Term("Capabilities.DeleteRestrictions", _deletable),
    Term("Capabilities.ExpandRestrictions", _expandable),
)

SINGLETON: tuple[Term[OfferedSet], ...] = ONE_ENTITY

ENTITY_SET: tuple[Term[OfferedSet], ...] = (
    Term("Core.OptimisticConcurrency", _concurrency),
    *ONE_ENTITY,
    Term("Capabilities.InsertRestrictions", _insertable),
    Term("Capabilities.DeepInsertSupport", _deep(lambda offered: offered.insertable)),
    Term("Capabilities.DeepUpdateSupport", _deep(lambda offered: offered.updatable)),
    Term("Capabilities.ChangeTracking", _tracked),
    Term("Capabilities.IndexableByKey", lambda offered: bool(offered.rights & EntitySetRights.READ_SINGLE)),
    Term("Capabilities.TopSupported", _true),
    Term("Capabilities.SkipSupported", _true),
    Term("Capabilities.ComputeSupported", _true),
    Term("Capabilities.CountRestrictions", lambda offered: {"Countable": offered.countable}),
    Term("Capabilities.FilterRestrictions", lambda offered: _record(
        Filterable=True,
        NonFilterableProperties=(*_closed(offered, "filter"), *_stream_paths(offered)),
    )),
    Term("Capabilities.SortRestrictions", lambda offered: _record(
        Sortable=True,
        NonSortableProperties=_unsortable(offered),
    )),
    Term("Capabilities.SearchRestrictions", lambda offered: {
        "Searchable": any(declared.searchable for _, declared in _every_property(offered.type)),
    }),
    Term("Capabilities.SelectSupport", lambda offered: {
        "Supported": offered.selectable,
        "Filterable": True,
        "TopSupported": True,
        "SkipSupported": True,
        "Countable": offered.countable,
        "Sortable": True,
    }),
    Term("Aggregation.ApplySupported", _aggregated),
)  # fmt: skip
