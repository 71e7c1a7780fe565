"""SQL that databases spell differently, as SQLAlchemy elements. Here is the common spelling; a file per database
overrides what differs there with ``@compiles(element, "name")``."""

from __future__ import annotations

from typing import Any

from sqlalchemy import ColumnElement, types
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.elements import BindParameter
from sqlalchemy.sql.functions import FunctionElement

from odata_service.dialects.exact import ExactDecimal

# What .NET's Trim takes away: Unicode's white space.
WHITE_SPACE = " \t\n\v\f\r\x85\xa0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u2028\u2029\u202f\u205f\u3000"


class Length(FunctionElement[int]):
    """How many letters a text has."""

    name = "length"
    type = types.Integer()
    inherit_cache = True


class IndexOf(FunctionElement[int]):
    """Where the second text stands in the first, from 0, or -1."""

    name = "index_of"
    type = types.Integer()
    inherit_cache = True


class StartsWith(FunctionElement[bool]):
    """Ordinal, and without ``LIKE``: ``%`` and ``_`` are letters like any other."""

    name = "starts_with"
    type = types.Boolean()
    inherit_cache = True


class EndsWith(FunctionElement[bool]):
    name = "ends_with"
    type = types.Boolean()
    inherit_cache = True


class Substring(FunctionElement[str]):
    """``substring(text, start[, length])`` from 0; what lies outside the text is simply not there."""

    name = "substring"
    type = types.String()
    inherit_cache = True


LONGEST = 1_000_000  # characters that replace makes


class Replace(FunctionElement[str]):
    """Every occurrence of the second text by the third; an empty second text occurs nowhere. A text that would become longer
    than ``LONGEST`` is null: calls inside of calls multiply its length, up to all of the memory there is."""

    name = "replace"
    type = types.String()
    inherit_cache = True


class Lower(FunctionElement[str]):
    """Lower case of every Unicode letter, one by one."""

    name = "lower"
    type = types.String()
    inherit_cache = True


class Upper(FunctionElement[str]):
    name = "upper"
    type = types.String()
    inherit_cache = True


class Trim(FunctionElement[str]):
    name = "trim"
    type = types.String()
    inherit_cache = True


class DatePart(FunctionElement[int]):
    """``year`` … ``second`` of a point in time, in UTC where it has a zone; whole seconds."""

    type = types.Integer()
    inherit_cache = True

    def __init__(self, part: str, moment: ColumnElement[Any]) -> None:
        self.name = part
        super().__init__(moment)


def date_part(part: str) -> type[DatePart]:
    """The construct for one part, as a class of its own so that its name is in SQLAlchemy's cache key."""

    def __init__(self: DatePart, moment: ColumnElement[Any]) -> None:
        DatePart.__init__(self, part, moment)

    return type(part.capitalize(), (DatePart,), {"inherit_cache": True, "__init__": __init__})


class Rounded(FunctionElement[Any]):
    """A Decimal or a Double made whole; ``type`` says which of them."""

    inherit_cache = True

    def __init__(self, number: ColumnElement[Any], kind: types.TypeEngine[Any]) -> None:
        self.type = kind
        super().__init__(number)


class RoundHalfEven(Rounded):
    """V2's ``round``: .NET's ``Math.Round``, 2.5 → 2 and 3.5 → 4."""

    name = "round_half_even"
    inherit_cache = True


class RoundHalfAway(Rounded):
    """V4's ``round``: 2.5 → 3 and -2.5 → -3."""

    name = "round_half_away"
    inherit_cache = True


class Floor(Rounded):
    name = "floor"
    inherit_cache = True


class Ceiling(Rounded):
    name = "ceil"
    inherit_cache = True


class Truncated(FunctionElement[int]):
    """The whole part of a number, or null where it is not between the two bounds that follow."""

    name = "truncated"
    type = types.BigInteger()
    inherit_cache = True


class Single(FunctionElement[float]):
    """A column of Singles, as the Double with the digits that are shown: 0.1, not 0.10000000149."""

    name = "single"
    type = types.Double()
    inherit_cache = True


class Enumerated(FunctionElement[str]):
    """A column of SQL's enumerations, as text that functions take and any text can be compared with."""

    name = "enumerated"
    type = types.String()
    inherit_cache = True


class AsDouble(FunctionElement[float]):
    name = "as_double"
    type = types.Double()
    inherit_cache = True


class AsDecimal(FunctionElement[Any]):
    """A number as a Decimal; of a Double its shortest decimal form."""

    name = "as_decimal"
    type = ExactDecimal()
    inherit_cache = True


