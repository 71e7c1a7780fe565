"""SQL Server, from 2017 on. Its SQL is compiled and compared in our tests, and was never run against a server there."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sqlalchemy import ColumnElement, Select, UnaryExpression, types
from sqlalchemy.dialects.mssql.base import MSSQLCompiler
from sqlalchemy.engine import Dialect
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql import operators
from sqlalchemy.sql.compiler import Compiled, SQLCompiler
from sqlalchemy.sql.elements import BinaryExpression, BindParameter, ColumnClause, Over, Tuple
from sqlalchemy.sql.visitors import Visitable

from odata_service.dialects import constructs, mssql_calls
from odata_service.dialects.base import Database
from odata_service.dialects.calls import Call, no_formula
from odata_service.dialects.conditions import spelled_out, with_values
from odata_service.dialects.constructs import arguments, is_decimal, parts

CALLS = mssql_calls.FORMULAS
COLLATION = "Latin1_General_100_BIN2"
_LOCK_MILLISECONDS = 20_000
# Numbers of errors (Database Engine Events And Errors) → SQLSTATE, which the driver's own are too coarse for.
_STATES = {
    2627: "23505", 2601: "23505", 547: "23503", 515: "23502",
    8115: "22003", 220: "22003", 8152: "22001", 2628: "22001", 241: "22007", 242: "22007", 245: "22000", 8114: "22000",
    1222: "55P03", 1205: "40001", 3960: "40001", 208: "0A000", 207: "0A000", 701: "53200", 8623: "54001", 191: "54001",
}  # fmt: skip


class OrdinalCompiler(MSSQLCompiler):
    """Texts are compared letter by letter, whatever the collations of the columns, and conditions are no values."""

    def visit_binary(self, binary: BinaryExpression[Any], *arguments: Any, **kw: Any) -> str:
        if isinstance(binary.left, Tuple) and binary.operator in (operators.gt, operators.lt):
            return f"({self.process(spelled_out(binary), **kw)})"
        direct = all(isinstance(each, (BindParameter, ColumnClause)) for each in (binary.left, binary.right))
        given = any(isinstance(each, BindParameter) for each in (binary.left, binary.right))
        kw |= {"bare": direct and given and operators.is_comparison(binary.operator), "plain": False}
        written: str = super().visit_binary(binary, *arguments, **kw)  # type: ignore[no-untyped-call]
        if kw["bare"] and binary.operator is operators.eq and _is_text(binary.left.type):
            plain = super().visit_binary(binary, *arguments, **{**kw, "plain": True})  # type: ignore[no-untyped-call]
            return f"({plain} AND {written})"  # an index of the column serves the one, the other says it exactly
        return written

    def visit_over(self, over: Over[Any], **kw: Any) -> str:
        """Its order is one like any other, although it stands among the columns."""
        written: str = super().visit_over(over, **{**kw, "within_columns_clause": False})  # type: ignore[no-untyped-call]
        return written

    def group_by_clause(self, select: Select[Any], **kw: Any) -> str:
        """By the columns as they are: what is grouped by may be selected only in the same words."""
        written: str = super().group_by_clause(select, **{**kw, "bare": True})  # type: ignore[no-untyped-call]
        return written

    def visit_bindparam(self, bindparam: BindParameter[Any], *arguments: Any, **kw: Any) -> str:
        plain = kw.pop("plain", False)
        kw.pop("bare", None)
        written: str = super().visit_bindparam(bindparam, *arguments, **kw)  # type: ignore[no-untyped-call]
        exact = _is_text(bindparam.type) and not (plain or bindparam.expanding or kw.get("literal_binds"))
        return f"{written} COLLATE {COLLATION}" if exact else written

    def visit_column(self, column: ColumnClause[Any], *arguments: Any, **kw: Any) -> str:
        bare, _ = kw.pop("bare", False), kw.pop("plain", None)
        written: str = super().visit_column(column, *arguments, **kw)
        if bare or kw.get("within_columns_clause") or not _is_text(column.type):
            return written
        return f"{written} COLLATE {COLLATION}"


def _is_text(kind: types.TypeEngine[Any]) -> bool:
    return isinstance(kind, types.String) and not isinstance(kind, types.Enum)


class SQLServer(Database):
    name = "mssql"
    keeps_nan = False
    # The database has to allow it: ALTER DATABASE … SET ALLOW_SNAPSHOT_ISOLATION ON.
    snapshot = ("SET TRANSACTION ISOLATION LEVEL SNAPSHOT; BEGIN TRANSACTION", "COMMIT; SET TRANSACTION ISOLATION LEVEL READ COMMITTED")

    def make_fit(self, connection: Any, timeout_ms: int) -> None:
        connection.timeout = max(1, timeout_ms // 1000)
        cursor = connection.cursor()
        cursor.execute(f"SET LOCK_TIMEOUT {_LOCK_MILLISECONDS}")
        cursor.close()

    def compiled(self, statement: Select[Any], dialect: Dialect) -> Compiled:
        return OrdinalCompiler(dialect, with_values(statement))  # type: ignore[no-untyped-call]

    def ordered(self, column: ColumnElement[Any], descending: bool, nullable: bool) -> UnaryExpression[Any]:
        """Its own order of nulls is OData's."""
        return column.desc() if descending else column.asc()

    def sql_state(self, error: BaseException) -> str:
        """By the number in the text, ``… (2627) (SQLExecDirectW)``; the driver says its own SQLSTATE first."""
        said = " ".join(map(str, getattr(error, "args", ())))
        number = next((each for each in _STATES if f"({each})" in said), None)
        state = str(error.args[0]) if getattr(error, "args", None) else ""
        return _STATES[number] if number is not None else {"HYT00": "57014", "HYT01": "08001"}.get(state, state[:5])


