"""MariaDB's spelling of :mod:`~odata_service.dialects.constructs`."""

from __future__ import annotations

from typing import Any

from sqlalchemy import types
from sqlalchemy.engine import Dialect
from sqlalchemy.sql.compiler import SQLCompiler

from odata_service.dialects import constructs
from odata_service.dialects.constructs import arguments, parts
from odata_service.dialects.mariadb_types import made_in

TEXT = "LONGTEXT CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin"
DECIMAL = "DECIMAL(65, 30)"


def plain_type(kind: types.TypeEngine[Any], dialect: Dialect) -> types.TypeEngine[Any]:
    """What the database has for a type, also for one that an application has made of others."""
    implementation = kind.dialect_impl(dialect)
    return implementation.impl_instance if isinstance(implementation, types.TypeDecorator) else implementation


def once(formula: str, kind: str, *operands: str) -> str:
    """A formula over ``n.a`` and, if there are two operands, ``n.b``. The operands stand in it only once, else nested
    calls would double each time. There is no LATERAL, but a table that is made of JSON may look at what is around it."""
    columns = ", ".join(f"{name} {kind} PATH '$[{at}]'" for at, name in enumerate("abc"[: len(operands)]))
    return f"(SELECT {formula} FROM JSON_TABLE(JSON_ARRAY({', '.join(operands)}), '$' COLUMNS ({columns})) AS n)"


@made_in(constructs.KeyAmong)
def _key_among(element: constructs.KeyAmong, compiler: SQLCompiler, **kw: Any) -> str:
    *columns, keys = arguments(element, compiler, **{**kw, "beside_parameter": True})
    kinds = [plain_type(part.type, compiler.dialect) for part in parts(element)[:-1]]
    numbered = list(enumerate(kinds))
    paths = ["$"] if len(columns) == 1 else [f"$[{at}]" for at, _ in numbered]
    made = ", ".join(f"v{at} {_in_json(kind, compiler)} PATH '{paths[at]}'" for at, kind in numbered)
    wanted = ", ".join(_from_json(f"k.v{at}", kind) for at, kind in numbered)
    left = columns[0] if len(columns) == 1 else f"({', '.join(columns)})"
    return f"{left} IN (SELECT {wanted} FROM JSON_TABLE({keys}, '$[*]' COLUMNS ({made})) AS k)"


_LONGEST_KEY = 768  # letters that an index has room for


def _in_json(kind: types.TypeEngine[Any], compiler: SQLCompiler) -> str:
    """Never a text without a length: of several columns, MariaDB does not find those."""
    if isinstance(kind, (types.String, types.Uuid)):
        length = 36 if isinstance(kind, types.Uuid) else kind.length or _LONGEST_KEY
        return f"VARCHAR({length}) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin"
    if isinstance(kind, types.LargeBinary):
        return f"VARCHAR({2 * (kind.length or _LONGEST_KEY)}) CHARACTER SET latin1"
    return str(compiler.dialect.type_compiler_instance.process(kind))


def _from_json(value: str, kind: types.TypeEngine[Any]) -> str:
    if isinstance(kind, types.Uuid) and kind.native:
        return f"CAST({value} AS UUID)"
    return f"UNHEX({value})" if isinstance(kind, types.LargeBinary) else value


@made_in(constructs.Length)
def _length(element: constructs.Length, compiler: SQLCompiler, **kw: Any) -> str:
    return f"CHAR_LENGTH({arguments(element, compiler, **kw)[0]})"


@made_in(constructs.IndexOf)
def _index_of(element: constructs.IndexOf, compiler: SQLCompiler, **kw: Any) -> str:
    text, part = arguments(element, compiler, **kw)
    return f"(LOCATE({part}, {text}) - 1)"


@made_in(constructs.StartsWith)
def _starts_with(element: constructs.StartsWith, compiler: SQLCompiler, **kw: Any) -> str:
    text, start = arguments(element, compiler, **kw)
    return f"(LEFT({text}, CHAR_LENGTH({start})) = {start})"


@made_in(constructs.EndsWith)
def _ends_with(element: constructs.EndsWith, compiler: SQLCompiler, **kw: Any) -> str:
    text, end = arguments(element, compiler, **kw)
    return f"(RIGHT({text}, CHAR_LENGTH({end})) = {end})"