class AsText(FunctionElement[str]):
    """A whole number, a Decimal without trailing zeros, or a Guid, as text."""

    name = "as_text"
    type = types.String()
    inherit_cache = True


class Midnight(FunctionElement[Any]):
    """The moment at which a day begins."""

    name = "midnight"
    type = types.DateTime()
    inherit_cache = True


def is_decimal(kind: types.TypeEngine[Any]) -> bool:
    return isinstance(kind, types.Numeric) and not isinstance(kind, types.Float)


class Arithmetic(FunctionElement[Any]):
    """``left add|sub|mul|div|mod right``; null where the divisor is 0, or an Int64 has no room for the result."""

    inherit_cache = True

    def __init__(
        self, operator: str, left: ColumnElement[Any], right: ColumnElement[Any], kind: types.TypeEngine[Any]
    ) -> None:
        self.name = operator
        self.type = kind
        super().__init__(left, right)

    @property
    def is_decimal(self) -> bool:
        return is_decimal(self.type)


def arithmetic(
    operator: str, left: ColumnElement[Any], right: ColumnElement[Any], kind: types.TypeEngine[Any]
) -> Arithmetic:
    return _ARITHMETIC[operator](operator, left, right, kind)


_ARITHMETIC: dict[str, type[Arithmetic]] = {
    name: type(name.capitalize(), (Arithmetic,), {"inherit_cache": True})
    for name in ("add", "sub", "mul", "div", "mod")
}


class DecimalTest(FunctionElement[bool]):
    """``left eq|ne|lt|le|gt|ge right`` of Decimals, or ``same``/``distinct``, to which null is a value."""

    type = types.Boolean()
    inherit_cache = True

    def __init__(self, operator: str, left: ColumnElement[Any], right: ColumnElement[Any]) -> None:
        self.name = operator
        super().__init__(left, right)


class DecimalSum(FunctionElement[Any]):
    """The exact sum of Decimals or integers, or null where there are none."""

    name = "sum"
    type = ExactDecimal()
    inherit_cache = True


def decimal_test(operator: str, left: ColumnElement[Any], right: ColumnElement[Any]) -> DecimalTest:
    return _DECIMAL_TESTS[operator](operator, left, right)


COMPARISONS = {"eq": "=", "ne": "<>", "lt": "<", "le": "<=", "gt": ">", "ge": ">=",
               "same": "IS NOT DISTINCT FROM", "distinct": "IS DISTINCT FROM"}  # fmt: skip
_DECIMAL_TESTS: dict[str, type[DecimalTest]] = {
    name: type(name.capitalize(), (DecimalTest,), {"inherit_cache": True}) for name in COMPARISONS
}


class KeyAmong(FunctionElement[bool]):
    """Whether a row's columns are among a list of keys that is one parameter, so that the text of the statement does
    not depend on how many there are. The parameter comes last; see ``Database.key_list``."""

    name = "key_among"
    type = types.Boolean()
    inherit_cache = True

    def self_group(self, against: Any = None) -> KeyAmong:
        """As it stands: SQLAlchemy would compare a call with 1 on SQLite, and no index serves that."""
        return self


def parts(element: FunctionElement[Any]) -> list[ColumnElement[Any]]:
    return list(element.clauses)


def sql(compiler: SQLCompiler, element: ColumnElement[Any], **kw: Any) -> str:
    """An argument's text, in parentheses unless it is a plain name, a parameter or one of the elements here, whose
    texts hold together by themselves."""
    text = compiler.process(element, **kw)
    simple = isinstance(element, (FunctionElement, BindParameter)) or getattr(element, "table", None) is not None
    return text if simple else f"({text})"


def arguments(element: FunctionElement[Any], compiler: SQLCompiler, **kw: Any) -> list[str]:
    return [sql(compiler, part, **kw) for part in parts(element)]


@compiles(DecimalSum)
def _decimal_sum(element: DecimalSum, compiler: SQLCompiler, **kw: Any) -> str:
    return f"sum({', '.join(arguments(element, compiler, **kw))})"


@compiles(IndexOf)
def _index_of(element: IndexOf, compiler: SQLCompiler, **kw: Any) -> str:
    text, part = arguments(element, compiler, **kw)
    return f"(strpos({text}, {part}) - 1)"


@compiles(StartsWith)
def _starts_with(element: StartsWith, compiler: SQLCompiler, **kw: Any) -> str:
    text, start = arguments(element, compiler, **kw)
    return f"(substr({text}, 1, length({start})) = {start})"


