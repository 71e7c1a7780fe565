"""V4's values by the column, see :mod:`odata_service.formats.columns`."""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Sequence
from typing import Any

from odata_service.dialects.base import Decoder
from odata_service.edm import primitive as edm
from odata_service.edm.literal_v4 import write_literal
from odata_service.edm.model import EnumType, Property
from odata_service.edm.primitive import PrimitiveType
from odata_service.formats import columns
from odata_service.formats.columns import FastColumns, LiteralOfText, composed, often_alike
from odata_service.formats.enum_v4 import enum_text
from odata_service.formats.json_text import Column, each, guids, quoted
from odata_service.formats.value_v4 import VALUES
from odata_service.links import path_text


def column_of(declared: Property, decoder: Decoder | None, *, ieee754: bool) -> Column:
    """The writer of a property's column. Enumerations are written from their numbers, whatever decodes them."""
    if declared.enum is not None:
        return members(declared.enum)
    return typed_column(declared.type, decoder, ieee754=ieee754)


def typed_column(kind: PrimitiveType, decoder: Decoder | None, *, ieee754: bool = False) -> Column:
    """The writer of a column of values that may have no property."""
    return columns.column_of(kind, decoder, VALUES[kind].writer(ieee754=ieee754), _EXACT if ieee754 else FAST)


def members(kind: EnumType) -> Column:
    """The few numbers that occur, each looked up once."""

    def column(values: Sequence[Any]) -> list[str]:
        known = {value: quoted(enum_text(kind, int(value))) for value in set(values) - {None}}
        return [known.get(value, "null") for value in values]

    return column


# What is left of SQLite's "2010-12-31 23:59:59.000000" without its digits; anything else goes the slow way.
_MOMENT_SIGNS = "-- ::."
_NO_DIGITS = {ord(digit): None for digit in "0123456789"}


def demand_text_moments(values: Sequence[str]) -> None:
    signs = "".join(values).translate(_NO_DIGITS)
    if signs != _MOMENT_SIGNS * len(values) or set(map(len, values)) != {26}:
        raise ValueError("not the text of dates and times")


def _text_moments(values: Sequence[str]) -> list[str]:
    """All at once, each on a line of its own; the fractions have the digits that
    :func:`odata_service.edm.temporal.write_instant` would give them.

    >>> _text_moments(["2010-12-31 23:59:59.000000", "2010-12-31 23:59:59.120000", "2010-12-31 23:59:59.120001"])
    ['"2010-12-31T23:59:59Z"', '"2010-12-31T23:59:59.120Z"', '"2010-12-31T23:59:59.120001Z"']
    """
    demand_text_moments(values)
    return _in_utc(values)


def _in_utc(texts: Sequence[str]) -> list[str]:
    text = 'Z"\n"'.join(texts).replace(" ", "T")
    return f'"{text}Z"'.replace(".000000Z", "Z").replace("000Z", "Z").split("\n")


_MOMENT_LENGTHS = {19, 26}


def _moments(values: Iterable[datetime.datetime]) -> list[str]:
    """Those in UTC or without a zone; the others go the slow way."""
    texts = list(map(datetime.datetime.isoformat, values))
    if not _MOMENT_LENGTHS.issuperset(map(len, texts)):
        texts = [text.removesuffix("+00:00") for text in texts]
        if not _MOMENT_LENGTHS.issuperset(map(len, texts)):
            raise ValueError("some are in other zones")
    return _in_utc(texts)


def _floats(values: Sequence[float]) -> list[str]:
    texts = list(map(float.__repr__, values))
    if not _NOT_FINITE.isdisjoint(texts):
        raise ValueError("some are no numbers in JSON")
    return texts


_NOT_FINITE = {"nan", "inf", "-inf"}
FAST: FastColumns = {
    (edm.STRING, ""): columns.strings,
    (edm.BOOLEAN, ""): columns.words,
    (edm.BYTE, ""): columns.integers,
    (edm.SBYTE, ""): columns.integers,
    (edm.INT16, ""): columns.integers,
    (edm.INT32, ""): columns.integers,
    (edm.INT64, ""): columns.integers,
    (edm.SINGLE, ""): _floats,
    (edm.DOUBLE, ""): _floats,
    (edm.GUID, "hex-guid"): guids,
    (edm.GUID, ""): columns.uuids,
    (edm.DATE_TIME, "text-moment"): _text_moments,
    (edm.DATE_TIME, ""): often_alike(_moments),
    (edm.DATE_TIME_OFFSET, "text-moment"): _text_moments,
    (edm.DATE_TIME_OFFSET, ""): often_alike(_moments),
}
# For clients whose numbers are floats.
_EXACT: FastColumns = {**FAST, (edm.INT64, ""): columns.quoted_integers}


def literal_column_of(kind: PrimitiveType, decoder: Decoder | None) -> Column:
    """The writer of a key's column as literals in addresses: ``'O''Neil'``, ``2010-12-31T00%3A00%3A00Z``."""
    return each(composed(lambda value: path_text(write_literal(value, kind)), decoder))


# For the other types the way from JSON to a literal leads over the value. An Int64 may be in quotes or not.
LITERALS_OF_JSON: dict[PrimitiveType, LiteralOfText] = {
    edm.GUID: LiteralOfText(quoted=True),
    edm.DATE: LiteralOfText(quoted=True),
    edm.BYTE: LiteralOfText(),
    edm.SBYTE: LiteralOfText(),
    edm.INT16: LiteralOfText(),
    edm.INT32: LiteralOfText(),
}
