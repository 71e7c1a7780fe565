"""The Datasync protocol's values by the column, see :mod:`odata_service.formats.columns`: V4's, but for moments and times
with three digits after the point, always, and for bytes in plain base64."""

from __future__ import annotations

import base64
import datetime
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from odata_service.dialects.base import Decoder
from odata_service.edm import primitive as edm
from odata_service.edm.model import Property
from odata_service.edm.primitive import PrimitiveType
from odata_service.edm.table_type import ID, VERSION
from odata_service.edm.temporal import in_utc
from odata_service.formats import columns
from odata_service.formats.columns import FastColumns, composed, often_alike
from odata_service.formats.columns_v4 import FAST, demand_text_moments, members
from odata_service.formats.json_text import Column, each, quoted
from odata_service.formats.value_v4 import VALUES
from odata_service.formats.version_datasync import version_text


def column_of(declared: Property, decoder: Decoder | None) -> Column:
    """The writer of a property's column."""
    if declared.name == VERSION:
        return each(composed(lambda value: f'"{version_text(value)}"', decoder))
    if declared.enum is not None:
        return members(declared.enum)
    if declared.name == ID and declared.type.is_integer:  # to clients every id is a text
        return each(composed(lambda value: f'"{value}"', decoder))
    return columns.column_of(declared.type, decoder, _WRITERS.get(declared.type, VALUES[declared.type].json), _FAST)


def zero_of(declared: Property) -> object:
    """What a client of .NET means when it leaves a property out: the default of the property's type there. Strings and
    bytes have none but null.

    >>> from sqlalchemy import column
    >>> zero_of(Property("year", edm.INT32, "year", column("year"), nullable=False))
    0
    """
    return None if declared.nullable else _ZEROS.get(declared.type)


def moment_text(moment: datetime.datetime) -> str:
    """In UTC, cut after milliseconds.

    >>> moment_text(datetime.datetime(2023, 12, 20, 10, 21, 5, 421_999))
    '2023-12-20T10:21:05.421Z'
    """
    return f"{in_utc(moment).replace(tzinfo=None).isoformat(timespec='milliseconds')}Z"


def _moments(values: Iterable[datetime.datetime]) -> list[str]:
    return [f'"{moment_text(value)}"' for value in values]


def _text_moments(values: Sequence[str]) -> list[str]:
    """SQLite's texts: ``2023-12-20 10:21:05.421000``."""
    demand_text_moments(values)
    return [f'"{text[:10]}T{text[11:23]}Z"' for text in values]


_WRITERS: Mapping[PrimitiveType, Callable[[Any], str]] = {
    edm.DATE_TIME: lambda value: quoted(moment_text(value)),
    edm.DATE_TIME_OFFSET: lambda value: quoted(moment_text(value)),
    edm.TIME_OF_DAY: lambda value: f'"{value.isoformat(timespec="milliseconds")}"',
    edm.BINARY: lambda value: f'"{base64.b64encode(value).decode()}"',
}
_FAST: FastColumns = {
    **FAST,
    **{(kind, "text-moment"): _text_moments for kind in (edm.DATE_TIME, edm.DATE_TIME_OFFSET)},
    **{(kind, ""): often_alike(_moments) for kind in (edm.DATE_TIME, edm.DATE_TIME_OFFSET)},
}
_FIRST_DAY = datetime.datetime(1, 1, 1)
_ZEROS: Mapping[PrimitiveType, object] = {
    edm.BOOLEAN: False,
    **{kind: 0 for kind in edm.PRIMITIVES if kind.is_integer},
    edm.DECIMAL: edm.DECIMAL.python(0),
    edm.SINGLE: 0.0,
    edm.DOUBLE: 0.0,
    edm.GUID: edm.GUID.python(int=0),
    edm.DATE: _FIRST_DAY.date(),
    edm.TIME_OF_DAY: _FIRST_DAY.time(),
    edm.DURATION: datetime.timedelta(),
    edm.DATE_TIME: _FIRST_DAY,
    edm.DATE_TIME_OFFSET: _FIRST_DAY.replace(tzinfo=datetime.UTC),
}
