"""What the service needs to know of a database. The defaults are standard SQL; a subclass per database overrides."""

from __future__ import annotations

import datetime
import decimal
import json
import uuid
from collections.abc import Callable, Sequence
from typing import Any, ClassVar

from sqlalchemy import ColumnElement, Engine, Select, UnaryExpression, bindparam, event, select, types
from sqlalchemy.engine import Dialect
from sqlalchemy.sql.compiler import Compiled

from odata_service.dialects.constructs import KeyAmong
from odata_service.dialects.documents import Gathered
from odata_service.errors import BadRequest, Conflict, ODataError, ServiceUnavailable

Key = tuple[object, ...]
Decoder = Callable[[object], object]

# SQLSTATE classes and codes (ISO/IEC 9075, Table "SQLSTATE class and subclass values") → what the client is told.
STATES: tuple[tuple[str, type[ODataError], str, str], ...] = (
    ("23505", Conflict, "KeyExists", "an entity with the same key or unique value exists already"),
    ("23503", Conflict, "ReferenceMissing", "a related entity does not exist, or still refers to this one"),
    ("23502", BadRequest, "ValueRequired", "a value is required that was not given"),
    ("23", BadRequest, "ConstraintViolated", "the change breaks a constraint of the database"),
    ("42830", Conflict, "SchemaBroken", "a foreign key of the database refers to what is not there or not unique, which forbids the change"),
    ("2201B", BadRequest, "InvalidPattern", "the pattern is malformed, or looking for it takes too long"),
    ("22", BadRequest, "ValueOutOfRange", "a value or the result of an operation is out of its type's range"),
    ("57014", ServiceUnavailable, "StatementTimeout", "the request took longer than a statement may run"),
    ("40", ServiceUnavailable, "TryAgain", "another change was in the way; try again"),
    ("0A000", ServiceUnavailable, "TryAgain", "the database's schema has changed; try again"),
    ("26000", ServiceUnavailable, "TryAgain", "the database has forgotten a statement; try again"),
    ("25006", ServiceUnavailable, "DatabaseAway", "the database takes no changes now"),
    ("55P03", ServiceUnavailable, "DatabaseBusy", "another change was in the way for too long; try again"),
    ("08", ServiceUnavailable, "DatabaseAway", "the database cannot be reached"),
    ("57", ServiceUnavailable, "DatabaseAway", "the database cannot be reached"),
    ("53", ServiceUnavailable, "DatabaseBusy", "the database has no room for this request now"),
    ("54", BadRequest, "TooComplex", "the request is too complex for the database"),
)


