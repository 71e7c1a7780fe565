"""Full text that the database itself looks up: words and phrases in some columns of one table.

PostgreSQL compares ``tsvector`` with a query, and an index over the same expression serves it. SQLite looks in a table of
FTS5, which triggers keep up to date. MariaDB looks through the rows: its own index knows no short words, no frequent ones,
and nothing that its transaction has just written. All know words, whatever their case, and nothing of any language.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import Column, Engine, Table, event, inspect, types
from sqlalchemy.engine import Connection
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.elements import BindParameter
from sqlalchemy.sql.functions import FunctionElement

from odata_service.dialects.constructs import arguments, parts
from odata_service.edm.model import EntityType, Property
from odata_service.tracking import writing
from odata_service.values import frozen

SUFFIX = "_full_text"


class FullTextMatch(FunctionElement[bool]):
    """``full_text_match(phrase, key, …, text, …)``: the row has the phrase's words one after the other."""

    name = "full_text_match"
    type = types.Boolean()
    inherit_cache = False  # the statement is kept with its plan

    def __init__(self, index: FullText, *clauses: Any) -> None:
        super().__init__(*clauses)
        self.index = index


@frozen
class FullText:
    """The columns of a table that ``$search`` looks in."""

    table: Table
    columns: tuple[Column[Any], ...]

    @property
    def key(self) -> Sequence[Column[Any]]:
        return tuple(self.table.primary_key.columns)

    @property
    def name(self) -> str:
        return f"{self.table.name}{SUFFIX}"

    def follow(self) -> None:
        """Make the index with the table; another service on the same classes may do so, too: it is made once."""
        event.listen(self.table, "after_create", self._after_create)

    def _after_create(self, _table: Table, connection: Connection, **_: Any) -> None:
        self.create(connection)

    def create(self, connection: Connection) -> None:
        """Make the index where it is missing, of all rows that are there."""
        for statement in _STATEMENTS.get(connection.dialect.name, _none)(self, connection):
            connection.exec_driver_sql(statement)


def full_text_of(properties: Iterable[Property]) -> FullText:
    columns = tuple(each.column for each in properties if isinstance(each.column, Column))
    tables = {column.table for column in columns}
    assert len(tables) == 1, "the full text of an entity is in columns of one table"
    return FullText(columns[0].table, columns)


def full_texts(entity_types: Iterable[EntityType]) -> list[FullText]:
    """Those of a whole model; of a hierarchy its root has it."""
    searched = [each for each in entity_types if each.full_text and each.base is None]
    return [full_text_of(each.properties[name] for name in each.full_text) for each in searched]


def create_missing(engine: Engine, indexes: Iterable[FullText]) -> None:
    """The indexes of tables that were made before. Safe to repeat, and when several processes do it at once."""
    with writing(engine).begin() as connection:
        known = inspect(connection)
        for index in indexes:
            if known.has_table(index.table.name, schema=index.table.schema):
                index.create(connection)


def _none(_index: FullText, _connection: Connection) -> list[str]:
    return []


def _postgresql(index: FullText, connection: Connection) -> list[str]:
    quote = connection.dialect.identifier_preparer
    vector = _vector([quote.quote(column.name) for column in index.columns])
    table = quote.format_table(index.table)
    return [f"CREATE INDEX IF NOT EXISTS {quote.quote(index.name)} ON {table} USING gin (({vector}))"]


def _vector(columns: Sequence[str]) -> str:
    words = " || ' ' || ".join(f"coalesce({column}, '')" for column in columns)
    return f"to_tsvector('simple'::regconfig, {words})"


def _sqlite(index: FullText, connection: Connection) -> list[str]:
    """Keys have numbers, by which FTS5 knows its rows; the table's own row numbers may change with VACUUM."""
    if inspect(connection).has_table(index.name):
        return []
    quote = connection.dialect.identifier_preparer.quote
    table, words, keys = quote(index.table.name), quote(index.name), quote(f"{index.name}_keys")
    key = [quote(column.name) for column in index.key]
    columns = [quote(column.name) for column in index.columns]

    def of(row: str, names: Sequence[str]) -> str:
        return ", ".join(f"{row}.{name}" for name in names)

    def number(row: str) -> str:
        same = " AND ".join(f"{name} = {row}.{name}" for name in key)
        return f"(SELECT number FROM {keys} WHERE {same})"

    added = (
        f"INSERT INTO {keys} ({', '.join(key)}) VALUES ({of('new', key)}); "
        f"INSERT INTO {words} (rowid, {', '.join(columns)}) VALUES ({number('new')}, {of('new', columns)});"
    )
    removed = (
        f"DELETE FROM {words} WHERE rowid = {number('old')}; "
        f"DELETE FROM {keys} WHERE number = {number('old')};"
    )
    triggers = {"insert": added, "delete": removed, "update": f"{removed} {added}"}
    return [
        f"CREATE VIRTUAL TABLE {words} USING fts5({', '.join(columns)})",
        f"CREATE TABLE {keys} (number INTEGER PRIMARY KEY, {', '.join(key)}, UNIQUE ({', '.join(key)}))",
        f"INSERT INTO {keys} ({', '.join(key)}) SELECT {', '.join(key)} FROM {table}",
        f"INSERT INTO {words} (rowid, {', '.join(columns)}) SELECT {number(table)}, {of(table, columns)} FROM {table}",
        *(
            f"CREATE TRIGGER {quote(f'{index.name}_{change}')} AFTER {change.upper()} ON {table} BEGIN {body} END"
            for change, body in triggers.items()
        ),
    ]


_STATEMENTS = {"postgresql": _postgresql, "sqlite": _sqlite}


@compiles(FullTextMatch, "postgresql")
def _match_postgresql(element: FullTextMatch, compiler: SQLCompiler, **kw: Any) -> str:
    phrase, *columns = arguments(element, compiler, **kw)
    return f"({_vector(columns[len(element.index.key) :])} @@ phraseto_tsquery('simple'::regconfig, {phrase}))"


@compiles(FullTextMatch, "mysql", "mariadb")
def _match_mariadb(element: FullTextMatch, compiler: SQLCompiler, **kw: Any) -> str:
    phrase, *columns = parts(element)
    words = r"\W+".join(re.findall(r"\w+", str(phrase.value))) if isinstance(phrase, BindParameter) else ""
    if not words:
        return "FALSE"
    pattern = rf"(*UCP)(?i)(?<!\w){words}(?!\w)"
    texts = (compiler.process(column, **kw) for column in columns[len(element.index.key) :])
    return f"(CONCAT_WS(' ', {', '.join(texts)}) REGEXP {compiler.render_literal_value(pattern, types.String())})"


@compiles(FullTextMatch, "sqlite")
def _match_sqlite(element: FullTextMatch, compiler: SQLCompiler, **kw: Any) -> str:
    phrase, *columns = arguments(element, compiler, **kw)
    index, quote = element.index, compiler.preparer.quote
    key = columns[: len(index.key)]
    names = ", ".join(quote(column.name) for column in index.key)
    row = key[0] if len(key) == 1 else f"({', '.join(key)})"
    words, keys = quote(index.name), quote(f"{index.name}_keys")
    query = f"""'"' || replace({phrase}, '"', '""') || '"'"""
    return (
        f"({row} IN (SELECT {names} FROM {keys} WHERE number IN (SELECT rowid FROM {words} WHERE {words} MATCH {query})))"
    )
