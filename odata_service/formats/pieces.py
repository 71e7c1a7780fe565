"""Rows of a level as text by pieces: texts that are the same for all rows, and columns that give each row its own."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from odata_service.edm.model import Property
from odata_service.edm.primitive import PrimitiveType
from odata_service.formats.columns import LiteralOfText
from odata_service.formats.expanded import Columns
from odata_service.formats.json_text import Column, interleaved
from odata_service.links import path_text
from odata_service.plan.row import RowShape
from odata_service.result import Row


@dataclass(slots=True)
class Page:
    """Rows while they are written: their values by column, the text of columns once it was needed, their addresses, the
    text of what is expanded; ``root`` is the service's address."""

    rows: Sequence[Row]
    columns: Columns
    texts: dict[int, Sequence[str]] = field(default_factory=dict)
    addresses: Sequence[str] = ()
    expanded: Sequence[Sequence[str]] = ()
    root: str = ""

    @classmethod
    def of(cls, rows: Sequence[Row]) -> Page:
        return cls(rows, list(zip(*rows, strict=True)))

    def part(self, numbers: Sequence[int]) -> Page:
        """Some of its rows, by their numbers."""
        part = Page.of([self.rows[number] for number in numbers])
        part.root = self.root
        part.addresses = [self.addresses[number] for number in numbers]
        part.expanded = [[texts[number] for number in numbers] for texts in self.expanded]
        return part


# A piece of an entity: the same text for all, or one text for each.
Piece = str | Callable[[Page], Iterable[str]]


def written(pieces: Iterable[Piece], page: Page) -> Iterable[str]:
    """One text for each row of a page."""
    return interleaved(len(page.rows), [piece if isinstance(piece, str) else piece(page) for piece in pieces])


def joined(pieces: Iterable[Piece]) -> tuple[Piece, ...]:
    """Neighbouring constants made one, so that there is less to put together for each row.

    >>> joined(['{', '"Id":', '1', '}'])
    ('{"Id":1}',)
    """
    together: list[Piece] = []
    for piece in pieces:
        if isinstance(piece, str) and together and isinstance(together[-1], str):
            together[-1] += piece
        else:
            together.append(piece)
    return tuple(together)


@dataclass(frozen=True, slots=True, eq=False)
class Itself:
    """A shape as a dictionary key by identity: comparing the columns would cost more than writing a row."""

    shape: RowShape

    def __hash__(self) -> int:
        return id(self.shape)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Itself) and self.shape is other.shape


def texts_of(column: Column, position: int) -> Callable[[Page], Sequence[str]]:
    """The text of a column; made once for a page though the key stands in the address too."""

    def texts(page: Page) -> Sequence[str]:
        if position not in page.texts:
            page.texts[position] = list(column(page.columns[position]))
        return page.texts[position]

    return texts


@dataclass(frozen=True, slots=True)
class KeyForm:
    """How a version writes a key in an address: through the text of the property, where ``of_text`` says how its type's
    literal is made of that, else by a column of its own."""

    texts: Callable[[RowShape, Property], Callable[[Page], Sequence[str]]]
    of_text: Mapping[PrimitiveType, LiteralOfText]
    literals: Callable[[RowShape, Property], Column]

    def pieces(self, shape: RowShape) -> list[Piece]:
        """``People(`` the key ``)``, or ``OrderLines(OrderId=`` one part ``,Line=`` another ``)``."""
        key = shape.entity_set.type.key
        pieces: list[Piece] = [f"{path_text(shape.entity_set.name)}("]
        for number, declared in enumerate(key):
            comma = "," if number else ""
            name = f"{comma}{path_text(declared.name)}=" if len(key) > 1 else ""
            pieces += [name, *self._literal(shape, declared)]
        return [*pieces, ")"]

    def _literal(self, shape: RowShape, declared: Property) -> list[Piece]:
        literal, texts = self.of_text.get(declared.type), self.texts(shape, declared)
        if literal is not None:
            return [literal.before, lambda page: literal.inner(texts(page)), literal.after]
        column, position = self.literals(shape, declared), shape.position(declared)
        return [lambda page: column(page.columns[position])]


def listed(members: Iterable[Sequence[Piece]]) -> list[Piece]:
    """The members of an object, each of several pieces, with commas between them."""
    pieces: list[Piece] = []
    for number, member in enumerate(members):
        pieces += [",", *member] if number else member
    return pieces


def addresses(page: Page) -> Sequence[str]:
    """The piece that is each entity's own address."""
    return page.addresses