@compiles(EndsWith)
def _ends_with(element: EndsWith, compiler: SQLCompiler, **kw: Any) -> str:
    text, end = arguments(element, compiler, **kw)
    return f"(length({text}) >= length({end}) AND substr({text}, length({text}) - length({end}) + 1) = {end})"


@compiles(Substring)
def _substring(element: Substring, compiler: SQLCompiler, **kw: Any) -> str:
    text, start, *length = arguments(element, compiler, **kw)
    rest = f", greatest({length[0]}, 0)" if length else ""
    return f"substr({text}, greatest({start}, 0) + 1{rest})"


@compiles(Lower)
@compiles(Upper)
def _case(element: Lower | Upper, compiler: SQLCompiler, **kw: Any) -> str:
    (text,) = arguments(element, compiler, **kw)
    return f"{element.name}({text})"


@compiles(Trim)
def _trim(element: Trim, compiler: SQLCompiler, **kw: Any) -> str:
    (text,) = arguments(element, compiler, **kw)
    white = compiler.render_literal_value(WHITE_SPACE, types.String())
    return f"btrim({text}, {white})"


@compiles(DatePart)
def _date_part(element: DatePart, compiler: SQLCompiler, **kw: Any) -> str:
    (moment,) = arguments(element, compiler, **kw)
    return f"CAST(floor(extract({element.name} FROM {moment})) AS INTEGER)"


@compiles(Length)
@compiles(Replace)
@compiles(Floor)
@compiles(Ceiling)
def _call(element: FunctionElement[Any], compiler: SQLCompiler, **kw: Any) -> str:
    return f"{element.name}({', '.join(arguments(element, compiler, **kw))})"


@compiles(RoundHalfEven)
def _round_half_even(element: RoundHalfEven, compiler: SQLCompiler, **kw: Any) -> str:
    (number,) = arguments(element, compiler, **kw)
    return f"CASE WHEN abs({number} - trunc({number})) = 0.5 THEN 2 * round({number} / 2) ELSE round({number}) END"


@compiles(RoundHalfAway)
def _round_half_away(element: RoundHalfAway, compiler: SQLCompiler, **kw: Any) -> str:
    (number,) = arguments(element, compiler, **kw)
    return f"CASE WHEN {number} < 0 THEN -floor(-({number}) + 0.5) ELSE floor({number} + 0.5) END"


@compiles(Truncated)
def _truncated(element: Truncated, compiler: SQLCompiler, **kw: Any) -> str:
    number, low, high = arguments(element, compiler, **kw)
    return f"CASE WHEN trunc({number}) BETWEEN {low} AND {high} THEN CAST(trunc({number}) AS BIGINT) END"


@compiles(Single)
@compiles(Enumerated)
def _column(element: FunctionElement[Any], compiler: SQLCompiler, **kw: Any) -> str:
    return arguments(element, compiler, **kw)[0]


@compiles(AsDouble)
def _as_double(element: AsDouble, compiler: SQLCompiler, **kw: Any) -> str:
    return f"CAST({arguments(element, compiler, **kw)[0]} AS DOUBLE PRECISION)"


@compiles(AsDecimal)
def _as_decimal(element: AsDecimal, compiler: SQLCompiler, **kw: Any) -> str:
    return f"CAST({arguments(element, compiler, **kw)[0]} AS NUMERIC)"


@compiles(AsText)
def _as_text(element: AsText, compiler: SQLCompiler, **kw: Any) -> str:
    return f"CAST({arguments(element, compiler, **kw)[0]} AS VARCHAR)"


@compiles(Midnight)
def _midnight(element: Midnight, compiler: SQLCompiler, **kw: Any) -> str:
    return f"CAST({arguments(element, compiler, **kw)[0]} AS TIMESTAMP)"


SYMBOLS = {"add": "+", "sub": "-", "mul": "*", "div": "/", "mod": "%"}


@compiles(Arithmetic)
def _arithmetic(element: Arithmetic, compiler: SQLCompiler, **kw: Any) -> str:
    left, right = arguments(element, compiler, **kw)
    if element.name in ("div", "mod"):
        right = f"nullif({right}, 0)"
    symbol = "%%" if element.name == "mod" and compiler.preparer._double_percents else SYMBOLS[element.name]
    return f"({left} {symbol} {right})"


@compiles(DecimalTest)
def _decimal_test(element: DecimalTest, compiler: SQLCompiler, **kw: Any) -> str:
    left, right = arguments(element, compiler, **kw)
    return f"({left} {COMPARISONS[element.name]} {right})"
