"""SQLite: the words of a declaration say which values a column should have, the values themselves which it has."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, event, text, types
from sqlalchemy.exc import DBAPIError

from odata_service.reflect.facts import ColumnFacts, Columns, TableFacts
from odata_service.reflect.products import Arrival, Evidence, Product, some_rows
from odata_service.reflect.storage_sqlite import (
    NO_DAY, FormsOf, KeptBigInteger, KeptBinary, KeptBoolean, KeptDate, KeptDateTime, KeptDecimal, KeptDouble, KeptGuid, KeptInteger, KeptSmallInteger, KeptText,
    MixedDateTime, moments, times,
)  # fmt: skip
from odata_service.types import Seen

Forms = frozenset[str]
Kind = types.TypeEngine[Any]
_NUMBERS = frozenset({"integer", "real"})


class SQLite(Product):
    name = "sqlite"

    def declared_types(self, connection: Connection, schema: str | None) -> Mapping[tuple[str, str], str]:
        found = {}
        for table in (
            connection.execute(text("SELECT name FROM sqlite_master WHERE type IN ('table', 'view')")).scalars().all()
        ):
            try:
                columns = connection.execute(
                    text("SELECT name, type FROM pragma_table_xinfo(:table)"), {"table": table}
                ).all()
            except DBAPIError:  # a view of a table that is gone
                continue
            found.update({(table, name): declared for name, declared in columns})
        return found

    def refused_tables(self, connection: Connection, schema: str | None) -> Mapping[str, str]:
        rows = connection.execute(text("SELECT name, type FROM pragma_table_list WHERE type IN ('virtual', 'shadow')"))
        reasons = {
            "virtual": "it is a virtual table, whose rows a module makes",
            "shadow": "it is part of a virtual table",
        }
        return {name: reasons[kind] for name, kind in rows}

    def catalogue_sign(self, connection: Connection, schema: str | None) -> str:
        """SQLite counts the changes of a file's schema; another file may have come to stand in its place."""
        file = connection.execute(text("SELECT file FROM pragma_database_list WHERE name = 'main'")).scalar_one()
        return f"{Path(file).stat().st_ino if file else ''} {connection.exec_driver_sql('PRAGMA schema_version').scalar_one()}"

    def counts(self, said: Mapping[str, Any], declared: str, key: Columns) -> bool:
        return key == (said["name"],) and declared.upper() == "INTEGER"

    def lacking(self, connection: Connection, table: TableFacts) -> Columns:
        quote = connection.dialect.identifier_preparer.quote_identifier
        asked = f"SELECT EXISTS (SELECT 1 FROM {quote(table.name.name)} WHERE {{}} IS NULL)"
        unsure = [each.name for each in table.columns if each.name in table.key and each.nullable and not each.counted]
        return tuple(name for name in unsure if connection.exec_driver_sql(asked.format(quote(name))).scalar_one())

    def evidence(self, connection: Connection, table: TableFacts) -> Evidence:
        columns = [each for each in table.columns if not each.counted]
        if not columns:
            return {}
        connection.connection.dbapi_connection.create_aggregate("odata_forms", 1, FormsOf)  # type: ignore[union-attr]
        quote = connection.dialect.identifier_preparer.quote_identifier
        asked = ", ".join(_FORMS.format(quote(each.name)) for each in columns)
        found = connection.exec_driver_sql(f"SELECT {asked} FROM {some_rows(table.name, quote)}").one()
        return {
            each.name: frozenset((said or "").split("\n")) - {""} for each, said in zip(columns, found, strict=True)
        }

    def arrival(self, column: ColumnFacts, values: Forms) -> Arrival:
        if column.counted:
            return Arrival(types.BigInteger())
        rule = _affinity(column.declared)
        return rule(column, values)

    def keeps_milliseconds(self, column: ColumnFacts, shown: Kind) -> bool:
        return isinstance(shown, KeptDateTime) and shown.digits is not None and shown.digits >= 3

    def read_only(self, engine: Engine) -> None:
        @event.listens_for(engine, "connect")
        def only_read(connection: Any, _record: object) -> None:
            connection.execute("PRAGMA query_only=ON").close()


# Not the whole of what is long.
_FORMS = "odata_forms(CASE typeof({0}) WHEN 'text' THEN substr({0}, 1, 41) WHEN 'blob' THEN x'' ELSE {0} END)"


Rule = Callable[[ColumnFacts, Forms], Arrival]


def _is_text(form: str) -> bool:
    return form not in ("integer", "real", "blob")


def _as_it_is(column: ColumnFacts, forms: Forms) -> Arrival:
    """What is declared as one thing and holds others, or is not declared: what all of its values are."""
    note = f"declared {column.declared}, and holds {_words(forms)}" if column.declared else ""
    if forms == {"integer"}:
        return Arrival(KeptBigInteger(), note)
    if forms and forms <= _NUMBERS:
        return Arrival(KeptDouble(), note)
    if forms == {"blob"}:
        return Arrival(KeptBinary(), note)
    if forms and all(map(_is_text, forms)):
        return Arrival(KeptText(), note)
    if "blob" in forms:
        return Arrival(None, note or f"no type is declared, and it holds {_words(forms)}")
    return Arrival(Seen(types.Text()), note or f"no type is declared, and it holds {_words(forms) or 'nothing yet'}")


