"""MariaDB, from 10.11 on: sessions, values that come and go, errors. What it says otherwise in SQL is in the files
``mariadb_*``."""

from __future__ import annotations

import datetime
import decimal
from collections.abc import Callable, Sequence
from contextlib import closing, suppress
from typing import Any

from sqlalchemy import ColumnElement, Engine, Select, UnaryExpression, types
from sqlalchemy.engine import Dialect
from sqlalchemy.exc import DBAPIError
from sqlalchemy.sql.compiler import Compiled

from odata_service.dialects import mariadb_calls
from odata_service.dialects.base import Database, Decoder
from odata_service.dialects.exact import exact_text
from odata_service.dialects.mariadb_compiler import COLLATION, ExactCompiler, learn_columns
from odata_service.dialects.mariadb_constructs import plain_type
from odata_service.dialects.mariadb_documents import GatheredPlaces
from odata_service.tracking import prepare_engine

CALLS = mariadb_calls.FORMULAS
# Numbers of errors → SQLSTATE, which the server's own are too coarse for (MariaDB Error Codes).
_STATES = {
    1062: "23505", 1169: "23505", 1586: "23505",
    1216: "23503", 1217: "23503", 1451: "23503", 1452: "23503",
    1048: "23502", 1364: "23502", 1263: "23502",
    3819: "23514", 4025: "23514", 1022: "23000",
    1264: "22003", 1690: "22003", 1406: "22001", 1292: "22007", 1366: "22000", 1411: "22000", 1441: "22008",
    1265: "22000", 1367: "22000", 1300: "22021", 3854: "22021", 4076: "22000", 1301: "22001",
    1139: "2201B",
    1205: "55P03", 1213: "40001", 1020: "40001", 1317: "57014", 1969: "57014", 3024: "57014", 1028: "57014",
    1412: "0A000", 1615: "26000", 1243: "26000",
    1436: "54001", 1153: "54000", 1119: "54001", 1116: "54001", 1117: "54001", 3: "53100",
    1021: "53100", 1114: "53100", 1037: "53200", 1041: "53200", 1038: "53200", 1040: "53300", 1203: "53300", 1226: "53400",
    # A node of a Galera cluster: not (any more) one of the majority; lost it in COMMIT, so that nobody knows what came of that.
    1047: "08001", 1180: "08007",
    1053: "57P01", 1927: "08006", 2002: "08001", 2003: "08001", 2006: "08006", 2013: "08006", 2014: "08006", 2055: "08006",
}  # fmt: skip
_DOES_NOT_EXIST = 1305
_LOCK_SECONDS = 20
_SETTINGS = (
    "sql_mode = REPLACE(@@sql_mode, 'NO_BACKSLASH_ESCAPES', '')",
    "time_zone = '+00:00'",
    "div_precision_increment = 30",
    "group_concat_max_len = 1073741824",
)


# A node of a Galera cluster begins nothing before it has done what any other had committed: what a client has written by one
# node, he reads by all.
_SEES_THE_CLUSTER = "wsrep_sync_wait = 7"


class ZonedMoment:
    """What the driver gives of a column with a zone, which the database does not have: a moment in UTC."""

    def __call__(self, value: Any) -> datetime.datetime:
        moment: datetime.datetime = value
        return moment if moment.tzinfo else moment.replace(tzinfo=datetime.UTC)


def without_zeros(value: Any) -> decimal.Decimal:
    """A number whose column says nothing of its digits, or that was calculated, with those that it needs."""
    return decimal.Decimal(exact_text(decimal.Decimal(value)))


