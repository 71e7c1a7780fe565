"""The rows of a level as V2's verbose JSON, by a writer made once for each shape of rows."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from odata_service.edm.model import ComplexProperty, EntityType, NavigationProperty, Property
from odata_service.etag import etag_of
from odata_service.formats.columns_v2 import LITERALS_OF_JSON, column_of, literal_column_of
from odata_service.formats.expanded import grouped, keys, next_address
from odata_service.formats.given_v2 import given_pieces
from odata_service.formats.hierarchy import PiecesByType, deferred, written_by_type
from odata_service.formats.json_text import listed, quoted
from odata_service.formats.options_v2 import USUAL, OptionsV2
from odata_service.formats.pieces import KeyForm, Page, Piece, addresses, joined, kept, texts_of
from odata_service.formats.structured import media_type
from odata_service.links import lasting_options, path_text
from odata_service.plan.row import ExpandedNavigation, RowShape
from odata_service.result import Level
from odata_service.values import frozen

# What stands before and after the entities of a collection with this count and next link.
CollectionForm = Callable[[int | None, str | None], tuple[str, str]]


@frozen
class Frame:
    """What all levels of an answer share: the root, safe in a JSON string, the form of a collection, and what was asked."""

    root: str
    collection: CollectionForm
    query: str = ""
    options: OptionsV2 = USUAL


@kept
def row_writer(shape: RowShape, options: OptionsV2) -> RowWriter:
    """The writer of a shape, made when it is first seen."""
    return RowWriter(shape, options)


class RowWriter:
    """Writes the rows of one shape."""

    def __init__(self, shape: RowShape, options: OptionsV2) -> None:
        self._shape = shape
        self._key = joined(_KEY.pieces(shape))
        self._pieces_of = PiecesByType(lambda entity_type: _entity_pieces(shape, entity_type, options))

    def addresses(self, level: Level, frame: Frame) -> Sequence[str]:
        """The entities' absolute addresses; percent-encoded, so that they are JSON text as they are."""
        return self._page(level, frame).addresses

    def entities(self, level: Level, frame: Frame) -> Iterable[str]:
        """The JSON text of each row."""
        page = self._page(level, frame)
        if not page.rows:
            return ()
        below = zip(self._shape.expanded, level.children, strict=True)
        page.expanded = [_expanded(each, child, page, frame) for each, child in below]
        return written_by_type(self._shape, page, self._pieces_of)

    def _page(self, level: Level, frame: Frame) -> Page:
        page = Page.of(level.rows)
        page.hooks, page.address = level.hooks, (frame.root, *self._key)
        return page


def _texts(shape: RowShape, declared: Property, options: OptionsV2 = USUAL) -> Callable[[Page], Sequence[str]]:
    position = shape.position(declared)
    return texts_of(column_of(declared.type, shape.decoders[position], options), position)


_KEY = KeyForm(_texts, LITERALS_OF_JSON, literal_column_of)


def _entity_pieces(shape: RowShape, entity_type: EntityType, options: OptionsV2) -> list[Piece]:
    pieces: list[Piece] = ['{"__metadata":{']
    pieces += [] if entity_type.keyless else ['"uri":"', addresses, '",']
    pieces += [
        f'"type":{quoted(entity_type.full_name)}',
        *_etag_pieces(shape),
        *_media_pieces(shape, entity_type),
        "}",
    ]
    for declared in shape.selected:
        if declared.type.v2 and declared.name in entity_type.properties:
            pieces += _property_pieces(shape, declared, options)
    for structure in shape.structures:
        if structure.name in entity_type.complex:
            pieces += _structure_pieces(shape, structure, options)
    for navigation in deferred(shape, entity_type):
        pieces += _deferred_pieces(navigation)
    for number, each in enumerate(shape.expanded):
        if each.navigation.name in entity_type.navigation:
            pieces += [f",{quoted(each.navigation.name)}:", _of_expanded(number)]
    return [*pieces, *given_pieces(entity_type, options), "}"]


def _property_pieces(shape: RowShape, declared: Property, options: OptionsV2) -> list[Piece]:
    return [f",{quoted(declared.name)}:", _texts(shape, declared, options)]


def _structure_pieces(shape: RowShape, structure: ComplexProperty, options: OptionsV2) -> list[Piece]:
    """An object for each row: CSDL 2.0 knows no structure that is null, only members that are."""
    pieces: list[Piece] = [f',{quoted(structure.name)}:{{"__metadata":{{"type":{quoted(structure.type.full_name)}}}']
    for member in structure.members:
        if member.type.v2:
            pieces += _property_pieces(shape, member, options)
    return [*pieces, "}"]


def _deferred_pieces(navigation: NavigationProperty) -> list[Piece]:
    start = f',{quoted(navigation.name)}:{{"__deferred":{{"uri":"'
    return [start, addresses, f'/{path_text(navigation.name)}"}}}}']


def _etag_pieces(shape: RowShape, name: str = "etag") -> list[Piece]:
    r"""``,"etag":"W/\"5\""``, for types with concurrency properties."""
    if not shape.entity_set.type.etag:
        return []
    return [f',"{name}":', lambda page: [quoted(etag_of(shape, row) or "") for row in page.rows]]


def _media_pieces(shape: RowShape, entity_type: EntityType) -> list[Piece]:
    """Where the octets of a media link entry are read and written, and of which media type they are."""
    media = entity_type.media
    if media is None:
        return []
    pieces: list[Piece] = [
        ',"media_src":"',
        addresses,
        '/$value","edit_media":"',
        addresses,
        '/$value","content_type":',
    ]
    return [*pieces, media_type(shape, media, _texts), *_etag_pieces(shape, "media_etag")]


def _of_expanded(number: int) -> Piece:
    return lambda page: page.expanded[number]


def _expanded(expanded: ExpandedNavigation, child: Level, page: Page, frame: Frame) -> list[str]:
    """The JSON of a navigation property with content, for each row of the parent's level."""
    entities = row_writer(child.shape, frame.options).entities(child, frame)
    groups = grouped(expanded, list(zip(*child.rows, strict=True)), entities)
    parents = keys(page.columns, expanded.near)
    if not expanded.navigation.collection:
        return [groups.get(parent, _NULL)[0] for parent in parents]
    return [
        listed(frame.collection(None, _going_on(child, parent, expanded, address, frame)), groups.get(parent, ()))
        for parent, address in zip(parents, page.addresses, strict=True)
    ]


_NULL = ["null"]


def _going_on(
    child: Level, parent: tuple[object, ...], expanded: ExpandedNavigation, address: str, frame: Frame
) -> str | None:
    token = child.cut.get(parent)
    return None if token is None else next_address(address, expanded, token, lasting_options(frame.query))
