"""Which rows a delta is about, in SQL: those that were stamped in a span of time, and those around which something was.

A row that was changed again after the span has a later stamp. Where images are kept they tell that it was changed in the
span, too. Who follows a view must hear of it then: by the next span the image in which he saw the row would be too old.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace

from sqlalchemy import ColumnElement, Table, and_, exists, false, literal, or_, select

from odata_service.bind.delta import leavers_of
from odata_service.bind.query import LEFT, Expansion, Query, RowRule
from odata_service.bind.typed import Meets
from odata_service.edm.model import EntityModel, EntitySet, NavigationProperty
from odata_service.plan.joins import reached, related
from odata_service.plan.aliases import Alias, alias_of
from odata_service.plan.scope import column_of
from odata_service.tracking import UNTIL, Images, moment, stamp_column, tables_of_links, unlinked
from odata_service.tracking.rows import in_zone_of
from odata_service.values import frozen

SQL = ColumnElement[bool]


@frozen
class Followed:
    """A set as its follower sees it: the rules for its rows, those that he has seen since included, and the images of its
    rows where they are kept."""

    entity_set: EntitySet
    seen: tuple[RowRule, ...] = ()
    images: Images | None = None


@frozen
class Span:
    """The stamps after ``since`` and not after ``until``, in milliseconds."""

    model: EntityModel
    since: int
    until: int
    followed: Callable[[EntitySet], Followed]

    def stamped(self, entity_set: EntitySet) -> RowRule:
        """Rows that were changed themselves."""
        return lambda alias: self._stamped(self.followed(entity_set), alias)

    def touched(self, expansions: Sequence[Expansion]) -> RowRule:
        """Rows around which something was changed."""
        return lambda alias: or_(false(), *(self._around(each, alias) for each in expansions))

    def _stamped(self, followed: Followed, alias: Alias) -> SQL:
        target = stamp_column(followed.entity_set.type.mapper)
        assert target is not None, "see can_be_followed"
        stamp: ColumnElement[object] = getattr(alias, target.attribute)
        since, until = (in_zone_of(target, moment(each)) for each in (self.since, self.until))
        within = stamp <= until
        if followed.images is not None:
            within = or_(within, self._was_changed(followed.images, alias))
        return and_(stamp > since, within)

    def _was_changed(self, images: Images, alias: Alias) -> SQL:
        same = (images.table.c[key.name] == column_of(alias, key) for key in images.of.primary_key)
        return exists(select(literal(1)).select_from(images.table).where(*same, self._held_until(images)))

    def _held_until(self, images: Images) -> SQL:
        until = images.table.c[UNTIL]
        return and_(until > self.since, until <= self.until)

    def _around(self, expansion: Expansion, alias: Alias) -> SQL:
        """What is related now and was changed or has something around it that was, and what was related before."""
        way, followed = expansion.navigation, self.followed(self.model.target_set(expansion.navigation))
        other = alias_of(followed.entity_set.type)
        here = or_(self._stamped(followed, other), *(self._around(each, other) for each in expansion.query.expand))
        found = [self._related(way, alias, other, here, *(rule(other) for rule in followed.seen))]
        before = () if way.owns_key else self._former_ways(way)  # a row that has the key itself was changed with it
        for former in before:
            other = alias_of(followed.entity_set.type)
            found.append(self._related(former, alias, other, *(rule(other) for rule in followed.seen)))
        return or_(*found)

    def _related(self, way: NavigationProperty, source: Alias, target: Alias, *conditions: SQL) -> SQL:
        """Where one column ties them, the few rows that were changed are looked for first, and then what is around them."""
        if len(way.near) == 1:
            clause, (far,) = reached(way, target)
            return column_of(source, way.near[0]).in_(select(far).select_from(clause).where(*conditions))
        clause, meeting = related(way, source, target)
        return exists(select(literal(1)).select_from(clause).where(meeting, *conditions))

    def told_apart(self, query: Query) -> Query:
        """The same with what is related in whole, and after each of what is expanded the rows that may have left it."""
        expand = [more for each in query.expand for more in (self._whole(each), *self._left(each))]
        return replace(query, expand=tuple(expand))

    def _whole(self, expansion: Expansion) -> Expansion:
        query = replace(self.told_apart(expansion.query), page_size=None, most=None, count=False)
        return replace(expansion, query=query)

    def _left(self, expansion: Expansion) -> Iterator[Expansion]:
        """Rows that were changed so that they may be no part of it any more, and those that were related before."""
        entity_set = self.model.target_set(expansion.navigation)
        query = replace(leavers_of(expansion.query), own_rules=self.followed(entity_set).seen)
        yield Expansion(expansion.navigation, replace(query, filter=Meets(self.stamped(entity_set))), LEFT)
        for former in self._former_ways(expansion.navigation):
            yield Expansion(former, query, LEFT)

    def _former_ways(self, way: NavigationProperty) -> Iterator[NavigationProperty]:
        """The way as it was in this span: the table of what was taken apart is the one between."""
        for was in map(unlinked, tables_of(way)):
            between = select(was.table).where(self._held_until(was)).subquery()
            key = tuple(was.of.primary_key)
            if way.link_near:
                near, link_near, link_far, far = way.near, way.link_near, way.link_far, way.far
            elif way.owns_key:
                near, link_near, link_far, far = key, key, way.near, way.far
            else:
                near, link_near, link_far, far = way.near, way.far, key, key
            yield replace(way, near=near, link_near=link_near, link_far=link_far, far=far, between=between)


def tables_of(way: NavigationProperty) -> list[Table]:
    return [] if way.relationship is None else list(tables_of_links(way.relationship))