class MariaDB(Database):
    name = "mariadb"
    keeps_nan = False
    explain = "EXPLAIN EXTENDED"
    # In one statement, because the level is that of the next transaction only.
    snapshot = (
        "BEGIN NOT ATOMIC SET TRANSACTION ISOLATION LEVEL REPEATABLE READ;"
        " START TRANSACTION WITH CONSISTENT SNAPSHOT, READ ONLY; END",
        "COMMIT",
    )

    def estimate(self, explained: Sequence[Sequence[Any]]) -> int | None:
        """Each row is a table: its rows for one of the table before it, and the percentage of them that match."""
        product = 1.0
        for id, _, _, _, _, _, _, _, rows, filtered, *_ in explained:
            product *= float(rows or 0) * float(filtered or 0) / 100 if id == 1 else 1
        return round(product)

    def prepare(self, engine: Engine, timeout_ms: int) -> None:
        prepare_engine(engine)
        super().prepare(engine, timeout_ms)
        with suppress(DBAPIError):  # a server that is away is asked again by the first request
            learn_columns(engine)

    def make_fit(self, connection: Any, timeout_ms: int) -> None:
        connection.set_character_set("utf8mb4", COLLATION)
        settings = [*_SETTINGS, f"innodb_lock_wait_timeout = {_LOCK_SECONDS}", f"max_statement_time = {timeout_ms / 1000}"]
        with connection.cursor() as cursor:
            cursor.execute("SHOW VARIABLES LIKE 'wsrep_on'")
            if ("wsrep_on", "ON") in cursor.fetchall():
                settings.append(_SEES_THE_CLUSTER)
            cursor.execute(f"SET {', '.join(settings)}")
        connection.commit()

    def cancel(self, engine: Engine, connection: Any) -> None:
        """A connection cannot be told anything while it works: another one is."""
        other = engine.dialect.loaded_dbapi.connect(**engine.dialect.create_connect_args(engine.url)[1])
        with closing(other), other.cursor() as cursor:
            cursor.execute(f"KILL QUERY {connection.thread_id():d}")

    def autocommit(self, connection: Any, on: bool) -> None:
        """Nothing to do: a read is a transaction that ends when its connection goes back to the pool. To switch would be
        two more round trips."""

    def compiled(self, statement: Select[Any], dialect: Dialect) -> Compiled:
        return ExactCompiler(dialect, statement)

    def decoder(self, sql_type: types.TypeEngine[Any], dialect: Dialect) -> Decoder | None:
        plain = plain_type(sql_type, dialect)
        if isinstance(plain, types.DateTime) and plain.timezone and not isinstance(sql_type, types.TypeDecorator):
            return ZonedMoment()
        if isinstance(plain, types.Numeric) and not isinstance(plain, types.Float) and plain.precision is None:
            return without_zeros
        return super().decoder(sql_type, dialect)

    def ordered(self, column: ColumnElement[Any], descending: bool, nullable: bool) -> UnaryExpression[Any]:
        """MariaDB's own order of nulls is OData's."""
        return column.desc() if descending else column.asc()

    def gathered(
        self,
        matching: Callable[..., Select[Any]],
        place: ColumnElement[int],
        order: Sequence[tuple[ColumnElement[Any], bool, bool]],
        top: ColumnElement[int],
        skip: ColumnElement[int] | None,
    ) -> ColumnElement[Any]:
        ordering = [self.ordered(*item) for item in order]
        return matching(GatheredPlaces(place, [*ordering, place], top, skip)).scalar_subquery()

    def sql_state(self, error: BaseException) -> str:
        """By number; what the driver refuses itself has none: a number that is infinite, a text with half a letter."""
        number = error.args[0] if getattr(error, "args", None) else None
        if isinstance(error, UnicodeEncodeError):
            return "22021"
        if isinstance(number, str) and "can not be used with MySQL" in number:
            return "22003"
        if type(error).__name__ == "InterfaceError":
            return "08006"
        if number == _DOES_NOT_EXIST and "SAVEPOINT" in str(error.args[1]):
            return "40001"  # a deadlock has ended the whole transaction, as the error before this one says
        return _STATES.get(number, "") if isinstance(number, int) else ""


DATABASE = MariaDB()
