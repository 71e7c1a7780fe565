"""PostgreSQL."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from threading import Timer
from typing import Any
from weakref import WeakKeyDictionary, WeakSet, ref

from sqlalchemy import ColumnElement, Engine, bindparam, event, types
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.engine import Connection, Dialect, ExceptionContext
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler

from odata_service.dialects import constructs, postgresql_calls
from odata_service.dialects.base import Database, Decoder, Key
from odata_service.dialects.constructs import arguments, parts

CALLS = postgresql_calls.FORMULAS
_FLOAT8, _NUMERIC = 701, 1700  # pg_type.oid
_SECONDS_TO_CANCEL = 2.0
_WAITS_FOR_STANDBYS = "SyncRepWaitForLSN"  # where the server says that it waits no longer
_READ_ONLY = "25006"
_STATES_OF_THE_DRIVER = {"DataError": "22021", "OperationalError": "08006"}


# The settings of connections behind a pooler. (Any: drivers share no type.)
_pooled: WeakKeyDictionary[Any, str] = WeakKeyDictionary()
# Those whose COMMIT waits for a standby, and how often it was cut short while it did.
_waiting: WeakSet[Any] = WeakSet()
_doubts: WeakKeyDictionary[Any, int] = WeakKeyDictionary()


def is_pooled(connection: Any) -> bool:
    """Whether a pooler such as PgBouncer stands between: the process that answers is then another than the one that let us in."""
    (answering,) = at_once(connection, "SELECT pg_backend_pid()").fetchone()
    return bool(answering != connection.info.backend_pid)


def at_once(connection: Any, text: str) -> Any:
    """A statement that is no part of a transaction."""
    autocommit, connection.autocommit = connection.autocommit, True
    try:
        return connection.execute(text)
    finally:
        connection.autocommit = autocommit


def _note_doubt(connection: ref[Any], notice: Any) -> None:
    """(Any: the driver's.) The text of a notice is in the server's language, where it comes from is not."""
    if notice.source_function == _WAITS_FOR_STANDBYS and (found := connection()) is not None:
        _doubts[found] = _doubts.get(found, 0) + 1


class PostgreSQL(Database):
    name = "postgresql"
    snapshot = ("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY", "COMMIT")
    explain = "EXPLAIN (FORMAT JSON)"
    position = "SELECT CASE WHEN NOT pg_is_in_recovery() THEN pg_current_wal_insert_lsn()::text END"
    # The last commit that was replayed may be long ago because there was none since; not so, where something has come that is not replayed yet,
    # or nothing comes any more.
    replayed = """
SELECT coalesce(pg_last_wal_replay_lsn() >= %s::pg_lsn, false), CASE
    WHEN NOT pg_is_in_recovery() THEN NULL
    WHEN pg_last_wal_receive_lsn() = pg_last_wal_replay_lsn() AND EXISTS (SELECT FROM pg_stat_wal_receiver) THEN 0
    ELSE coalesce(extract(epoch FROM clock_timestamp() - pg_last_xact_replay_timestamp())::int, 2147483647) END
"""

    def estimate(self, explained: Sequence[Sequence[Any]]) -> int | None:
        return int(explained[0][0][0]["Plan"]["Plan Rows"])

    def told_plan(self, explained: Sequence[Sequence[Any]]) -> list[Any]:
        return [each["Plan"] for row in explained for each in row[0]]

    def opened(self, engine: Engine) -> None:
        @event.listens_for(engine, "connect")
        def prepare_nothing(connection: Any, _record: object) -> None:
            if is_pooled(connection):
                connection.prepare_threshold = None

    def prepare(self, engine: Engine, timeout_ms: int) -> None:
        super().prepare(engine, timeout_ms)

        @event.listens_for(engine, "handle_error")
        def lost(context: ExceptionContext) -> None:
            """A server that follows another one is not the one we want; a new connection may find that. Its driver knows, but behind a pooler."""
            if self.sql_state(context.original_exception) == _READ_ONLY and context.connection is not None:
                driver: Any = context.connection.connection.dbapi_connection
                context.is_disconnect = driver.info.parameter_status("in_hot_standby") != "off"

        @event.listens_for(engine, "begin")
        def begin(connection: Connection) -> None:
            settings = _pooled.get(connection.connection.dbapi_connection)
            if settings is not None:
                connection.exec_driver_sql(settings)

        @event.listens_for(engine, "commit")
        def limit(connection: Connection) -> None:
            driver = connection.connection.dbapi_connection
            if driver in _waiting:
                connection.info[Timer] = timer = Timer(timeout_ms / 1000, self.cancel, (engine, driver))
                timer.start()

        @event.listens_for(engine, "checkin")
        def end(_driver: object, record: Any) -> None:
            timer = record.info.pop(Timer, None)
            if timer is not None:
                timer.cancel()
                timer.join()  # what is cancelled is never what somebody else asks next

    def make_fit(self, connection: Any, timeout_ms: int) -> None:
        """Behind a pooler the next transaction may have another server process, which knows nothing of a session's settings
        or prepared statements: there each transaction begins with the settings, and nothing is prepared."""
        settings = [f"statement_timeout = {timeout_ms:d}", "lock_timeout = '20s'"]
        settings.append("cursor_tuple_fraction = 1")  # who opens a cursor here wants all of its rows, not the first ones soon
        settings.append("TIME ZONE 'UTC'")  # a point in time meets one without a zone only in UTC
        if is_pooled(connection):
            connection.prepare_threshold = None
            _pooled[connection] = "; ".join(f"SET LOCAL {each}" for each in settings)
        else:
            at_once(connection, "; ".join(f"SET {each}" for each in settings))
        if at_once(connection, "SHOW synchronous_standby_names").fetchone()[0]:
            _waiting.add(connection)
        connection.add_notice_handler(partial(_note_doubt, ref(connection)))

    def doubts(self, connection: Any) -> int:
        """With ``synchronous_standby_names`` a COMMIT waits for a standby, for ever by itself. Whoever cancels it, we after as long as a statement
        may run, makes it succeed, with a warning that what was changed may be on this server alone."""
        return _doubts.get(connection, 0)

    def bounds(self, connection: Any, snapshot: bool) -> tuple[str, str] | None:
        settings = _pooled.get(connection)
        if settings is None:
            return super().bounds(connection, snapshot)
        return f"{self.snapshot[0] if snapshot else 'BEGIN READ ONLY'}; {settings}", "COMMIT"

    def cursor(self, connection: Any) -> Any:
        return connection.cursor("odata_rows")

    def cancel(self, engine: Engine, connection: Any) -> None:
        connection.cancel_safe(timeout=_SECONDS_TO_CANCEL)

    def sql_state(self, error: BaseException) -> str:
        """What the driver refuses itself has no state: NUL in a text, a server that is not there."""
        return super().sql_state(error) or _STATES_OF_THE_DRIVER.get(type(error).__name__, "")

    def decoder(self, sql_type: types.TypeEngine[Any], dialect: Dialect) -> Decoder | None:
        """The driver's numbers are told apart by their type's OID, which SQLAlchemy wants to know here."""
        implementation = sql_type.dialect_impl(dialect)
        plain = implementation.impl_instance if isinstance(implementation, types.TypeDecorator) else implementation
        return implementation.result_processor(dialect, _FLOAT8 if isinstance(plain, types.Float) else _NUMERIC)

    def key_among(self, columns: Sequence[ColumnElement[Any]], name: str) -> ColumnElement[bool]:
        lists = [bindparam(f"{name}_{number}", type_=ARRAY(column.type)) for number, column in enumerate(columns)]
        return constructs.KeyAmong(*columns, *lists)

    def key_values(self, keys: Sequence[Key], name: str) -> dict[str, object]:
        """One array per part of the key."""
        return {f"{name}_{number}": list(values) for number, values in enumerate(zip(*keys, strict=True))}


@compiles(constructs.KeyAmong, "postgresql")
def _key_among(element: constructs.KeyAmong, compiler: SQLCompiler, **kw: Any) -> str:
    texts = arguments(element, compiler, **kw)
    columns, lists = texts[: len(texts) // 2], texts[len(texts) // 2 :]
    if len(columns) == 1:
        return f"{columns[0]} = ANY({lists[0]})"
    return f"({', '.join(columns)}) IN (SELECT * FROM unnest({', '.join(lists)}))"


@compiles(constructs.StartsWith, "postgresql")
def _starts_with(element: constructs.StartsWith, compiler: SQLCompiler, **kw: Any) -> str:
    text, start = arguments(element, compiler, **kw)
    return f"starts_with({text}, {start})"


@compiles(constructs.EndsWith, "postgresql")
def _ends_with(element: constructs.EndsWith, compiler: SQLCompiler, **kw: Any) -> str:
    text, end = arguments(element, compiler, **kw)
    return f"(right({text}, length({end})) = {end})"


@compiles(constructs.Lower, "postgresql")
@compiles(constructs.Upper, "postgresql")
def _case(element: constructs.Lower, compiler: SQLCompiler, **kw: Any) -> str:
    """Unicode's letters whatever the database's locale; ``pg_c_utf8`` is built in since PostgreSQL 17."""
    (text,) = arguments(element, compiler, **kw)
    return f'{element.name}({text} COLLATE "{unicode_collation(compiler)}")'


def unicode_collation(compiler: SQLCompiler) -> str:
    version = compiler.dialect.server_version_info or (17,)
    return "pg_c_utf8" if version >= (17,) else "und-x-icu"


@compiles(constructs.Replace, "postgresql")
def _replace(element: constructs.Replace, compiler: SQLCompiler, **kw: Any) -> str:
    hay, old, new = (f"CAST({text} AS text)" for text in arguments(element, compiler, **kw))
    occurrences = "(length(n.hay) - length(replace(n.hay, n.old, ''))) / length(n.old)"
    grown = f"length(n.hay) + CAST({occurrences} AS bigint) * (length(n.new) - length(n.old))"
    too_long = f"CASE WHEN length(n.new) > length(n.old) AND n.old <> '' THEN {grown} > {constructs.LONGEST} END"
    replaced = f"CASE WHEN {too_long} THEN NULL ELSE replace(n.hay, n.old, n.new) END"
    return once(replaced, hay=hay, old=old, new=new)


@compiles(constructs.DatePart, "postgresql")
def _date_part(element: constructs.DatePart, compiler: SQLCompiler, **kw: Any) -> str:
    (moment,) = arguments(element, compiler, **kw)
    kind = parts(element)[0].type
    if isinstance(kind, types.DateTime) and kind.timezone:
        moment = f"({moment} AT TIME ZONE 'UTC')"
    return f"CAST(floor(extract({element.name} FROM {moment})) AS INTEGER)"


def number(element: constructs.Rounded | constructs.Arithmetic, text: str) -> str:
    """An operand in the type of the result: else ``floor`` of a BIGINT would be a double's, which loses digits."""
    return f"CAST({text} AS {'NUMERIC' if constructs.is_decimal(element.type) else 'DOUBLE PRECISION'})"


@compiles(constructs.RoundHalfEven, "postgresql")
def _round_half_even(element: constructs.RoundHalfEven, compiler: SQLCompiler, **kw: Any) -> str:
    (text,) = arguments(element, compiler, **kw)
    if not constructs.is_decimal(element.type):
        return f"round({number(element, text)})"  # of a double: half to even already
    even = "CASE WHEN abs(n.v - trunc(n.v)) = 0.5 THEN 2 * round(n.v / 2) ELSE round(n.v) END"
    return once(even, v=number(element, text))


@compiles(constructs.RoundHalfAway, "postgresql")
def _round_half_away(element: constructs.RoundHalfAway, compiler: SQLCompiler, **kw: Any) -> str:
    (text,) = arguments(element, compiler, **kw)
    if constructs.is_decimal(element.type):
        return f"round({number(element, text)})"  # of a numeric: half away from zero already
    return once("trunc(n.v) + CASE WHEN abs(n.v - trunc(n.v)) < 0.5 THEN 0 ELSE sign(n.v) END", v=number(element, text))


@compiles(constructs.Floor, "postgresql")
@compiles(constructs.Ceiling, "postgresql")
def _floor(element: constructs.Floor, compiler: SQLCompiler, **kw: Any) -> str:
    (text,) = arguments(element, compiler, **kw)
    return f"{element.name}({number(element, text)})"


def once(formula: str, **operands: str) -> str:
    """A formula over ``n.v``, or whatever the operands are called. They stand in it only once, else nested calls would
    double each time; OFFSET keeps the planner from putting them in everywhere itself."""
    named = ", ".join(f"{operand} AS {name}" for name, operand in operands.items())
    return f"(SELECT {formula} FROM (SELECT {named} OFFSET 0) AS n)"


@compiles(constructs.Truncated, "postgresql")
def _truncated(element: constructs.Truncated, compiler: SQLCompiler, **kw: Any) -> str:
    text, low, high = arguments(element, compiler, **kw)
    return once(f"CASE WHEN n.v >= {low} AND n.v < {high} + 1.0 THEN CAST(n.v AS BIGINT) END", v=f"trunc({text})")


@compiles(constructs.Single, "postgresql")
def _single(element: constructs.Single, compiler: SQLCompiler, **kw: Any) -> str:
    return f"CAST(CAST({arguments(element, compiler, **kw)[0]} AS TEXT) AS DOUBLE PRECISION)"


@compiles(constructs.Enumerated, "postgresql")
def _enumerated(element: constructs.Enumerated, compiler: SQLCompiler, **kw: Any) -> str:
    return f"CAST({arguments(element, compiler, **kw)[0]} AS VARCHAR)"


@compiles(constructs.AsDecimal, "postgresql")
def _as_decimal(element: constructs.AsDecimal, compiler: SQLCompiler, **kw: Any) -> str:
    (text,) = arguments(element, compiler, **kw)
    return f"CAST(CAST({text} AS TEXT) AS NUMERIC)"  # a cast of the double itself keeps 15 digits


@compiles(constructs.AsText, "postgresql")
def _as_text(element: constructs.AsText, compiler: SQLCompiler, **kw: Any) -> str:
    (text,) = arguments(element, compiler, **kw)
    return f"CAST({f'trim_scale({text})' if constructs.is_decimal(parts(element)[0].type) else text} AS VARCHAR)"


_ROOM = "BETWEEN -9223372036854775808 AND 9223372036854775807"


@compiles(constructs.Arithmetic, "postgresql")
def _arithmetic(element: constructs.Arithmetic, compiler: SQLCompiler, **kw: Any) -> str:
    left, right = arguments(element, compiler, **kw)
    if element.is_decimal:
        return _exact(element.name, left, right, quotient=_DECIMAL_QUOTIENT)
    if isinstance(element.type, types.Float):
        return _floating(element.name, left, right)
    whole = _exact(element.name, left, right, quotient="div({left}, {right})")
    return once(f"CASE WHEN n.v {_ROOM} THEN CAST(n.v AS BIGINT) END", v=whole)


# div() is exact and truncates: one digit more than the 28 that stay decides the last of them.
_DECIMAL_QUOTIENT = "round(div({left} * 1e29, {right}) * 1e-29, 28)"


def _exact(operator: str, left: str, right: str, quotient: str) -> str:
    left, right = f"CAST({left} AS NUMERIC)", f"CAST({right} AS NUMERIC)"
    if operator == "div":
        return quotient.format(left=left, right=f"nullif({right}, 0)")
    if operator == "mod":
        return f"mod({left}, nullif({right}, 0))"
    return f"({left} {constructs.SYMBOLS[operator]} {right})"


def _floating(operator: str, left: str, right: str) -> str:
    if operator == "mod":
        decimals = (f"CAST(CAST(CAST({text} AS DOUBLE PRECISION) AS TEXT) AS NUMERIC)" for text in (left, right))
        return "CAST(mod({}, nullif({}, 0)) AS DOUBLE PRECISION)".format(*decimals)
    left, right = f"CAST({left} AS DOUBLE PRECISION)", f"CAST({right} AS DOUBLE PRECISION)"
    if operator == "div":
        right = f"nullif({right}, 0)"
    return f"({left} {constructs.SYMBOLS[operator]} {right})"


@compiles(constructs.Substring, "postgresql")
def _substring(element: constructs.Substring, compiler: SQLCompiler, **kw: Any) -> str:
    text, *places = arguments(element, compiler, **kw)
    start, *length = (once(_PLACE, v=place) for place in places)
    return f"substr({text}, {start} + 1{''.join(f', {count}' for count in length)})"


# Null stays null, which GREATEST and LEAST would skip.
_PLACE = "CAST(CASE WHEN n.v < 0 THEN 0 WHEN n.v > 2147483646 THEN 2147483646 ELSE n.v END AS INTEGER)"

DATABASE = PostgreSQL()
