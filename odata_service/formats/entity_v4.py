"""What an entity's JSON is put together from: control information, properties, links, what is expanded."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial

from odata_service.edm.model import ComplexProperty, EntityType, NavigationProperty, Property, StreamProperty
from odata_service.etag import etag_of
from odata_service.formats.collection_v4 import collection_members
from odata_service.formats.columns_v4 import column_of, typed_column
from odata_service.formats.context_v4 import entity_context, place_of
from odata_service.formats.entries import HookedType
from odata_service.formats.given_v4 import given_piece
from odata_service.formats.json_text import quoted
from odata_service.formats.open_v4 import dynamic_piece
from odata_service.formats.pieces import Page, Piece, addresses, listed, texts_of, written
from odata_service.formats.structured import absent_as_null, media_type
from odata_service.formats.style_v4 import Style
from odata_service.formats.version_v4 import Version
from odata_service.links import path_text
from odata_service.plan.row import RowShape

Member = list[Piece]
More = Callable[..., Piece]


def entity_pieces(shape: RowShape, entity_type: EntityType, style: Style) -> list[Piece]:
    """The pieces of an entity of one type: what the type has not is left out."""
    more: More | None = None
    if isinstance(entity_type, HookedType):
        more = partial(given_piece, style)
    elif shape.dynamic is not None and any(each.dynamic for each in (entity_type, *entity_type.derived)):
        more = partial(dynamic_piece, shape.dynamic, style)
    return _object(_Entity(shape, entity_type, style).members(), style, more)


def crossed_pieces(shape: RowShape, entity_type: EntityType, style: Style) -> list[Piece]:
    """The pieces of a row of a cross join: for each set the entity or a link to it, then what was computed."""
    return _object(_Crossed(shape, entity_type, style).members(), style)


def _object(members: Iterable[Member], style: Style, more: More | None = None) -> list[Piece]:
    """``more`` is what only some of the entities have."""
    if not style.omit_nulls:
        declared = listed(members)
        return ["{", *declared, *([] if more is None else [more(before="," if declared else "")]), "}"]
    kept = [_unless_null(member) for member in members]
    if more is not None:
        kept.append([more(after=",")])
    return [partial(_without_nulls, kept)]


def _unless_null(member: Member) -> list[Piece]:
    """A member with a comma after it, or nothing where its value is null."""
    if len(member) != 2 or isinstance(member[1], str):
        return [*member, ","]
    return [partial(_named_unless_null, member[0], member[1])]


def _named_unless_null(name: Piece, values: Callable[[Page], Iterable[str]], page: Page) -> list[str]:
    return ["" if value == "null" else f"{name}{value}," for value in values(page)]


def _without_nulls(members: Sequence[Sequence[Piece]], page: Page) -> list[str]:
    texts = written([piece for member in members for piece in member], page)
    return [f"{{{text.removesuffix(',')}}}" for text in texts]


def property_texts(style: Style, shape: RowShape, declared: Property) -> Callable[[Page], Sequence[str]]:
    """The JSON of a property's column."""
    position = shape.position(declared)
    return texts_of(column_of(declared, shape.decoders[position], ieee754=style.ieee754), position)


