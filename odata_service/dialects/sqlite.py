"""SQLite: functions it lacks, settings it needs, a time-out by counting steps."""

from __future__ import annotations

import datetime
import decimal
import math
import sqlite3
import time
import uuid
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Any

from sqlalchemy import ColumnElement, Engine, UnaryExpression, types
from sqlalchemy.engine import Dialect
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement

from odata_service.dialects import constructs, documents
from odata_service.dialects.base import Database, Decoder
from odata_service.dialects.constructs import arguments, parts
from odata_service.dialects.exact import COLLATION, DecimalTotal, EXACT, compared, compared_texts, exact_text
from odata_service.dialects.sqlite_calls import CALLS, REFUSING, forget_patterns

_STEPS_BETWEEN_LOOKS_AT_THE_CLOCK = 50_000
_STATES = {
    sqlite3.SQLITE_CONSTRAINT_UNIQUE: "23505",
    sqlite3.SQLITE_CONSTRAINT_PRIMARYKEY: "23505",
    sqlite3.SQLITE_CONSTRAINT_ROWID: "23505",
    sqlite3.SQLITE_CONSTRAINT_FOREIGNKEY: "23503",
    sqlite3.SQLITE_CONSTRAINT_NOTNULL: "23502",
    sqlite3.SQLITE_CONSTRAINT_CHECK: "23514",
    sqlite3.SQLITE_CONSTRAINT: "23000",
    sqlite3.SQLITE_INTERRUPT: "57014",
    sqlite3.SQLITE_BUSY: "55P03",  # after busy_timeout
    sqlite3.SQLITE_BUSY_SNAPSHOT: "40001",  # at once
    sqlite3.SQLITE_LOCKED: "40001",
    sqlite3.SQLITE_TOOBIG: "22001",
    sqlite3.SQLITE_MISMATCH: "22000",
    sqlite3.SQLITE_CANTOPEN: "08001",
    sqlite3.SQLITE_FULL: "53100",
}
_BROKEN_KEY = ("foreign key mismatch", "no such table: main.")  # of a table that refers to one that is gone
_TOO_COMPLEX = ("too large", "parser stack overflow")  # more than 1,000 terms in a row, some 30 in one another


class HexGuid:
    """32 hexadecimal digits → UUID. ``raw`` tells a row writer what the driver gives."""

    raw = "hex-guid"

    def __init__(self, decode: Decoder) -> None:
        self._decode = decode

    def __call__(self, value: object) -> object:
        return self._decode(value)


class TextMoment:
    """``2010-12-31 23:59:59.000000`` → datetime, with UTC as its zone where the column has one."""

    raw = "text-moment"

    def __init__(self, aware: bool) -> None:
        self.aware = aware

    def __call__(self, value: object) -> object:
        moment = datetime.datetime.fromisoformat(str(value))
        return moment.replace(tzinfo=datetime.UTC) if self.aware and moment.tzinfo is None else moment