def _made_in(element: type[Visitable]) -> Callable[[Callable[..., str]], Callable[..., str]]:
    decorator: Callable[[Callable[..., str]], Callable[..., str]] = compiles(element, "mssql")
    return decorator


_ROUNDED: dict[type[Visitable], str] = {
    constructs.RoundHalfEven: "CASE WHEN ABS({0} - ROUND({0}, 0, 1)) = 0.5 THEN 2 * ROUND({0} / 2, 0) ELSE ROUND({0}, 0) END",
    constructs.RoundHalfAway: "ROUND({0}, 0)",
    constructs.Floor: "FLOOR({0})",
    constructs.Ceiling: "CEILING({0})",
}
_LENGTH = "(LEN(CAST({0} AS NVARCHAR(MAX)) + N'.') - 1)"  # LEN passes over blanks at the end
# Formulas over the arguments; a comparison of texts passes over blanks at the end, too, unless something stands behind them.
_FORMULAS: dict[type[Visitable], str] = {
    constructs.Length: _LENGTH,
    constructs.IndexOf: "(CASE WHEN DATALENGTH({1}) = 0 AND {0} IS NOT NULL THEN 0 ELSE CHARINDEX({1}, {0}) - 1 END)",
    constructs.StartsWith: f"(LEFT({{0}}, {_LENGTH.format('{1}')}) + N'.' = {{1}} + N'.')",
    constructs.EndsWith: f"(RIGHT({{0}}, {_LENGTH.format('{1}')}) + N'.' = {{1}} + N'.')",
    constructs.Lower: "LOWER({0})",
    constructs.Upper: "UPPER({0})",
    constructs.Trim: "TRIM(" + f"N'{constructs.WHITE_SPACE}'" + " FROM {0})",
    constructs.Truncated: "CASE WHEN ROUND({0}, 0, 1) BETWEEN {1} AND {2} THEN CAST(ROUND({0}, 0, 1) AS BIGINT) END",
    constructs.Single: "CAST({0} AS FLOAT)",
    constructs.AsDouble: "CAST({0} AS FLOAT)",
    constructs.AsDecimal: "CAST({0} AS DECIMAL(38, 12))",
    constructs.Midnight: "CAST({0} AS DATETIME2)",
    **_ROUNDED,
}  # fmt: skip


def _formula(element: Any, compiler: SQLCompiler, **kw: Any) -> str:
    """(Any: one of the constructs of the table.)"""
    found = next(formula for kind, formula in _FORMULAS.items() if type(element) is kind)
    return found.format(*arguments(element, compiler, **kw))


for _kind in _FORMULAS:
    _made_in(_kind)(_formula)

_PLACE = "CASE WHEN {0} < 0 THEN 0 ELSE {0} END"  # null stays null


@_made_in(constructs.Substring)
def _substring(element: constructs.Substring, compiler: SQLCompiler, **kw: Any) -> str:
    text, *places = arguments(element, compiler, **kw)
    start, *length = (_PLACE.format(place) for place in places)
    return f"SUBSTRING({text}, {start} + 1, {length[0] if length else '2147483647'})"


@_made_in(constructs.Replace)
def _replace(element: constructs.Replace, compiler: SQLCompiler, **kw: Any) -> str:
    text, old, new = arguments(element, compiler, **kw)
    replaced = f"REPLACE(CAST({text} AS NVARCHAR(MAX)), {old}, {new})"
    return f"CASE WHEN DATALENGTH({replaced}) <= {2 * constructs.LONGEST} THEN {replaced} END"