_FURTHEST = 2**31 - 2


@made_in(constructs.Substring)
def _substring(element: constructs.Substring, compiler: SQLCompiler, **kw: Any) -> str:
    text, *places = arguments(element, compiler, **kw)
    start, *length = (f"LEAST(GREATEST({place}, 0), {_FURTHEST})" for place in places)
    return f"SUBSTRING({text}, {start} + 1{''.join(f', {count}' for count in length)})"


_WHITE = "".join(f"\\\\x{{{ord(letter):04X}}}" for letter in constructs.WHITE_SPACE)


@made_in(constructs.Trim)
def _trim(element: constructs.Trim, compiler: SQLCompiler, **kw: Any) -> str:
    (text,) = arguments(element, compiler, **kw)
    return f"REGEXP_REPLACE({text}, '^[{_WHITE}]+|[{_WHITE}]+\\\\z', '')"


@made_in(constructs.Replace)
def _replace(element: constructs.Replace, compiler: SQLCompiler, **kw: Any) -> str:
    occurrences = "(CHAR_LENGTH(n.a) - CHAR_LENGTH(REPLACE(n.a, n.b, ''))) DIV CHAR_LENGTH(n.b)"
    grown = f"CHAR_LENGTH(n.a) + {occurrences} * (CHAR_LENGTH(n.c) - CHAR_LENGTH(n.b))"
    too_long = f"CHAR_LENGTH(n.c) > CHAR_LENGTH(n.b) AND CHAR_LENGTH(n.b) > 0 AND {grown} > {constructs.LONGEST}"
    replaced = "CONCAT(REPLACE(n.a, n.b, n.c), LEFT(n.c, 0))"  # null with null, also where nothing is replaced
    return once(f"CASE WHEN {too_long} THEN NULL ELSE {replaced} END", TEXT, *arguments(element, compiler, **kw))


@made_in(constructs.DatePart)
def _date_part(element: constructs.DatePart, compiler: SQLCompiler, **kw: Any) -> str:
    return f"EXTRACT({element.name} FROM {arguments(element, compiler, **kw)[0]})"


def number(element: constructs.Rounded | constructs.Arithmetic, text: str) -> str:
    """An operand of a result that is no whole number. Decimals and integers are exact as they are."""
    return text if constructs.is_decimal(element.type) else f"CAST({text} AS DOUBLE)"


@made_in(constructs.RoundHalfEven)
def _round_half_even(element: constructs.RoundHalfEven, compiler: SQLCompiler, **kw: Any) -> str:
    (text,) = arguments(element, compiler, **kw)
    if not constructs.is_decimal(element.type):
        return f"ROUND({number(element, text)})"  # of a double: half to even already
    even = "CASE WHEN ABS(n.a - TRUNCATE(n.a, 0)) = 0.5 THEN 2 * ROUND(n.a / 2) ELSE ROUND(n.a) END"
    return once(even, DECIMAL, text)


@made_in(constructs.RoundHalfAway)
def _round_half_away(element: constructs.RoundHalfAway, compiler: SQLCompiler, **kw: Any) -> str:
    (text,) = arguments(element, compiler, **kw)
    if constructs.is_decimal(element.type):
        return f"ROUND({text})"  # of a decimal: half away from zero already
    away = "TRUNCATE(n.a, 0) + CASE WHEN ABS(n.a - TRUNCATE(n.a, 0)) < 0.5 THEN 0 ELSE SIGN(n.a) END"
    return once(away, "DOUBLE", number(element, text))


@made_in(constructs.Floor)
@made_in(constructs.Ceiling)
def _floor(element: constructs.Floor, compiler: SQLCompiler, **kw: Any) -> str:
    (text,) = arguments(element, compiler, **kw)
    whole = f"{element.name}({number(element, text)})"
    return f"CAST({whole} AS DECIMAL(65))" if constructs.is_decimal(element.type) else whole


@made_in(constructs.Truncated)
def _truncated(element: constructs.Truncated, compiler: SQLCompiler, **kw: Any) -> str:
    text, low, high = arguments(element, compiler, **kw)
    return once(f"CASE WHEN n.a BETWEEN {low} AND {high} THEN CAST(n.a AS SIGNED) END", "DECIMAL(65)", f"TRUNCATE({text}, 0)")