class SQLite(Database):
    name = "sqlite"
    explain = "EXPLAIN QUERY PLAN"

    def told_plan(self, explained: Sequence[Sequence[Any]]) -> list[Any]:
        return [row[-1] for row in explained]
    keeps_full_text = True
    keeps_nan = False  # it would be null
    is_near = True

    def make_fit(self, connection: sqlite3.Connection, timeout_ms: int) -> None:
        (only_read,) = connection.execute("PRAGMA query_only").fetchone()
        journal = () if only_read else ("PRAGMA journal_mode=WAL",)  # which the file keeps
        for setting in (*journal, *_SETTINGS, f"PRAGMA busy_timeout={timeout_ms:d}"):
            with suppress(sqlite3.OperationalError):  # a file that may only be read keeps its own journal mode
                connection.execute(setting).close()
        for name, (count, function) in {**_FUNCTIONS, **_CALLS}.items():
            connection.create_function(name, count, function, deterministic=True)
        connection.create_window_function("odata_decimal_sum", 1, DecimalTotal)
        connection.create_collation(COLLATION, compared_texts)

    def autocommit(self, connection: Any, on: bool) -> None:
        """Nothing to do: a read outside BEGIN commits itself."""

    def start_timer(self, connection: sqlite3.Connection, timeout_ms: int) -> None:
        forget_patterns()
        deadline = time.monotonic() + timeout_ms / 1000
        connection.set_progress_handler(lambda: time.monotonic() > deadline, _STEPS_BETWEEN_LOOKS_AT_THE_CLOCK)

    def cancel(self, engine: Engine, connection: sqlite3.Connection) -> None:
        connection.interrupt()

    def stop_timer(self, connection: sqlite3.Connection) -> None:
        connection.set_progress_handler(None, 0)

    def decoder(self, sql_type: types.TypeEngine[Any], dialect: Dialect) -> Decoder | None:
        decode = super().decoder(sql_type, dialect)
        if decode is None or isinstance(sql_type, types.TypeDecorator):
            return decode
        if isinstance(sql_type, types.Uuid) and sql_type.as_uuid:
            return HexGuid(decode)
        if isinstance(sql_type, types.DateTime):
            return TextMoment(sql_type.timezone)
        return decode

    def ordered(self, column: ColumnElement[Any], descending: bool, nullable: bool) -> UnaryExpression[Any]:
        """SQLite's own order of nulls is OData's."""
        return column.desc() if descending else column.asc()

    def sql_state(self, error: BaseException) -> str:
        code = getattr(error, "sqlite_errorcode", 0)
        if isinstance(error, OverflowError):
            return "22003"
        if isinstance(error, sqlite3.OperationalError) and any(words in str(error) for words in _TOO_COMPLEX):
            return "54001"
        if isinstance(error, sqlite3.OperationalError) and any(words in str(error) for words in _BROKEN_KEY):
            return "42830"
        if isinstance(error, sqlite3.OperationalError) and "user-defined function raised" in str(error):
            return "2201B"  # only patterns refuse what they are given
        return _STATES.get(code) or _STATES.get(code & 0xFF, "")


@compiles(constructs.KeyAmong, "sqlite")
def _key_among(element: constructs.KeyAmong, compiler: SQLCompiler, **kw: Any) -> str:
    *columns, keys = arguments(element, compiler, **kw)
    values = (
        ["value"] if len(columns) == 1 else [f"json_extract(value, '$[{number}]')" for number in range(len(columns))]
    )
    kinds = [part.type.dialect_impl(compiler.dialect) for part in parts(element)[:-1]]
    wanted = [_from_json(value, kind) for value, kind in zip(values, kinds, strict=True)]
    left = columns[0] if len(columns) == 1 else f"({', '.join(columns)})"
    return f"{left} IN (SELECT {', '.join(wanted)} FROM json_each({keys}))"


def _from_json(value: str, kind: types.TypeEngine[Any]) -> str:
    plain = kind.impl_instance if isinstance(kind, types.TypeDecorator) else kind
    return f"odata_bytes({value})" if isinstance(plain, types.LargeBinary) else value


@compiles(constructs.DecimalSum, "sqlite")
def _decimal_sum(element: constructs.DecimalSum, compiler: SQLCompiler, **kw: Any) -> str:
    return f"odata_decimal_sum({', '.join(arguments(element, compiler, **kw))})"


@compiles(constructs.IndexOf, "sqlite")
def _index_of(element: constructs.IndexOf, compiler: SQLCompiler, **kw: Any) -> str:
    text, part = arguments(element, compiler, **kw)
    return f"(instr({text}, {part}) - 1)"


@compiles(constructs.Substring, "sqlite")
def _substring(element: constructs.Substring, compiler: SQLCompiler, **kw: Any) -> str:
    text, *places = arguments(element, compiler, **kw)
    start, *length = (f"min(max({place}, 0), {_FURTHEST})" for place in places)
    return f"substr({text}, {start} + 1{''.join(f', {count}' for count in length)})"


_FURTHEST = 2**31 - 2  # substr() takes the rest of a larger number


