"""Results as Atom and XML (MS-ODATA, AtomPub Format), for clients of WCF's own kind."""

from __future__ import annotations

import datetime
from collections.abc import Callable, Iterable
from dataclasses import replace
from functools import lru_cache
from typing import Any
from urllib.parse import quote, unquote

from odata_service.edm.model import ComplexProperty, EnumType
from odata_service.edm.primitive import DATE_TIME_OFFSET, PrimitiveType
from odata_service.errors import NotImplementedByService
from odata_service.formats import service_v2
from odata_service.formats.atom_rows_v2 import ENTRY, Frame, row_writer
from odata_service.formats.elements_v2 import NAMESPACES, written_structure, written_value
from odata_service.formats.json_text import encoded
from odata_service.formats.parts import ends_of_part
from odata_service.formats.value_v2 import write_text
from odata_service.formats.version_v2 import V2_0, Version
from odata_service.formats.xml_text import ATOM, DATA, DECLARATION, METADATA, TOMBSTONES, attribute, escaped
from odata_service.message import ODataRequest
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
)
from odata_service.values import frozen

# What may stand in an address besides letters and digits (RFC 3986), and needs no escape in XML.
_OF_ADDRESSES = "%:/?#[]@!$'()*+,;=~"


@frozen
class Document:
    """What a document is written for: the frame, and the path that was asked for, as it was spelled."""

    frame: Frame
    path: str

    @property
    def title(self) -> str:
        """The name at the end of the path, without its key: ``People(1)/Addresses`` → ``Addresses``."""
        return unquote(self.path.rpartition("/")[2].partition("(")[0])


def write(result: Result, request: ODataRequest, now: datetime.datetime, version: Version = V2_0) -> bytes:
    """The body that carries ``result`` for ``request``.

    What is no XML document has no row in ``_DOCUMENTS``: counts, raw values and metadata have formats of their own.
    """
    keeps_all = version < V2_0  # which knows no properties outside of the content
    frame = Frame(_address(request.root), f"{now:%Y-%m-%dT%H:%M:%SZ}", request.query, keeps_all)
    return _DOCUMENTS[type(result)](result, Document(frame, request.target.strip("/")))


@lru_cache(maxsize=64)
def _address(root: str) -> str:
    """The root, which may come from a ``Host`` header, without anything that could end an attribute."""
    return quote(root, safe=_OF_ADDRESSES)


def _xml(text: str) -> bytes:
    return f"{DECLARATION}{text}".encode()


def _collection(result: EntityCollection, document: Document) -> bytes:
    frame = document.frame
    entries = row_writer(result.level.shape).entries(result.level, frame)
    start, end = frame.feed(
        document.path, document.title, empty=not result.level.rows, count=result.count, next_link=result.next_link
    )
    head = f'{DECLARATION}<feed xml:base="{frame.root}" xmlns="{ATOM}" {NAMESPACES}>{start}'
    tail = f"{end}{_delta_link(result.delta_link)}</feed>"
    return encoded(ends_of_part(result, (head, tail), between=""), entries, between="")


def _delta_link(link: str | None) -> str:
    return "" if link is None else f'<link rel="delta" href={attribute(link)} />'


def _delta(result: EntityDelta, document: Document) -> bytes:
    """Entries, and after them tombstones (RFC 6721): the client reads entries as they come, and deletes what is gone."""
    frame, writer, level = document.frame, row_writer(result.level.shape), result.level
    there = [row for row, reason in zip(level.rows, result.reasons, strict=True) if not reason]
    start, end = frame.feed(document.path, document.title, empty=not there, next_link=result.next_link)
    gone = [
        f'<at:deleted-entry ref="{frame.root}{path}" when="{write_text(moment, DATE_TIME_OFFSET)}" />'
        for path, reason, moment in zip(writer.paths(level), result.reasons, result.moments, strict=True)
        if reason
    ]
    head = f'{DECLARATION}<feed xml:base="{frame.root}" xmlns="{ATOM}" xmlns:at="{TOMBSTONES}" {NAMESPACES}>{start}'
    tail = f"{''.join(gone)}{end}{_delta_link(result.delta_link)}</feed>"
    return encoded((head, tail), writer.entries(replace(level, rows=there), frame), between="")


def _entity(result: SingleEntity, document: Document) -> bytes:
    (entry,) = row_writer(result.level.shape).entries(result.level, document.frame)
    namespaces = f'{ENTRY} xml:base="{document.frame.root}" xmlns="{ATOM}" {NAMESPACES}'
    return _xml(f"{namespaces}{entry.removeprefix(ENTRY)}")


def _created(result: Created, document: Document) -> bytes:
    return _entity(result.entity, document)


def _alone(element: str) -> bytes:
    """An element of ``elements_v2`` as a document: ``<d:Age xmlns:d=… m:type="Edm.Int32">5</d:Age>``."""
    end = next(number for number, sign in enumerate(element) if sign in " >")
    return _xml(f"{element[:end]} {NAMESPACES}{element[end:]}")


def _property(result: PropertyValue, _document: Document) -> bytes:
    return _alone(written_value(result.property.name, result.value, result.property.type))


def _complex(result: ComplexValue, _document: Document) -> bytes:
    return _alone(written_structure(result.property, result.members or {}))


def _operation(result: OperationResult, _document: Document) -> bytes:
    """A value, or ``d:element`` for each of them (MS-ODATA, Service Operation Response)."""
    if not result.collection:
        return _alone(_returned(result, result.name, result.value))
    assert isinstance(result.value, Iterable), "an operation that returns a collection returns something to go through"
    elements = (_returned(result, "element", each) for each in result.value)
    return _alone(f"<d:{result.name}>{''.join(elements)}</d:{result.name}>")


def _returned(result: OperationResult, name: str, value: object) -> str:
    match result.shape:
        case PrimitiveType(v2=known) as kind if known:
            return written_value(name, value, kind)
        case EnumType(underlying=kind):
            return written_value(name, value, kind)
        case ComplexProperty() as declared:
            return written_structure(replace(declared, name=name), declared.members_of(value))
    raise NotImplementedByService("NotImplemented", f"{result.type_name} is only written in V4")


def _links(result: EntityLinks, document: Document) -> bytes:
    """``<links><uri>…</uri></links>`` (MS-ODATA, Link); the count first and the next page last."""
    root = document.frame.root
    addresses = [f"{root}{path}" for path in row_writer(result.level.shape).paths(result.level)]
    if not result.collection:
        return _xml(f'<uri xmlns="{DATA}">{addresses[0]}</uri>')
    counted = [] if result.count is None else [f'<m:count xmlns:m="{METADATA}">{result.count}</m:count>']
    uris = [f"<uri>{address}</uri>" for address in addresses]
    going_on = [] if result.next_link is None else [f"<next>{escaped(result.next_link)}</next>"]
    return _xml(f'<links xmlns="{DATA}">{_together(counted, uris, going_on)}</links>')


def _together(*parts: Iterable[str]) -> str:
    return "".join(text for part in parts for text in part)


def _service_document(result: ServiceDocument, document: Document) -> bytes:
    return service_v2.write(result.model, document.frame.root)


# Each row takes its own kind of result; the key says which. (Any: a mapping cannot relate key and value.)
_DOCUMENTS: dict[type, Callable[[Any, Document], bytes]] = {
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
