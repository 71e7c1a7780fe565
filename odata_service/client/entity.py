"""What is kept offline: mapped classes with a key, a stamp and a version, and how they are seen from here."""

from __future__ import annotations

import re
import uuid
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from typing import Any

from sqlalchemy import Column, Float, Numeric, String, Table, event, false, inspect
from sqlalchemy.orm import DeclarativeBase, Mapped, Mapper, mapped_column

from odata_service.dialects.exact import TextDecimal
from odata_service.values import frozen

from .columns import DIALECT, ITSELF, Json, Kind, Moment, Values, kind_of

ID, UPDATED_AT, VERSION, DELETED = "Id", "UpdatedAt", "Version", "Deleted"
SYSTEM = (UPDATED_AT, VERSION, DELETED)
LONGEST_ID = 126
_ID = re.compile(r"[a-zA-Z0-9][a-zA-Z0-9_.|:-]{0,125}")


class OfflineEntity:
    """Mixin for a class that is kept on the device and synchronised. ``Id`` is made here if nobody gives one; the rest is
    the server's to say. A column that stays on the device says so: ``mapped_column(info={"local": True})``."""

    Id: Mapped[str] = mapped_column(String(LONGEST_ID), primary_key=True, sort_order=-1)
    UpdatedAt: Mapped[datetime | None] = mapped_column(Moment, index=True, sort_order=1000)
    Version: Mapped[str | None] = mapped_column(String(LONGEST_ID), sort_order=1000)
    Deleted: Mapped[bool] = mapped_column(default=False, server_default=false(), sort_order=1000)


@event.listens_for(OfflineEntity, "instrument_class", propagate=True)
def _keep_every_digit(mapper: Mapper[Any], _class: type) -> None:
    """SQLite's own numbers end at 15 digits: a price would come back as another one, and be sent so."""
    for column in mapper.local_table.columns if isinstance(mapper.local_table, Table) else ():
        kept: Any = column.type
        if (
            isinstance(kept, Numeric)
            and not isinstance(kept, Float)
            and isinstance(kept.dialect_impl(DIALECT), Numeric)
        ):
            column.type = kept.with_variant(TextDecimal(kept.scale), "sqlite")


@frozen
class Member:
    """A column that goes over the wire. ``name`` is what the protocol calls it, where the model says so itself:
    ``mapped_column(info={"name": "customer"})``. One that the server sets is read only: ``info={"computed": True}``."""

    attribute: str
    column: Column[Any]
    kind: Kind
    name: str | None = None
    computed: bool = False


@frozen
class Reference:
    """A foreign key to a row that may have to be pushed first."""

    attribute: str
    table: str
    column: str


@dataclass(frozen=True)
class EntityShape:
    """A synchronised class: ``members`` are what the server knows of it, the key first."""

    mapper: Mapper[Any]
    members: Mapping[str, Member] = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "members", {each.attribute: each for each in self._members()})

    @property
    def name(self) -> str:
        return self.mapper.class_.__name__

    @property
    def table(self) -> Table:
        table = self.mapper.local_table
        assert isinstance(table, Table), "an offline class is mapped to a table"
        return table

    @property
    def key(self) -> Member:
        return self.members[ID]

    @cached_property
    def references(self) -> tuple[Reference, ...]:
        return tuple(
            Reference(member.attribute, foreign.column.table.name, foreign.column.name)
            for member in self.members.values()
            for foreign in member.column.foreign_keys
        )

    @cached_property
    def schema(self) -> frozenset[str]:
        """What is fetched; where it grows, what was fetched before is not enough."""
        return frozenset(self.members)

    def column(self, attribute: str) -> Column[Any]:
        found: Column[Any] = self.mapper.columns[attribute]
        return found

    def known(self, item: Values) -> Values:
        """Without what the class has no column for, as it may have had once."""
        members = self.members
        return item if item.keys() <= members.keys() else {name: item[name] for name in item if name in members}

    def item(self, values: Mapping[str, Any]) -> dict[str, Json]:
        """Values by attribute as JSON."""
        found = {}
        for name, write in self._writers.items():
            value = values.get(name)
            found[name] = value if value is None or write is None else write(value)
        return found

    def values(self, item: Values) -> dict[str, Any]:
        """The same backwards; ``ValueError`` for what is no value of its column."""
        readers, found = self._readers, {}
        try:
            for name, value in item.items():
                read = readers[name]
                found[name] = value if value is None or read is None else read(value)
        except (ValueError, TypeError, KeyError, AttributeError, ArithmeticError) as error:
            raise ValueError(f"{self.name}.{name}: {value!r:.80} is no value of the column ({error})") from error
        return found

    @cached_property
    def _readers(self) -> Mapping[str, Callable[[Json], Any] | None]:
        """By attribute; ``None`` where the column has what JSON has."""
        return {name: None if each.kind is ITSELF else each.kind.read for name, each in self.members.items()}

    @cached_property
    def _writers(self) -> Mapping[str, Callable[[Any], Json] | None]:
        return {name: None if each.kind is ITSELF else each.kind.write for name, each in self.members.items()}

    def columns(self, values: Mapping[str, Any]) -> Mapping[str, Any]:
        """By the names of columns, for statements on the table."""
        names = self._renamed
        return {names.get(name, name): value for name, value in values.items()} if names else values

    @cached_property
    def _renamed(self) -> Mapping[str, str]:
        """By attribute: columns that are called otherwise."""
        return {name: column.name for name, column in self.mapper.columns.items() if column.name != name}

    def id_text(self, key: object) -> str:
        return str(key)

    def id_value(self, text: str) -> Any:
        """The key of the text that the queue has of it."""
        return self.key.kind.read(text)

    def _members(self) -> Iterator[Member]:
        for attribute, column in sorted(self.mapper.columns.items(), key=lambda pair: pair[0] != ID):
            if attribute not in SYSTEM and not column.info.get("local"):
                info = column.info
                yield Member(attribute, column, kind_of(column.type), info.get("name"), bool(info.get("computed")))


def shapes_of(base: type[DeclarativeBase]) -> dict[str, EntityShape]:
    """Every class with :class:`OfflineEntity`, by its name; all others stay on the device."""
    found = {}
    for mapper in sorted(base.registry.mappers, key=lambda mapper: mapper.class_.__name__):
        if issubclass(mapper.class_, OfflineEntity):
            if [each.name for each in mapper.primary_key] != [mapper.columns[ID].name]:
                raise TypeError(f"{mapper.class_.__name__}: the primary key of what is synchronised is {ID} alone")
            found[mapper.class_.__name__] = EntityShape(inspect(mapper.class_))
    return found


def given_id(shape: EntityShape, id: object) -> object:
    """The key of a new entity: made where there is none, refused where no server would take it."""
    if not isinstance(shape.key.column.type, String):
        if id is None and shape.key.column.type.python_type is uuid.UUID:
            return uuid.uuid4()
        if id is None:
            raise ValueError(f"a new {shape.name} needs an {ID}: nobody else can make it offline")
        return id
    if id is None:
        return uuid.uuid4().hex
    if not isinstance(id, str) or not _ID.fullmatch(id):
        raise ValueError(f"{id!r:.60} is no {ID}: letters, digits and _ . | : -, at most {LONGEST_ID}")
    return id
