"""A database that another program writes by plain SQL, and its follower."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

from click.testing import CliRunner, Result
from sqlalchemy import URL, Engine, create_engine

from odata_service.cli import main
from odata_service.config import Settings
from odata_service.reflect.service import reflected
from tests.databases.harbour import Harbour
from tests.service.client import Answer

MODES = {"columns": (), "side table": ("--side-table",)}


def track(*arguments: str) -> Result:
    result = CliRunner().invoke(main, ["track", *arguments])
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    return result


@dataclass
class Shop:
    """The database, as its owner's programs see it and as clients of the service do."""

    url: URL
    options: tuple[str, ...] = ()

    @cached_property
    def engine(self) -> Engine:
        return create_engine(self.url)

    @property
    def text(self) -> str:
        return self.url.render_as_string(hide_password=False)

    def sql(self, *statements: str) -> list[tuple[Any, ...]]:
        """In one transaction; the rows of the last one."""
        rows: list[tuple[Any, ...]] = []
        with self.engine.begin() as connection:
            if self.url.get_backend_name() == "sqlite":
                connection.exec_driver_sql("PRAGMA foreign_keys = ON")
            for statement in statements:
                found = connection.execution_options(no_parameters=True).exec_driver_sql(statement)
                rows = [tuple(row) for row in found] if found.returns_rows else []
        return rows

    def install(self, *tables: str) -> None:
        answer = track("install", self.text, "--tables", ",".join(tables), *self.options)
        assert answer.exit_code == 0, answer.stderr

    def served(self, **settings: Any) -> Harbour:
        return Harbour(reflected(Settings(database_url=self.text, writable=True, **settings)))


@dataclass
class Follower:
    """A client with a delta link."""

    harbour: Harbour
    entity_set: str
    link: str = ""

    def pull(self) -> list[Any]:
        """What it hears of: the key and whether the row is there."""
        answer: Answer = self.harbour.ask(self.link or self.entity_set, prefer="odata.track-changes")
        assert answer.status == 200, answer.text
        self.link = answer.json["@odata.deltaLink"]
        return [_heard(each) for each in answer.json["value"]]


def _heard(each: dict[str, Any]) -> Any:
    if "reason" in each:
        return "gone", each["id"].rpartition("/")[2]
    return {name: value for name, value in each.items() if name not in ("LastUpdated", "IsDeleted")}
