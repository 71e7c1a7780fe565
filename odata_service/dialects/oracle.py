"""Oracle, from 12.2 on. Its SQL is compiled and compared in our tests, and was never run against a server there.

An empty text is null to it: ``Name eq ''`` finds nothing, and a text that a client empties comes back as null.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from sqlalchemy import Select, types
from sqlalchemy.dialects.oracle.base import OracleCompiler
from sqlalchemy.engine import Dialect
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql import operators
from sqlalchemy.sql.compiler import Compiled, SQLCompiler
from sqlalchemy.sql.elements import BinaryExpression, Tuple
from sqlalchemy.sql.visitors import Visitable

from odata_service.dialects import constructs, oracle_calls
from odata_service.dialects.base import Database
from odata_service.dialects.calls import Call, has_zone, no_formula
from odata_service.dialects.conditions import spelled_out, with_values
from odata_service.dialects.constructs import arguments, is_decimal, parts

CALLS = oracle_calls.FORMULAS
# Numbers of errors, ``ORA-00001`` → SQLSTATE, which the driver does not say.
_STATES = {
    1: "23505", 2291: "23503", 2292: "23503", 1400: "23502", 1407: "23502", 2290: "23514",
    1438: "22003", 1426: "22003", 12899: "22001", 1722: "22000", 1843: "22007", 1830: "22007", 1476: "22012", 12726: "2201B",
    54: "55P03", 30006: "55P03", 60: "40001", 8177: "40001", 1555: "40001", 4068: "0A000", 942: "0A000", 904: "0A000",
    1013: "57014", 3136: "57014", 3156: "57014", 3113: "08006", 3114: "08006", 12170: "08001", 12541: "08001", 1033: "08001", 913: "54000",
}  # fmt: skip


class ConditionCompiler(OracleCompiler):
    """Conditions are no values, and rows are not compared by order."""

    def visit_binary(self, binary: BinaryExpression[Any], *arguments: Any, **kw: Any) -> str:
        if isinstance(binary.left, Tuple) and binary.operator in (operators.gt, operators.lt):
            return f"({self.process(spelled_out(binary), **kw)})"
        written: str = super().visit_binary(binary, *arguments, **kw)  # type: ignore[no-untyped-call]
        return written


class Oracle(Database):
    name = "oracle"
    snapshot = ("SET TRANSACTION READ ONLY", "COMMIT")

    def make_fit(self, connection: Any, timeout_ms: int) -> None:
        connection.call_timeout = timeout_ms
        cursor = connection.cursor()
        cursor.execute("ALTER SESSION SET TIME_ZONE = '+00:00' NLS_SORT = BINARY NLS_COMP = BINARY")
        cursor.close()

    def compiled(self, statement: Select[Any], dialect: Dialect) -> Compiled:
        return ConditionCompiler(dialect, with_values(statement))  # type: ignore[no-untyped-call]

    def autocommit(self, connection: Any, on: bool) -> None:
        """Nothing to do: a read is a transaction that ends when its connection goes back to the pool."""

    def sql_state(self, error: BaseException) -> str:
        number = re.search(r"(?:ORA|DPY)-0*(\d+)", str(error))
        return _STATES.get(int(number[1]), "") if number else ""


def _made_in(element: type[Visitable]) -> Callable[[Callable[..., str]], Callable[..., str]]:
    decorator: Callable[[Callable[..., str]], Callable[..., str]] = compiles(element, "oracle")
    return decorator


_FORMULAS: dict[type[Visitable], str] = {
    constructs.Length: "LENGTH({0})",
    constructs.IndexOf: "(INSTR({0}, {1}) - 1)",
    constructs.StartsWith: "(SUBSTR({0}, 1, LENGTH({1})) = {1})",
    constructs.EndsWith: "(LENGTH({0}) >= LENGTH({1}) AND SUBSTR({0}, -LENGTH({1})) = {1})",
    constructs.Lower: "LOWER({0})",
    constructs.Upper: "UPPER({0})",
    constructs.Trim: "RTRIM(LTRIM({0}, " + f"'{constructs.WHITE_SPACE}'), '{constructs.WHITE_SPACE}')",
    constructs.RoundHalfEven: "CASE WHEN ABS({0} - TRUNC({0})) = 0.5 THEN 2 * ROUND({0} / 2) ELSE ROUND({0}) END",
    constructs.RoundHalfAway: "ROUND({0})",
    constructs.Floor: "FLOOR({0})",
    constructs.Ceiling: "CEIL({0})",
    constructs.Truncated: "CASE WHEN TRUNC({0}) BETWEEN {1} AND {2} THEN TRUNC({0}) END",
    constructs.AsDouble: "CAST({0} AS BINARY_DOUBLE)",
    constructs.Single: "CAST({0} AS BINARY_DOUBLE)",
    constructs.AsDecimal: "CAST({0} AS NUMBER)",
    constructs.Midnight: "CAST({0} AS TIMESTAMP)",
}


def _formula(element: Any, compiler: SQLCompiler, **kw: Any) -> str:
    """(Any: one of the constructs of the table.)"""
    found = next(formula for kind, formula in _FORMULAS.items() if type(element) is kind)
    return found.format(*arguments(element, compiler, **kw))


for _kind in _FORMULAS:
    _made_in(_kind)(_formula)


@_made_in(constructs.Substring)
def _substring(element: constructs.Substring, compiler: SQLCompiler, **kw: Any) -> str:
    text, *places = arguments(element, compiler, **kw)
    start, *length = (f"GREATEST({place}, 0)" for place in places)
    return f"SUBSTR({text}, {start} + 1{''.join(f', {count}' for count in length)})"


@_made_in(constructs.Replace)
def _replace(element: constructs.Replace, compiler: SQLCompiler, **kw: Any) -> str:
    text, old, new = arguments(element, compiler, **kw)
    replaced = f"REPLACE({text}, {old}, {new})"
    return f"CASE WHEN LENGTH({replaced}) <= {constructs.LONGEST} THEN {replaced} END"


@_made_in(constructs.DatePart)
def _date_part(element: constructs.DatePart, compiler: SQLCompiler, **kw: Any) -> str:
    """A duration has an hour itself; Oracle's DATE has none for EXTRACT, although it keeps one."""
    (moment,) = arguments(element, compiler, **kw)
    part = parts(element)[0]
    if has_zone(part):
        moment = oracle_calls.in_utc(part, moment)
    elif not isinstance(part.type, types.Interval):
        moment = f"CAST({moment} AS TIMESTAMP)"
    return f"TRUNC(EXTRACT({element.name.upper()} FROM {moment}))"


