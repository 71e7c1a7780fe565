"""What the Sync API answers, in JSON: records as plain objects, their changes, and what came of operations."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
import orjson

from odata_service.edm.model import EntityModel, EntityType, Property
from odata_service.errors import ODataError
from odata_service.formats.columns_v4 import column_of
from odata_service.formats.error_v4 import write_error
from odata_service.formats.json_text import encoded, quoted
from odata_service.formats.pieces import Itself, Page, Piece, joined, listed, texts_of, written
from odata_service.formats.value_v4 import write_json
from odata_service.plan.row import RowShape
from odata_service.result import Level, Row

COMPLETE = "Sync complete"  # the words of the article's server


def changes(level: Level, reasons: Sequence[str], token: str, more: bool) -> bytes:
    """``{"records":[…],"deleted":[{"localId":"…","reason":"deleted"}],"token":"…","more":false}``"""
    there = [row for row, reason in zip(level.rows, reasons, strict=True) if not reason]
    gone = [(row, reason) for row, reason in zip(level.rows, reasons, strict=True) if reason]
    deleted = ",".join(
        f'{text[:-1]},"reason":{quoted(reason)}}}'
        for text, (_, reason) in zip(_keys(level.shape, [row for row, _ in gone]), gone, strict=True)
    )
    end = f'],"deleted":[{deleted}],"token":{quoted(token)},"more":{"true" if more else "false"}}}'
    return encoded(('{"records":[', end), records(level.shape, there))


def records(shape: RowShape, rows: Sequence[Row]) -> Iterable[str]:
    """The JSON text of each record."""
    return written(_pieces(Itself(shape)), Page.of(rows)) if rows else ()


def _keys(shape: RowShape, rows: Sequence[Row]) -> Iterable[str]:
    return written(_pieces(Itself(shape), of_key=True), Page.of(rows)) if rows else ()


@lru_cache(maxsize=2048)
def _pieces(key: Itself, of_key: bool = False) -> tuple[Piece, ...]:
    shown = key.shape.entity_set.type.key if of_key else key.shape.selected
    return joined(["{", *listed(_member(key.shape, declared) for declared in shown), "}"])


def _member(shape: RowShape, declared: Property) -> list[Piece]:
    position = shape.position(declared)
    column = column_of(declared, shape.decoders[position], ieee754=False)
    return [f"{quoted(declared.name)}:", texts_of(column, position)]


def key_members(entity_type: EntityType, key: Sequence[object]) -> dict[str, orjson.Fragment]:
    """A record's key as members of an object."""
    parts = zip(entity_type.key, key, strict=True)
    return {part.name: orjson.Fragment(write_json(value, part)) for part, value in parts}


def error(refusal: ODataError, begin_anew: str | None = None) -> bytes:
    """V4's, and for a token that is of no use any more the address to begin anew at."""
    if begin_anew is None:
        return write_error(refusal)
    return write_error(refusal)[:-2] + f',"beginAnewAt":{quoted(begin_anew)}}}}}'.encode()


def error_member(refusal: ODataError) -> orjson.Fragment:
    """The same as a member of something else."""
    return orjson.Fragment(write_error(refusal).removeprefix(b'{"error":')[:-1])


def sets(model: EntityModel, rules: Mapping[str, str], root: str) -> bytes:
    """What there is to synchronise."""
    said = [
        {
            "name": name,
            "url": f"{root}{name}",
            "key": [part.name for part in each.type.key],
            "conflicts": rules[name],
        }
        for name, each in model.sets.items()
    ]
    return orjson.dumps({"sets": said})
