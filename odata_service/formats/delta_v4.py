"""The items of a delta (OData JSON Format, Delta Payload)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

from odata_service.errors import NotAcceptable
from odata_service.formats.error_v4 import write_error
from odata_service.formats.expanded_v4 import Asked
from odata_service.formats.flat_delta_v4 import flat_items
from odata_service.formats.json_rows_v4 import row_writer
from odata_service.formats.json_text import quoted
from odata_service.formats.style_v4 import Style
from odata_service.formats.version_v4 import V4_0
from odata_service.result import DeltaItem, DeltaResponse, EntityDelta, Failure, Level


def delta_items(result: EntityDelta, asked: Asked, style: Style) -> Iterable[str]:
    """Entities and, for those that are no more, what became of them, in the order of the changes."""
    if style.metadata == "none":
        message = "a delta says by its metadata what was deleted, so it cannot come without"
        raise NotAcceptable("NotAcceptable", message, target="metadata")
    writer = row_writer(result.level.shape, style)
    there = [row for row, reason in zip(result.level.rows, result.reasons, strict=True) if not reason]
    entities = iter(_entities(replace(result.level, rows=there), asked, style))
    return list(_items(result, entities, writer.addresses(result.level, asked), asked.root, style))


def _entities(level: Level, asked: Asked, style: Style) -> Iterable[list[str]]:
    """For each row what tells of it: the entity, in version 4.0 without what is related to it, which is told apart."""
    if style.version == V4_0 and level.shape.expanded:
        return flat_items(level, asked, style)
    return ([text] for text in row_writer(level.shape, style).entities(level, asked))


def _items(
    result: EntityDelta, entities: Iterator[list[str]], addresses: Iterable[str], root: str, style: Style
) -> Iterator[str]:
    context = quoted(f"{root}$metadata#{result.level.shape.entity_set.name}/$deletedEntity")
    for address, reason in zip(addresses, result.reasons, strict=True):
        if not reason:
            yield from next(entities)
        elif style.version == V4_0:
            yield f'{{"@odata.context":{context},"id":"{address}","reason":"{reason}"}}'
        else:
            said = f'"@context":{context},' if style.metadata == "full" else ""
            yield f'{{{said}"@removed":{{"reason":"{reason}"}},"@id":"{address}"}}'


def responses(result: DeltaResponse, asked: Asked, style: Style) -> Iterable[str]:
    """What became of each item of a delta that a client sent, with annotations of those that failed (Protocol, Update a
    Collection of Entities; Core.DataModificationException)."""
    context = quoted(f"{asked.root}$metadata#{result.entity_set.name}/$deletedEntity")
    return [f"{{{','.join(_response(item, asked, style, context))}}}" for item in result.items]


def _response(item: DeltaItem, asked: Asked, style: Style, context: str) -> Iterator[str]:
    reason = quoted(item.reason)
    if item.reason and style.version == V4_0:
        yield f'"@odata.context":{context}'
        yield from ([f'"id":{quoted(item.address)}'] if item.address else [])
        yield f'"reason":{reason}'
    elif item.reason:
        yield f'"@removed":{{"reason":{reason}}}'
    if item.address and item.entity is None and not (item.reason and style.version == V4_0):
        yield f"{style.control('id')}{quoted(item.address)}"
    if item.content_id is not None:
        yield f'"@Org.OData.Core.V1.ContentID":{quoted(item.content_id)}'
    if item.failure is not None:
        yield f'"@Org.OData.Core.V1.DataModificationException":{_failure(item.failure)}'
    if item.entity is not None:
        yield from (text[1:-1] for text in row_writer(item.entity.shape, style).entities(item.entity, asked))


def _failure(failure: Failure) -> str:
    error = failure.error
    info = write_error(error).decode().removeprefix('{"error":')[:-1]
    return f'{{"failedOperation":{quoted(failure.operation)},"responseCode":{error.status},"info":{info}}}'
