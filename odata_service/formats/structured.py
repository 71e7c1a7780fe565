"""What structures and streams have in common in every format: objects that may be null, the media type of octets."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from odata_service.edm.model import Property, StreamProperty
from odata_service.formats.json_text import quoted
from odata_service.formats.pieces import Page, Piece, written
from odata_service.plan.row import RowShape

Texts = Callable[[RowShape, Property], Callable[[Page], Sequence[str]]]


def absent_as_null(pieces: Sequence[Piece], places: Sequence[int]) -> Callable[[Page], Iterable[str]]:
    """The object that ``pieces`` write for each row, or ``null`` where the values at all ``places`` are null; without
    places, the object is always there."""

    def texts(page: Page) -> Iterable[str]:
        whole = written(pieces, page)
        if not places:
            return whole
        columns = (page.columns[place] for place in places)
        absent = (values.count(None) == len(places) for values in zip(*columns, strict=True))
        return ["null" if gone else text for gone, text in zip(absent, whole, strict=True)]

    return texts


def media_type(shape: RowShape, stream: StreamProperty, texts: Texts) -> Piece:
    """The media type of a stream: always the same, or what a column says, and where that is null the stream's own."""
    usual, declared = quoted(stream.content_type), media_type_property(shape, stream)
    if declared is None:
        return usual
    column = texts(shape, declared)
    return lambda page: [usual if text == "null" else text for text in column(page)]


def media_type_property(shape: RowShape, stream: StreamProperty) -> Property | None:
    """The property whose column says what the octets of each row are."""
    return next((each for each in shape.columns if each.attribute == stream.content_type_attribute), None)
