"""A table as a workbook of one sheet (ECMA-376, SpreadsheetML), written piece by piece: no library does so without the whole
file on disk or in memory first."""

from __future__ import annotations

import zipfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from datetime import date, datetime
from html import escape
from io import RawIOBase
from typing import Any

import orjson

from odata_service.edm.primitive import DATE, DATE_TIME, DATE_TIME_OFFSET, PrimitiveType
from odata_service.formats.table import Column
from odata_service.formats.xml_text import FORBIDDEN

CONTENT_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
MOST_LINES = 1_048_575  # and one of names
_MOST_CHARACTERS = 32_767  # of a cell
_MOST_DIGITS = 15  # that a number keeps there
_FIRST_DAY = date(1899, 12, 30)
_FIRST_YEAR = 1901  # before it, days are counted as if 1900 had been a leap year
_SECONDS_OF_A_DAY = 86_400
_MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006"
_HEAD = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
_DAY, _MOMENT = 1, 2  # styles, by their place in styles.xml
_PARTS = {
    "[Content_Types].xml": f'<Types xmlns="{_PACKAGE}/content-types">'
    '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
    '<Default Extension="xml" ContentType="application/xml"/>'
    '<Override PartName="/xl/workbook.xml" ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"/>'
    '<Override PartName="/xl/worksheets/sheet1.xml" ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.worksheet+xml"/>'
    '<Override PartName="/xl/styles.xml" ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.styles+xml"/>'
    "</Types>",
    "_rels/.rels": f'<Relationships xmlns="{_PACKAGE}/relationships">'
    f'<Relationship Id="rId1" Type="{_OFFICE}/officeDocument" Target="xl/workbook.xml"/></Relationships>',
    "xl/_rels/workbook.xml.rels": f'<Relationships xmlns="{_PACKAGE}/relationships">'
    f'<Relationship Id="rId1" Type="{_OFFICE}/worksheet" Target="worksheets/sheet1.xml"/>'
    f'<Relationship Id="rId2" Type="{_OFFICE}/styles" Target="styles.xml"/></Relationships>',
    "xl/workbook.xml": f'<workbook xmlns="{_MAIN}" xmlns:r="{_OFFICE}">'
    '<sheets><sheet name="Data" sheetId="1" r:id="rId1"/></sheets></workbook>',
    "xl/styles.xml": f'<styleSheet xmlns="{_MAIN}">'
    '<numFmts count="2"><numFmt numFmtId="164" formatCode="yyyy\\-mm\\-dd"/>'
    '<numFmt numFmtId="165" formatCode="yyyy\\-mm\\-dd\\ hh:mm:ss.000"/></numFmts>'
    '<fonts count="1"><font/></fonts><fills count="1"><fill><patternFill patternType="none"/></fill></fills><borders count="1"><border/></borders>'
    '<cellStyleXfs count="1"><xf/></cellStyleXfs><cellXfs count="3"><xf/>'
    '<xf numFmtId="164" applyNumberFormat="1"/><xf numFmtId="165" applyNumberFormat="1"/></cellXfs>'
    '<cellStyles count="1"><cellStyle name="Normal" xfId="0" builtinId="0"/></cellStyles></styleSheet>',
}


def write(columns: Sequence[Column], pages: Iterable[Iterable[Sequence[Any]]]) -> Iterator[bytes]:
    """Texts are texts there, whatever they begin with: nothing is a formula. Moments are in UTC. A number with more digits
    than a sheet keeps is text, and lines past :data:`MOST_LINES` are left out."""
    out = _Pieces()
    cells = [_cell_of(column.type) for column in columns]
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as package:
        for name, content in _PARTS.items():
            package.writestr(name, _HEAD + content)
        with package.open("xl/worksheets/sheet1.xml", "w") as sheet:
            names = "".join(_text(column.name) for column in columns)
            sheet.write(f'{_HEAD}<worksheet xmlns="{_MAIN}"><sheetData><row>{names}</row>'.encode())
            left = MOST_LINES
            for page in pages:
                lines = list(page)[:left]
                left -= len(lines)
                sheet.write("".join(_row(line, cells) for line in lines).encode())
                yield out.taken()
                if not left:
                    break
            sheet.write(b"</sheetData></worksheet>")
    yield out.taken()


class _Pieces(RawIOBase):
    """A file that cannot be gone back in; what was written to it is taken away piece by piece."""

    def __init__(self) -> None:
        self._written: list[bytes] = []

    def writable(self) -> bool:
        return True

    def write(self, piece: Any) -> int:
        """(Any: whatever has bytes.)"""
        self._written.append(bytes(piece))
        return len(piece)

    def taken(self) -> bytes:
        pieces, self._written = self._written, []
        return b"".join(pieces)


Cell = Callable[[Any], str]


def _row(line: Sequence[Any], cells: Sequence[Cell]) -> str:
    return f"<row>{''.join(['<c/>' if value is None else cell(value) for cell, value in zip(cells, line, strict=True)])}</row>"


def _cell_of(kind: PrimitiveType | None) -> Cell:
    if kind is not None and kind.is_numeric:
        return _number
    return _MOMENTS.get(kind, _any) if kind is not None else _any


def _any(value: Any) -> str:
    if isinstance(value, bool):
        return f'<c t="b"><v>{int(value)}</v></c>'
    if isinstance(value, (int, float)):
        return _number(value)
    return _text(value if isinstance(value, str) else orjson.dumps(value).decode())


def _number(value: Any) -> str:
    """``NaN`` and ``INF`` are words, and so is what would lose digits."""
    text = value if isinstance(value, str) else repr(value)
    digits = text.lstrip("-").replace(".", "").partition("e")[0].strip("0")
    is_number = digits.isdigit() or not digits
    return f"<c><v>{text}</v></c>" if is_number and len(digits) <= _MOST_DIGITS else _text(text)


def _text(value: str) -> str:
    text = escape(FORBIDDEN.sub(lambda found: f"_x{ord(found[0]):04X}_", value[:_MOST_CHARACTERS]), quote=False)
    return f'<c t="inlineStr"><is><t xml:space="preserve">{text}</t></is></c>'


def _day(value: Any) -> str:
    with suppress(ValueError):
        day = date.fromisoformat(value)
        if day.year >= _FIRST_YEAR:
            return f'<c s="{_DAY}"><v>{(day - _FIRST_DAY).days}</v></c>'
    return _text(str(value))  # a sheet has no such day


def _moment(value: Any) -> str:
    with suppress(ValueError):
        moment = datetime.fromisoformat(value).replace(tzinfo=None)
        if moment.year >= _FIRST_YEAR:
            since = moment - datetime(_FIRST_DAY.year, _FIRST_DAY.month, _FIRST_DAY.day)
            return f'<c s="{_MOMENT}"><v>{since.total_seconds() / _SECONDS_OF_A_DAY!r}</v></c>'
    return _text(str(value))


_MOMENTS: dict[PrimitiveType, Cell] = {DATE: _day, DATE_TIME: _moment, DATE_TIME_OFFSET: _moment}