@compiles(constructs.Trim, "sqlite")
def _trim(element: constructs.Trim, compiler: SQLCompiler, **kw: Any) -> str:
    (text,) = arguments(element, compiler, **kw)
    return f"trim({text}, {compiler.render_literal_value(constructs.WHITE_SPACE, types.String())})"


# Moments are text here, always as long. strftime() would round 59.9999 seconds up to the next minute.
_PLACES = {"year": (1, 4), "month": (6, 2), "day": (9, 2), "hour": (12, 2), "minute": (15, 2), "second": (18, 2)}
_DATE_LENGTH = 11


@compiles(constructs.DatePart, "sqlite")
def _date_part(element: constructs.DatePart, compiler: SQLCompiler, **kw: Any) -> str:
    (moment,) = arguments(element, compiler, **kw)
    place, length = _PLACES[element.name]
    if isinstance(parts(element)[0].type, types.Time):
        place -= _DATE_LENGTH
    return f"CAST(substr({moment}, {place}, {length}) AS INTEGER)"


@compiles(constructs.Replace, "sqlite")
def _replace(element: constructs.Replace, compiler: SQLCompiler, **kw: Any) -> str:
    return f"odata_replace({', '.join(arguments(element, compiler, **kw))})"


@compiles(constructs.RoundHalfEven, "sqlite")
@compiles(constructs.RoundHalfAway, "sqlite")
@compiles(constructs.Floor, "sqlite")
@compiles(constructs.Ceiling, "sqlite")
def _rounded(element: constructs.Rounded, compiler: SQLCompiler, **kw: Any) -> str:
    (number,) = arguments(element, compiler, **kw)
    if constructs.is_decimal(element.type):
        return f"odata_decimal_{element.name}({number}) COLLATE {COLLATION}"
    return f"odata_{element.name}({number})"


@compiles(constructs.Truncated, "sqlite")
@compiles(constructs.AsDouble, "sqlite")
def _converted(element: FunctionElement[Any], compiler: SQLCompiler, **kw: Any) -> str:
    return f"odata_{element.name}({', '.join(arguments(element, compiler, **kw))})"


@compiles(constructs.AsText, "sqlite")
def _as_text(element: constructs.AsText, compiler: SQLCompiler, **kw: Any) -> str:
    kind = parts(element)[0].type
    what = "guid" if isinstance(kind, types.Uuid) else "decimal" if constructs.is_decimal(kind) else "integer"
    return f"odata_{what}_as_text({arguments(element, compiler, **kw)[0]})"


@compiles(constructs.AsDecimal, "sqlite")
def _as_decimal(element: constructs.AsDecimal, compiler: SQLCompiler, **kw: Any) -> str:
    return f"odata_decimal_as_text({arguments(element, compiler, **kw)[0]}) COLLATE {COLLATION}"


@compiles(constructs.Midnight, "sqlite")
def _midnight(element: constructs.Midnight, compiler: SQLCompiler, **kw: Any) -> str:
    return f"({arguments(element, compiler, **kw)[0]} || ' 00:00:00.000000')"


@compiles(constructs.Arithmetic, "sqlite")
def _arithmetic(element: constructs.Arithmetic, compiler: SQLCompiler, **kw: Any) -> str:
    left, right = arguments(element, compiler, **kw)
    if element.is_decimal:
        return f"odata_decimal_{element.name}({left}, {right}) COLLATE {COLLATION}"
    symbol = constructs.SYMBOLS[element.name]
    if not isinstance(element.type, types.Float):
        return f"odata_whole({left} {symbol} {right})"  # x / 0 and x % 0 are null here
    left, right = (_double(part.type, text) for part, text in zip(parts(element), (left, right), strict=True))
    return f"odata_remainder({left}, {right})" if element.name == "mod" else f"({left} {symbol} {right})"


def _double(kind: types.TypeEngine[Any], text: str) -> str:
    return text if isinstance(kind, types.Float) else f"odata_as_double({text})"


