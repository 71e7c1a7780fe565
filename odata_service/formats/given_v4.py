"""What hooks have given entities to be written with, in V4's JSON."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from odata_service.edm.model import CollectionProperty, ComplexProperty, Property
from odata_service.entry import Entry
from odata_service.formats.collection_v4 import structure_text, values_text
from odata_service.formats.dynamic_v4 import dynamic_value
from odata_service.formats.json_text import quoted
from odata_service.formats.open_v4 import type_name, value_text
from odata_service.formats.pieces import Page, Piece
from odata_service.formats.style_v4 import Style
from odata_service.formats.value_v4 import write_json


def given_piece(style: Style, *, before: str = "", after: str = "") -> Piece:
    """Links, values with their annotations and those of the entity, with a comma before or after them where there are any."""
    return partial(_texts, style, before, after)


def _texts(style: Style, before: str, after: str, page: Page) -> list[str]:
    texts = [",".join(_members(entry, style)) for entry in page.entries]
    return [f"{before}{text}{after}" if text else "" for text in texts]


def _members(entry: Entry, style: Style) -> Iterator[str]:
    for name, url in entry.links.items():
        if style.metadata != "none":
            yield f"{style.control('navigationLink', name)}{quoted(url)}"
    for name, value in entry.given.items():
        if value is None and style.omit_nulls:
            continue
        yield from _annotations(entry, name, style)
        said = _type_name(entry, name, style)
        if said is not None:
            yield f"{style.control('type', name)}{quoted(said)}"
        yield f"{quoted(name)}:{_value(entry, name, style)}"
    for name in entry.annotations:
        if name not in entry.given:
            yield from _annotations(entry, name, style)


def _annotations(entry: Entry, name: str, style: Style) -> Iterator[str]:
    for term, value in entry.annotations.get(name, {}).items():
        yield f"{quoted(f'{name}@{term}')}:{dynamic_value(value, style)}"


def _type_name(entry: Entry, name: str, style: Style) -> str | None:
    """The type that the JSON does not say: of what nobody declares, and with full metadata of everything."""
    declared, value = entry.declared(name), entry.given[name]
    if style.metadata == "none" or value is None:
        return None
    if declared is None:
        kind = entry.kind(name)
        return None if kind.is_obvious(value) else type_name(kind, style)
    if style.metadata != "full" or isinstance(declared, ComplexProperty):
        return None
    return style.type_of(declared) if isinstance(declared, Property) else style.collection_type(declared.item_type)


def _value(entry: Entry, name: str, style: Style) -> str:
    value = entry.given[name]
    match entry.declared(name):
        case Property() as declared:
            return write_json(value, declared, ieee754=style.ieee754)
        case ComplexProperty() as declared:
            return "null" if value is None else structure_text(entry.structure(declared), declared, style)
        case CollectionProperty() as declared:
            assert isinstance(value, list), "a collection is a list"
            return values_text(value, declared, style)
    return value_text(name, value, entry.kind(name), style)
