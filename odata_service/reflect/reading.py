"""A database's catalogue → facts. A handful of statements for all tables of a schema, however many there are."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from sqlalchemy import Connection, Engine, Inspector, exc, inspect, select
from sqlalchemy.engine.reflection import ObjectKind

from odata_service.reflect.facts import (
    ColumnFacts, Columns, DatabaseFacts, ForeignKey, KeptFacts, Kind, TableFacts, TableName,
)  # fmt: skip
from odata_service.reflect.products import Product
from odata_service.tracking.kept import REGISTER

Key = tuple[str | None, str]  # as SQLAlchemy's inspector names tables
Progress = Callable[[str], None]
OWN_TABLES = "odata_"  # the clock and what else the service keeps for itself


def quiet(said: str) -> None:
    """Nobody is told how far it is."""


def read_facts(
    engine: Engine, product: Product, schemas: Sequence[str] = (), progress: Progress = quiet
) -> DatabaseFacts:
    """All tables and views of the default schema, or of the named ones."""
    tables: list[TableFacts] = []
    refused: list[tuple[TableName, str]] = []
    with engine.connect() as connection, warnings.catch_warnings(action="ignore", category=exc.SAWarning):
        inspector = inspect(connection)
        for schema in schemas or (None,):
            progress(f"reading {schema or 'the catalogue'}")
            named = None if schema == inspector.default_schema_name else schema
            reading = _Schema(connection, inspector, product, named, progress)
            tables += [replace(each, lacking=product.lacking(connection, each)) for each in reading.tables()]
            refused += reading.refused
    return DatabaseFacts(tuple(sorted(_meeting(tables), key=lambda each: each.name)), tuple(sorted(refused)))


def _meeting(tables: Sequence[TableFacts]) -> Iterator[TableFacts]:
    """With foreign keys to tables and columns as these are written themselves: SQLite does not mind ``REFERENCES person (ID)``."""
    exact = {each.name: each for each in tables}
    loose = {(each.name.schema, each.name.name.lower()): each for each in tables}
    for table in tables:
        keys = []
        for key in table.foreign_keys:
            target = exact.get(key.target) or loose.get((key.target.schema, key.target.name.lower()))
            there = key.target_columns if target is None else _as_written(key.target_columns or target.key, target)
            meant = key.target if target is None else target.name
            keys.append(replace(key, columns=_as_written(key.columns, table), target=meant, target_columns=there))
        yield replace(table, foreign_keys=tuple(keys))


def _as_written(columns: Columns, table: TableFacts) -> Columns:
    exact, loose = table.column_names, {each.name.lower(): each.name for each in table.columns}
    return tuple(name if name in exact else loose.get(name.lower(), name) for name in columns)


def kept_tables(inspector: Inspector, connection: Connection) -> dict[TableName, KeptFacts]:
    """The tables of which the database itself keeps track."""
    if not inspector.has_table(REGISTER.name):
        return {}
    found = {}
    for row in connection.execute(select(REGISTER)):
        schema = row.tracked_schema or None
        stamps = TableName(schema, row.stamps_table) if row.stamps_table else None
        is_there = inspector.has_table(row.gone_table, schema)
        columns = inspector.get_columns(row.gone_table, schema) if is_there else []
        kept = KeptFacts(
            row.last_updated,
            row.is_deleted,
            TableName(schema, row.gone_table),
            frozenset(each["name"] for each in columns),
            stamps,
        )
        found[TableName(schema, row.tracked_table)] = kept
    return found


class _Schema:
    """One schema being read."""

    def __init__(
        self, connection: Connection, inspector: Inspector, product: Product, schema: str | None, progress: Progress
    ) -> None:
        self._inspector, self._schema, self._progress = inspector, schema, progress
        self._kept = kept_tables(inspector, connection)
        self._declared = product.declared_types(connection, schema)
        self._product = product
        reasons = product.refused_tables(connection, schema)
        self.refused = [(TableName(schema, name), reason) for name, reason in reasons.items()]
        self._without = set(reasons)

    def tables(self) -> list[TableFacts]:
        kinds: dict[str, Kind] = dict.fromkeys(self._inspector.get_table_names(self._schema), "table")
        kinds |= dict.fromkeys(self._inspector.get_view_names(self._schema), "view")
        kinds |= dict.fromkeys(self._named(self._inspector.get_materialized_view_names), "materialised view")
        names = [name for name in kinds if name not in self._without and not name.startswith(OWN_TABLES)]
        self._progress(f"reading {len(names)} tables and views")
        columns = self._columns(names)
        names = [name for name in names if name in columns]  # not those that are broken
        keys = self._all(self._inspector.get_multi_pk_constraint, names)
        unique = self._all(self._inspector.get_multi_unique_constraints, names)
        indexes = self._all(self._inspector.get_multi_indexes, names)
        foreign = self._all(self._inspector.get_multi_foreign_keys, names)
        comments = self._all(self._inspector.get_multi_table_comment, names)

        def key_of(name: str) -> Columns:
            return tuple((keys.get(name) or {}).get("constrained_columns") or ())

        def borrowed(name: str) -> frozenset[str]:
            return frozenset(column for each in foreign.get(name) or () for column in each["constrained_columns"])

        return [
            TableFacts(
                TableName(self._schema, name),
                kinds[name],
                tuple(self._column(name, each, key_of(name), borrowed(name)) for each in columns[name]),
                key_of(name),
                _unique(unique.get(name) or (), indexes.get(name) or ()),
                tuple(
                    sorted(
                        map(self._foreign_key, foreign.get(name) or ()), key=lambda each: (each.columns, each.target)
                    )
                ),
                str((comments.get(name) or {}).get("text") or ""),
                self._kept.get(TableName(self._schema, name)),
            )
            for name in names
        ]

    def _named(self, ask: Callable[..., Iterable[str]]) -> Iterable[str]:
        try:
            return ask(self._schema)
        except NotImplementedError:  # this product has none
            return ()

    def _columns(self, names: Sequence[str]) -> Mapping[str, Sequence[Any]]:
        """Of all at once, or one by one where one of them is broken: a view of a table that is gone."""
        try:
            return self._all(self._inspector.get_multi_columns, names)
        except exc.DBAPIError:
            return {name: found for name in names if (found := self._columns_of(name))}

    def _columns_of(self, name: str) -> Sequence[Any]:
        try:
            return self._inspector.get_columns(name, self._schema)
        except exc.DBAPIError as error:
            said = str(error.orig).splitlines()[0]
            self.refused.append((TableName(self._schema, name), f"the database cannot read it: {said}"))
            return ()

    def _all(self, ask: Callable[..., Any], names: Sequence[str]) -> Mapping[str, Any]:
        try:
            found: Mapping[Key, Any] = ask(schema=self._schema, filter_names=list(names), kind=ObjectKind.ANY)
        except NotImplementedError:
            return {}
        return {name: each for (_, name), each in found.items()}

    def _column(self, table: str, said: Any, key: Columns, borrowed: frozenset[str]) -> ColumnFacts:
        place = (table, said["name"])
        declared = self._declared[place] if place in self._declared else str(said["type"])
        identity: Mapping[str, Any] = said.get("identity") or {}
        return ColumnFacts(
            said["name"],
            said["type"],
            declared,
            bool(said["nullable"]),
            by_default=said.get("default") is not None or bool(identity),
            server_set=bool(said.get("computed")) or bool(identity.get("always")),
            counted=said["name"] not in borrowed and self._product.counts(said, declared, key),
            comment=str(said.get("comment") or ""),
        )

    def _foreign_key(self, said: Any) -> ForeignKey:
        schema = said.get("referred_schema")
        return ForeignKey(
            str(said.get("name") or ""),
            tuple(said["constrained_columns"]),
            TableName(None if schema == self._inspector.default_schema_name else schema, said["referred_table"]),
            tuple(said["referred_columns"]),
        )


def _unique(constraints: Iterable[Any], indexes: Iterable[Any]) -> tuple[Columns, ...]:
    """Of constraints, and of indexes over all rows and plain columns; the shortest first."""
    of_indexes = [each["column_names"] for each in indexes if each.get("unique") and not _is_partial(each)]
    found = {tuple(each) for each in [*(each["column_names"] for each in constraints), *of_indexes]}
    return tuple(sorted((each for each in found if None not in each), key=lambda each: (len(each), each)))


def _is_partial(index: Any) -> bool:
    return bool(index.get("expressions")) or any(name.endswith("_where") for name in index.get("dialect_options") or {})
