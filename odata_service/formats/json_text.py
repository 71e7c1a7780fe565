"""JSON written column by column.

The rows of a level differ only in their values, so the text between two values is made once and each column becomes
JSON text at once; then the pieces are joined. On a page of 1,000 rows this takes three quarters of the time of dicts
and ``orjson``, mostly because a Guid or a date costs less in a column than alone.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from io import BytesIO
from itertools import islice, repeat
from json.encoder import encode_basestring_ascii
from typing import Any

# The driver's values of one column → their JSON text. (Any: what the values are, the column's own entry knows.)
Column = Callable[[Sequence[Any]], Iterable[str]]


def quoted(text: str) -> str:
    r"""A JSON string. Everything outside ASCII is escaped, as WCF does it; so the whole document is ASCII.

    >>> print(quoted('"Zoë"'))
    "\"Zo\u00eb\""
    """
    return encode_basestring_ascii(text)


def each(write: Callable[[Any], str]) -> Column:
    """The column whose values are written one by one.

    >>> each(str)([1, None])
    ['1', 'null']
    """

    def column(values: Sequence[Any]) -> list[str]:
        return ["null" if value is None else write(value) for value in values]

    return column


def interleaved(count: int, pieces: Iterable[str | Iterable[str]]) -> Iterator[str]:
    """``count`` texts: constants repeat, columns give the next one to each.

    >>> list(interleaved(2, ['{"Id":', ["1", "2"], "}"]))
    ['{"Id":1}', '{"Id":2}']
    """
    if count == 1:
        return iter(["".join([piece if isinstance(piece, str) else next(iter(piece)) for piece in pieces])])
    columns = [repeat(piece, count) if isinstance(piece, str) else piece for piece in pieces]
    return map("".join, zip(*columns, strict=True))


def listed(ends: tuple[str, str], texts: Iterable[str]) -> str:
    return f"{ends[0]}{','.join(texts)}{ends[1]}"


def encoded(ends: tuple[str, str], texts: Iterable[str], between: str = ",") -> bytes:
    """A long list as bytes. Strings of a megabyte come from the operating system page by page and go back at once,
    which can take longer than writing them; so only the document itself grows as long as that.

    >>> encoded(('{"d":[', "]}"), ["1", "2"])
    b'{"d":[1,2]}'
    """
    rest, document = iter(texts), BytesIO()
    document.write(ends[0].encode())
    document.write(between.join(islice(rest, _BATCH)).encode())
    while batch := between.join(islice(rest, _BATCH)):
        document.write(f"{between}{batch}".encode())
    document.write(ends[1].encode())
    return document.getvalue()


_BATCH = 25


# Where the 32 digits of a Guid stand in its JSON text: "dddddddd-dddd-dddd-dddd-dddddddddddd"
_GUID_FORM = b'"........-....-....-....-............",'
_GUID_PLACES = [place for place, sign in enumerate(_GUID_FORM) if sign == ord(".")]
WORTH_A_COLUMN = 8  # below, the 32 steps for the column cost more than a step per value


def guids(digits: Sequence[str]) -> list[str]:
    """Guids of 32 hexadecimal digits each, all at once: the first digit of all, the second digit of all, …

    >>> guids(["0123456789ABCDEF0123456789ABCDEF"])
    ['"01234567-89ab-cdef-0123-456789abcdef"']
    """
    if len(digits) < WORTH_A_COLUMN:
        return list(map(_guid, digits))
    octets = bytes.fromhex("".join(digits))  # refuses what is no digit, but not blanks
    if len(octets) != 16 * len(digits) or set(map(len, digits)) - {32}:
        raise ValueError("a Guid has 32 hexadecimal digits")
    return guids_of(octets)


def guids_of(octets: bytes) -> list[str]:
    """The same of 16 octets each."""
    source, text = octets.hex().encode(), bytearray(_GUID_FORM * (len(octets) // 16))
    for number, place in enumerate(_GUID_PLACES):
        text[place :: len(_GUID_FORM)] = source[number::32]
    return text[:-1].decode().split(",")


def _guid(digits: str) -> str:
    text = bytes.fromhex(digits).hex()
    if not len(text) == len(digits) == 32:
        raise ValueError("a Guid has 32 hexadecimal digits")
    return f'"{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:]}"'
