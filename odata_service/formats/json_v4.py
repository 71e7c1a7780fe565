"""Results as V4's JSON (OData JSON Format 4.0 and 4.01)."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import lru_cache
from typing import Any
from urllib.parse import quote

from odata_service.edm.model import EntityModel
from odata_service.formats.collection_v4 import values_text
from odata_service.formats.context_v4 import EVERYTHING, REFERENCE, REFERENCES
from odata_service.formats.delta_v4 import delta_items, responses
from odata_service.formats.dynamic_v4 import dynamic_rows, operation_value
from odata_service.formats.expanded_v4 import Asked
from odata_service.formats.json_rows_v4 import row_writer
from odata_service.formats.json_text import encoded, quoted
from odata_service.formats.parts import Ends, ends_of_part
from odata_service.formats.style_v4 import Style
from odata_service.formats.value_v4 import write_json
from odata_service.links import encoded_path
from odata_service.result import (
    CollectionValue,
    ComplexValue,
    Created,
    DeltaResponse,
    DynamicRows,
    EntityCollection,
    EntityDelta,
    EntityLinks,
    MixedEntities,
    OperationResult,
    PropertyValue,
    Result,
    ServiceDocument,
    SingleEntity,
    together,
)
from odata_service.values import frozen

# What may stand in an address besides letters and digits (RFC 3986), all of it harmless in a JSON string.
_OF_ADDRESSES = "%:/?#[]@!$&'()*+,;=~"


@frozen
class Frame:
    """What a document is written for: what was asked, the path of it as the client wrote it, and the style."""

    asked: Asked
    target: str
    style: Style

    @property
    def path(self) -> str:
        return encoded_path(self.target.strip("/"))

    def context(self, fragment: str = "") -> list[str]:
        """``"@odata.context":"http://host/svc/$metadata#Products"``, or nothing without metadata."""
        return [] if self.style.metadata == "none" else [_context(self.style, self.asked.root, fragment)]


@lru_cache(maxsize=256)
def _context(style: Style, root: str, fragment: str) -> str:
    hash_sign = "#" if fragment else ""
    return f"{style.control('context')}{quoted(f'{root}$metadata{hash_sign}{fragment}')}"


def write(
    result: Result,
    root: str,
    target: str = "",
    style: Style = Style(),  # noqa: B008 - frozen
    query: str = "",
) -> bytes:
    """The body that carries ``result``; ``root`` is the service's absolute address with a slash at its end, ``target``
    what was asked for below it, and ``query`` the query string, both still encoded.

    What is no JSON document has no row in ``_DOCUMENTS``: counts, raw values, streams and metadata have formats of
    their own.
    """
    return _DOCUMENTS[type(result)](result, Frame(Asked(_address(root), query), target, style))


@lru_cache(maxsize=64)
def _address(root: str) -> str:
    """The root, which may come from a ``Host`` header, without anything that could end a JSON string."""
    return quote(root, safe=_OF_ADDRESSES)


def _object(members: Iterable[str]) -> bytes:
    return f"{{{','.join(members)}}}".encode()


def _collection(result: EntityCollection, frame: Frame) -> bytes:
    writer = row_writer(result.level.shape, frame.style)
    texts = writer.entities(result.level, frame.asked)
    context = writer.context(result.level, frame.asked, frame.target)
    ends = _ends(frame, context, result.count, result.next_link, result.delta_link)
    return encoded(ends if result.part is None else ends_of_part(result, ends), texts)


def _mixed(result: MixedEntities, frame: Frame) -> bytes:
    texts = (text for level in result.levels for text in row_writer(level.shape, frame.style).entities(level, frame.asked))
    return _many(frame, EVERYTHING, texts, result.count, result.next_link)


def _delta(result: EntityDelta, frame: Frame) -> bytes:
    texts = delta_items(result, frame.asked, frame.style)
    writer = row_writer(result.level.shape, frame.style)
    context = f"{writer.context(result.level, frame.asked, frame.target)}/$delta"
    return _many(frame, context, texts, None, result.next_link, result.delta_link)


def _delta_response(result: DeltaResponse, frame: Frame) -> bytes:
    texts = responses(result, frame.asked, frame.style)
    return _many(frame, f"{result.entity_set.name}/$delta", texts, None, None)


def _many(
    frame: Frame,
    fragment: str,
    texts: Iterable[str],
    count: int | None,
    next_link: str | None,
    delta_link: str | None = None,
) -> bytes:
    return encoded(_ends(frame, fragment, count, next_link, delta_link), texts)


def _ends(frame: Frame, fragment: str, count: int | None, next_link: str | None, delta_link: str | None) -> Ends:
    """What stands before and after the items of an array."""
    counted = [] if count is None else [f"{frame.style.control('count')}{frame.style.number(count)}"]
    start = ",".join([*frame.context(fragment), *counted, '"value":['])
    links = (("nextLink", next_link), ("deltaLink", delta_link))
    going_on = [f",{frame.style.control(name)}{quoted(link)}" for name, link in links if link is not None]
    return f"{{{start}", f"]{''.join(going_on)}}}"


def _entity(result: SingleEntity, frame: Frame) -> bytes:
    writer = row_writer(result.level.shape, frame.style)
    (text,) = writer.entities(result.level, frame.asked)
    return _object([*frame.context(writer.entity_context(result.level, frame.asked)), *_inner(text)])


def _inner(text: str) -> list[str]:
    """The members of an object, without the braces; it may have none."""
    return [] if text == "{}" else [text[1:-1]]


def _created(result: Created, frame: Frame) -> bytes:
    return _entity(result.entity, frame)


def created(results: Sequence[Created], root: str, style: Style, query: str) -> list[bytes]:
    """The bodies of many answers, whose rows are written together."""
    frame, level = Frame(Asked(_address(root), query), "", style), together(results)
    writer = row_writer(level.shape, style)
    if level.shape.around:  # each says where it is
        return [_created(each, frame) for each in results]
    context = frame.context(writer.entity_context(level, frame.asked))
    return [_object([*context, *_inner(text)]) for text in writer.entities(level, frame.asked)]


def _property(result: PropertyValue, frame: Frame) -> bytes:
    return _object([*frame.context(frame.path), *_property_members(result, frame)])


def _property_members(result: PropertyValue, frame: Frame) -> Iterator[str]:
    if frame.style.metadata == "full" and (type_name := frame.style.type_of(result.property)) is not None:
        yield f"{frame.style.control('type')}{quoted(type_name)}"
    yield f'"value":{write_json(result.value, result.property, ieee754=frame.style.ieee754)}'


def _complex(result: ComplexValue, frame: Frame) -> bytes:
    return _object([*frame.context(frame.path), *_complex_members(result, frame)])


def _complex_members(result: ComplexValue, frame: Frame) -> Iterator[str]:
    assert result.members is not None, "a structure that is null has no content"
    if frame.style.metadata == "full":
        yield f"{frame.style.control('type')}{quoted(f'#{result.property.type.full_name}')}"
    for member in result.property.members:
        if member.name in result.members:
            text = write_json(result.members[member.name], member, ieee754=frame.style.ieee754)
            yield f"{quoted(member.name)}:{text}"


def _values(result: CollectionValue, frame: Frame) -> bytes:
    style, members = frame.style, frame.context(frame.path)
    if style.metadata == "full":
        members.append(f"{style.control('type')}{quoted(style.collection_type(result.property.item_type))}")
    if result.count is not None:
        members.append(f"{style.control('count')}{style.number(result.count)}")
    return _object([*members, f'"value":{values_text(result.values, result.property, style)}'])


def _references(result: EntityLinks, frame: Frame) -> bytes:
    texts = row_writer(result.level.shape, frame.style).references(result.level, frame.asked)
    if result.collection:
        return _many(frame, REFERENCES, texts, result.count, result.next_link)
    (text,) = texts
    return _object([*frame.context(REFERENCE), *_inner(text)])


def _operation(result: OperationResult, frame: Frame) -> bytes:
    context = frame.context(f"Collection({result.type_name})" if result.collection else result.type_name)
    text = operation_value(result, frame.style)
    is_object = not result.collection and text.startswith("{") and not result.type_name.startswith("Edm.")
    return _object([*context, *(_inner(text) if is_object else [f'"value":{text}'])])


def _dynamic(result: DynamicRows, frame: Frame) -> bytes:
    return _many(frame, result.context, dynamic_rows(result, frame.style), result.count, result.next_link)


def _service_document(result: ServiceDocument, frame: Frame) -> bytes:
    sets = [(each.name, "Singleton" if each.singleton else "EntitySet") for each in result.model.root_sets.values()]
    listed = [_listed(name, kind) for name, kind in (*sets, *_function_imports(result.model))]
    return _object([*frame.context(), f'"value":[{",".join(listed)}]'])


def _function_imports(model: EntityModel) -> list[tuple[str, str]]:
    """Those that can be called as they stand there (JSON Format, Service Document: functions without parameters)."""
    found = (each for each in model.published(model.operations) if each.imported and each.kind == "function" and not each.required)
    return [(name, "FunctionImport") for name in dict.fromkeys(each.name for each in found)]


def _listed(name: str, kind: str) -> str:
    return f'{{"name":{quoted(name)},"kind":"{kind}","url":{quoted(quote(name))}}}'


# Each row takes its own kind of result; the key says which. (Any: a mapping cannot relate key and value.)
_DOCUMENTS: dict[type, Callable[[Any, Frame], bytes]] = {
    EntityCollection: _collection,
    MixedEntities: _mixed,
    EntityDelta: _delta,
    DeltaResponse: _delta_response,
    SingleEntity: _entity,
    Created: _created,
    PropertyValue: _property,
    ComplexValue: _complex,
    CollectionValue: _values,
    EntityLinks: _references,
    OperationResult: _operation,
    DynamicRows: _dynamic,
    ServiceDocument: _service_document,
}
