"""What the database keeps unique: only by that can an entity be known."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from sqlalchemy import Column, Index, Table, UniqueConstraint

from odata_service.edm.errors import ModelError
from odata_service.edm.model import EntityType, Property


def is_unique(entity_type: EntityType, attributes: Iterable[str]) -> bool:
    """Whether the database sees to it that no two rows have the same values."""
    columns = {entity_type.mapper.column_attrs[name].columns[0] for name in attributes}
    tables = {getattr(column, "table", None) for column in columns}
    return any(columns in _unique(table) for table in tables if isinstance(table, Table))


def _unique(table: Table) -> list[set[Column[object]]]:
    constraints = [set(each.columns) for each in table.constraints if isinstance(each, UniqueConstraint)]
    return [set(table.primary_key.columns), *constraints, *map(set, _of_indexes(table))]


def _of_indexes(table: Table) -> Iterator[Iterable[Column[object]]]:
    """Of those that are about the values of columns, and about those of all rows."""
    for index in table.indexes:
        if index.unique and all(isinstance(each, Column) for each in index.expressions) and not _is_partial(index):
            yield index.columns


def _is_partial(index: Index) -> bool:
    return any(name.endswith("_where") and value is not None for name, value in index.dialect_kwargs.items())


def check_alternate_keys(entity_type: EntityType) -> None:
    """Each is of properties whose values the database keeps unique."""
    by_attribute = {declared.attribute: declared for declared in entity_type.properties.values()}
    for key in entity_type.alternate:
        unknown = next((name for name in key if not _has_literals(by_attribute.get(name))), None)
        if unknown is not None:
            raise ModelError(f"{entity_type.name} has no property {unknown!r} that could be part of an alternate key")
        if not is_unique(entity_type, key):
            raise ModelError(f"({', '.join(key)}) is not unique among the rows of {entity_type.name}, so it is no key")


def _has_literals(declared: Property | None) -> bool:
    return declared is not None and declared.enum is None and not declared.is_key
