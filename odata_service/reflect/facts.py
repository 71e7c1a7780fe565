"""What a database says of its tables: values only, nothing is decided here."""

from __future__ import annotations

from typing import Any, Literal

from sqlalchemy import types

from odata_service.values import frozen

Kind = Literal["table", "view", "materialised view"]
Columns = tuple[str, ...]


@frozen
class TableName:
    """``Order Details``, ``sales.invoice``; the schema is ``None`` where it is the database's default."""

    schema: str | None
    name: str

    def __str__(self) -> str:
        return self.name if self.schema is None else f"{self.schema}.{self.name}"

    def __lt__(self, other: TableName) -> bool:
        return (self.schema or "", self.name) < (other.schema or "", other.name)


@frozen
class ColumnFacts:
    """``declared`` is the type as the database writes it, ``type`` what SQLAlchemy makes of it. ``by_default`` says that the database
    has a value where none is given, ``server_set`` that it takes no other than its own, and ``counted`` that it counts rows."""

    name: str
    type: types.TypeEngine[Any]
    declared: str
    nullable: bool
    by_default: bool = False
    server_set: bool = False
    counted: bool = False
    comment: str = ""


@frozen
class ForeignKey:
    """``FOREIGN KEY (OrderID, LineNo) REFERENCES order_line (order_id, line_no)``, whole."""

    name: str
    columns: Columns
    target: TableName
    target_columns: Columns


@frozen
class KeptFacts:
    """What ``track install`` has made for a table: the columns with the stamp and the mark of deletion, the table of deleted
    rows with its columns, and that of stamps where the two columns are not in the table itself."""

    last_updated: str
    is_deleted: str
    gone: TableName
    gone_columns: frozenset[str] = frozenset()
    stamps: TableName | None = None


@frozen
class TableFacts:
    """``unique`` are the lists of columns in which no two rows are alike, but for the primary key, and ``lacking`` the columns of
    this that are null in some rows, which SQLite allows."""

    name: TableName
    kind: Kind
    columns: tuple[ColumnFacts, ...]
    key: Columns = ()
    unique: tuple[Columns, ...] = ()
    foreign_keys: tuple[ForeignKey, ...] = ()
    comment: str = ""
    kept: KeptFacts | None = None
    lacking: Columns = ()

    def column(self, name: str) -> ColumnFacts:
        return next(each for each in self.columns if each.name == name)

    @property
    def column_names(self) -> frozenset[str]:
        return frozenset(each.name for each in self.columns)

    def tells_apart(self, columns: Columns) -> bool:
        """Whether no two rows are alike in all of these columns."""
        return any(each and set(each) <= set(columns) for each in (self.key, *self.unique))


@frozen
class DatabaseFacts:
    """Tables in the order of their names; ``refused`` are those that cannot be read, and why."""

    tables: tuple[TableFacts, ...]
    refused: tuple[tuple[TableName, str], ...] = ()
