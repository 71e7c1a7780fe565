"""The rows that one SELECT is about: the entity itself and what single-valued navigation reaches from it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Self

from sqlalchemy import ColumnElement, Select, and_, inspect, or_, select, true
from sqlalchemy.orm import join, outerjoin, with_polymorphic

from odata_service.bind.query import NotDeleted, RowRule
from odata_service.bind.typed import Constant
from odata_service.edm.cross_join import CrossJoin
from odata_service.edm.model import EntityModel, EntitySet, EntityType, NavigationProperty, Property
from odata_service.plan.aliases import Alias, Aliases
from odata_service.types import seen

Rules = Mapping[str, Sequence[RowRule]]
_OF_TABLES = {"compile_state_plugin": "default", "plugin_subject": None}
Path = tuple[NavigationProperty, ...]


def column_of(alias: Alias, column: ColumnElement[Any]) -> ColumnElement[Any]:
    """A mapped table's column, as the alias has it; it may be one that only a derived class has."""
    mapper = inspect(alias).mapper
    holder = next((each for each in mapper.self_and_descendants if each.columns.contains_column(column)), mapper)
    source = alias if holder is mapper else getattr(alias, holder.class_.__name__)
    return seen(getattr(source, holder.get_property_by_column(column).key).expression)


def value_of(alias: Alias, declared: Property) -> ColumnElement[Any]:
    holder = getattr(alias, declared.subclass) if declared.subclass else alias
    return seen(getattr(holder, declared.attribute).expression)


def class_of(entity_type: EntityType) -> Alias:
    """The mapped class itself instead of an alias, for conditions that are put on aliases later."""
    root = entity_type.root
    return with_polymorphic(root.mapper.class_, "*") if root.derived else root.mapper.class_


def of_type(alias: Alias, entity_type: EntityType) -> list[ColumnElement[bool]]:
    """The condition that a row of a hierarchy is of this type or one derived from it; none at the root."""
    if entity_type.base is None or entity_type.root.discriminator is None:
        return []
    column: ColumnElement[Any] = getattr(alias, entity_type.root.discriminator)
    return [or_(*(column == each.discriminator_value for each in entity_type.with_derived()))]


class Parameters:
    """The literals of one plan by the name of their parameter, over all its statements; and its aliases, which are left to
    other plans when it is made. ::

        with Parameters(aliases) as parameters: ...
    """

    def __init__(self, aliases: Aliases | None = None) -> None:
        self.constants: dict[str, Constant] = {}
        self._aliases = aliases or Aliases()
        self._taken: list[tuple[EntityType, bool, Alias]] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        while self._taken:
            self._aliases.leave(*self._taken.pop())

    def alias(self, entity_type: EntityType, *, dead: bool) -> Alias:
        """An alias that stands nowhere else in the plan."""
        alias = self._aliases.take(entity_type, dead)
        self._taken.append((entity_type, dead, alias))
        return alias

    def name(self, constant: Constant) -> str:
        """The parameter for a literal; the same literal taken as another type is another parameter."""
        name = f"slot_{constant.slot}"
        while self.constants.setdefault(name, constant) != constant:
            name += "_"
        return name


