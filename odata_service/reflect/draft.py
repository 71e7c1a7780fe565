"""The decisions: which tables become entity sets, what everything is called, what is left out and why."""

from __future__ import annotations

from dataclasses import field
from typing import Any, Literal

from sqlalchemy import types

from odata_service.reflect.facts import ColumnFacts, Columns, ForeignKey, TableFacts, TableName
from odata_service.values import frozen, mutable

KeyFrom = Literal["primary key", "unique index", "configuration", ""]
Severity = Literal["note", "doubt", "left out"]


@frozen
class Remark:
    """``left out: users.password_hash looks like a secret (expose = ["users.password_hash"] shows it)``"""

    severity: Severity
    about: str
    says: str

    def __str__(self) -> str:
        return f"{self.severity}: {self.about}: {self.says}"


@frozen
class DraftProperty:
    """A column under its name in OData."""

    name: str
    column: ColumnFacts
    type: types.TypeEngine[Any]
    hidden: bool = False  # it is mapped because something needs it, but not published


@frozen
class DraftNavigation:
    """A way to another set. ``near`` and ``far`` are names of columns that meet; of many to many, ``link`` is the table between,
    whose columns ``link_near`` and ``link_far`` meet them. ``partner`` is the way back."""

    name: str
    target: TableName
    collection: bool
    near: Columns
    far: Columns
    partner: str
    owns_key: bool = False
    link: TableName | None = None
    link_near: Columns = ()
    link_far: Columns = ()


@mutable
class DraftEntity:
    """A table or view as an entity set. Without a key of the database's or the owner's, all columns tell its rows apart."""

    facts: TableFacts
    type_name: str
    set_name: str
    key: Columns
    key_from: KeyFrom
    properties: list[DraftProperty]
    tracked: tuple[str, str] | None = None  # the properties with the last change and the mark of deletion
    navigation: list[DraftNavigation] = field(default_factory=list)
    # In a hierarchy: whose rows these continue, and by which foreign key; the column of the root that says of which table a row
    # is, and what it says of this one.
    base: DraftEntity | None = None
    derived: list[DraftEntity] = field(default_factory=list)
    continues: ForeignKey | None = None
    discriminator: str = ""
    value: str = ""

    @property
    def name(self) -> TableName:
        return self.facts.name

    @property
    def root(self) -> DraftEntity:
        return self if self.base is None else self.base.root

    @property
    def is_keyless(self) -> bool:
        return not self.key_from

    @property
    def published(self) -> list[DraftProperty]:
        return [each for each in self.properties if not each.hidden]

    @property
    def members(self) -> set[str]:
        """The names of all properties and navigation properties, inherited ones among them."""
        own = {*(each.name for each in self.published), *(each.name for each in self.navigation)}
        return own if self.base is None else own | self.base.members

    def is_taken(self, name: str) -> bool:
        """Whether a property or a navigation property has the name, here or in a derived type, or the type itself: no member has
        that in C#."""
        return name in {self.type_name, *self.members} or any(each.is_taken(name) for each in self.derived)


@mutable
class Draft:
    """Everything that is published of a database, in the order of its tables' names."""

    entities: dict[TableName, DraftEntity] = field(default_factory=dict)
    links: dict[TableName, TableFacts] = field(default_factory=dict)
    remarks: list[Remark] = field(default_factory=list)

    def remark(self, severity: Severity, about: object, says: str) -> None:
        self.remarks.append(Remark(severity, str(about), says))
