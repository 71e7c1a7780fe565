"""V2's values by the column, see :mod:`odata_service.formats.columns`."""

from __future__ import annotations

import datetime
from collections.abc import Callable, Iterable
from typing import Any

from odata_service.dialects.base import Decoder
from odata_service.edm import primitive as edm
from odata_service.edm.literal_v2 import write_literal
from odata_service.edm.primitive import PrimitiveType
from odata_service.formats import columns
from odata_service.formats.columns import FastColumns, LiteralOfText, composed, often_alike
from odata_service.formats.json_text import Column, each, guids
from odata_service.formats.options_v2 import USUAL, OptionsV2
from odata_service.formats.value_v2 import EPOCH, json_writer
from odata_service.links import path_text

_parse = datetime.datetime.fromisoformat  # of what the database wrote itself


def column_of(kind: PrimitiveType, decoder: Decoder | None, options: OptionsV2 = USUAL) -> Column:
    """The writer of a column."""
    fast = _FAST_PLAIN if options.date_time_offset == "plain" else _FAST
    return columns.column_of(kind, decoder, json_writer(kind, options), fast)


def _moments(epoch: datetime.datetime, ending: str, parse: Callable[[str], datetime.datetime] | None = None) -> Column:
    """Dates and times, or the text of them; each takes as long as four strings."""
    end = rf'{ending})\/"'

    def texts(values: Iterable[Any]) -> list[str]:
        moments: Iterable[datetime.datetime] = values if parse is None else map(parse, values)
        return [
            f'"\\/Date({(past := moment - epoch).days * 86_400_000 + past.seconds * 1000 + past.microseconds // 1000}{end}'
            for moment in moments
        ]

    return often_alike(texts)


_FAST: FastColumns = {
    (edm.STRING, ""): columns.strings,
    (edm.BOOLEAN, ""): columns.words,
    (edm.BYTE, ""): columns.integers,
    (edm.SBYTE, ""): columns.integers,
    (edm.INT16, ""): columns.integers,
    (edm.INT32, ""): columns.integers,
    (edm.INT64, ""): columns.quoted_integers,
    (edm.GUID, "hex-guid"): guids,
    (edm.GUID, ""): columns.uuids,
    (edm.DATE_TIME, "text-moment"): _moments(EPOCH, "", _parse),
    (edm.DATE_TIME, ""): _moments(EPOCH, ""),
    (edm.DATE_TIME_OFFSET, "text-moment"): _moments(EPOCH, "+0000", _parse),
    (edm.DATE_TIME_OFFSET, ""): _moments(EPOCH.replace(tzinfo=datetime.UTC), "+0000"),
}


_FAST_PLAIN: FastColumns = {
    **_FAST,
    (edm.DATE_TIME_OFFSET, "text-moment"): _moments(EPOCH, "", _parse),
    (edm.DATE_TIME_OFFSET, ""): _moments(EPOCH.replace(tzinfo=datetime.UTC), ""),
}


def literal_column_of(kind: PrimitiveType, decoder: Decoder | None) -> Column:
    """The writer of a key's column as literals in addresses: ``'O''Neil'``, ``datetime'2010-12-31T00%3A00%3A00'``."""
    return each(composed(lambda value: path_text(write_literal(value, kind)), decoder))


# For the other types the way from JSON to a literal leads over the value.
LITERALS_OF_JSON: dict[PrimitiveType, LiteralOfText] = {
    edm.GUID: LiteralOfText("guid'", "'", quoted=True),
    edm.BYTE: LiteralOfText(),
    edm.SBYTE: LiteralOfText(),
    edm.INT16: LiteralOfText(),
    edm.INT32: LiteralOfText(),
    edm.INT64: LiteralOfText(after="L", quoted=True),
}
