"""Results as the Datasync protocol's JSON: ``{"items":[…],"count":null,"nextLink":null}``, and rows as plain objects."""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache

from odata_service.edm.model import Property
from odata_service.formats.columns_datasync import column_of
from odata_service.formats.json_text import encoded, quoted
from odata_service.formats.pieces import Itself, Page, Piece, joined, listed, texts_of, written
from odata_service.plan.row import RowShape
from odata_service.result import EntityCollection, Level


def page(result: EntityCollection, next_link: str | None) -> bytes:
    """All three members, whatever they are: clients look for each of them."""
    count = "null" if result.count is None else str(result.count)
    link = "null" if next_link is None else quoted(next_link)
    return encoded(('{"items":[', f'],"count":{count},"nextLink":{link}}}'), rows(result.level))


def row(level: Level) -> bytes:
    return "".join(rows(level)).encode()


def rows(level: Level) -> Iterable[str]:
    """The JSON text of each row."""
    return written(_pieces(Itself(level.shape)), Page.of(level.rows)) if level.rows else ()


@lru_cache(maxsize=2048)
def _pieces(key: Itself) -> tuple[Piece, ...]:
    return joined(["{", *listed(_member(key.shape, declared) for declared in key.shape.selected), "}"])


def _member(shape: RowShape, declared: Property) -> list[Piece]:
    position = shape.position(declared)
    return [f"{quoted(declared.name)}:", texts_of(column_of(declared, shape.decoders[position]), position)]
