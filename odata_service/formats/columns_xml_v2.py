"""V2's values by the column as XML text, see :mod:`odata_service.formats.columns`."""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Sequence

from odata_service.dialects.base import Decoder
from odata_service.edm import primitive as edm
from odata_service.edm import temporal
from odata_service.edm.primitive import PrimitiveType
from odata_service.formats import columns
from odata_service.formats.columns import FastColumns, LiteralOfText, often_alike
from odata_service.formats.json_text import Column, guids
from odata_service.formats.value_v2 import write_text
from odata_service.formats.xml_text import escaped

_BETWEEN = "\ue000"  # of private use, so that it stands in hardly any text; those that have it are written one by one


def column_of(kind: PrimitiveType, decoder: Decoder | None) -> Column:
    """The writer of a column's values; what it gives for a null is no content."""
    return columns.column_of(kind, decoder, lambda value: escaped(write_text(value, kind)), _FAST)


def strings(values: Sequence[str]) -> list[str]:
    """All of a column's texts are looked through at once.

    >>> strings(["Zoë", "R&D"])
    ['Zoë', 'R&amp;D']
    """
    together = _BETWEEN.join(values)
    if together.count(_BETWEEN) >= len(values):
        return list(map(escaped, values))
    return escaped(together).split(_BETWEEN)


def _moments(values: Iterable[datetime.datetime]) -> list[str]:
    return list(map(temporal.write_instant, values))


def _moments_of_text(values: Iterable[str]) -> list[str]:
    return list(map(temporal.write_instant, map(datetime.datetime.fromisoformat, values)))


def _bare_guids(values: Sequence[str]) -> list[str]:
    return [text[1:-1] for text in guids(values)]


_FAST: FastColumns = {
    (edm.STRING, ""): strings,
    (edm.BOOLEAN, ""): columns.words,
    (edm.BYTE, ""): columns.integers,
    (edm.SBYTE, ""): columns.integers,
    (edm.INT16, ""): columns.integers,
    (edm.INT32, ""): columns.integers,
    (edm.INT64, ""): columns.integers,
    (edm.GUID, "hex-guid"): _bare_guids,
    (edm.GUID, ""): lambda values: list(map(str, values)),
    (edm.DATE_TIME, "text-moment"): often_alike(_moments_of_text),
    (edm.DATE_TIME, ""): often_alike(_moments),
}


# For the other types the way from the text to a literal leads over the value.
LITERALS_OF_TEXT: dict[PrimitiveType, LiteralOfText] = {
    edm.GUID: LiteralOfText("guid'", "'"),
    edm.BYTE: LiteralOfText(),
    edm.SBYTE: LiteralOfText(),
    edm.INT16: LiteralOfText(),
    edm.INT32: LiteralOfText(),
    edm.INT64: LiteralOfText(after="L"),
}
