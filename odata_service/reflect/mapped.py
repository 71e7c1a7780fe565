"""A draft → mapped classes, as an application would write them by hand."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from sqlalchemy import Column, Computed, FetchedValue, MetaData, Table, UniqueConstraint, and_
from sqlalchemy.orm import RelationshipProperty, deferred, registry, relationship

from odata_service.reflect.draft import Draft, DraftEntity, DraftNavigation, DraftProperty
from odata_service.reflect.facts import KeptFacts, TableFacts, TableName
from odata_service.tracking import tracked
from odata_service.tracking.kept import Kept, keep

Tables = Mapping[TableName, Table]
Classes = Mapping[TableName, type]


def mapped_classes(draft: Draft) -> dict[TableName, type]:
    """One class for each entity set, in the order of the draft."""
    metadata, mapping = MetaData(), registry()
    tables = {name: _table(entity, metadata) for name, entity in draft.entities.items()}
    tables |= {name: _link_table(link, metadata) for name, link in draft.links.items()}
    classes: dict[TableName, type] = {}
    for name, entity in _bases_first(draft):
        classes[name] = _class(entity, classes)
    for name, entity in _bases_first(draft):
        columns = {each.name: _attribute(each, entity, tables[name]) for each in entity.properties}
        columns |= _shared_key(entity, tables)
        ways = {way.name: _relationship(way, entity, tables, classes, draft) for way in entity.navigation}
        eager = "auto" if entity.facts.kept is None else False  # triggers set more than an INSERT gives back
        place = _place(entity, tables, classes)
        mapping.map_imperatively(
            classes[name], tables[name], properties={**columns, **ways}, eager_defaults=eager, **place
        )
    mapping.configure()
    return {name: classes[name] for name in draft.entities}


def _bases_first(draft: Draft) -> list[tuple[TableName, DraftEntity]]:
    def depth(entity: DraftEntity) -> int:
        return 0 if entity.base is None else 1 + depth(entity.base)

    return sorted(draft.entities.items(), key=lambda item: depth(item[1]))


def _place(entity: DraftEntity, tables: Tables, classes: Classes) -> dict[str, Any]:
    """A mapping's place in its hierarchy, if there is one. (Any: the options of SQLAlchemy's mapper.)"""
    table, key = tables[entity.name], entity.continues
    if entity.base is None or key is None:
        return (
            {"polymorphic_on": table.c[entity.discriminator], "polymorphic_identity": entity.value}
            if entity.derived
            else {}
        )
    return {
        "inherits": classes[entity.base.name],
        "polymorphic_identity": entity.value,
        "inherit_condition": _meeting(table, key.columns, tables[entity.base.name], key.target_columns),
        "inherit_foreign_keys": [table.c[column] for column in key.columns],
    }


def _class(entity: DraftEntity, classes: Classes) -> type:
    said = {
        "set": entity.set_name,
        "keyless": entity.is_keyless,
        "ignore": tuple(each.name for each in entity.properties if each.hidden and not _is_inherited(each, entity)),
        "computed": tuple(each.name for each in entity.properties if each.column.server_set),
    }
    members = {"__odata__": said, "__doc__": entity.facts.comment or None, "__module__": __name__}
    made = type(entity.type_name, () if entity.base is None else (classes[entity.base.name],), members)
    if entity.tracked is None:
        return made
    last_updated, is_deleted = entity.tracked
    by_database = entity.facts.kept is not None
    return tracked(last_updated=last_updated, is_deleted=is_deleted, by_database=by_database)(made)


def _shared_key(entity: DraftEntity, tables: Tables) -> dict[str, Any]:
    """The key of a derived type is one attribute over the columns of both tables. (Any: what SQLAlchemy takes for such.)"""
    key, base = entity.continues, entity.base
    if key is None or base is None:
        return {}
    pairs = dict(zip(key.columns, key.target_columns, strict=True))
    own = [each for each in entity.properties if each.column.name in pairs]
    return {
        each.name: [tables[entity.name].c[each.column.name], tables[base.name].c[pairs[each.column.name]]]
        for each in own
    }


def _is_inherited(declared: DraftProperty, entity: DraftEntity) -> bool:
    return entity.base is not None and declared.column.name in entity.key


def _table(entity: DraftEntity, metadata: MetaData) -> Table:
    columns = [_column(each, entity) for each in entity.properties]
    names = {column.name for column in columns}
    unique = [UniqueConstraint(*each) for each in entity.facts.unique if set(each) <= names]
    table = Table(
        entity.name.name, metadata, *columns, *unique, schema=entity.name.schema, comment=entity.facts.comment or None
    )
    if entity.facts.kept is not None:
        keep(table, _kept(table, entity.facts.kept))
    return table


def _kept(table: Table, facts: KeptFacts) -> Kept:
    """The tables beside it, which no class has."""
    columns = [each for each in table.columns if each.name in facts.gone_columns]
    gone = _beside(facts.gone, columns)
    if facts.stamps is None:
        return Kept(gone)
    return Kept(gone, _beside(facts.stamps, [*table.primary_key, table.c[facts.last_updated]]))


def _beside(name: TableName, columns: Iterable[Column[Any]]) -> Table:
    return Table(name.name, MetaData(), *(Column(each.name, each.type) for each in columns), schema=name.schema)


def _attribute(declared: DraftProperty, entity: DraftEntity, table: Table) -> Any:
    """(Any: a column, or what loads it only when told to, because it is not in the table.)"""
    column, kept = table.c[declared.column.name], entity.facts.kept
    apart = () if kept is None or kept.stamps is None else (kept.last_updated, kept.is_deleted)
    return deferred(column) if declared.column.name in apart else column


def _column(declared: DraftProperty, entity: DraftEntity) -> Column[Any]:
    facts, is_key = declared.column, declared.column.name in entity.key
    made = [Computed("")] if facts.server_set and not is_key else []
    given = FetchedValue() if facts.by_default and not made and not facts.counted else None
    return Column(
        facts.name,
        declared.type,
        *made,
        primary_key=is_key,
        nullable=facts.nullable and (not is_key or entity.is_keyless),
        server_default=given,
        autoincrement=facts.counted,
        comment=facts.comment or None,
    )


def _link_table(link: TableFacts, metadata: MetaData) -> Table:
    columns: list[Column[Any]] = [Column(each.name, each.type, primary_key=True) for each in link.columns]
    return Table(link.name.name, metadata, *columns, schema=link.name.schema)


def _relationship(
    way: DraftNavigation, entity: DraftEntity, tables: Tables, classes: Classes, draft: Draft
) -> RelationshipProperty[Any]:
    near, far = tables[entity.name], tables[way.target]
    every = {each.name for holder in (entity, draft.entities[way.target]) for each in holder.navigation}
    shared: dict[str, Any] = {
        "back_populates": way.partner,
        "overlaps": ",".join(sorted(every)),
        "uselist": way.collection,
    }
    if way.link is not None:
        link = tables[way.link]
        return relationship(
            classes[way.target],
            secondary=link,
            primaryjoin=_meeting(near, way.near, link, way.link_near),
            secondaryjoin=_meeting(far, way.far, link, way.link_far),
            foreign_keys=[link.c[name] for name in (*way.link_near, *way.link_far)],
            **shared,
        )
    owner, columns = (near, way.near) if way.owns_key else (far, way.far)
    return relationship(
        classes[way.target],
        primaryjoin=_meeting(near, way.near, far, way.far),
        foreign_keys=[owner.c[name] for name in columns],
        remote_side=[far.c[name] for name in way.far],
        passive_deletes=False if way.owns_key else "all",
        **shared,
    )


def _meeting(near: Table, names: Iterable[str], far: Table, other_names: Iterable[str]) -> Any:
    """(Any: a condition of one column or of several; SQLAlchemy has no common type.)"""
    return and_(*(near.c[one] == far.c[other] for one, other in zip(names, other_names, strict=True)))
