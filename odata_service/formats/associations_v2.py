"""Relationships as V2's ``$metadata`` has them (CSDL 2.0, Association).

V2 names a relationship once, as an association with two ends, and each navigation property says from which end to which
it goes.
"""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import ColumnElement

from odata_service.edm.model import EntityModel, EntitySet, EntityType, NavigationProperty, Property
from odata_service.values import frozen


@frozen
class End:
    """One end of an association: ``role`` names it, ``multiplicity`` says how many there are for one at the other."""

    role: str
    type: EntityType
    entity_set: EntitySet
    multiplicity: str  # "0..1", "1" or "*"


@frozen
class Association:
    """A relationship as both of its ends see it; ``ways`` are the one or two navigation properties that go along it."""

    name: str
    start: End
    end: End
    ways: tuple[NavigationProperty, ...]

    @property
    def dependent(self) -> NavigationProperty | None:
        """The way that starts where the foreign key is."""
        return next((way for way in self.ways if way.owns_key), None)

    def ends_of(self, way: NavigationProperty) -> tuple[End, End]:
        """Where a way starts and where it leads."""
        return (self.start, self.end) if way is self.ways[0] else (self.end, self.start)


def associations_of(model: EntityModel) -> list[Association]:
    """One association for each pair of partners, and for each navigation property that has none."""
    found: list[Association] = []
    seen: set[tuple[str, str]] = set()
    taken = {*model.types, *model.complex_types, *model.sets, model.container}
    for entity_type in model.types.values():
        inherited = () if entity_type.base is None else entity_type.base.member_names
        for way in entity_type.navigation.values():
            if (way.source, way.name) not in seen and way.name not in inherited:
                back = _partner(way, model)
                seen.update((each.source, each.name) for each in (way, back) if each)
                found.append(_association(_free_name(f"{way.source}_{way.name}", taken), way, back, model))
    return found


def _partner(way: NavigationProperty, model: EntityModel) -> NavigationProperty | None:
    back = model.types[way.target].navigation.get(way.partner or "")
    return back if back is not None and back.target == way.source else None


def _free_name(wished: str, taken: set[str]) -> str:
    """Named for the navigation property: ``Person_Addresses``; with a line more where something is called that."""
    while wished in taken:
        wished += "_"
    taken.add(wished)
    return wished


def _association(
    named: str, way: NavigationProperty, back: NavigationProperty | None, model: EntityModel
) -> Association:
    source, target = model.types[way.source], model.types[way.target]
    roles = (way.source, way.target) if source is not target else (f"{way.source}_Source", f"{way.target}_Target")
    return Association(
        named,
        End(roles[0], source, model.set_of(source), _multiplicity(back) if back else _assumed_multiplicity(way)),
        End(roles[1], target, model.target_set(way), _multiplicity(way)),
        (way, back) if back else (way,),
    )


def _multiplicity(way: NavigationProperty) -> str:
    """How many there are at the far end."""
    if way.collection:
        return "*"
    return "0..1" if way.nullable else "1"


def _assumed_multiplicity(way: NavigationProperty) -> str:
    """At the near end of a way without a way back: where the key is, or behind a link table, there may be many."""
    if way.owns_key or way.link_near:
        return "*"
    return "0..1" if any(getattr(column, "nullable", True) for column in way.far) else "1"


def constraint_of(association: Association, model: EntityModel) -> tuple[list[Property], list[Property]] | None:
    """The properties that the dependent end refers to, and those that refer to them, where both are published."""
    way = association.dependent
    if way is None:
        return None
    foreign = _published(model.types[way.source], way.near)
    referred = _published(model.types[way.target], way.far)
    if foreign is None or referred is None or set(referred) != set(model.types[way.target].key):
        return None
    return referred, foreign


def _published(entity_type: EntityType, columns: Iterable[ColumnElement[object]]) -> list[Property] | None:
    by_column = {declared.column: declared for declared in entity_type.properties.values() if declared.type.v2}
    found = [by_column[column] for column in columns if column in by_column]
    return found if found and len(found) == len(tuple(columns)) else None