class _Entity:
    """The members of an entity in the order that streaming clients rely on (OData JSON Format, Payload Ordering
    Constraints): type, id and ETag first, annotations just before what they annotate, navigation at the end."""

    def __init__(self, shape: RowShape, entity_type: EntityType, style: Style) -> None:
        self._shape = shape
        self._type = entity_type
        self._style = style
        self._full = style.metadata == "full"

    def members(self) -> Iterator[Member]:
        if self._style.metadata != "none":
            yield from self._control()
            yield from self._media()
        for declared in self._shape.selected:
            if declared.name in self._type.properties:
                yield from self._property(declared)
        for structure in self._shape.structures:
            if structure.name in self._type.complex:
                yield self._structure(structure)
        for values in self._shape.collections:
            if values.collection.name in self._type.collections:
                yield from collection_members(values, self._style)
        yield from self._computed()
        if self._full and not self._shape.chosen:
            for stream in self._type.streams.values():
                yield from self._stream(stream.name, f"/{path_text(stream.name)}", stream)
        yield from self._navigation()

    def _control(self) -> Iterator[Member]:
        if self._shape.scattered:
            yield [self._style.control("context"), partial(_contexts, self._shape, self._style.version)]
        if self._full or self._type.full_name != self._shape.declared_type.full_name:
            yield [self._style.control("type") + quoted(f"#{self._type.full_name}")]
        if self._type.keyless:  # Protocol, Control Information: id: transient entities
            if self._full:
                yield [f"{self._style.control('id')}null"]
            return
        if self._full or self._hides_key or self._shape.scattered:
            yield self._address("id")
        if self._shape.entity_set.type.etag:
            yield [self._style.control("etag"), partial(_etags, self._shape)]
        if self._full:
            yield self._address("editLink", self._cast)

    @property
    def _hides_key(self) -> bool:
        """Whether the client could not make the address out of what it gets (JSON Format, Control Information: id)."""
        return self._shape.chosen and any(part not in self._shape.selected for part in self._shape.entity_set.type.local_key)

    @property
    def _cast(self) -> str:
        """Derived entities are edited as what they are: ``/TechStore.SpecialProduct``."""
        return "" if self._type.full_name == self._shape.entity_set.type.full_name else f"/{self._type.full_name}"

    def _address(self, control: str, ending: str = "", of: str = "") -> Member:
        return [f'{self._style.control(control, of)}"', addresses, f'{ending}"']

    def _media(self) -> Iterator[Member]:
        if self._type.media is not None:
            yield from self._stream("", "/$value", self._type.media)

    def _stream(self, of: str, ending: str, stream: StreamProperty) -> Iterator[Member]:
        """Where a stream is read and edited, and its media type where that is among the columns."""
        if self._full:
            yield self._address("mediaReadLink", ending, of)
            yield self._address("mediaEditLink", ending, of)
        if not of or stream.content_type_attribute is None or self._has_column(stream):
            yield [self._style.control("mediaContentType", of), media_type(self._shape, stream, self._texts)]

    def _has_column(self, stream: StreamProperty) -> bool:
        return any(declared.attribute == stream.content_type_attribute for declared in self._shape.columns)

    def _texts(self, shape: RowShape, declared: Property) -> Callable[[Page], Sequence[str]]:
        return property_texts(self._style, shape, declared)

    def _property(self, declared: Property) -> Iterator[Member]:
        yield from self._annotated(declared.name, self._style.type_of(declared))
        yield [f"{quoted(declared.name)}:", self._values(declared)]

    def _computed(self) -> Iterator[Member]:
        for computed in self._shape.computed:
            column = typed_column(computed.type, computed.decode, ieee754=self._style.ieee754)
            yield from self._annotated(computed.name, self._style.type_of_value(computed.type))
            yield [f"{quoted(computed.name)}:", texts_of(column, computed.position)]

    def _annotated(self, name: str, type_name: str | None) -> Iterator[Member]:
        """``"ID@odata.type":"#Guid"``, with full metadata."""
        if self._full and type_name is not None:
            yield [self._style.control("type", name) + quoted(type_name)]

    def _values(self, declared: Property) -> Piece:
        return property_texts(self._style, self._shape, declared)

    def _structure(self, structure: ComplexProperty) -> Member:
        """An object for each row, or ``null`` where all members of the whole structure are."""
        members: list[Member] = []
        if self._full:
            members.append([self._style.control("type") + quoted(f"#{structure.type.full_name}")])
        for member in structure.members:
            members += self._property(member)
        whole = self._type.complex[structure.name].members
        places = [self._shape.position(member) for member in whole if member in self._shape.columns]
        texts = absent_as_null(_object(members, self._style), places if structure.nullable else [])
        return [f"{quoted(structure.name)}:", texts]

    def _navigation(self) -> Iterator[Member]:
        if self._full:
            for navigation in self._linked():
                yield from self._links(navigation)
        for number, each in enumerate(self._shape.expanded):
            if each.navigation.name in self._type.navigation:
                if self._full:
                    yield from self._links(each.navigation)
                yield [partial(_expanded, number)]

    def _linked(self) -> Iterable[NavigationProperty]:
        """The navigation properties without content: those chosen, or all there are."""
        expanded = {each.navigation.name for each in self._shape.expanded}
        shown = self._shape.links if self._shape.chosen else self._type.navigation.values()
        known = self._type.navigation
        return [each for each in shown if each.name not in expanded and each.name in known]

    def _links(self, navigation: NavigationProperty) -> Iterator[Member]:
        cast = "" if navigation.name in self._shape.entity_set.type.navigation else self._cast
        path = f"{cast}/{path_text(navigation.name)}"
        yield self._address("associationLink", f"{path}/$ref", navigation.name)
        yield self._address("navigationLink", path, navigation.name)


class _Crossed(_Entity):
    """What a row of a cross join has: ``page.expanded`` has first the entities, then the links to all of them."""

    def members(self) -> Iterator[Member]:
        expanded = [each.navigation for each in self._shape.expanded]
        for number, side in enumerate(self._shape.sides, start=len(expanded)):
            linked = side.navigation in self._shape.links
            if self._style.metadata != "none" and (linked or (self._full and side.navigation in expanded)):
                yield [partial(_expanded, number)]
            if side.navigation in expanded:
                yield [partial(_expanded, expanded.index(side.navigation))]
        yield from self._computed()


def _contexts(shape: RowShape, version: Version, page: Page) -> Iterable[str]:
    """The context URL of each entity, where that of all of them cannot say where it is."""
    places = (place_of(shape, address, page.root) for address in page.addresses)
    return [quoted(f"{page.root}$metadata#{entity_context(shape, version, place)}") for place in places]


def _etags(shape: RowShape, page: Page) -> Iterable[str]:
    return [quoted(etag_of(shape, row) or "") for row in page.rows]


def _expanded(number: int, page: Page) -> Sequence[str]:
    return page.expanded[number]
