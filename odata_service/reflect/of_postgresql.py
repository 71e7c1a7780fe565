"""PostgreSQL."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import ColumnElement, Connection, Engine, case, event, literal_column, null, text, types
from sqlalchemy.dialects import postgresql

from odata_service.dialects.postgresql import at_once, is_pooled
from odata_service.reflect.facts import ColumnFacts, Columns
from odata_service.reflect.products import Arrival, Product, standard
from odata_service.types import ArrayOf, Kept, Padded, Seen

_DECLARED = """
SELECT c.relname, a.attname, format_type(a.atttypid, a.atttypmod)
FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE a.attnum > 0 AND NOT a.attisdropped AND n.nspname = coalesce(:schema, current_schema())
"""
_REFUSED = """
SELECT c.relname, CASE
    WHEN c.relispartition THEN 'it is a partition of another table'
    WHEN EXISTS (SELECT FROM pg_depend d WHERE d.classid = 'pg_class'::regclass AND d.objid = c.oid AND d.deptype = 'e')
        THEN 'it belongs to an extension'
    ELSE 'there is no right to read it' END
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE n.nspname = coalesce(:schema, current_schema()) AND c.relkind IN ('r', 'p', 'v', 'm', 'f') AND (
    c.relispartition
    OR EXISTS (SELECT FROM pg_depend d WHERE d.classid = 'pg_class'::regclass AND d.objid = c.oid AND d.deptype = 'e')
    OR NOT has_table_privilege(c.oid, 'SELECT') OR NOT has_schema_privilege(n.oid, 'USAGE'))
"""
# Whatever the catalogue says that a model depends on; the order of rows makes no difference to a sum.
_SIGN = """
SELECT concat_ws(' ',
    (SELECT sum(hashtextextended((c.oid, c.relname, c.relkind, c.relispartition, c.relacl)::text, 0))
        FROM pg_class c WHERE c.relnamespace = n.oid),
    (SELECT sum(hashtextextended((a.attrelid, a.attnum, a.attname, a.atttypid, a.atttypmod, a.attnotnull, a.atthasdef, a.attidentity,
        a.attgenerated, a.attisdropped)::text, 0))
        FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid WHERE c.relnamespace = n.oid),
    (SELECT sum(hashtextextended(k::text, 0)) FROM pg_constraint k WHERE k.connamespace = n.oid),
    (SELECT sum(hashtextextended((i.indrelid, i.indkey, i.indisunique, i.indpred IS NULL)::text, 0))
        FROM pg_index i JOIN pg_class c ON c.oid = i.indrelid WHERE c.relnamespace = n.oid),
    (SELECT sum(hashtextextended((e.enumtypid, e.enumlabel)::text, 0)) FROM pg_enum e),
    (SELECT sum(hashtextextended(d::text, 0)) FROM pg_description d JOIN pg_class c ON c.oid = d.objoid WHERE c.relnamespace = n.oid))
FROM pg_namespace n WHERE n.nspname = coalesce(:schema, current_schema())
"""
# Types that OData lacks, and what their values are seen as.
_SEEN: Mapping[str, types.TypeEngine[Any]] = {
    "json": types.Text(),
    "jsonb": types.Text(),
    "xml": types.Text(),
    "cidr": types.Text(),
    "macaddr": types.Text(),
    "macaddr8": types.Text(),
    "citext": types.Text(),
    "name": types.Text(),
    '"char"': types.Text(),
    "bit": types.Text(),
    "bit varying": types.Text(),
    "time with time zone": types.Text(),
    "oid": types.BigInteger(),
    "money": types.Numeric(19, 2),
}
_ITEMS: tuple[tuple[type[types.TypeEngine[Any]], types.TypeEngine[Any], bool], ...] = (
    (types.Boolean, types.Boolean(), False),
    (types.SmallInteger, types.SmallInteger(), False),
    (types.BigInteger, types.BigInteger(), False),
    (types.Integer, types.Integer(), False),
    (types.Float, types.Double(), False),
    (types.Numeric, types.Numeric(), True),
    (types.String, types.Text(), False),
)


class _KeptDay(Kept):
    """What Python's calendar does not have is null: ``infinity``, years before the first and after the last that it knows."""

    def __init__(self, *, timezone: bool = False) -> None:
        super().__init__(**({"timezone": True} if timezone else {}))
        self.unsure = True

    def guarded(self, column: ColumnElement[Any]) -> ColumnElement[Any]:
        within = column.between(literal_column("'0001-01-01'"), literal_column("'9999-12-31 23:59:59.999999'"))
        return case((within, column), else_=null())


