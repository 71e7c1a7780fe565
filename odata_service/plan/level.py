"""One SELECT under construction: the rows of one entity set at one level of a request."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from sqlalchemy import ColumnElement, Integer, Join, Select, and_, bindparam, case, func, inspect, literal, or_, select
from sqlalchemy.engine import Dialect
from sqlalchemy.orm import join, undefer

from odata_service.bind.query import Dynamic, Order, Query, Values
from odata_service.bind.typed import PropertyRef, Typed
from odata_service.dialects.base import Database, Decoder
from odata_service.edm.cross_join import CrossJoin
from odata_service.edm.model import EntityModel, NavigationProperty, Property, StreamProperty
from odata_service.plan.apply import ApplyPlanner, among
from odata_service.plan.expression import exact, truth
from odata_service.plan.paging import OrderColumn, after, in_group
from odata_service.plan.read_plan import OrderPosition
from odata_service.plan.row import (
    Around,
    ComputedColumn,
    ExpandedNavigation,
    RowShape,
    SelectedDynamic,
    SelectedValues,
    Side,
    StreamColumns,
)
from odata_service.plan.aliases import Alias
from odata_service.plan.scope import Parameters, Path, Scope, column_of, value_of
from odata_service.plan.joins import at_link
from odata_service.plan.source import source_of
from odata_service.plan.sql_types import SQL_TYPES
from odata_service.plan.statement import FIRST, KEYS, LIMIT, OCTETS, SKIP
from odata_service.plan.values import value_of_collection
from odata_service.plan.wanted import number_of_values, places_of_values
from odata_service.types import kept, shown_type


_HERE: Path = ()


class Level:
    """Columns are added one by one and keep their positions; then the statement is made."""

    def __init__(
        self,
        model: EntityModel,
        database: Database,
        dialect: Dialect,
        query: Query,
        parameters: Parameters,
        *,
        for_change: bool = False,
    ) -> None:
        self._database = database
        self._dialect = dialect
        self._query = query
        self._scope = Scope(model, query.entity_set, query.rules, parameters, query.own_rules, for_change=for_change)
        self._from, self._conditions = source_of(query.source, self._scope)
        if query.filter is not None:
            self._conditions.append(truth(query.filter, self._scope))
        if query.subset:
            planner = ApplyPlanner(model, database, dialect, query.rules, parameters)
            self._conditions.append(among(self._scope.key(), planner.keys(query.source, query.subset)))
        self._properties: list[Property] = []
        self._columns: list[ColumnElement[Any]] = []
        self._order: list[OrderColumn] = []

    def add_properties(self, properties: Sequence[Property]) -> None:
        for declared in properties:
            if declared not in self._properties:
                self._properties.append(declared)
                self._columns.append(value_of(self._scope.alias, declared))

    def _position(self, column: ColumnElement[Any]) -> int:
        """Where the column stands in a row, added at the end if it is not there yet."""
        for position, known in enumerate(self._columns):
            if known is column:
                return position
        self._columns.append(column)
        return len(self._columns) - 1

    def add_computed(self, computed: Sequence[tuple[str, Typed]]) -> tuple[ComputedColumn, ...]:
        """What ``$compute`` adds to the rows."""
        columns = []
        for name, expression in computed:
            column = exact(expression, self._scope)
            decode = self._decoder(SQL_TYPES[expression.type])
            columns.append(ComputedColumn(name, expression.type, self._position(column), decode))
        return tuple(columns)

    def _values(self, asked: Values) -> SelectedValues:
        """A collection of values, with what says which of its values are wanted."""
        collection, places, read_places, count = asked.collection, None, None, None
        shown = value_of_collection(self._scope.alias, collection)
        column = self._position(shown)
        if not asked.is_whole:
            gathered = places_of_values(asked, self._scope, self._database)
            places, read_places = self._position(gathered), self._decoder(gathered.type)
        if asked.count:
            count = self._position(number_of_values(asked, self._scope))
        return SelectedValues(collection, column, self._decoder(shown.type), places, read_places, count)

    def _dynamic(self, asked: Dynamic | None) -> SelectedDynamic | None:
        """Dynamic properties: one column has them all."""
        if asked is None:
            return None
        column = asked.column
        holder = getattr(self._scope.alias, column.subclass) if column.subclass else self._scope.alias
        position = self._position(getattr(holder, column.attribute))
        types = self._scope.entity_set.type.root.with_derived()
        declared = frozenset(name for each in types for name in each.member_names)
        return SelectedDynamic(position, self._decoder(column.column.type), asked.names, declared)

    def add_stream(self, stream: StreamProperty) -> StreamColumns:
        """The wanted part of a stream's content, how long the whole is and, where a column has it, its media type."""
        content = getattr(self._scope.alias, stream.attribute)
        length, first = func.length(content, type_=Integer()), bindparam(FIRST, type_=Integer())
        of_the_end = case((length + first < 0, 0), else_=length + first)
        start = case((first < 0, of_the_end), else_=first) + 1
        part = func.substr(content, start, bindparam(OCTETS, type_=Integer()))
        said = stream.content_type_attribute
        media_type = None if said is None else self._position(getattr(self._scope.alias, said))
        return StreamColumns(self._position(part), self._position(length), media_type)

    def near_positions(self, navigation: NavigationProperty) -> tuple[int, ...]:
        """Where a row has the values by which the rows at the navigation's far end are found."""
        start = self._scope.start_of(navigation)
        return tuple(self._position(column_of(start, near)) for near in navigation.near)

    def sides(self) -> tuple[Side, ...]:
        """Of a cross join, where a row has the keys of its entities."""
        crossed = self._query.entity_set
        return tuple(self._side(way) for way in crossed.sides) if isinstance(crossed, CrossJoin) else ()

    def _side(self, way: NavigationProperty) -> Side:
        target = self._scope.model.target_set(way)
        decoders = tuple(self._decoder(part.column.type) for part in target.type.key)
        return Side(way, RowShape(target, target.type.key, decoders, ()), self.near_positions(way))

    def related_by(self, navigation: NavigationProperty) -> tuple[int, ...]:
        """Take only rows related to the given keys; returns where a row says to which of them."""
        far = [column_of(self._scope.alias, column) for column in navigation.far]
        if navigation.link_near:
            link = navigation.link_table.alias()
            meeting = at_link(link, navigation.link_far, self._scope.alias, navigation.far)
            self._from = join(self._from, link, meeting)
            far = [link.c[str(one.key)] for one in navigation.link_near]
        self._conditions.append(self._database.key_among(far, KEYS))
        return tuple(self._position(column) for column in far)

    def order_positions(self, order: Sequence[Order]) -> tuple[OrderPosition, ...]:
        """Put the rows in order; returns where a row has the values of the order, for skip tokens."""
        positions = []
        for item in order:
            column, like = exact(item.expression, self._scope), _plain(item)
            column = column if like is None or like.is_key else kept(column)
            kind = SQL_TYPES[item.expression.type] if like is None else shown_type(like.column.type)
            self._order.append(OrderColumn(column, item.descending, item.expression.nullable, kind))
            decode = self._decoder(column.type if like is None else like.column.type)
            positions.append(OrderPosition(self._position(column), decode, item.expression.type))
        return tuple(positions)

    def shape(self, computed: Sequence[ComputedColumn], expanded: Sequence[ExpandedNavigation]) -> RowShape:
        """What the rows look like; it may add columns, so it comes before the statement."""
        query, entity_type = self._query, self._query.source[-1].type
        return RowShape(
            query.entity_set,
            columns=tuple(self._properties),
            decoders=tuple(self._decoder(declared.column.type) for declared in self._properties),
            selected=query.select,
            links=query.links,
            expanded=tuple(expanded),
            structures=query.structures,
            collections=tuple(map(self._values, query.collections)),
            dynamic=self._dynamic(query.dynamic),
            computed=tuple(computed),
            chosen=query.chosen,
            type=entity_type,
            discriminator=self._discriminator,
            types={each.discriminator_value: each for each in entity_type.with_derived()}
            if entity_type.derived
            else {},
            sides=self.sides(),
            around=tuple(reversed(list(self._around()))),
            scattered=_is_scattered(query),
        )

    def _around(self) -> Iterator[Around]:
        """What a row tells of the entities that contain it, the nearest first: its foreign key, and theirs."""
        entity_set, path = self._query.entity_set, _HERE
        while entity_set.containment is not None:
            parent, back = entity_set.containment.parent, entity_set.containment.back
            here, near = self._scope.reach(path, ruled=False), dict(zip(back.far, back.near, strict=True))
            columns = [(part, column_of(here, near[part.column])) for part in parent.type.local_key]
            key = tuple((part, self._position(column), self._decoder(column.type)) for part, column in columns)
            yield Around(parent.segment, key if parent.needs_key else ())
            entity_set, path = parent, (*path, back)

    @property
    def _discriminator(self) -> int | None:
        name = self._query.entity_set.type.root.discriminator
        return next((place for place, declared in enumerate(self._properties) if declared.attribute == name), None)

    def page(self, nulls: Sequence[bool] | None) -> Select[Any]:
        """One page of the rows, the first or the one that goes on after a row."""
        if nulls is not None:
            self._conditions.append(after(self._order, nulls))
        statement = self._ordered()
        if self._query.single:
            return statement
        return self._limited(statement)

    def group(self) -> Select[Any]:
        """All rows that are alike in the first value of the order, which is a parameter."""
        self._conditions.append(in_group(self._order[0]))
        return self._ordered()

    def after_group(self) -> Select[Any]:
        """Whether any row comes after these."""
        self._conditions.append(after(self._order[:1], [False]))
        return self.selected(literal(1)).limit(1)

    def page_per_parent(self, far: Sequence[int]) -> Select[Any]:
        """One page of rows for every parent: numbered within their parent, and cut one after the page's end. With
        ``$count`` the last columns are the row's own number and that of all rows of the parent, of which the first one is
        there in any case: somebody has to say how many there are where the page has none."""
        if self._query.single or not self._order:
            return self._ordered()
        parent = [self._columns[position] for position in far]
        number = func.row_number().over(partition_by=parent, order_by=self._ordering(self._order)).label("number")
        total = [func.count().over(partition_by=parent).label("total")] if self._query.count else []
        numbered = self.selected(*self._labelled(), number, *total).subquery()
        columns = [numbered.c[_label(position)] for position in range(len(self._columns))]
        if not total:
            statement = select(*columns).where(*self._within_page(numbered.c.number))
        else:
            statement = select(*columns, numbered.c.number, numbered.c.total)
            statement = statement.where(or_(numbered.c.number == 1, and_(*self._within_page(numbered.c.number))))
        return statement.order_by(numbered.c.number)

    def page_of_few(self) -> Select[Any] | None:
        """The rows of all parents in their order, as many as a limit says: what costs less than numbering them, and serves
        where the limit is not reached. ``None`` where something else depends on the numbers."""
        query = self._query
        if query.single or not self._order or query.count or query.skip is not None:
            return None
        statement = self._ordered()
        return statement.limit(bindparam(LIMIT, type_=Integer()))

    def _within_page(self, number: ColumnElement[int]) -> list[ColumnElement[bool]]:
        limit, skip = bindparam(LIMIT, type_=Integer()), bindparam(SKIP, type_=Integer())
        if self._query.skip is None:
            return [number <= limit]
        return [number > skip, number <= skip + limit]

    def counted_per_parent(self, far: Sequence[int]) -> Select[Any]:
        """How many rows every parent has; the last column is the number."""
        parent = [self._columns[position] for position in far]
        return self.selected(*parent, func.count()).group_by(*parent)

    def counted(self) -> Select[Any]:
        """How many rows there are over all pages; with ``$top`` and ``$skip`` of ``$count`` itself, after these."""
        query = self._query
        is_sliced = not query.count and not (query.top is query.skip is None)
        if not is_sliced and query.tally.most is None:
            return self.selected(func.count())
        rows = self.selected(literal(1).label("one"))
        rows = self._limited(rows) if is_sliced else rows
        rows = rows if query.tally.most is None else rows.limit(bindparam(LIMIT, type_=Integer()))
        return select(func.count()).select_from(rows.subquery())

    def entities(self) -> Select[Any]:
        """The entities as instances."""
        alias, tracking = self._scope.alias, self._scope.entity_set.type.tracking
        apart = () if tracking is None or not tracking.by_database else (tracking.last_updated, tracking.is_deleted)
        return self._filtered(select(alias)).options(*(undefer(getattr(alias, name)) for name in apart if name))

    def whole_entities(self) -> Select[Any]:
        """The entities as instances for a change, locked until its transaction ends; but not their keys, which the
        foreign keys of others look at whenever PostgreSQL stamps a row that refers to them."""
        return self.entities().with_for_update(of=_root_table(self._scope.alias), key_share=True)

    def selected(self, *columns: ColumnElement[Any]) -> Select[Any]:
        """Something of all the rows."""
        return self._filtered(self._scope.select(*columns))

    def _ordered(self) -> Select[Any]:
        return self.selected(*self._labelled()).order_by(*self._ordering(self._order))

    def _filtered(self, statement: Select[Any]) -> Select[Any]:
        return statement.select_from(self._scope.joined(self._from)).where(*self._conditions)

    def _limited(self, statement: Select[Any]) -> Select[Any]:
        if (self._query.top, self._query.page_size, self._query.most) != (None, None, None):
            statement = statement.limit(bindparam(LIMIT, type_=Integer()))
        if self._query.skip is not None or self._query.numbered:
            statement = statement.offset(bindparam(SKIP, type_=Integer()))
        return statement

    def _labelled(self) -> list[ColumnElement[Any]]:
        return [column.label(_label(position)) for position, column in enumerate(self._columns)]

    def _ordering(self, order: Sequence[OrderColumn]) -> list[ColumnElement[Any]]:
        return [self._database.ordered(item.column, item.descending, item.nullable) for item in order]

    def _decoder(self, sql_type: Any) -> Decoder | None:
        return self._database.decoder(sql_type, self._dialect)


def _root_table(alias: Alias) -> Any:
    """The row of a hierarchy's root stands for the whole: rows of derived types come by an outer join, and PostgreSQL locks none
    that may not be there. (Any: SQLAlchemy's inspection of an alias has no type of use.)"""
    table: Any = inspect(alias).selectable
    while isinstance(table, Join):
        table = table.left
    return table


def _is_scattered(query: Query) -> bool:
    """Whether the rows are of many sets, or contained in different entities; one that was asked for is alone."""
    way = query.source[-1].navigation
    if query.entity_set.containment is None or (way is not None and way.contains):
        return query.source[0].of_all
    return not query.single or query.source[0].navigation is not None


def _label(position: int) -> str:
    return f"c{position}"


def _plain(item: Order) -> Property | None:
    """The property, where the order is simply by one."""
    return item.expression.property if isinstance(item.expression, PropertyRef) else None
