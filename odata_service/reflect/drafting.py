"""Facts and choices → the draft. The same database gives the same names, whoever asks and in whatever order."""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Mapping
from typing import Any

from sqlalchemy.types import Boolean, TypeEngine

from odata_service.config import ConfigurationError
from odata_service.edm.names import is_name, legal, plural, singular
from odata_service.edm.primitive import BOOLEAN
from odata_service.edm.values import edm_type
from odata_service.errors import did_you_mean
from odata_service.reflect.choices import Choices, TableChoices
from odata_service.reflect.draft import Draft, DraftEntity, DraftProperty, KeyFrom
from odata_service.reflect.facts import ColumnFacts, Columns, DatabaseFacts, TableFacts, TableName
from odata_service.reflect.hierarchy import connect_hierarchies
from odata_service.reflect.navigation import add_navigation, is_pure_link
from odata_service.reflect.products import Evidence, Product
from odata_service.tracking.tracked import STAMP
from odata_service.types import Collection

_NO_KEY_TYPES = ("Edm.Binary", "Edm.Stream", "Edm.Duration")  # a key is compared, and written in addresses


def draft_of(facts: DatabaseFacts, choices: Choices, product: Product, evidence: Mapping[TableName, Evidence]) -> Draft:
    draft = Draft()
    for name, reason in facts.refused:
        draft.remark("left out", name, reason)
    tables = [each for each in facts.tables if choices.takes(each.name)]
    _refuse_unknown(choices, facts)
    for table in tables:
        if is_pure_link(table, tables) and table.kept is None and not choices.of(table.name).set_name:
            draft.links[table.name] = table
        else:
            _add_entity(draft, table, choices, product, evidence.get(table.name, {}))
    _refuse_collisions(draft.entities.values())
    connect_hierarchies(draft, choices)
    add_navigation(draft, choices)
    return draft


def _refuse_unknown(choices: Choices, facts: DatabaseFacts) -> None:
    """What is said of a table or a column that is not there is a slip of the pen."""
    tables = {str(each.name): each for each in facts.tables}
    for name, said in choices.tables.items():
        if name not in tables:
            raise ConfigurationError(f"tables.{name!r}: the database has no such table{did_you_mean(name, tables)}")
        columns = tables[name].column_names
        one = filter(None, (said.last_updated, said.is_deleted, said.discriminator))
        named = (*said.key, *said.ignore, *said.names, *one)
        unknown = next((each for each in named if each not in columns), None)
        if unknown is not None:
            raise ConfigurationError(f"tables.{name!r}: there is no column {unknown!r}{did_you_mean(unknown, columns)}")


def _add_entity(draft: Draft, table: TableFacts, choices: Choices, product: Product, evidence: Evidence) -> None:
    said = choices.of(table.name)
    properties = _properties(draft, table, said, choices, product, evidence)
    by_column = {each.column.name: each for each in properties}
    key, key_from = _key(table, said, by_column)
    secret = next((name for name in key if key_from and by_column[name].hidden), None)
    if secret is not None:
        return draft.remark(
            "left out", table.name, f"its key {secret} looks like a secret or is ignored{_showing(table.name, secret)}"
        )
    if not any(not each.hidden for each in properties):
        return draft.remark("left out", table.name, "none of its columns can be published")
    if not key:
        return draft.remark(
            "left out", table.name, "it has no key, and no column by which its rows could be told apart"
        )
    type_name, set_name = names_of(table.name, said)
    tracked = _tracked(table, said, by_column, product) if key_from else None
    draft.entities[table.name] = DraftEntity(table, type_name, set_name, key, key_from, properties, tracked)
    if type_name in {each.name for each in properties}:
        draft.remark(
            "doubt", table.name, f"{type_name} is the name of the type and of a property, which C# does not allow"
        )
    if not key_from:
        cure = f'[tables."{table.name}"] key = ["…"] gives it one'
        draft.remark(
            "doubt", table.name, f"it has no key: {set_name} is read-only, and its entities have no addresses; {cure}"
        )
    elif key_from == "configuration" and not table.tells_apart(key):
        draft.remark(
            "doubt", table.name, f"the database does not see to it that ({', '.join(key)}) is unique and never null"
        )
    elif key_from == "primary key" and table.lacking:
        draft.remark(
            "doubt",
            table.name,
            f"in some rows {' and '.join(table.lacking)} is null, although it is of the key: these are left out",
        )
    elif key_from == "unique index":
        draft.remark("note", table.name, f"its key is the unique index over {', '.join(key)}")


def names_of(table: TableName, said: TableChoices) -> tuple[str, str]:
    """Type and set; one of both is the table's own name, as far as that is legal.

    >>> names_of(TableName(None, "Person"), TableChoices()), names_of(TableName("sales", "order lines"), TableChoices())
    (('Person', 'People'), ('sales_order_x0020_line', 'sales_order_x0020_lines'))
    """
    own = table.name if table.schema is None else f"{table.schema}_{table.name}"
    one = singular(own)
    many = own if one != own else plural(own)
    type_name, set_name = said.type_name or legal(one), said.set_name or legal(many)
    for name in (type_name, set_name):
        if not is_name(name):
            raise ConfigurationError(f"tables.{str(table)!r}: {name!r} is no name in OData: letters, digits and _")
    return type_name, set_name