@_made_in(constructs.AsText)
def _as_text(element: constructs.AsText, compiler: SQLCompiler, **kw: Any) -> str:
    (text,) = arguments(element, compiler, **kw)
    kind = parts(element)[0].type
    if isinstance(kind, types.Uuid):
        return f"REGEXP_REPLACE(LOWER({text}), '(.{{8}})(.{{4}})(.{{4}})(.{{4}})(.{{12}})', '\\1-\\2-\\3-\\4-\\5')"
    written = f"TO_CHAR({text}, 'TM9', 'NLS_NUMERIC_CHARACTERS=''.,''')"
    return f"REGEXP_REPLACE({written}, '^(-?)\\.', '\\10.')" if is_decimal(kind) else written


@_made_in(constructs.Arithmetic)
def _arithmetic(element: constructs.Arithmetic, compiler: SQLCompiler, **kw: Any) -> str:
    left, right = arguments(element, compiler, **kw)
    if isinstance(element.type, types.Float):
        left, right = f"CAST({left} AS BINARY_DOUBLE)", f"CAST({right} AS BINARY_DOUBLE)"
    if element.name == "mod":
        return f"MOD({left}, NULLIF({right}, 0))"  # by zero MOD gives what is divided
    if element.name != "div":
        return f"({left} {constructs.SYMBOLS[element.name]} {right})"
    quotient = f"({left} / NULLIF({right}, 0))"
    return quotient if isinstance(element.type, (types.Float, types.Numeric)) else f"TRUNC{quotient}"


_SAMENESS = {"same": "(DECODE({0}, {1}, 1, 0) = 1)", "distinct": "(DECODE({0}, {1}, 1, 0) = 0)"}  # to DECODE null is a value


@_made_in(constructs.DecimalTest)
def _decimal_test(element: constructs.DecimalTest, compiler: SQLCompiler, **kw: Any) -> str:
    left, right = arguments(element, compiler, **kw)
    if element.name in _SAMENESS:
        return _SAMENESS[element.name].format(left, right)
    return f"({left} {constructs.COMPARISONS[element.name]} {right})"


def _in_json(kind: types.TypeEngine[Any], compiler: SQLCompiler) -> str:
    if isinstance(kind, types.Numeric | types.Integer):
        return "NUMBER"
    if isinstance(kind, types.DateTime | types.Date):
        return "TIMESTAMP"
    return f"VARCHAR2({getattr(kind, 'length', None) or 4000})"


@_made_in(constructs.KeyAmong)
def _key_among(element: constructs.KeyAmong, compiler: SQLCompiler, **kw: Any) -> str:
    """All keys are one parameter: a list has room for 1,000."""
    *columns, keys = arguments(element, compiler, **kw)
    kinds = [_in_json(each.type, compiler) for each in parts(element)[:-1]]
    paths = ["$"] if len(columns) == 1 else [f"$[{at}]" for at in range(len(columns))]
    made = ", ".join(f"v{at} {kind} PATH '{path}'" for at, (kind, path) in enumerate(zip(kinds, paths, strict=True)))
    wanted = ", ".join(f"k.v{at}" for at in range(len(columns)))
    left = columns[0] if len(columns) == 1 else f"({', '.join(columns)})"
    return f"{left} IN (SELECT {wanted} FROM JSON_TABLE({keys}, '$[*]' COLUMNS ({made})) k)"


@_made_in(Call)
def _call(element: Call, compiler: SQLCompiler, **kw: Any) -> str:
    formula = CALLS.get(element.name)
    if formula is None:
        no_formula(element, compiler)
    texts = zip(parts(element), arguments(element, compiler, **kw), strict=True)
    return formula.format(*(oracle_calls.in_utc(part, text) for part, text in texts))


DATABASE = Oracle()
