"""Values by the column: what the driver gave → JSON text, past Python's values where the way is known."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from odata_service.dialects.base import Decoder
from odata_service.edm.primitive import PrimitiveType
from odata_service.formats.json_text import WORTH_A_COLUMN, Column, each, guids_of, quoted
from odata_service.values import frozen

# By the type and what the driver gives instead of its values (``hex-guid``, ``text-moment``, nothing).
FastColumns = Mapping[tuple[PrimitiveType, str], Column]


def column_of(
    kind: PrimitiveType, decoder: Decoder | None, write: Callable[[Any], str], fast_columns: FastColumns
) -> Column:
    """The writer of a column. A decoder may say in ``raw`` what the driver gives."""
    slow = each(composed(write, decoder))
    fast = fast_columns.get((kind, getattr(decoder, "raw", "")))
    if fast is None:
        return slow
    return _whole_if_possible(fast if decoder is None or hasattr(decoder, "raw") else _decoded(fast, decoder), slow)


def composed(write: Callable[[Any], str], decoder: Decoder | None) -> Callable[[Any], str]:
    return write if decoder is None else lambda value: write(decoder(value))


def _decoded(fast: Column, decoder: Decoder) -> Column:
    return lambda values: fast(list(map(decoder, values)))


def _whole_if_possible(fast: Column, slow: Column) -> Column:
    """Columns with nulls, and those that hold something unexpected, go the slow way."""

    def column(values: Sequence[Any]) -> Iterable[str]:
        try:
            return fast(values)
        except (AttributeError, KeyError, TypeError, ValueError):
            return slow(values)

    return column


def often_alike(texts: Callable[[Iterable[Any]], list[str]]) -> Column:
    """Values of which many occur often, such as the stamp that all rows of a transaction share: those are written once."""

    def column(values: Sequence[Any]) -> list[str]:
        distinct = set(values)
        if len(distinct) > len(values) // 2:
            return texts(values)
        known = dict(zip(distinct, texts(distinct), strict=True))
        return [known[value] for value in values]

    return column


def uuids(values: Sequence[uuid.UUID]) -> list[str]:
    if len(values) < WORTH_A_COLUMN:
        return [f'"{text}"' for text in map(uuid.UUID.__str__, values)]
    return guids_of(b"".join([value.bytes for value in values]))


def words(values: Sequence[object]) -> list[str]:
    """Booleans, and 0 and 1 where a database has none."""
    return [_WORDS[value] for value in values]


_WORDS: dict[object, str] = {True: "true", False: "false"}


def integers(values: Sequence[int]) -> list[str]:
    return list(map(int.__repr__, values))


def quoted_integers(values: Sequence[int]) -> list[str]:
    return [f'"{text}"' for text in map(int.__repr__, values)]


def strings(values: Sequence[str]) -> list[str]:
    return list(map(quoted, values))


@frozen
class LiteralOfText:
    """How the text of a value, in JSON or XML, becomes its literal in an address: ``"…"`` → ``guid'…'``."""

    before: str = ""
    after: str = ""
    quoted: bool = False

    def inner(self, texts: Sequence[str]) -> Sequence[str]:
        """What stands between ``before`` and ``after``."""
        return [text[1:-1] for text in texts] if self.quoted else texts
