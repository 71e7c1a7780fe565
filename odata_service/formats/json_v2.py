"""Results as V2's verbose JSON (MS-ODATA, JavaScript Object Notation), in the form of version 1.0 or 2.0."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from functools import lru_cache
from typing import Any
from urllib.parse import quote

from odata_service.edm.model import ComplexProperty, EnumType
from odata_service.edm.primitive import PrimitiveType
from odata_service.errors import NotImplementedByService
from odata_service.formats.given_v2 import structure_text
from odata_service.formats.json_rows_v2 import CollectionForm, Frame, row_writer
from odata_service.formats.json_text import encoded, listed, quoted
from odata_service.formats.options_v2 import USUAL, OptionsV2
from odata_service.formats.parts import Ends, ends_of_part
from odata_service.formats.value_v2 import write_json
from odata_service.formats.version_v2 import V1_0, V2_0, Version
from odata_service.result import (
    ComplexValue,
    Created,
    EntityCollection,
    EntityDelta,
    EntityLinks,
    OperationResult,
    PropertyValue,
    Result,
    ServiceDocument,
    SingleEntity,
    together,
)

# What may stand in an address besides letters and digits (RFC 3986).
_OF_ADDRESSES = "%:/?#[]@!$&'()*+,;=~"


def write(result: Result, root: str, *, version: Version = V2_0, query: str = "", options: OptionsV2 = USUAL) -> bytes:
    """The body that carries ``result``; ``root`` is the service's absolute address with a slash at its end, ``query`` the
    query string that was asked.

    What is no JSON document has no row in ``_DOCUMENTS``: counts, raw values and metadata have formats of their own.
    """
    frame = Frame(_address(root), _COLLECTIONS[version], query, options)
    return _DOCUMENTS[type(result)](result, frame)


@lru_cache(maxsize=64)
def _address(root: str) -> str:
    """The root, which may come from a ``Host`` header, without anything that could end a JSON string."""
    return quote(root, safe=_OF_ADDRESSES)


def _collection(result: EntityCollection, frame: Frame) -> bytes:
    texts = row_writer(result.level.shape, frame.options).entities(result.level, frame)
    ends = _ends(frame, result.count, result.next_link, result.delta_link)
    return encoded(ends if result.part is None else ends_of_part(result, ends), texts)


def _delta(result: EntityDelta, frame: Frame) -> bytes:
    return _many(frame, None, result.next_link, _changes(result, frame), result.delta_link)


def _changes(result: EntityDelta, frame: Frame) -> Iterator[str]:
    """Entities and, among them, those that are no more, as Olingo writes them."""
    writer, level = row_writer(result.level.shape, frame.options), result.level
    there = [row for row, reason in zip(level.rows, result.reasons, strict=True) if not reason]
    entities = iter(writer.entities(replace(level, rows=there), frame))
    context = quoted(f"$metadata#{level.shape.entity_set.name}/$deletedEntity")
    for address, reason in zip(writer.addresses(level, frame), result.reasons, strict=True):
        yield f'{{"@odata.context":{context},"id":"{address}"}}' if reason else next(entities)


def _entity(result: SingleEntity, frame: Frame) -> bytes:
    return _one(next(iter(row_writer(result.level.shape, frame.options).entities(result.level, frame)), "null"))


def _created(result: Created, frame: Frame) -> bytes:
    (text,) = row_writer(result.entity.level.shape, frame.options).entities(result.entity.level, frame)
    return _value(text, frame)


def created(
    results: Sequence[Created], root: str, *, version: Version, query: str, options: OptionsV2
) -> list[bytes]:
    """The bodies of many answers, whose rows are written together."""
    frame, level = Frame(_address(root), _COLLECTIONS[version], query, options), together(results)
    return [_value(text, frame) for text in row_writer(level.shape, options).entities(level, frame)]


def _property(result: PropertyValue, frame: Frame) -> bytes:
    text = write_json(result.value, result.property.type, frame.options)
    return _value(f"{{{quoted(result.property.name)}:{text}}}", frame)


def _complex(result: ComplexValue, frame: Frame) -> bytes:
    text = structure_text(result.property, result.members or {}, frame.options)
    return _value(f"{{{quoted(result.property.name)}:{text}}}", frame)


def _operation(result: OperationResult, frame: Frame) -> bytes:
    """``{"d":{"Calculate":"42"}}`` (MS-ODATA, Service Operation Response)."""
    if not result.collection:
        return _value(f"{{{quoted(result.name)}:{_returned(result, result.value, frame.options)}}}", frame)
    assert isinstance(result.value, Iterable), "an operation that returns a collection returns something to go through"
    return _many(frame, None, None, (_returned(result, each, frame.options) for each in result.value))


def _returned(result: OperationResult, value: object, options: OptionsV2) -> str:
    match result.shape:
        case PrimitiveType(v2=name) as kind if name:
            return write_json(value, kind, options)
        case EnumType(underlying=kind):
            return write_json(value, kind, options)
        case ComplexProperty() as declared:
            return structure_text(declared, declared.members_of(value), options)
    raise NotImplementedByService("NotImplemented", f"{result.type_name} is only written in V4")


def _links(result: EntityLinks, frame: Frame) -> bytes:
    addresses = row_writer(result.level.shape, frame.options).addresses(result.level, frame)
    texts = [f'{{"uri":"{address}"}}' for address in addresses]
    if result.collection:
        return _many(frame, result.count, result.next_link, texts)
    return _one(texts[0] if texts else "null")


def _service_document(result: ServiceDocument, _frame: Frame) -> bytes:
    return _one(listed(('{"EntitySets":[', "]}"), map(quoted, result.model.sets)))


def _one(text: str) -> bytes:
    return f'{{"d":{text}}}'.encode()


def _value(text: str, frame: Frame) -> bytes:
    """What MS-ODATA, other than the servers there were, puts into ``results``."""
    return _one(
        text if frame.options.single_values == "bare" or frame.collection is _bare_array else f'{{"results":{text}}}'
    )


def _many(
    frame: Frame, count: int | None, next_link: str | None, texts: Iterable[str], delta_link: str | None = None
) -> bytes:
    return encoded(_ends(frame, count, next_link, delta_link), texts)


def _ends(frame: Frame, count: int | None, next_link: str | None, delta_link: str | None) -> Ends:
    """What stands before and after the items of an array."""
    start, end = frame.collection(count, next_link)
    if delta_link is not None:
        end = f'],"__delta":{quoted(delta_link)}}}'  # on the last page, so there is no next
    return f'{{"d":{start}', f"{end}}}"


# Each row takes its own kind of result; the key says which. (Any: a mapping cannot relate key and value.)
_DOCUMENTS: dict[type, Callable[[Any, Frame], bytes]] = {
    EntityCollection: _collection,
    EntityDelta: _delta,
    SingleEntity: _entity,
    Created: _created,
    PropertyValue: _property,
    ComplexValue: _complex,
    EntityLinks: _links,
    OperationResult: _operation,
    ServiceDocument: _service_document,
}


def _bare_array(count: int | None, next_link: str | None) -> tuple[str, str]:
    """Version 1.0: an array has no room for a count or a link, so neither may have been asked for."""
    assert count is None and next_link is None, "a client of version 1.0 gets whole collections"
    return "[", "]"


def _results(count: int | None, next_link: str | None) -> tuple[str, str]:
    counted = f'"__count":"{count}",' if count is not None else ""
    going_on = f',"__next":{quoted(next_link)}' if next_link is not None else ""
    return f'{{{counted}"results":[', f"]{going_on}}}"


_COLLECTIONS: dict[Version, CollectionForm] = {V1_0: _bare_array, V2_0: _results}
