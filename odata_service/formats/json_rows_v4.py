"""The rows of a level as V4's JSON, by a writer made once for each shape of rows and style of document."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from functools import partial

from odata_service.formats.columns_v4 import LITERALS_OF_JSON, literal_column_of
from odata_service.formats.context_v4 import collection_context, contained_place, entity_context, place_of
from odata_service.formats.entity_v4 import crossed_pieces, entity_pieces, property_texts
from odata_service.formats.expanded import grouped, keys
from odata_service.formats.expanded_v4 import Asked
from odata_service.formats.hierarchy import PiecesByType, written_by_type
from odata_service.formats.json_text import quoted
from odata_service.formats.pieces import KeyForm, Page, joined, kept
from odata_service.formats.style_v4 import Style
from odata_service.formats.version_v4 import Version
from odata_service.links import encoded_path
from odata_service.plan.row import ExpandedNavigation, RowShape, Side
from odata_service.result import Level, Row
from odata_service.values import frozen


@kept
def row_writer(shape: RowShape, style: Style) -> RowWriter:
    """The writer of a shape in a style, made when it is first asked for."""
    return RowWriter(shape, style)


class RowWriter:
    """Writes the rows of one shape, and knows what context URLs say of them."""

    def __init__(self, shape: RowShape, style: Style) -> None:
        self._shape = shape
        self._style = style
        self._contexts: dict[object, str] = {}
        self._key = joined(KeyForm(partial(property_texts, style), LITERALS_OF_JSON, literal_column_of).pieces(shape))
        pieces_of = crossed_pieces if shape.sides else entity_pieces
        self._pieces_of = PiecesByType(lambda entity_type: pieces_of(shape, entity_type, style))

    def addresses(self, level: Level, asked: Asked) -> Sequence[str]:
        """The entities' absolute addresses; percent-encoded, so that they are JSON text as they are."""
        return self._page(level, asked).addresses

    def entities(self, level: Level, asked: Asked) -> Iterable[str]:
        """The JSON text of each row."""
        page = self._page(level, asked)
        if not page.rows:
            return ()
        if self._shape.expanded or self._shape.sides:
            below = zip(self._shape.expanded, level.children, strict=True)
            page.expanded = [_Expanded(each, child, asked, self._style).members(page) for each, child in below]
            page.expanded += [self._links(side, page, asked) for side in self._shape.sides]
        return written_by_type(self._shape, page, self._pieces_of)

    def context(self, level: Level, asked: Asked, target: str) -> str:
        """What the context URL of a collection says; where there is nothing to tell the place, it is as it was asked for."""
        return self._context(collection_context, level, asked, target)

    def entity_context(self, level: Level, asked: Asked) -> str:
        return self._context(entity_context, level, asked, "")

    def _context(self, of: Callable[[RowShape, Version, str], str], level: Level, asked: Asked, target: str) -> str:
        """What is not contained in anything is always at the same place."""
        known = self._contexts.get(of)
        if known is None:
            known = of(self._shape, self._style.version, self._place(level, asked, target))
            if not self._shape.around:
                self._contexts[of] = known
        return known

    def _place(self, level: Level, asked: Asked, target: str) -> str:
        if not self._shape.around:
            return self._shape.entity_set.name
        first = self.addresses(replace(level, rows=level.rows[:1]), asked)
        return place_of(self._shape, first[0], asked.root) if first else contained_place(self._shape, encoded_path(target.strip("/")))

    def references(self, level: Level, asked: Asked) -> list[str]:
        """The JSON of each row as a reference: ``{"@odata.id":"…"}``."""
        name = self._style.control("id")
        return [f'{{{name}"{address}"}}' for address in self.addresses(level, asked)]

    def _links(self, side: Side, page: Page, asked: Asked) -> list[str]:
        """What each row of a cross join has for one of its sets: the entity's address."""
        level = Level(side.shape, [tuple(row[at] for at in side.near) for row in page.rows])
        name = self._style.control("navigationLink", side.navigation.name)
        return [f'{name}"{address}"' for address in row_writer(side.shape, self._style).addresses(level, asked)]

    def _page(self, level: Level, asked: Asked) -> Page:
        page = Page.of(level.rows)
        page.root, page.hooks, page.address = asked.root, level.hooks, (asked.root, *self._key)
        return page


@frozen
class _Expanded:
    """A navigation property with content, and the rows at its far end."""

    expanded: ExpandedNavigation
    child: Level
    asked: Asked  # of the parents' level
    style: Style

    def members(self, page: Page) -> list[str]:
        """What each row of the parents' level has for it: the property, its count before, its next link after."""
        parents = keys(page.columns, self.expanded.near)
        if self.expanded.only == "count":
            return [self._count(parent) for parent in parents]
        groups, name = grouped(self.expanded, list(zip(*self.child.rows, strict=True)), self._texts()), self._name
        if not self.expanded.navigation.collection:
            return [name + groups.get(parent, _NULL)[0] for parent in parents]
        if not self.child.cut and not self.expanded.counted:
            return [f"{name}[{','.join(groups.get(parent, _NOTHING))}]" for parent in parents]
        return [
            self._collection(parent, address, groups.get(parent, _NOTHING))
            for parent, address in zip(parents, page.addresses, strict=True)
        ]

    @property
    def _name(self) -> str:
        return f"{quoted(self.expanded.navigation.name)}:"

    def _texts(self) -> Iterable[str]:
        writer = row_writer(self.child.shape, self.style)
        below = self.asked.below(self.expanded.navigation.name)
        if self.expanded.only == "ref":
            return writer.references(self.child, below)
        return writer.entities(self.child, below)

    def _collection(self, parent: Row, address: str, texts: Sequence[str]) -> str:
        counted = f"{self._count(parent)}," if self.expanded.counted else ""
        return f"{counted}{self._name}[{','.join(texts)}]{self._next_link(parent, address, len(texts))}"

    def _count(self, parent: Row) -> str:
        count = self.style.number(self.child.counts.get(parent, 0))
        return f"{self.style.control('count', self.expanded.navigation.name)}{count}"

    def _next_link(self, parent: Row, address: str, shown: int) -> str:
        token = self.child.cut.get(parent)
        if token is None:
            return ""
        name = self.expanded.navigation.name
        link = self.asked.next_address(address, name, shown, token)
        return f",{self.style.control('nextLink', name)}{quoted(link)}"


_NULL = ["null"]
_NOTHING: Sequence[str] = ()
