"""What the Sync API answers, in JSON: records as plain objects, their changes, and what came of operations."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import orjson

from odata_service.edm.model import EntityModel, EntityType, Property
from odata_service.edm.sync_type import stamp_of
from odata_service.errors import ODataError
from odata_service.formats.columns_v4 import column_of
from odata_service.formats.error_v4 import write_error
from odata_service.formats.json_text import encoded, quoted
from odata_service.formats.negotiate import media_ranges
from odata_service.formats.pieces import Page, Piece, joined, kept, listed, texts_of, written
from odata_service.formats.value_v4 import write_json
from odata_service.plan.row import RowShape
from odata_service.result import Level, Row

COMPLETE = "Sync complete"  # the words of the article's server


def is_exact(headers: Mapping[str, str]) -> bool:
    """Whether a client's numbers are floats: ``Accept: application/json;IEEE754Compatible=true``. Int64 and Decimal come as
    strings then, as in V4.

    >>> is_exact({"Accept": "application/json;IEEE754Compatible=true"}), is_exact({})
    (True, False)
    """
    ranges = media_ranges(headers.get("Accept", ""))
    return any(each.parameters.get("ieee754compatible") == "true" for each in ranges)


def changes(level: Level, reasons: Sequence[str], token: str, more: bool, *, exact: bool = False) -> bytes:
    """``{"records":[…],"deleted":[{"localId":"…","reason":"deleted"}],"token":"…","more":false}``"""
    there = [row for row, reason in zip(level.rows, reasons, strict=True) if not reason]
    gone = [(row, reason) for row, reason in zip(level.rows, reasons, strict=True) if reason]
    deleted = ",".join(
        f'{text[:-1]},"reason":{quoted(reason)}}}'
        for text, (_, reason) in zip(_keys(level.shape, [row for row, _ in gone], exact), gone, strict=True)
    )
    end = f'],"deleted":[{deleted}],"token":{quoted(token)},"more":{"true" if more else "false"}}}'
    return encoded(('{"records":[', end), records(level.shape, there, exact))


def records(shape: RowShape, rows: Sequence[Row], exact: bool = False) -> Iterable[str]:
    """The JSON text of each record."""
    return written(_pieces(shape, exact), Page.of(rows)) if rows else ()


def _keys(shape: RowShape, rows: Sequence[Row], exact: bool) -> Iterable[str]:
    return written(_key_pieces(shape, exact), Page.of(rows)) if rows else ()


@kept
def _pieces(shape: RowShape, exact: bool) -> tuple[Piece, ...]:
    return _members(shape, shape.selected, exact)


@kept
def _key_pieces(shape: RowShape, exact: bool) -> tuple[Piece, ...]:
    return _members(shape, shape.entity_set.type.key, exact)


def _members(shape: RowShape, shown: Iterable[Property], exact: bool) -> tuple[Piece, ...]:
    return joined(["{", *listed(_member(shape, declared, exact) for declared in shown), "}"])


def _member(shape: RowShape, declared: Property, exact: bool) -> list[Piece]:
    position = shape.position(declared)
    column = column_of(declared, shape.decoders[position], ieee754=exact)
    return [f"{quoted(declared.name)}:", texts_of(column, position)]


def key_members(entity_type: EntityType, key: Sequence[object], *, exact: bool = False) -> dict[str, orjson.Fragment]:
    """A record's key as members of an object."""
    return members(zip(entity_type.key, key, strict=True), exact=exact)


def members(values: Iterable[tuple[Property, object]], *, exact: bool = False) -> dict[str, orjson.Fragment]:
    return {declared.name: orjson.Fragment(write_json(value, declared, ieee754=exact)) for declared, value in values}


def error(refusal: ODataError, begin_anew: str | None = None) -> bytes:
    """V4's, and for a token that is of no use any more the address to begin anew at."""
    if begin_anew is None:
        return write_error(refusal)
    return write_error(refusal)[:-2] + f',"beginAnewAt":{quoted(begin_anew)}}}}}'.encode()


def error_member(refusal: ODataError) -> orjson.Fragment:
    """The same as a member of something else."""
    return orjson.Fragment(write_error(refusal).removeprefix(b'{"error":')[:-1])


def _described(declared: Property) -> dict[str, object]:
    """What a client has to know of a property to make records, and to filter those that it has."""
    said: dict[str, object] = {"name": declared.name, "type": str(declared.type)}
    if declared.enum is not None:
        said |= {"type": declared.enum.full_name, "members": declared.enum.numbers}
    facts = {"maxLength": declared.max_length, "precision": declared.precision, "scale": declared.scale}
    said |= {name: value for name, value in facts.items() if value is not None}
    return said | {"nullable": declared.nullable, "readOnly": declared.server_set}


def sets(model: EntityModel, rules: Mapping[str, str], root: str) -> bytes:
    """What there is to synchronise."""
    said = [
        {
            "name": name,
            "url": f"{root}{name}",
            "key": [part.name for part in each.type.key],
            "conflicts": rules[name],
            "stamp": stamp_of(each.type).name,
            "properties": [_described(declared) for declared in each.type.properties.values()],
        }
        for name, each in model.sets.items()
    ]
    return orjson.dumps({"sets": said})
