"""Inserts of which nothing needs an instance: see :mod:`odata_service.tracking.new_rows`."""

from __future__ import annotations

import uuid
from collections.abc import Sequence

from sqlalchemy.orm import Session

from odata_service.bind.command import Insert
from odata_service.bind.payload import EntityPayload
from odata_service.dialects.base import Database
from odata_service.edm import primitive
from odata_service.edm.model import EntityModel, Property
from odata_service.etag import TagConditions
from odata_service.execute.assignment import demand_value, is_borrowed
from odata_service.execute.order import Changed, Order
from odata_service.execute.pending import refuse_nan
from odata_service.execute.place import as_read
from odata_service.links import Place
from odata_service.tracking import are_rows, insert_rows

Row = dict[str, object]  # by attribute


def are_plain(orders: Sequence[Order], session: Session, whole: EntityModel) -> bool:
    """Whether orders that go together, see :meth:`Order.joins`, insert nothing but rows, whose keys are known before."""
    command = orders[0].command
    assert isinstance(command, Insert), "only inserts go together"
    full, mapper = whole.types[command.payload.type.name], command.payload.type.mapper
    return (
        command.entity_set.containment is None
        and not (full.collections or full.dynamic or full.complex or full.media or full.streams)
        and are_rows(session, mapper)
        and all(isinstance(each.conditions, TagConditions) and _has_key(each.command) for each in orders)
    )


def _has_key(command: object) -> bool:
    assert isinstance(command, Insert), "only inserts go together"
    payload = command.payload
    return all(payload.values.get(part.name) is not None or _can_make(part, payload) for part in payload.type.key)


def _can_make(part: Property, payload: EntityPayload) -> bool:
    return part.type == primitive.GUID and not part.generated and not is_borrowed(part, payload.type)


def inserted(commands: Sequence[Insert], rows: Sequence[Row], session: Session) -> list[Changed]:
    """Write the rows, and say where the entities are."""
    insert_rows(session, commands[0].payload.type.mapper, rows)
    return [_changed(command, row) for command, row in zip(commands, rows, strict=True)]


def row_of(payload: EntityPayload, database: Database) -> Row:
    row: Row = {}
    properties = payload.type.complete.properties
    for name, value in payload.values.items():
        declared = payload.type.properties.get(name) or properties[name]
        if not declared.only_later:
            demand_value(declared, value)
            row[declared.attribute] = value
    for part in payload.type.key:
        if row.get(part.attribute) is None:
            row[part.attribute] = uuid.uuid4()
    if not database.keeps_nan:
        refuse_nan(row)
    return row


def _changed(command: Insert, row: Row) -> Changed:
    key = tuple(as_read(row[part.attribute], part) for part in command.entity_set.type.key)
    return Changed(Place(command.entity_set, key), created=True)
