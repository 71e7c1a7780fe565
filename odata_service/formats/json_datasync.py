"""Results as the Datasync protocol's JSON: ``{"items":[…],"count":null,"nextLink":null}``, and rows as plain objects."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from odata_service.bind.pull import STAYS
from odata_service.edm.model import Property
from odata_service.edm.table_type import DELETED, ID, UPDATED_AT, VERSION
from odata_service.formats.columns_datasync import column_of, zero_of
from odata_service.formats.json_text import encoded, quoted
from odata_service.formats.pieces import Page, Piece, joined, kept, listed, texts_of, written
from odata_service.plan.row import RowShape
from odata_service.result import EntityCollection, Level, Row


def page(result: EntityCollection, next_link: str | None) -> bytes:
    """All three members, whatever they are: clients look for each of them."""
    count = "null" if result.count is None else str(result.count)
    link = "null" if next_link is None else quoted(next_link)
    return encoded(('{"items":[', f'],"count":{count},"nextLink":{link}}}'), rows(result.level))


def old_page(result: EntityCollection) -> bytes:
    """An array, or ``{"results":[…],"count":248}`` where the count was asked for (Azure Mobile Apps 2)."""
    if result.count is None:
        return encoded(("[", "]"), rows(result.level))
    return encoded(('{"results":[', f'],"count":{result.count}}}'), rows(result.level))


def problem(status: int, title: str) -> bytes:
    """RFC 9457, as Azure Mobile Apps 6 answers those who do not say their version."""
    return f'{{"title":{quoted(title)},"status":{status}}}'.encode()


def row(level: Level) -> bytes:
    return "".join(rows(level)).encode()


def rows(level: Level) -> Iterable[str]:
    """The JSON text of each row; one that was only changed to be none that is asked for any more is as if deleted."""
    if not level.rows:
        return ()
    mark = next((each.position for each in level.shape.computed if each.name == STAYS), None)
    if mark is None or all(row[mark] for row in level.rows):
        return written(_pieces(level.shape), Page.of(level.rows))
    return _mixed(level, mark)


def _mixed(level: Level, mark: int) -> Iterator[str]:
    """Each kind is written at once, and then both are put back into their order."""
    kinds = ((row for row in level.rows if row[mark]), (row for row in level.rows if not row[mark]))
    writers = (_pieces, _gone_pieces)
    staying, gone = (_some(list(kind), pieces(level.shape)) for kind, pieces in zip(kinds, writers, strict=True))
    return (next(staying if row[mark] else gone) for row in level.rows)


def _some(rows: list[Row], pieces: tuple[Piece, ...]) -> Iterator[str]:
    return iter(written(pieces, Page.of(rows)) if rows else ())


@kept
def _pieces(shape: RowShape) -> tuple[Piece, ...]:
    return joined(["{", *listed(_member(shape, declared) for declared in shape.selected), "}"])


@kept
def _gone_pieces(shape: RowShape) -> tuple[Piece, ...]:
    return joined(["{", *listed(_gone_member(shape, declared) for declared in shape.selected), "}"])


def _gone_member(shape: RowShape, declared: Property) -> list[Piece]:
    """Nothing of the row but which one it is and when it went."""
    if declared.name in (ID, UPDATED_AT, VERSION):
        return _member(shape, declared)
    (text,) = ["true"] if declared.name == DELETED else column_of(declared, None)([zero_of(declared)])
    return [f"{quoted(declared.name)}:{text}"]


def _member(shape: RowShape, declared: Property) -> list[Piece]:
    position = shape.position(declared)
    return [f"{quoted(declared.name)}:", texts_of(column_of(declared, shape.decoders[position]), position)]