@made_in(constructs.Enumerated)
def _enumerated(element: constructs.Enumerated, compiler: SQLCompiler, **kw: Any) -> str:
    return f"CAST({arguments(element, compiler, **kw)[0]} AS CHAR)"


@made_in(constructs.AsDouble)
def _as_double(element: constructs.AsDouble, compiler: SQLCompiler, **kw: Any) -> str:
    return f"CAST({arguments(element, compiler, **kw)[0]} AS DOUBLE)"


@made_in(constructs.AsDecimal)
def _as_decimal(element: constructs.AsDecimal, compiler: SQLCompiler, **kw: Any) -> str:
    """By way of text: a cast of the double itself shows digits that nobody wrote."""
    return f"CAST(CAST({arguments(element, compiler, **kw)[0]} AS CHAR) AS {DECIMAL})"


@made_in(constructs.AsText)
def _as_text(element: constructs.AsText, compiler: SQLCompiler, **kw: Any) -> str:
    (text,) = arguments(element, compiler, **kw)
    kind = plain_type(parts(element)[0].type, compiler.dialect)
    if isinstance(kind, types.Uuid) and not kind.native:
        for place in (9, 14, 19, 24):
            text = f"INSERT({text}, {place}, 0, '-')"
        return text
    return without_zeros(text) if constructs.is_decimal(kind) else f"CAST({text} AS CHAR)"


def without_zeros(text: str) -> str:
    """A Decimal as text without zeros at its end, nor a point."""
    return f"REGEXP_REPLACE(CAST({text} AS CHAR), '(?:(\\\\.[0-9]*[1-9])|\\\\.)0*$', '\\\\1')"


@made_in(constructs.Midnight)
def _midnight(element: constructs.Midnight, compiler: SQLCompiler, **kw: Any) -> str:
    return f"CAST({arguments(element, compiler, **kw)[0]} AS DATETIME(6))"


_ROOM = "BETWEEN -9223372036854775808 AND 9223372036854775807"


@made_in(constructs.Arithmetic)
def _arithmetic(element: constructs.Arithmetic, compiler: SQLCompiler, **kw: Any) -> str:
    left, right = arguments(element, compiler, **kw)
    if element.is_decimal:
        exact = _calculated(element.name, left, right)
        return f"ROUND({exact}, 28)" if element.name == "div" else exact
    if isinstance(element.type, types.Float):
        return _floating(element.name, *(f"CAST({text} AS DOUBLE)" for text in (left, right)))
    whole = _calculated(element.name, *(f"CAST({text} AS DECIMAL(65))" for text in (left, right)))
    whole = f"TRUNCATE({whole}, 0)" if element.name == "div" else whole
    return once(f"CASE WHEN n.a {_ROOM} THEN CAST(n.a AS SIGNED) END", "DECIMAL(65)", whole)


def _calculated(operator: str, left: str, right: str) -> str:
    if operator == "mod":
        return f"MOD({left}, {right})"  # by zero: null, as a quotient is
    return f"({left} {constructs.SYMBOLS[operator]} {right})"


_FITS = "ABS(n.a) < 1e34 AND ABS(n.b) < 1e34"
_AS_READ = f"CAST(CAST({{}} AS CHAR) AS {DECIMAL})"


def _floating(operator: str, left: str, right: str) -> str:
    """A remainder in decimals, as people read the numbers: 0.3 mod 0.1 is 0."""
    if operator != "mod":
        return _calculated(operator, left, right)
    decimals = f"CAST(MOD({_AS_READ.format('n.a')}, {_AS_READ.format('n.b')}) AS DOUBLE)"
    return once(f"CASE WHEN {_FITS} THEN {decimals} ELSE MOD(n.a, n.b) END", "DOUBLE", left, right)


_SAMENESS = {"same": "({} <=> {})", "distinct": "(NOT ({} <=> {}))"}


@made_in(constructs.DecimalTest)
def _decimal_test(element: constructs.DecimalTest, compiler: SQLCompiler, **kw: Any) -> str:
    left, right = arguments(element, compiler, **kw)
    if element.name in _SAMENESS:
        return _SAMENESS[element.name].format(left, right)
    return f"({left} {constructs.COMPARISONS[element.name]} {right})"