@compiles(constructs.DecimalTest, "sqlite")
def _decimal_test(element: constructs.DecimalTest, compiler: SQLCompiler, **kw: Any) -> str:
    left, right = arguments(element, compiler, **kw)
    if element.name in ("same", "distinct"):
        return f"(odata_decimal_same({left}, {right}) = {int(element.name == 'same')})"
    return f"(odata_decimal_order({left}, {right}) {constructs.COMPARISONS[element.name]} 0)"


@compiles(documents.Elements, "sqlite")
def _elements(element: documents.Elements, compiler: SQLCompiler, **kw: Any) -> str:
    (array,) = arguments(element, compiler, **kw)
    return f"(SELECT key AS place, value, value AS text FROM json_each(nullif({array}, 'null')))"


@compiles(documents.MemberText, "sqlite")
def _member_text(element: documents.MemberText, compiler: SQLCompiler, **kw: Any) -> str:
    document, name = arguments(element, compiler, **kw)
    text = f"WHEN 'text' THEN {document} ->> {name} WHEN 'null' THEN NULL ELSE {document} -> {name}"
    return f"(CASE json_type({document}, '$.' || {name}) {text} END)"


_JSON_TYPES = {"number": ("integer", "real"), "boolean": ("true", "false")}


@compiles(documents.MemberOfKind, "sqlite")
def _member_of_kind(element: documents.MemberOfKind, compiler: SQLCompiler, **kw: Any) -> str:
    """Numbers as JSON writes them, with all their digits."""
    document, name, said = arguments(element, compiler, **kw)
    kinds = ", ".join(f"'{kind}'" for kind in _JSON_TYPES.get(element.kind, ()))
    arrow = "->" if element.kind == "number" else "->>"
    plain = f"WHEN json_type({document}, '$.' || {name}) IN ({kinds}) THEN {document} {arrow} {name} " if kinds else ""
    typed = f"WHEN {document} ->> {said} IN ({element.types_of_text}) THEN {document} ->> {name} "
    return f"(CASE {plain}{typed if element.types_of_text else ''}END)"


@compiles(documents.OfText, "sqlite")
def _of_text(element: documents.OfText, compiler: SQLCompiler, **kw: Any) -> str:
    (value,) = arguments(element, compiler, **kw)
    return f"odata_as_double({value})" if isinstance(element.type, types.Float) else value


@compiles(documents.Gathered, "sqlite")
def _gathered(element: documents.Gathered, compiler: SQLCompiler, **kw: Any) -> str:
    return f"json_group_array({arguments(element, compiler, **kw)[0]})"


_SETTINGS = (
    "PRAGMA synchronous=NORMAL", "PRAGMA foreign_keys=ON",
    "PRAGMA cache_size=-65536", "PRAGMA mmap_size=1073741824", "PRAGMA case_sensitive_like=ON",
)  # fmt: skip


def _total(function: Callable[..., Any], refusing: bool = False) -> Callable[..., Any]:
    """Null with null, and null where there is no result: an error in a function would end the whole statement, which
    is only meant where the function is ``refusing`` what it was given."""

    def wrapper(*values: object) -> Any:
        if None in values:
            return None
        try:
            return function(*values)
        except (ArithmeticError, ValueError):
            if refusing:
                raise
            return None

    return wrapper


def _replaced(text: str, old: str, new: str) -> str | None:
    if not old:
        return text
    grows = len(new) > len(old)
    if grows and len(text) + text.count(old) * (len(new) - len(old)) > constructs.LONGEST:
        return None
    return text.replace(old, new)


def _lower(text: object) -> str:
    return str(text).lower() if str(text).isascii() else "".join(map(_lower_letter, str(text)))


def _lower_letter(letter: str) -> str:
    """
    >>> "".join(map(_lower_letter, "ΣİÜ"))
    'σiü'
    """
    return "i" if letter == "İ" else letter.lower()  # the only letter that grows


def _upper(text: object) -> str:
    return str(text).upper() if str(text).isascii() else "".join(map(_upper_letter, str(text)))


def _upper_letter(letter: str) -> str:
    """Upper case without growing: ``ß`` has no single capital letter and stays, ``ᾳ`` has one, its title form.

    >>> "".join(map(_upper_letter, "ßᾳü"))
    'ßᾼÜ'
    """
    return next((big for big in (letter.upper(), letter.title()) if len(big) == 1), letter)