class Scope:
    """Aliases of one statement. Every alias of a set meets the set's row rules, whatever road led to it."""

    def __init__(
        self,
        model: EntityModel,
        entity_set: EntitySet,
        rules: Rules,
        parameters: Parameters,
        own_rules: Sequence[RowRule] | None = None,
        *,
        for_change: bool = False,
        alias: Alias = None,
    ) -> None:
        self.model = model
        self.entity_set = entity_set
        self.given: dict[str, ColumnElement[Any]] = {}  # columns that a transformation of $apply made
        self._rules = rules
        self.parameters = parameters
        if alias is not None:
            self.alias = alias
        elif for_change or own_rules is not None:  # what the database keeps apart as deleted, nobody changes
            self.alias = parameters.alias(entity_set.type, dead=not for_change)
        else:
            self.alias = self.alias_in(entity_set)
        self._reached: dict[Path, Alias] = {(): self.alias}
        self._joins: list[tuple[Alias, ColumnElement[bool]]] = []
        self._starts: dict[str, Alias] = {}  # of the sides of a cross join
        allowed = self.allowed(entity_set.name, self.alias)
        if own_rules is not None:
            allowed = [rule(self.alias) for rule in own_rules]
        self.conditions = [*allowed, *of_type(self.alias, entity_set.type)]
        if isinstance(entity_set, CrossJoin):
            self._cross(entity_set)
        self._variables: dict[str, Scope] = {"$it": self}

    def _cross(self, crossed: CrossJoin) -> None:
        """The entities of all sets side by side."""
        for side in crossed.sides:
            target = self.model.target_set(side)
            alias = self.alias_in(target)
            self.conditions += self.allowed(target.name, alias)
            self.alias = join(self.alias, alias, true()) if self._starts else alias
            self._starts[side.name] = self._reached[(side,)] = alias

    def start_of(self, navigation: NavigationProperty) -> Alias:
        """The alias whose rows a navigation property leads away from; of a cross join that of its side."""
        return self._starts.get(navigation.name, self.alias)

    def select(self, *columns: ColumnElement[Any]) -> Select[Any]:
        """A SELECT of tables, not of mapped classes: whatever the ORM would put into it when it is compiled is there already
        (:func:`of_type`), and its looking for that costs as much as compiling. Only of a class that is published without
        the one with which it shares a table, the ORM alone knows which rows are its own."""
        statement = select(*columns)
        return statement if self.model.is_torn else statement._set_propagate_attrs(_OF_TABLES)

    def key(self) -> list[ColumnElement[Any]]:
        """What no two rows have in common."""
        if not self._starts:
            return [value_of(self.alias, part) for part in self.entity_set.type.key]
        sides = ((self.model.target_set(path[0]), alias) for path, alias in self._reached.items() if len(path) == 1)
        return [value_of(alias, part) for target, alias in sides for part in target.type.key]

    def of_columns(self, given: dict[str, ColumnElement[Any]]) -> Scope:
        """The scope of rows that have these columns and nothing else."""
        scope = Scope(self.model, self.entity_set, self._rules, self.parameters)
        scope.given, scope.conditions = given, []
        return scope

    def inside(self, entity_set: EntitySet, entity_type: EntityType, names: Sequence[str]) -> Scope:
        """The scope of a subquery over related entities: it sees this one's variables, and its own rows as ``names``."""
        within = Scope(self.model, EntitySet(entity_set.name, entity_type), self._rules, self.parameters)
        within.seeing(self, names)
        return within

    def seeing(self, other: Scope, names: Sequence[str]) -> None:
        """Know another scope's variables, and stand for some names itself."""
        self._variables = {**other._variables, **dict.fromkeys(names, self)}

    def alias_of(self, navigation: NavigationProperty) -> Alias:
        """A new alias for where a navigation property leads."""
        return self._alias(self.model.types[navigation.target], navigation.target_set)

    def alias_in(self, entity_set: EntitySet, entity_type: EntityType | None = None) -> Alias:
        """A new alias for rows of a set, tombstones included where no rule hides them."""
        return self._alias(entity_type or entity_set.type, entity_set.name)

    def _alias(self, entity_type: EntityType, set_name: str) -> Alias:
        """``set_name`` is empty for what is contained in others alone."""
        dead = not any(isinstance(rule, NotDeleted) for rule in self._rules.get(set_name, ()))
        return self.parameters.alias(entity_type, dead=dead)

    def of(self, variable: str) -> Scope:
        """The scope whose rows a variable stands for."""
        return self._variables[variable]

    def allowed(self, set_name: str, alias: Alias) -> list[ColumnElement[bool]]:
        """The row rules of a set, for one alias of it."""
        return [rule(alias) for rule in self._rules.get(set_name, ())]

    def column(self, path: Path, declared: Property) -> ColumnElement[Any]:
        """A property of the row, or of the row at the end of a path of single navigations."""
        return value_of(self.reach(path), declared)

    def reach(self, path: Path, *, ruled: bool = True) -> Alias:
        """The alias at the end of the path, joined so that a missing row gives nulls; the row rules may be left out where
        nothing of a row is shown but its key."""
        if path not in self._reached:
            source, navigation = self.reach(path[:-1], ruled=ruled), path[-1]
            target = self.alias_of(navigation)
            meeting = [
                column_of(source, near) == column_of(target, far)
                for near, far in zip(navigation.near, navigation.far, strict=True)
            ]
            rules = self.allowed(navigation.target_set, target) if ruled else []
            kind = of_type(target, self.model.types[navigation.target])
            self._joins.append((target, and_(*meeting, *kind, *rules)))
            self._reached[path] = target
        return self._reached[path]

    @property
    def is_joined(self) -> bool:
        """Whether there is more than the row itself."""
        return bool(self._joins)

    def joined(self, start: Alias = None) -> Any:
        """The FROM clause: the row's own alias (or what it was joined to so far), then every join. (Any: SQLAlchemy
        takes aliases and joins alike, but has no type for both.)"""
        clause: Any = self.alias if start is None else start
        for target, condition in self._joins:
            clause = outerjoin(clause, target, condition)
        return clause
