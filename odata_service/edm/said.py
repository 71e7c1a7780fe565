"""What mapped classes say of themselves for OData, and the types that several of them share."""

from __future__ import annotations

import dataclasses
import enum
from collections.abc import Mapping
from dataclasses import field, replace

from sqlalchemy import column

from odata_service.edm.feed import FeedMapping
from odata_service.edm.model import ComplexProperty, ComplexType, EnumType, Property
from odata_service.edm.names import plural
from odata_service.edm.primitive import INT32
from odata_service.edm.values import StructureOf, ValueOf, members_of
from odata_service.values import frozen, mutable

Names = frozenset[str]
AGGREGATION_METHODS = ("sum", "min", "max", "average", "countdistinct")


@frozen
class Said:
    """A class's ``__odata__``: ``{"set": "People", "name": "Person", "etag": ("Version",), "searchable": ("Name",)}``.

    Lists of attribute names: ``etag`` (changes with every change), ``ignore`` (not published), ``computed`` (never
    taken from a client), ``immutable`` (only when created), ``searchable`` (``$search`` looks there). ``media`` names
    the stream that is a media entity's content, ``slug`` the property that the header ``Slug`` gives it; ``singleton`` is
    true for a class with one row. ``contained_in`` names the type of the entities of which these are a part; ``alternate_keys``
    are lists of attribute names by which an entity is found, too. ``keyless`` rows cannot be told apart: they are only read, and
    have no addresses. ``feed`` says
    where in Atom's entries properties stand, by their names or those of members of structures: ``{"Name":
    "SyndicationTitle", "Address/City": FeedMapping("geo/city", …)}``. ``full_text`` are searchable ones, of one table, that
    the database itself looks up, word by word. ``aggregates`` says how ``$apply=aggregate(Price)`` is meant:
    ``{"Price": "average"}``.
    """

    type_name: str
    set_name: str
    etag: Names = frozenset()
    ignored: Names = frozenset()
    computed: Names = frozenset()
    immutable: Names = frozenset()
    searchable: Names = frozenset()
    full_text: Names = frozenset()
    media: str | None = None
    slug: str | None = None
    singleton: bool = False
    keyless: bool = False
    feed: Mapping[str, FeedMapping] = field(default_factory=dict)
    aggregates: Mapping[str, str] = field(default_factory=dict)
    contained_in: str | None = None
    alternate_keys: tuple[tuple[str, ...], ...] = ()

    @classmethod
    def of(cls, mapped: type) -> Said:
        said: Mapping[str, object] = vars(mapped).get("__odata__", {})
        inherited: Mapping[str, object] = getattr(mapped, "__odata__", {})
        type_name = str(said.get("name", mapped.__name__))
        media, slug = inherited.get("media"), inherited.get("slug")
        return cls(
            type_name,
            str(said.get("set", plural(type_name))),
            etag=_names(inherited, "etag"),
            ignored=_names(inherited, "ignore"),
            computed=_names(inherited, "computed"),
            immutable=_names(inherited, "immutable"),
            searchable=_names(inherited, "searchable"),
            full_text=_names(inherited, "full_text"),
            media=None if media is None else str(media),
            slug=None if slug is None else str(slug),
            singleton=bool(said.get("singleton", False)),
            keyless=bool(said.get("keyless", False)),
            feed=_feed(said),
            aggregates=_aggregates(inherited),
            alternate_keys=_alternate_keys(inherited),
            contained_in=None if "contained_in" not in said else str(said["contained_in"]),
        )


def _aggregates(said: Mapping[str, object]) -> Mapping[str, str]:
    found = said.get("aggregates", {})
    assert isinstance(found, Mapping), "__odata__['aggregates'] has a method for each property"
    unknown = [method for method in found.values() if method not in AGGREGATION_METHODS]
    assert not unknown, f"an aggregation is one of {', '.join(AGGREGATION_METHODS)}, not {unknown[0]!r}"
    return {str(name): str(method) for name, method in found.items()}


def _names(said: Mapping[str, object], key: str) -> Names:
    names = said.get(key, ())
    assert isinstance(names, (tuple, list, set, frozenset)), f"__odata__[{key!r}] is a list of attribute names"
    return frozenset(map(str, names))


def _alternate_keys(said: Mapping[str, object]) -> tuple[tuple[str, ...], ...]:
    keys = said.get("alternate_keys", ())
    assert isinstance(keys, (tuple, list)), "__odata__['alternate_keys'] is a list of keys"
    return tuple((key,) if isinstance(key, str) else tuple(map(str, key)) for key in keys)


def _feed(said: Mapping[str, object]) -> dict[str, FeedMapping]:
    mappings = said.get("feed", {})
    assert isinstance(mappings, Mapping), "__odata__['feed'] maps names of properties to places in an entry"
    return {str(source): to if isinstance(to, FeedMapping) else FeedMapping(str(to)) for source, to in mappings.items()}


@mutable
class Kinds:
    """The enumerations and structures of one model, each made once."""

    namespace: str
    enums: dict[str, EnumType] = field(default_factory=dict)
    complex_types: dict[str, ComplexType] = field(default_factory=dict)

    def enum_type(self, members: type[enum.IntEnum] | type[enum.IntFlag]) -> EnumType:
        name = members.__name__
        if name not in self.enums:
            self.enums[name] = EnumType(name, self.namespace, members, INT32)
        return self.enums[name]

    def complex_type(self, python: type) -> ComplexType:
        name = python.__name__
        if name not in self.complex_types:
            assert dataclasses.is_dataclass(python), f"the structure {name} is a dataclass, so that it has named members"
            members = tuple(member.name for member in dataclasses.fields(python))
            self.complex_types[name] = ComplexType(name, self.namespace, members, python)
        return self.complex_types[name]

    def structure(self, python: type) -> ComplexType:
        """A complex type with its members as they are where no columns say it better."""
        kind = self.complex_type(python)
        if not kind.properties:
            members = tuple(self.property(name, shape) for name, shape in members_of(python).items())
            self.complex_types[kind.name] = replace(kind, properties=members)
        return self.complex_types[kind.name]

    def property(self, name: str, shape: ValueOf) -> Property:
        """A value that has no column of its own."""
        return Property(
            name,
            shape.type,
            name,
            column(name),
            shape.nullable,
            shape.max_length,
            shape.precision,
            shape.scale,
            enum=None if shape.members is None else self.enum_type(shape.members),
        )

    def item(self, name: str, shape: ValueOf | StructureOf) -> Property | ComplexProperty:
        """What each value of a collection is."""
        if isinstance(shape, ValueOf):
            return self.property(name, shape)
        kind = self.structure(shape.python)
        return ComplexProperty(name, kind, name, shape.nullable, kind.properties)