def _properties(
    draft: Draft, table: TableFacts, said: TableChoices, choices: Choices, product: Product, evidence: Evidence
) -> list[DraftProperty]:
    found: list[DraftProperty] = []
    stamped = _stamped(table)
    for column in table.columns:
        about = f"{table.name}.{column.name}"
        if column.name in stamped:
            continue
        arrival = product.arrival(column, evidence.get(column.name, frozenset()))
        if arrival.type is None:
            draft.remark("left out", about, arrival.note)
            continue
        if arrival.note:
            draft.remark("note", about, arrival.note)
        secret = choices.hides(table.name, column.name)
        hidden = secret or column.name in said.ignore
        if hidden and not (column.nullable or column.by_default or column.server_set):
            draft.remark("doubt", about, "it needs a value, so that nothing can be added while it is left out")
        if secret:
            draft.remark("left out", about, f"it looks like a secret{_showing(table.name, column.name)}")
        name = said.names.get(column.name) or legal(column.name)
        found.append(DraftProperty(name, column, arrival.type, hidden))
    found += (
        DraftProperty(said.names.get(name) or legal(name), column, column.type) for name, column in stamped.items()
    )
    _refuse_same_names(table, found)
    return found


def _stamped(table: TableFacts) -> dict[str, ColumnFacts]:
    """The two columns that the database sets itself, wherever they stand."""
    if table.kept is None:
        return {}
    types: dict[str, TypeEngine[Any]] = {table.kept.last_updated: STAMP, table.kept.is_deleted: Boolean()}
    return {name: ColumnFacts(name, kind, str(kind), False, server_set=True) for name, kind in types.items()}


def _showing(table: TableName, column: str) -> str:
    return f"; --expose '{table}.{column}' shows it"


def _refuse_same_names(table: TableFacts, properties: Iterable[DraftProperty]) -> None:
    known: dict[str, DraftProperty] = {}
    for each in properties:
        other = known.setdefault(each.name, each)
        if other is not each:
            raise ConfigurationError(
                f"{table.name}: the columns {other.column.name!r} and {each.column.name!r} both make the property {each.name!r}; "
                f'[tables."{table.name}".names] gives one another name'
            )


def _key(table: TableFacts, said: TableChoices, by_column: Mapping[str, DraftProperty]) -> tuple[Columns, KeyFrom]:
    """The key and where it is from; of a table without any, all columns that compare, from nowhere."""
    if said.key:
        unfit = next((name for name in said.key if not _can_be_key(by_column.get(name))), None)
        if unfit is not None:
            raise ConfigurationError(f"tables.{str(table.name)!r}: {unfit!r} cannot be part of a key")
        return said.key, "configuration"
    if table.key and all(_can_be_key(by_column.get(name)) for name in table.key):
        return table.key, "primary key"
    for unique in table.unique:
        if all(_can_be_key(by_column.get(name)) and not table.column(name).nullable for name in unique):
            return unique, "unique index"
    return tuple(name for name, each in by_column.items() if _can_be_key(each)), ""


def _tracked(
    table: TableFacts, said: TableChoices, by_column: Mapping[str, DraftProperty], product: Product
) -> tuple[str, str] | None:
    """The properties that the clock stamps, if the owner says that there are such: both, and fit for it."""
    columns = (said.last_updated, said.is_deleted)
    if table.kept is not None:
        if not table.kept.gone_columns:
            raise ConfigurationError(
                f"{table.name} is tracked, but {table.kept.gone} is missing; track install mends that"
            )
        return by_column[table.kept.last_updated].name, by_column[table.kept.is_deleted].name
    if columns == ("", ""):
        return None
    found = [by_column[name] for name in columns if name in by_column]
    kinds = [edm_type(each.type) for each in found]
    if len(found) < 2 or not (kinds[0] and kinds[0].python is datetime.datetime and kinds[1] == BOOLEAN):
        raise ConfigurationError(
            f"tables.{str(table.name)!r}: last_updated is a column with a date and a time, and is_deleted a Boolean one; both are needed"
        )
    if not product.keeps_milliseconds(found[0].column, found[0].type):
        raise ConfigurationError(
            f"tables.{str(table.name)!r}: {columns[0]!r} keeps no milliseconds, so that changes could not be told apart by it"
        )
    return found[0].name, found[1].name


def _can_be_key(declared: DraftProperty | None) -> bool:
    kind = None if declared is None or isinstance(declared.type, Collection) else edm_type(declared.type)
    return kind is not None and kind.name not in _NO_KEY_TYPES


def _refuse_collisions(entities: Iterable[DraftEntity]) -> None:
    for what, setting in (("set_name", "set"), ("type_name", "type")):
        known: dict[str, DraftEntity] = {}
        for each in entities:
            name = getattr(each, what)
            other = known.setdefault(name, each)
            if other is not each:
                raise ConfigurationError(
                    f"{other.name} and {each.name} both make the {setting} {name!r}; "
                    f'[tables."{each.name}"] {setting} = "…" gives one another name'
                )