@_made_in(constructs.DatePart)
def _date_part(element: constructs.DatePart, compiler: SQLCompiler, **kw: Any) -> str:
    (moment,) = arguments(element, compiler, **kw)
    return f"DATEPART({element.name}, {mssql_calls.in_utc(parts(element)[0], moment)})"


@_made_in(constructs.AsText)
def _as_text(element: constructs.AsText, compiler: SQLCompiler, **kw: Any) -> str:
    (text,) = arguments(element, compiler, **kw)
    kind = parts(element)[0].type
    if is_decimal(kind):
        return f"FORMAT({text}, '0.{'#' * 28}', 'en-US')"
    return f"LOWER(CAST({text} AS NVARCHAR(36)))" if isinstance(kind, types.Uuid) else f"CAST({text} AS NVARCHAR(60))"


@_made_in(constructs.Arithmetic)
def _arithmetic(element: constructs.Arithmetic, compiler: SQLCompiler, **kw: Any) -> str:
    left, right = arguments(element, compiler, **kw)
    if element.is_decimal:
        return _calculated(element.name, left, right)
    if isinstance(element.type, types.Float):
        kind = "DECIMAL(38, 12)" if element.name == "mod" else "FLOAT"  # it has no remainder of doubles
        found = _calculated(element.name, f"CAST({left} AS {kind})", f"CAST({right} AS {kind})")
        return f"CAST({found} AS FLOAT)" if element.name == "mod" else found
    whole = _calculated(element.name, f"CAST({left} AS DECIMAL(38))", f"CAST({right} AS DECIMAL(38))")
    return f"TRY_CAST({f'ROUND({whole}, 0, 1)' if element.name == 'div' else whole} AS BIGINT)"


def _calculated(operator: str, left: str, right: str) -> str:
    divisor = f"NULLIF({right}, 0)" if operator in ("div", "mod") else right
    return f"({left} {constructs.SYMBOLS[operator]} {divisor})"


_SAMENESS = {"same": "EXISTS (SELECT {0} INTERSECT SELECT {1})", "distinct": "NOT EXISTS (SELECT {0} INTERSECT SELECT {1})"}


@_made_in(constructs.DecimalTest)
def _decimal_test(element: constructs.DecimalTest, compiler: SQLCompiler, **kw: Any) -> str:
    left, right = arguments(element, compiler, **kw)
    if element.name in _SAMENESS:
        return f"({_SAMENESS[element.name].format(left, right)})"
    return f"({left} {constructs.COMPARISONS[element.name]} {right})"


@_made_in(constructs.KeyAmong)
def _key_among(element: constructs.KeyAmong, compiler: SQLCompiler, **kw: Any) -> str:
    """All keys are one parameter: a statement has room for 2,100."""
    *columns, keys = arguments(element, compiler, **{**kw, "bare": True, "plain": True})
    kinds = [_in_json(each.type, compiler) for each in parts(element)[:-1]]
    paths = ["$"] if len(columns) == 1 else [f"$[{at}]" for at in range(len(columns))]
    made = ", ".join(f"v{at} {kind} '{path}'" for at, (kind, path) in enumerate(zip(kinds, paths, strict=True)))
    written = " AND ".join(
        test.format(f"k.v{at}", column)
        for at, (column, kind) in enumerate(zip(columns, kinds, strict=True))
        for test in (_SAME_TEXT if kind.startswith("NVARCHAR") else _SAME)
    )
    return f"EXISTS (SELECT 1 FROM OPENJSON({keys}) WITH ({made}) AS k WHERE {written})"


_SAME = ("{0} = {1}",)
_SAME_TEXT = ("{0} COLLATE DATABASE_DEFAULT = {1}", f"{{0}} COLLATE {COLLATION} = {{1}}")  # by an index, and exactly
_LONGEST_KEY = 450  # letters that an index has room for


def _in_json(kind: types.TypeEngine[Any], compiler: SQLCompiler) -> str:
    if _is_text(kind):
        return f"NVARCHAR({getattr(kind, 'length', None) or _LONGEST_KEY})"
    return str(compiler.dialect.type_compiler_instance.process(kind))


@_made_in(Call)
def _call(element: Call, compiler: SQLCompiler, **kw: Any) -> str:
    formula = CALLS.get(element.name)
    if formula is None:
        no_formula(element, compiler)
    moments = [mssql_calls.in_utc(part, text) for part, text in zip(parts(element), arguments(element, compiler, **kw), strict=True)]
    return formula.format(*moments)


DATABASE = SQLServer()