class KeptDate(_KeptDay, types.Date):
    pass


class KeptDateTime(_KeptDay, types.DateTime):
    pass


class PostgreSQL(Product):
    name = "postgresql"
    no_day = "{0} NOT BETWEEN '0001-01-01' AND '9999-12-31 23:59:59.999999'"

    def declared_types(self, connection: Connection, schema: str | None) -> Mapping[tuple[str, str], str]:
        rows = connection.execute(text(_DECLARED), {"schema": schema})
        return {(table, column): declared for table, column, declared in rows}

    def refused_tables(self, connection: Connection, schema: str | None) -> Mapping[str, str]:
        return {str(name): str(reason) for name, reason in connection.execute(text(_REFUSED), {"schema": schema})}

    def catalogue_sign(self, connection: Connection, schema: str | None) -> str:
        return str(connection.execute(text(_SIGN), {"schema": schema}).scalar())

    def counts(self, said: Mapping[str, Any], declared: str, key: Columns) -> bool:
        return False  # it says so as a default or an identity

    def arrival(self, column: ColumnFacts, values: frozenset[str]) -> Arrival:
        kind = column.type
        if isinstance(kind, postgresql.DOMAIN):
            within = ColumnFacts(column.name, kind.data_type, column.declared, True)
            return self.arrival(within, values)
        if isinstance(kind, postgresql.ARRAY):
            return _array(kind, column)
        if isinstance(kind, types.Enum):
            return Arrival(
                Seen(types.String(max(map(len, kind.enums), default=None))), f"one of {', '.join(kind.enums)}"
            )
        if isinstance(kind, types.CHAR):
            return Arrival(Padded(kind.length))
        if values and isinstance(kind, (types.Date, types.DateTime)):
            found = KeptDate() if isinstance(kind, types.Date) else KeptDateTime(timezone=kind.timezone)
            return Arrival(found, "it holds days that no calendar has like infinity; these are null")
        if isinstance(kind, postgresql.INTERVAL):
            return Arrival(types.Interval(), "its months are shown as 30 days")
        if isinstance(kind, postgresql.INET):
            return Arrival(Seen(types.Text(), "abbrev"))  # a cast would put the netmask of one host behind it
        said = _SEEN.get(column.declared.partition("(")[0].lower())
        return standard(column) if said is None else Arrival(Seen(said))

    def keeps_milliseconds(self, column: ColumnFacts, shown: types.TypeEngine[Any]) -> bool:
        precision: int | None = getattr(column.type, "precision", None)
        return precision is None or precision >= 3

    def read_only(self, engine: Engine) -> None:
        """Behind a pooler a session's setting would hold for whoever gets the server's process next."""

        @event.listens_for(engine, "connect")
        def only_read(connection: Any, record: Any) -> None:
            record.info[only_read] = is_pooled(connection)
            if not record.info[only_read]:
                at_once(connection, "SET default_transaction_read_only = on")

        @event.listens_for(engine, "begin")
        def begin(connection: Connection) -> None:
            if connection.connection.info.get(only_read):
                connection.exec_driver_sql("SET TRANSACTION READ ONLY")


def _array(kind: postgresql.ARRAY[Any], column: ColumnFacts) -> Arrival:
    items = kind.item_type
    found = next(((shown, as_text) for theirs, shown, as_text in _ITEMS if isinstance(items, theirs)), None)
    if found is None or isinstance(items, (types.Enum, types.CHAR)) or (kind.dimensions or 1) > 1:
        return Arrival(None, f"an array of this type has no place in OData: {column.declared}")
    return Arrival(ArrayOf(found[0], as_text=found[1]))


PRODUCT = PostgreSQL()