class Database:
    """One kind of database: how its connections are prepared, how its values come and go."""

    name: ClassVar[str] = "default"
    keeps_full_text: ClassVar[bool] = False  # in tables of its own, without which there is none
    keeps_nan: ClassVar[bool] = True
    is_near: ClassVar[bool] = False  # in our own process, so that nothing that is said to it is a round trip
    # Around several statements that must see the same state of the data.
    snapshot: ClassVar[tuple[str, str]] = ("BEGIN", "COMMIT")

    # Where the database stands; and of a replica, whether it has replayed a position, and how many seconds it is behind (null: it follows
    # nobody). Nothing, where there are no replicas that we know how to ask.
    position: ClassVar[str] = ""
    replayed: ClassVar[str] = ""

    explain: ClassVar[str] = ""  # what stands before a statement, so that the database says how it would run it

    def estimate(self, explained: Sequence[Sequence[Any]]) -> int | None:
        """How many rows a statement has, by what the database says when it is to ``explain`` it; ``None`` where it does
        not say so. (Any: each says it in its own way.)"""
        return None

    def told_plan(self, explained: Sequence[Sequence[Any]]) -> list[Any]:
        """The same for people to read."""
        return [list(row) for row in explained]

    def opened(self, engine: Engine) -> None:
        """Before a new engine is asked for anything at all."""

    def prepare(self, engine: Engine, timeout_ms: int) -> None:
        """Make every connection of the engine fit, those included that its pool has already."""

        @event.listens_for(engine, "checkout")
        def make_fit(connection: Any, record: Any, _proxy: object) -> None:
            if not record.info.get(Database):
                self.make_fit(connection, timeout_ms)
                record.info[Database] = True

    def make_fit(self, connection: Any, timeout_ms: int) -> None:
        """Give a driver's connection its time-out, functions and settings."""

    def autocommit(self, connection: Any, on: bool) -> None:
        """Switch a driver's connection so that single reads need no transaction. (Any: drivers share no type.)"""
        connection.autocommit = on

    def bounds(self, connection: Any, snapshot: bool) -> tuple[str, str] | None:
        """What begins and ends a read on a driver's connection; one statement alone needs nothing around it, many that are
        to see the same state of the data do."""
        return self.snapshot if snapshot else None

    def cursor(self, connection: Any) -> Any:
        """A driver's cursor that fetches rows when they are wanted, while other statements of a snapshot run beside it; one that
        fetches all of them at once, where the driver has no other."""
        return connection.cursor()

    def start_timer(self, connection: Any, timeout_ms: int) -> None:
        """Where the database itself cannot limit a statement's time, start counting here."""

    def stop_timer(self, connection: Any) -> None:
        """And end here: what is done next on the connection has a time of its own."""

    def cancel(self, engine: Engine, connection: Any) -> None:
        """End the statement that another thread has running on a driver's connection, as its time-out would."""

    def doubts(self, connection: Any) -> int:
        """How many COMMITs on a driver's connection succeeded without being confirmed as the database's owner wants it."""
        return 0

    def compiled(self, statement: Select[Any], dialect: Dialect) -> Compiled:
        """A read's text and parameters."""
        return statement.compile(dialect=dialect)

    def decoder(self, sql_type: types.TypeEngine[Any], dialect: Dialect) -> Decoder | None:
        """From the driver's value to Python's, or ``None`` where they are the same."""
        implementation = sql_type.dialect_impl(dialect)
        return implementation.result_processor(dialect, None)

    def ordered(self, column: ColumnElement[Any], descending: bool, nullable: bool) -> UnaryExpression[Any]:
        """Nulls first ascending, last descending (Protocol, System Query Option $orderby)."""
        item = column.desc() if descending else column.asc()
        if not nullable:
            return item
        return item.nulls_last() if descending else item.nulls_first()

    def gathered(
        self,
        matching: Callable[..., Select[Any]],
        place: ColumnElement[int],
        order: Sequence[tuple[ColumnElement[Any], bool, bool]],
        top: ColumnElement[int],
        skip: ColumnElement[int] | None,
    ) -> ColumnElement[Any]:
        """The places of some values of a collection as a JSON array, in the order of what is to be :meth:`ordered`."""
        # What gives the order is a column too: SQLite finds nothing from outside in the ORDER BY of a subquery. And it
        # forgets the order of a subquery that has no limit.
        by = [value.label(f"by_{number}") for number, (value, _, _) in enumerate(order)]
        ordering = [self.ordered(column, *how) for column, (_, *how) in zip(by, order, strict=True)]
        wanted = matching(place, *by).order_by(*ordering, place).limit(top)
        rows = (wanted if skip is None else wanted.offset(skip)).subquery()
        return select(Gathered(rows.c["place"])).scalar_subquery()

    def key_among(self, columns: Sequence[ColumnElement[Any]], name: str) -> ColumnElement[bool]:
        """``columns`` are among the keys that :meth:`key_values` gives at run time."""
        return KeyAmong(*columns, bindparam(name, type_=types.String()))

    def key_values(self, keys: Sequence[Key], name: str) -> dict[str, object]:
        """The parameters of :meth:`key_among`: keys as the driver gave them, as a JSON array of values where the key
        has one part, else of arrays; bytes are hexadecimal digits."""
        return {name: _as_json(keys)}

    def sql_state(self, error: BaseException) -> str:
        """The five letters of a driver's error, or nothing."""
        return str(getattr(error, "sqlstate", None) or "")

    def refusal(self, error: BaseException) -> ODataError | None:
        """What a client is told of a driver's error; never its text. ``None`` for what is our own mistake."""
        state = self.sql_state(error)
        for prefix, refusal, code, message in STATES:
            if state and state.startswith(prefix):
                return refusal(code, message)
        return None


def _as_json(keys: Sequence[Key]) -> str:
    """
    >>> _as_json([(1,), (decimal.Decimal("1.5"),)]), _as_json([("a", datetime.datetime(2024, 5, 1))])
    ('[1, "1.5"]', '[["a", "2024-05-01 00:00:00"]]')
    """
    single = bool(keys) and len(keys[0]) == 1
    return json.dumps([key[0] for key in keys] if single else list(keys), default=_in_json)


def _in_json(value: object) -> str:
    if isinstance(value, bytes):
        return value.hex()
    if isinstance(value, datetime.datetime):
        return value.isoformat(" ")
    assert isinstance(value, (decimal.Decimal, datetime.date, datetime.timedelta, uuid.UUID)), "a key has other types"
    return str(value)
