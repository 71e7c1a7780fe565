"""What each database needs to keep track of a table: statements, found by SQLAlchemy's name of its dialect, as ``dialects/``
is. They can be done again at any time."""

from __future__ import annotations

import importlib
import importlib.util
from collections.abc import Iterator
from typing import ClassVar

from sqlalchemy.schema import CreateTable

from odata_service.config import ConfigurationError
from odata_service.reflect.facts import TableName
from odata_service.track.target import Names, Target, literal
from odata_service.tracking.clock import COUNTERS
from odata_service.tracking.floor import FLOORS
from odata_service.tracking.kept import REGISTER

GROUP = "'default'"


class Tracker:
    """Standard SQL; a subclass per product says the rest."""

    row_end: ClassVar[str] = "ON CONFLICT DO NOTHING"
    insert: ClassVar[str] = "INSERT"

    def __init__(self, names: Names) -> None:
        self.names = names

    def problem(self, target: Target) -> str:
        """Why this table cannot be kept track of, if it cannot."""
        return ""

    def foundation(self) -> Iterator[str]:
        """The tables of the service, and what all triggers share."""
        for table in (COUNTERS, FLOORS, REGISTER):
            made = str(CreateTable(table, if_not_exists=True).compile(dialect=self.names.engine.dialect))
            yield " ".join(made.split())
        yield f"{self.insert} INTO {self.names.clock} (tracked_group, last) VALUES ({GROUP}, 0) {self.row_end}".strip()

    def install(self, target: Target) -> Iterator[str]:
        raise NotImplementedError

    def remove(self, target: Target) -> Iterator[str]:
        raise NotImplementedError

    def removed_foundation(self) -> Iterator[str]:
        """When nothing is kept track of any more. The clock stays: stamps must rise for ever."""
        yield f"DROP TABLE IF EXISTS {self.names.register}"

    def registered(self, target: Target) -> Iterator[str]:
        """Whoever followed the table at an earlier time begins anew: nobody has noted what was changed since."""
        names = self.names
        yield self.unregistered(target)
        stamps = literal(target.stamps.name) if target.apart else "NULL"
        values = [
            literal(each)
            for each in (target.name.schema or "", target.name.name, target.last_updated, target.is_deleted)
        ]
        yield (
            f"INSERT INTO {names.register} (tracked_schema, tracked_table, last_updated, is_deleted, gone_table, stamps_table) "
            f"VALUES ({', '.join(values)}, {literal(target.gone.name)}, {stamps})"
        )
        table = literal(str(target.name))
        yield f"DELETE FROM {names.floors} WHERE tracked_table = {table}"
        yield f"INSERT INTO {names.floors} (tracked_table, floor) SELECT {table}, last FROM {names.clock} WHERE tracked_group = {GROUP}"

    def unregistered(self, target: Target) -> str:
        schema, name = literal(target.name.schema or ""), literal(target.name.name)
        return f"DELETE FROM {self.names.register} WHERE tracked_schema = {schema} AND tracked_table = {name}"

    def since(self, target: Target) -> str:
        return literal(target.since.isoformat(" ", "milliseconds"))

    def script(self, statements: Iterator[str]) -> str:
        """Statements as a program takes them that runs scripts."""
        return "".join(f"{each};\n" for each in statements)

    def index(self, name: str, table: TableName, columns: str, *, unique: bool = False) -> str:
        kind = "UNIQUE INDEX" if unique else "INDEX"
        return f"CREATE {kind} IF NOT EXISTS {self.names.quote(name)} ON {self.names.table(table)} ({columns})"


def tracker_named(name: str, names: Names) -> Tracker:
    """The ``TRACKER`` of ``of_<name>.py``."""
    module = f"odata_service.track.of_{name}"
    if importlib.util.find_spec(module) is None:
        raise ConfigurationError(f"there are no triggers for {name}; track knows PostgreSQL, SQLite and MariaDB")
    made: type[Tracker] = importlib.import_module(module).TRACKER
    return made(names)
