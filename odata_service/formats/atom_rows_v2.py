"""The rows of a level as Atom entries (MS-ODATA, Entity Type as an Atom Entry Element), by a writer made once for each
shape of rows."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import partial

from odata_service.edm.feed import FeedMapping
from odata_service.edm.model import EntityType, NavigationProperty, StreamProperty
from odata_service.etag import etag_of
from odata_service.formats.columns_v2 import literal_column_of
from odata_service.formats.columns_xml_v2 import LITERALS_OF_TEXT
from odata_service.formats.elements_v2 import property_elements, property_texts, structure_elements
from odata_service.formats.expanded import grouped, keys, next_address
from odata_service.formats.feed_v2 import OrUpdated, head_pieces, updated
from odata_service.formats.given_v2 import given_elements, given_links
from odata_service.formats.hierarchy import PiecesByType, deferred, written_by_type
from odata_service.formats.pieces import KeyForm, Page, Piece, addresses, joined, kept
from odata_service.formats.structured import media_type_property
from odata_service.formats.xml_text import RELATED, SCHEME, attribute, escaped
from odata_service.links import lasting_options, path_text
from odata_service.plan.row import ExpandedNavigation, RowShape
from odata_service.result import Level
from odata_service.values import frozen

ENTRY = "<entry"


@frozen
class Frame:
    """What all levels of a document share: the root, without anything that XML would have to escape, when it is written,
    and what was asked."""

    root: str
    updated: str
    query: str = ""
    keeps_all: bool = False  # what stands elsewhere in an entry stands in its content, too

    def feed(
        self, path: str, title: str, *, empty: bool, count: int | None = None, next_link: str | None = None
    ) -> tuple[str, str]:
        """What stands before and after the entries of the feed at a path below the root.

        Where there are none, the feed itself has an author (RFC 4287, The "atom:feed" Element).
        """
        head = (
            f'<title type="text">{escaped(title)}</title><id>{self.root}{escaped(path)}</id>'
            f"<updated>{self.updated}</updated>"
            f'<link rel="self" title={attribute(title)} href={attribute(path)} />'
        )
        counted = "" if count is None else f"<m:count>{count}</m:count>"
        author = "<author><name /></author>" if empty else ""
        going_on = "" if next_link is None else f'<link rel="next" href={attribute(next_link)} />'
        return f"{head}{counted}{author}", going_on


@kept
def row_writer(shape: RowShape) -> RowWriter:
    """The writer of a shape, made when it is first seen."""
    return RowWriter(shape)


class RowWriter:
    """Writes the rows of one shape."""

    def __init__(self, shape: RowShape) -> None:
        self._shape = shape
        self._key = joined(_KEY.pieces(shape))
        self._pieces_of = PiecesByType(lambda each: _entry_pieces(shape, each, each.feed))
        self._whole_pieces_of = PiecesByType(lambda each: _entry_pieces(shape, each, {}))

    def paths(self, level: Level) -> Sequence[str]:
        """The entities' addresses below the root; percent-encoded, so that they are XML text as they are."""
        return self._page(level).addresses

    def entries(self, level: Level, frame: Frame) -> Iterable[str]:
        """The entry of each row, without the namespaces that the document declares."""
        page, made = self._page(level), self._whole_pieces_of if frame.keeps_all else self._pieces_of
        if not page.rows:
            return ()
        page.root, page.hooks = frame.root, level.hooks
        below = zip(self._shape.expanded, level.children, strict=True)
        page.expanded = [list(_inline(each, child, page, frame)) for each, child in below]

        def pieces_of(entity_type: EntityType) -> Sequence[Piece]:
            return [_of_document(piece, frame) for piece in made(entity_type)]

        return written_by_type(self._shape, page, pieces_of)

    def _page(self, level: Level) -> Page:
        page = Page.of(level.rows)
        page.address = self._key
        return page


_KEY = KeyForm(property_texts, LITERALS_OF_TEXT, literal_column_of)


def _of_document(piece: Piece, frame: Frame) -> Piece:
    """What only the document knows, in its place."""
    if isinstance(piece, OrUpdated):
        return piece.at(frame.updated)
    return frame.root if piece is _root else frame.updated if piece is updated else piece


def _root(_page: Page) -> Iterable[str]:
    raise AssertionError("the document says where the root is")


