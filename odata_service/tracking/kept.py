"""Tables of which the database itself keeps track: its triggers stamp what any program writes, and take deleted rows to a
table beside theirs. ::

    odata-service track install postgresql://localhost/shop --tables customer

Whoever reads such a set with its tombstones reads the rows of both tables. Where the table itself must not change, the
stamps of its rows stand in a third one.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import (
    Column, Connection, FromClause, MetaData, Select, String, Subquery, Table, and_, cast, delete, false, func, null,
    select, type_coerce, union_all,
)  # fmt: skip

from odata_service.values import frozen

from .clock import milliseconds, moment
from .floor import raise_floor
from .tracked import AnyMapper, Tracking, tracking_of

# Which tables are kept track of, and where; the schema is empty where it is the database's default.
REGISTER = Table(
    "odata_tracked",
    MetaData(),
    Column("tracked_schema", String(64), primary_key=True),
    Column("tracked_table", String(64), primary_key=True),
    Column("last_updated", String(64), nullable=False),
    Column("is_deleted", String(64), nullable=False),
    Column("gone_table", String(64), nullable=False),
    Column("stamps_table", String(64)),
)
DEFERRED = ("odata_stamp", "odata_stamp_again")  # PostgreSQL's triggers that wait for COMMIT
_INFO = "odata_kept"


@frozen
class Kept:
    """The tables beside one that is kept track of: ``gone`` has the deleted rows as they were last, ``stamps`` the stamps of
    the others, by their keys, where these have no room for them."""

    gone: Table
    stamps: Table | None = None


def keep(table: Table, kept: Kept) -> None:
    table.info[_INFO] = kept


def kept_of(mapper: AnyMapper) -> Kept | None:
    kept: Kept | None = getattr(mapper.local_table, "info", {}).get(_INFO)
    return kept


def rows_of(mapper: AnyMapper, *, dead: bool) -> Subquery | None:
    """What stands for the table in a read, with deleted rows or without; ``None`` where that is the table itself."""
    kept = kept_of(mapper)
    if kept is None or not (dead or kept.stamps is not None):
        return None
    living = _living(mapper, kept)
    return union_all(living, _gone(mapper, kept)).subquery() if dead else living.subquery()


def greatest_stamp(mapper: AnyMapper) -> Select[Any]:
    """The stamp of the last change of any row, deleted ones included; null where there is none."""
    stamp = _names(mapper)[0]
    kept = kept_of(mapper)
    if kept is None:
        return select(func.max(mapper.local_table.c[stamp]))
    sources: list[FromClause] = [mapper.local_table if kept.stamps is None else kept.stamps, kept.gone]
    each = union_all(*(select(func.max(source.c[stamp]).label(stamp)) for source in sources)).subquery()
    return select(func.max(each.c[stamp]))


def grave_stamp(connection: Connection, mapper: AnyMapper, key: Mapping[str, object]) -> int | None:
    """When the row with a key, by column, was deleted, in milliseconds, if it was."""
    kept = kept_of(mapper)
    if kept is None:
        return None
    same = (kept.gone.c[name] == value for name, value in key.items())
    stamp = connection.scalar(select(kept.gone.c[_names(mapper)[0]]).where(*same))
    return None if stamp is None else milliseconds(stamp)


def stamp_now(connection: Connection, mapper: AnyMapper) -> None:
    """Where triggers stamp at COMMIT, let them do so now, so that whoever reads before it reads the stamps."""
    if connection.dialect.name == "postgresql":
        quote = connection.dialect.identifier_preparer.quote_identifier
        schema = getattr(mapper.local_table, "schema", None)
        names = ", ".join(f"{quote(schema)}.{each}" if schema else each for each in DEFERRED)
        connection.exec_driver_sql(f"SET CONSTRAINTS {names} IMMEDIATE")


def forget_gone(connection: Connection, mapper: AnyMapper, until: int) -> int:
    """Remove what was deleted up to a stamp, for good; returns how many rows."""
    kept, table = kept_of(mapper), mapper.local_table
    assert kept is not None and isinstance(table, Table), "only such tables have deleted rows beside them"
    stamp = kept.gone.c[_names(mapper)[0]]
    old = stamp <= moment(until)
    last = connection.scalar(select(func.max(stamp)).where(old))
    if last is None:
        return 0
    raise_floor(connection, table, milliseconds(last))
    return connection.execute(delete(kept.gone).where(old)).rowcount


def _names(mapper: AnyMapper) -> tuple[str, str]:
    """The columns with the stamp and the mark of deletion."""
    tracking: Tracking | None = tracking_of(mapper)
    assert tracking is not None and tracking.last_updated and tracking.is_deleted, "what is kept track of has both"
    stamp, deleted = (mapper.column_attrs[name].columns[0] for name in (tracking.last_updated, tracking.is_deleted))
    return str(stamp.name), str(deleted.name)


def _living(mapper: AnyMapper, kept: Kept) -> Select[Any]:
    table, (stamp, deleted) = mapper.local_table, _names(mapper)
    assert isinstance(table, Table), "what is kept track of is a table"
    if kept.stamps is None:
        return select(*(column.label(column.name) for column in table.columns))
    instead = {stamp: kept.stamps.c[stamp], deleted: type_coerce(false(), table.c[deleted].type)}
    columns = (instead.get(column.name, column).label(column.name) for column in table.columns)
    same = (table.c[column.name] == kept.stamps.c[column.name] for column in table.primary_key)
    return select(*columns).select_from(table.join(kept.stamps, and_(*same)))


def _gone(mapper: AnyMapper, kept: Kept) -> Select[Any]:
    """A column that the table got later, no row had that was deleted before."""
    there = kept.gone.c
    return select(
        *(
            (there[column.name] if column.name in there else cast(null(), column.type)).label(column.name)
            for column in mapper.local_table.columns
        )
    )
