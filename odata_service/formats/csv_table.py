"""A table as CSV (RFC 4180): a line of names, then the values as V4 writes them."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator, Sequence
from io import StringIO
from typing import Any

import orjson

from odata_service.formats.table import Column

CONTENT_TYPE = "text/csv;charset=utf-8;header=present"


def write(columns: Sequence[Column], pages: Iterable[Iterable[Sequence[Any]]]) -> Iterator[bytes]:
    """
    >>> b"".join(write([Column(("Name",)), Column(("Tags",))], [[["Sea, blue", ["a"]], [None, True]]]))
    b'Name,Tags\\r\\n"Sea, blue","[""a""]"\\r\\n,true\\r\\n'
    """
    text = StringIO(newline="")
    writer = csv.writer(text)
    writer.writerow([column.name for column in columns])
    for page in pages:
        writer.writerows(map(_texts, page))
        yield text.getvalue().encode()
        text.seek(0)
        text.truncate()
    if text.tell():
        yield text.getvalue().encode()


def _texts(line: Sequence[Any]) -> Sequence[Any]:
    """What the writer would not put as JSON does: ``True``, lists, objects."""
    return [value if type(value) in _PLAIN else orjson.dumps(value).decode() for value in line]


_PLAIN = {str, int, float, type(None)}