def _entry_pieces(shape: RowShape, entity_type: EntityType, feed: Mapping[str, FeedMapping]) -> Iterator[Piece]:
    """``feed`` says what need not stand in the content."""
    yield ENTRY
    yield from _etag_pieces(shape)
    yield from ("><id>", *([_made_up] if entity_type.keyless else [_root, addresses]), "</id>", *head_pieces(shape, entity_type))
    if not entity_type.keyless:
        yield from (f'<link rel="edit" title={attribute(entity_type.name)} href="', addresses, '" />')
    yield from _edit_media_pieces(shape, entity_type)
    for navigation in deferred(shape, entity_type):
        yield from (*_link_pieces(navigation), " />")
    for number, each in enumerate(shape.expanded):
        if each.navigation.name in entity_type.navigation:
            yield from (*_link_pieces(each.navigation), "><m:inline", partial(_expanded, number), "</link>")
    yield from given_links(entity_type)
    yield f'<category term={attribute(entity_type.full_name)} scheme="{SCHEME}" />'
    yield from _content(shape, entity_type, feed)
    yield "</entry>"


def _made_up(page: Page) -> Sequence[str]:
    """What has no address has an id in this answer alone: the same one would make clients take two rows for one."""
    return [uuid.uuid4().urn for _ in page.rows]


def _content(shape: RowShape, entity_type: EntityType, feed: Mapping[str, FeedMapping]) -> list[Piece]:
    """The properties; beside the octets of a media link entry (MS-ODATA, Media Link Entry)."""
    properties = ["<m:properties>", *_properties(shape, entity_type, feed), "</m:properties>"]
    if entity_type.media is None:
        return ['<content type="application/xml">', *properties, "</content>"]
    return ["<content type=", _media_type(shape, entity_type.media), ' src="', addresses, '/$value" />', *properties]


def _edit_media_pieces(shape: RowShape, entity_type: EntityType) -> list[Piece]:
    """Where the octets of a media link entry are written."""
    if entity_type.media is None:
        return []
    start = f'<link rel="edit-media" title={attribute(entity_type.name)} href="'
    return [start, addresses, '/$value"', *_etag_pieces(shape), " />"]


def _media_type(shape: RowShape, media: StreamProperty) -> Piece:
    """As an attribute's value."""
    declared = media_type_property(shape, media)
    if declared is None:
        return attribute(media.content_type)
    place = shape.position(declared)
    return lambda page: [attribute(str(said or media.content_type)) for said in page.columns[place]]


def _properties(shape: RowShape, entity_type: EntityType, feed: Mapping[str, FeedMapping]) -> Iterator[Piece]:
    for declared in shape.selected:
        if declared.type.v2 and declared.name in entity_type.properties:
            yield property_elements(shape, declared, feed.get(declared.name))
    for structure in shape.structures:
        if structure.name in entity_type.complex:
            yield from structure_elements(shape, structure, feed)
    yield from given_elements(entity_type)


def _etag_pieces(shape: RowShape) -> Iterator[Piece]:
    """``m:etag="W/&quot;5d41402abc4b2a76&quot;"``, for types with concurrency properties."""
    if shape.entity_set.type.etag:
        yield " m:etag="
        yield lambda page: [attribute(etag_of(shape, row) or "") for row in page.rows]


def _link_pieces(navigation: NavigationProperty) -> tuple[Piece, ...]:
    """A link as far as to its last attribute."""
    title = attribute(navigation.name)
    kind = "feed" if navigation.collection else "entry"
    start = f'<link rel="{RELATED}{navigation.name}" type="application/atom+xml;type={kind}" title={title} href="'
    return start, addresses, f'/{path_text(navigation.name)}"'


def _expanded(number: int, page: Page) -> Sequence[str]:
    return page.expanded[number]


def _inline(expanded: ExpandedNavigation, child: Level, page: Page, frame: Frame) -> Iterator[str]:
    """What ``m:inline`` holds for each row of the parent's level, from after its name to its end."""
    entries = row_writer(child.shape).entries(child, frame)
    groups = grouped(expanded, list(zip(*child.rows, strict=True)), entries)
    parents = keys(page.columns, expanded.near)
    if not expanded.navigation.collection:
        for parent in parents:
            yield f">{groups[parent][0]}</m:inline>" if parent in groups else " />"
        return
    for parent, address in zip(parents, page.addresses, strict=True):
        start, end = _inline_feed(expanded, child, parent, address, not groups.get(parent), frame)
        yield f"><feed>{start}{''.join(groups.get(parent, ()))}{end}</feed></m:inline>"


def _inline_feed(
    expanded: ExpandedNavigation, child: Level, parent: tuple[object, ...], address: str, empty: bool, frame: Frame
) -> tuple[str, str]:
    name, token, following = expanded.navigation.name, child.cut.get(parent), None
    if token is not None:
        following = next_address(f"{frame.root}{address}", expanded, token, lasting_options(frame.query))
    return frame.feed(f"{address}/{path_text(name)}", name, empty=empty, next_link=following)
