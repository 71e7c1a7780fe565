"""What hooks have given entities to be written with, in V2's JSON and in Atom. V2 has no annotations and no collections."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import partial

from odata_service.edm.model import ComplexProperty, EntityType, Property
from odata_service.edm.primitive import PrimitiveType
from odata_service.entry import Entry
from odata_service.formats.elements_v2 import written_structure, written_value
from odata_service.formats.entries import HookedType
from odata_service.formats.json_text import listed, quoted
from odata_service.formats.options_v2 import OptionsV2
from odata_service.formats.pieces import Page, Piece
from odata_service.formats.value_v2 import write_json
from odata_service.formats.xml_text import RELATED, attribute


def given_pieces(entity_type: EntityType, options: OptionsV2) -> list[Piece]:
    """As members of a JSON object, with a comma before each."""
    return [partial(_members, options)] if isinstance(entity_type, HookedType) else []


def given_elements(entity_type: EntityType) -> list[Piece]:
    """As elements among the properties of an Atom entry."""
    return [_elements] if isinstance(entity_type, HookedType) else []


def given_links(entity_type: EntityType) -> list[Piece]:
    return [_links] if isinstance(entity_type, HookedType) else []


def structure_text(declared: ComplexProperty, members: Mapping[str, object], options: OptionsV2) -> str:
    """CSDL 2.0 knows no structure that is null, only members that are."""
    shown = [member for member in declared.members if member.type.v2]
    texts = [f"{quoted(member.name)}:{write_json(members.get(member.name), member.type, options)}" for member in shown]
    return listed(("{", "}"), [f'"__metadata":{{"type":{quoted(declared.type.full_name)}}}', *texts])


def _members(options: OptionsV2, page: Page) -> list[str]:
    return ["".join(f",{text}" for text in _json(entry, options)) for entry in page.entries]


def _json(entry: Entry, options: OptionsV2) -> Iterator[str]:
    for name, url in entry.links.items():
        yield f'{quoted(name)}:{{"__deferred":{{"uri":{quoted(url)}}}}}'
    for name, structure in _structures(entry):
        yield f"{quoted(name)}:{structure_text(structure, vars(entry.structure(structure)), options)}"
    for name, kind in _typed(entry):
        yield f"{quoted(name)}:{write_json(entry.given[name], kind, options)}"


def _elements(page: Page) -> list[str]:
    return ["".join(_xml(entry)) for entry in page.entries]


def _xml(entry: Entry) -> Iterator[str]:
    for _, structure in _structures(entry):
        yield written_structure(structure, vars(entry.structure(structure)))
    for name, kind in _typed(entry):
        yield written_value(name, entry.given[name], kind)


def _structures(entry: Entry) -> Iterator[tuple[str, ComplexProperty]]:
    for name in entry.given:
        declared = entry.declared(name)
        if isinstance(declared, ComplexProperty):
            yield name, declared


def _typed(entry: Entry) -> Iterator[tuple[str, PrimitiveType]]:
    """The names of primitive values with their types."""
    for name in entry.given:
        match entry.declared(name):
            case Property(type=kind):
                pass
            case None if not (dynamic := entry.kind(name)).collection:
                kind = dynamic.type
            case _:
                continue
        if kind.v2:
            yield name, kind


def _links(page: Page) -> list[str]:
    return ["".join(_link(name, url) for name, url in entry.links.items()) for entry in page.entries]


def _link(name: str, url: str) -> str:
    return f"<link rel={attribute(RELATED + name)} title={attribute(name)} href={attribute(url)} />"