def _words(forms: Forms) -> str:
    """
    >>> _words(frozenset({"9999-99-99", "integer"}))
    'integers, texts like 9999-99-99'
    """
    plain = {
        "integer": "integers",
        "real": "floating point numbers",
        "blob": "octets",
        "text": "texts",
        "guid": "Guids",
        "GUID": "Guids",
    }
    said = sorted({plain.get(form, f"texts like {form}") for form in forms})
    return ", ".join(said[:4])


def _integer(kind: type[Kind]) -> Rule:
    return lambda column, forms: Arrival(kind()) if forms <= {"integer"} else _as_it_is(column, forms)


def _decimal(column: ColumnFacts, forms: Forms) -> Arrival:
    if not forms <= _NUMBERS:
        return _as_it_is(column, forms)
    digits = [int(each) for each in re.findall(r"\d+", column.declared.partition("(")[2])]
    precision, scale = (*digits, 0)[:2] if digits else (None, None)
    return Arrival(KeptDecimal(precision, scale))


def _double(column: ColumnFacts, forms: Forms) -> Arrival:
    return Arrival(KeptDouble()) if forms <= _NUMBERS else _as_it_is(column, forms)


def _boolean(column: ColumnFacts, forms: Forms) -> Arrival:
    return Arrival(KeptBoolean()) if forms <= {"integer"} else _as_it_is(column, forms)


def _moment(column: ColumnFacts, forms: Forms) -> Arrival:
    found = moments(forms)
    if isinstance(found, KeptDate):
        return Arrival(found, f"declared {column.declared}, and holds days{_no_days(forms)}")
    return _as_it_is(column, forms) if found is None else Arrival(found, _doubts(found, forms))


def _doubts(found: Kind, forms: Forms) -> str:
    mixed = (
        f"it holds {_words(forms - {NO_DAY})}: they are compared by the millisecond"
        if isinstance(found, MixedDateTime)
        else ""
    )
    return mixed + _no_days(forms).removeprefix("" if mixed else ", ")


def _no_days(forms: Forms) -> str:
    return f", some that no calendar has like {NO_DAY}; these are null" if NO_DAY in forms else ""


def _day(column: ColumnFacts, forms: Forms) -> Arrival:
    found = moments(forms) if forms - {NO_DAY} else KeptDate(bool(forms))
    if found is None:
        return _as_it_is(column, forms)
    if isinstance(found, KeptDate):
        return Arrival(found, _no_days(forms).removeprefix(", "))
    return Arrival(found, f"declared {column.declared}, and holds moments{_no_days(forms)}")


def _time(column: ColumnFacts, forms: Forms) -> Arrival:
    found = times(forms)
    return _as_it_is(column, forms) if found is None else Arrival(found)


def _guid(column: ColumnFacts, forms: Forms) -> Arrival:
    if forms <= {"guid"} or forms == {"GUID"}:
        return Arrival(KeptGuid(forms == {"GUID"}))
    return _as_it_is(column, forms)


def _text(column: ColumnFacts, forms: Forms) -> Arrival:
    found = re.search(r"\((\d+)\)", column.declared)
    return (
        Arrival(KeptText(int(found[1]) if found else None)) if all(map(_is_text, forms)) else _as_it_is(column, forms)
    )


def _octets(column: ColumnFacts, forms: Forms) -> Arrival:
    return Arrival(KeptBinary()) if forms <= {"blob"} else _as_it_is(column, forms)


# The first row whose words are in the declaration; the last ones are SQLite's own rules (Datatypes, Determination Of Column Affinity).
_RULES: tuple[tuple[re.Pattern[str], Rule], ...] = tuple(
    (re.compile(pattern, re.IGNORECASE), rule)
    for pattern, rule in (
        (r"^(BOOL|BOOLEAN|BIT|LOGICAL|YESNO)\b(?!\s*VARYING)", _boolean),
        (r"^(TINYINT|SMALLINT|INT2)\b(?!.*UNSIGNED)", _integer(KeptSmallInteger)),
        (r"^(INT|INT4|MEDIUMINT)\b(?!.*UNSIGNED)", _integer(KeptInteger)),
        (r"^(DATETIMEOFFSET|TIMESTAMPTZ|DATETIME|DATETIME2|SMALLDATETIME|TIMESTAMP)\b", _moment),
        (r"^DATE\b", _day),
        (r"^TIME\b", _time),
        (r"^(GUID|UUID|UNIQUEIDENTIFIER)\b", _guid),
        (r"^(DECIMAL|DEC|NUMERIC|NUMBER|MONEY|SMALLMONEY|CURRENCY)\b", _decimal),
        (r"^(STRING|JSON|JSONB|XML|ENUM|SET)\b", _text),
        (r"^(IMAGE|BINARY|VARBINARY|BYTEA|RAW)\b", _octets),
        (r"INT", _integer(KeptBigInteger)),
        (r"CHAR|CLOB|TEXT", _text),
        (r"BLOB", _octets),
        (r"REAL|FLOA|DOUB", _double),
    )
)


def _affinity(declared: str) -> Rule:
    return next((rule for pattern, rule in _RULES if pattern.search(declared)), _as_it_is)


PRODUCT = SQLite()