def _decimal(number: object) -> decimal.Decimal:
    return decimal.Decimal(str(number))


def _finite(number: decimal.Decimal) -> str | None:
    return exact_text(number) if number.is_finite() else None


def _quotient(left: decimal.Decimal, right: decimal.Decimal) -> decimal.Decimal:
    """With 28 decimals, the last of them rounded half away from zero."""
    truncated = EXACT.divide_int(left.scaleb(29, EXACT), right).scaleb(-29, EXACT)
    return truncated.quantize(decimal.Decimal(1).scaleb(-28), context=EXACT)


_OPERATIONS: dict[str, Callable[[decimal.Decimal, decimal.Decimal], decimal.Decimal]] = {
    "add": EXACT.add,
    "sub": EXACT.subtract,
    "mul": EXACT.multiply,
    "div": _quotient,
    "mod": EXACT.remainder,
}


def _decimal_arithmetic(name: str) -> Callable[[object, object], str | None]:
    return lambda left, right: _finite(_OPERATIONS[name](_decimal(left), _decimal(right)))


def _decimal_order(left: object, right: object) -> int:
    return compared(str(left), str(right))


def _decimal_same(left: object, right: object) -> int:
    if left is None or right is None:
        return int(left is right)
    return int(compared(str(left), str(right)) == 0)


def _remainder(left: float, right: float) -> float:
    """In decimals, as people read the numbers: 0.3 mod 0.1 is 0."""
    return float(EXACT.remainder(_decimal(left), _decimal(right)))


def _whole(number: object) -> int | None:
    """The result of integer arithmetic; SQLite goes on with a floating number when it is out of range."""
    return number if isinstance(number, int) else None


def _truncated(number: object, low: int, high: int) -> int | None:
    whole = math.trunc(_decimal(number))
    return whole if low <= whole <= high else None


def _whole_double(mode: str) -> Callable[[float], float]:
    def rounded(number: float) -> float:
        return float(_decimal(number).to_integral_value(mode)) if math.isfinite(number) else number

    return rounded


def _whole_decimal(mode: str) -> Callable[[object], str]:
    return lambda number: exact_text(_decimal(number).to_integral_value(mode))


_ROUNDINGS = {
    "round_half_even": decimal.ROUND_HALF_EVEN,
    "round_half_away": decimal.ROUND_HALF_UP,
    "floor": decimal.ROUND_FLOOR,
    "ceil": decimal.ROUND_CEILING,
}
# Name → how many arguments, and what it does with them.
_FUNCTIONS: dict[str, tuple[int, Callable[..., Any]]] = {
    "lower": (1, _total(_lower)),
    "upper": (1, _total(_upper)),
    "odata_replace": (3, _total(_replaced)),
    **{f"odata_decimal_{name}": (2, _total(_decimal_arithmetic(name))) for name in _OPERATIONS},
    "odata_decimal_order": (2, _total(_decimal_order)),
    "odata_decimal_same": (2, _decimal_same),
    "odata_remainder": (2, _total(_remainder)),
    "odata_whole": (1, _whole),
    "odata_truncated": (3, _total(_truncated)),
    "odata_as_double": (1, _total(float)),
    "odata_integer_as_text": (1, _total(str)),
    "odata_bytes": (1, _total(bytes.fromhex)),
    "odata_guid_as_text": (1, _total(lambda digits: str(uuid.UUID(digits)))),
    "odata_decimal_as_text": (1, _total(lambda number: _finite(_decimal(number)))),
    **{f"odata_{name}": (1, _total(_whole_double(mode))) for name, mode in _ROUNDINGS.items()},
    **{f"odata_decimal_{name}": (1, _total(_whole_decimal(mode))) for name, mode in _ROUNDINGS.items()},
}

_CALLS: dict[str, tuple[int, Callable[..., Any]]] = {
    f"odata_{name}": (count, _total(function, refusing=name in REFUSING)) for name, (count, function) in CALLS.items()
}

DATABASE = SQLite()
