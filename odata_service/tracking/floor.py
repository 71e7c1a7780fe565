"""Up to which stamp tombstones may be missing, by table."""

from __future__ import annotations

from typing import Any

from sqlalchemy import (
    BigInteger,
    Column,
    Connection,
    Engine,
    MetaData,
    Select,
    String,
    Table,
    insert,
    inspect,
    select,
    update,
)
from sqlalchemy.orm import Mapper

from .rows import stamp_column

FLOORS = Table(
    "odata_floor",
    MetaData(),
    Column("tracked_table", String(150), primary_key=True),
    Column("floor", BigInteger, nullable=False),  # milliseconds since the epoch
)


def floor_of(mapper: Mapper[Any]) -> Select[tuple[int]]:
    """The greatest stamp of a tombstone of this model that was purged; no row where none ever was. Who has heard of
    everything up to that stamp has missed nothing; who has not must begin anew.

    It is to be read *after* the entities: a purge takes rows away and raises the floor in one transaction.
    """
    target = stamp_column(mapper)
    return select(FLOORS.c.floor).where(FLOORS.c.tracked_table == str(target.column.table if target else ""))


def has_floor(engine: Engine) -> bool:
    """Whether this database knows of purges."""
    return inspect(engine).has_table(FLOORS.name)


def raise_floor(connection: Connection, table: Table, floor: int) -> None:
    mine = FLOORS.c.tracked_table == str(table)
    raised = update(FLOORS).where(mine, FLOORS.c.floor < floor).values(floor=floor)
    if connection.execute(raised).rowcount == 0 and connection.execute(select(FLOORS).where(mine)).first() is None:
        connection.execute(insert(FLOORS).values(tracked_table=str(table), floor=floor))
