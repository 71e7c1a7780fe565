"""Rows of a hierarchy of types: each is written in the form of its own type, with the links that it has, and where the
application wants it otherwise, in that form."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence

from odata_service.edm.any_entity import actual
from odata_service.edm.model import EntityType, NavigationProperty
from odata_service.formats.entries import as_hooked
from odata_service.formats.pieces import Page, Piece, joined, written
from odata_service.plan.row import RowShape
from odata_service.result import Row

_MOST_FORMS = 256


def written_by_type(shape: RowShape, page: Page, pieces_of: Callable[[EntityType], Sequence[Piece]]) -> Iterable[str]:
    """The text of each row; each type's rows are written at once and then put back into their order."""
    by_type = rows_by_type(shape, page.rows)
    if page.hooks:
        page.entries, by_type = as_hooked(shape, page, by_type)
    if len(by_type) == 1:
        return written(pieces_of(by_type[0][0]), page)
    texts: dict[int, str] = {}
    for entity_type, numbers in by_type:
        texts.update(zip(numbers, written(pieces_of(entity_type), page.part(numbers)), strict=True))
    return (texts[number] for number in range(len(page.rows)))


class PiecesByType:
    """What a writer puts the entities of each type together from, made when there is the first of them."""

    def __init__(self, pieces_of: Callable[[EntityType], Iterable[Piece]]) -> None:
        self._pieces_of = pieces_of
        self._made: dict[EntityType, tuple[Piece, ...]] = {}

    def __call__(self, entity_type: EntityType) -> tuple[Piece, ...]:
        if entity_type not in self._made:
            if len(self._made) >= _MOST_FORMS:  # hooks may leave out something else each time
                self._made.clear()
            self._made[entity_type] = joined(self._pieces_of(entity_type))
        return self._made[entity_type]


def rows_by_type(shape: RowShape, rows: Sequence[Row]) -> list[tuple[EntityType, Sequence[int]]]:
    """Which rows, by their numbers, have which type."""
    declared, place = actual(shape.declared_type), shape.discriminator
    if place is None:
        return [(declared, range(len(rows)))]
    numbers: dict[EntityType, list[int]] = {}
    for number, row in enumerate(rows):
        numbers.setdefault(shape.types.get(row[place], declared), []).append(number)
    return list(numbers.items())


def deferred(shape: RowShape, entity_type: EntityType) -> Iterator[NavigationProperty]:
    """The navigation properties without content: those that were chosen, and if none were, the derived type's own."""
    yield from (way for way in shape.links if way.name in entity_type.navigation)
    if not shape.chosen:
        known = {*shape.declared_type.navigation, *(each.navigation.name for each in shape.expanded)}
        yield from (way for name, way in entity_type.navigation.items() if name not in known)
