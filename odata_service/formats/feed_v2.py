"""The elements of an Atom entry that tell of it as such, and those that a model's customizable feeds fill (MS-ODATA,
Customizable Feeds)."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import field
from functools import partial

from odata_service.edm import primitive as edm
from odata_service.edm.feed import TEXTS, FeedMapping
from odata_service.edm.model import EntityType, Property
from odata_service.formats.elements_v2 import property_texts
from odata_service.formats.pieces import Page, Piece, joined, written
from odata_service.formats.xml_text import attribute
from odata_service.plan.row import RowShape
from odata_service.values import frozen, mutable


Texts = Callable[[Page], Sequence[str]]
# Elements that must be there, empty if need be; others are left out for nulls (RFC 4287, Container Elements).
_DEMANDED = ("title", "name")


@mutable
class Place:
    """An element that is put together: attributes, a text or elements in it. Where it has a ``position`` in the rows, it
    is left out of those that have a null there."""

    attributes: dict[str, Piece] = field(default_factory=dict)
    text: Piece = ""
    inside: dict[str, Place] = field(default_factory=dict)
    position: int | None = None

    def pieces(self, tag: str) -> list[Piece]:
        start: list[Piece] = [f"<{tag}"]
        for name, value in self.attributes.items():
            start += [f' {name}="', value, '"']
        if self.text == "" and not self.inside:
            return [*start, " />"]
        inner = [piece for name, place in self.inside.items() for piece in place.pieces(name)]
        whole = [*start, ">", self.text, *inner, f"</{tag}>"]
        return whole if self.position is None else [partial(_unless_null, joined(whole), self.position)]


def _unless_null(pieces: Sequence[Piece], position: int, page: Page) -> list[str]:
    rows = zip(page.columns[position], written(pieces, page), strict=True)
    return ["" if value is None else text for value, text in rows]


def updated(_page: Page) -> Iterable[str]:
    """Stands for the moment at which a document is written, which is put in its place then."""
    raise AssertionError("the document says when it is written")


@frozen
class OrUpdated:
    """A piece that needs that moment where the rows have none."""

    texts: Texts
    position: int

    def at(self, moment: str) -> Texts:
        return lambda page: [
            moment if value is None else text
            for value, text in zip(page.columns[self.position], self.texts(page), strict=True)
        ]

    def __call__(self, page: Page) -> Iterable[str]:
        return updated(page)


def head_pieces(shape: RowShape, entity_type: EntityType) -> Iterator[Piece]:
    """``title``, ``updated`` and ``author``, which Atom demands, and what the model maps to elements."""
    places = {
        "title": Place({"type": "text"}),
        "updated": Place(text=updated),
        "author": Place(inside={"name": Place()}),
    }
    for source, mapping in entity_type.feed.items():
        declared = shown(shape, source)
        if declared is not None:
            _fill(places, mapping, shape, declared)
    for name, place in places.items():
        yield from place.pieces(name)


def shown(shape: RowShape, source: str) -> Property | None:
    """The property that is the source of a mapping, where the rows have it."""
    name, _, member = source.partition("/")
    if not member:
        return next((each for each in shape.selected if each.name == name), None)
    structure = next((each for each in shape.structures if each.name == name), None)
    return None if structure is None else structure.member(member)


def _fill(places: dict[str, Place], mapping: FeedMapping, shape: RowShape, declared: Property) -> None:
    """The place of a mapping; others may stand in the same elements."""
    prefix = "" if mapping.syndication else f"{mapping.prefix}:"
    inside, place = places, Place()
    for step in mapping.path:
        place = inside.setdefault(f"{prefix}{step}", Place())
        inside = place.inside
    texts, position = property_texts(shape, declared), shape.position(declared)
    if mapping.syndication:
        _fill_syndication(place, mapping, _moments(texts) if declared.type is edm.DATE_TIME else texts, position)
        return
    outermost = places[f"{prefix}{mapping.path[0]}"]
    outermost.attributes[f"xmlns:{mapping.prefix}"] = attribute(mapping.namespace)[1:-1]
    if mapping.attribute is None:
        place.text = partial(_or_nothing, texts, position)
    else:
        place.attributes[f"{prefix}{mapping.attribute}"] = partial(_in_attributes, texts, position)


def _fill_syndication(place: Place, mapping: FeedMapping, texts: Texts, position: int) -> None:
    last = mapping.path[-1]
    if last in TEXTS:
        place.attributes["type"] = mapping.content_kind
    place.text = OrUpdated(texts, position) if last == "updated" else partial(_or_nothing, texts, position)
    place.position = None if last in (*_DEMANDED, "updated") else position


def _moments(texts: Texts) -> Texts:
    """Atom's have a zone (RFC 4287, Date Constructs); those of V2 are in UTC."""
    return lambda page: [f"{text}Z" for text in texts(page)]


def _or_nothing(texts: Texts, position: int, page: Page) -> Sequence[str]:
    """The texts, and nothing for nulls: those are told in the content."""
    values = page.columns[position]
    if None not in values:
        return texts(page)
    return ["" if value is None else text for value, text in zip(values, texts(page), strict=True)]


def _in_attributes(texts: Texts, position: int, page: Page) -> list[str]:
    escapes = (("\t", "&#x9;"), ("\n", "&#xA;"), ('"', "&quot;"))
    return [_replaced(text, escapes) for text in _or_nothing(texts, position, page)]


def _replaced(text: str, pairs: Iterable[tuple[str, str]]) -> str:
    for sign, escaped in pairs:
        text = text.replace(sign, escaped)
    return text
