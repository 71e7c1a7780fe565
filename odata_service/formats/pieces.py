"""Rows of a level as text by pieces: texts that are the same for all rows, and columns that give each row its own."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import field
from functools import wraps
from typing import TypeVar, TypeVarTuple, Unpack

from odata_service.dialects.base import Decoder
from odata_service.edm.model import Property
from odata_service.edm.primitive import PrimitiveType
from odata_service.entry import BoundHook, Entry
from odata_service.formats.columns import LiteralOfText
from odata_service.formats.expanded import Columns
from odata_service.formats.json_text import Column, interleaved
from odata_service.links import path_text
from odata_service.plan.row import Around, RowShape
from odata_service.result import Row
from odata_service.values import frozen, mutable

Made = TypeVar("Made")
Rest = TypeVarTuple("Rest")


@mutable
class Page:
    """Rows while they are written: their values by column, the text of columns once it was needed, what their addresses are
    put together from, the text of what is expanded; ``root`` is the service's address, ``hooks`` those that want to see each
    entity."""

    rows: Sequence[Row]
    columns: Columns
    texts: dict[int, Sequence[str]] = field(default_factory=dict)
    address: Sequence[Piece] = ()
    expanded: Sequence[Sequence[str]] = ()
    root: str = ""
    hooks: Sequence[BoundHook] = ()
    entries: Sequence[Entry] = ()  # beside the rows, once hooks have seen them
    _addresses: Sequence[str] | None = None

    @classmethod
    def of(cls, rows: Sequence[Row]) -> Page:
        return cls(rows, list(zip(*rows, strict=True)))

    @property
    def addresses(self) -> Sequence[str]:
        """One for each row, made when the first is needed: many documents need none."""
        if self._addresses is None:
            self._addresses = list(written(self.address, self)) if self.rows else ()
        return self._addresses

    def part(self, numbers: Sequence[int]) -> Page:
        """Some of its rows, by their numbers."""
        part = Page.of([self.rows[number] for number in numbers])
        part.root, part.address = self.root, self.address
        part.expanded = [[texts[number] for number in numbers] for texts in self.expanded]
        part.entries = [self.entries[number] for number in numbers] if self.entries else ()
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


def kept(make: Callable[[RowShape, Unpack[Rest]], Made]) -> Callable[[RowShape, Unpack[Rest]], Made]:
    """What is made of a shape is kept with it, and goes when its plan does."""

    @wraps(make)
    def made(shape: RowShape, *rest: *Rest) -> Made:
        key = make, rest
        found: Made | None = shape.made.get(key)
        if found is None:
            found = shape.made[key] = make(shape, *rest)
        return found

    return made


def texts_of(column: Column, position: int) -> Callable[[Page], Sequence[str]]:
    """The text of a column; made once for a page though the key stands in the address too."""

    def texts(page: Page) -> Sequence[str]:
        if position not in page.texts:
            page.texts[position] = list(column(page.columns[position]))
        return page.texts[position]

    return texts


@frozen
class KeyForm:
    """How a version writes a key in an address: through the text of the property, where ``of_text`` says how its type's
    literal is made of that, else by a column of its own."""

    texts: Callable[[RowShape, Property], Callable[[Page], Sequence[str]]]
    of_text: Mapping[PrimitiveType, LiteralOfText]
    literals: Callable[[PrimitiveType, Decoder | None], Column]

    def pieces(self, shape: RowShape) -> list[Piece]:
        """``People(`` the key ``)``, or ``OrderLines(OrderId=`` one part ``,Line=`` another ``)``; what is contained after
        what it is contained in: ``Orders(`` the key ``)/Lines(`` the key ``)``."""
        entity_set = shape.entity_set
        around = [piece for each in shape.around for piece in self._of_container(each)]
        key = entity_set.type.local_key if entity_set.needs_key else ()
        own = [(part, self._literal(shape, part)) for part in key]
        return [*around, path_text(entity_set.segment), *_in_parentheses(own)]

    def _of_container(self, container: Around) -> list[Piece]:
        key = [(part, [_of_column(self.literals(part.type, decode), at)]) for part, at, decode in container.key]
        return [path_text(container.segment), *_in_parentheses(key), "/"]

    def _literal(self, shape: RowShape, declared: Property) -> list[Piece]:
        literal, position = self.of_text.get(declared.type), shape.position(declared)
        if literal is None:
            return [_of_column(self.literals(declared.type, shape.decoders[position]), position)]
        texts = self.texts(shape, declared)
        return [literal.before, lambda page: literal.inner(texts(page)), literal.after]


def _of_column(column: Column, position: int) -> Piece:
    return lambda page: column(page.columns[position])


def _in_parentheses(parts: Sequence[tuple[Property, list[Piece]]]) -> list[Piece]:
    """The pieces of each part of a key, after its name where there are several."""
    named = [[f"{path_text(part.name)}=" if len(parts) > 1 else "", *pieces] for part, pieces in parts]
    return ["(", *listed(named), ")"] if named else []


def listed(members: Iterable[Sequence[Piece]]) -> list[Piece]:
    """What stands in a row, each of several pieces, with commas between: the members of an object, the parts of a key."""
    pieces: list[Piece] = []
    for number, member in enumerate(members):
        pieces += [",", *member] if number else member
    return pieces


def addresses(page: Page) -> Sequence[str]:
    """The piece that is each entity's own address."""
    return page.addresses
