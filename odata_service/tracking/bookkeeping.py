"""The service's own tables: made when they are first needed, by whichever process is first."""

from __future__ import annotations

from sqlalchemy import Engine, Table, inspect
from sqlalchemy.exc import DBAPIError

from .begin import prepare_engine, writing


def create_missing(engine: Engine, *tables: Table) -> None:
    """Safe to repeat, and when several processes do it at once."""
    prepare_engine(engine)
    for table in tables:
        try:
            table.create(writing(engine), checkfirst=True)
        except DBAPIError:
            if not inspect(engine).has_table(table.name):  # else another process was first
                raise
