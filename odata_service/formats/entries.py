"""Entities that the application's hooks have seen: each is written as if its type had no more than what they left."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import fields
from functools import lru_cache
from itertools import chain
from typing import TypeVar

from odata_service.edm.model import EntityType
from odata_service.entry import Entry
from odata_service.formats.pieces import Page
from odata_service.plan.row import RowShape
from odata_service.result import Row

Member = TypeVar("Member")
ByType = list[tuple[EntityType, Sequence[int]]]


class HookedType(EntityType):
    """A type without what hooks have left out of some entities, which may have something else instead."""


def as_hooked(shape: RowShape, page: Page, by_type: ByType) -> tuple[Sequence[Entry], ByType]:
    """The entries of a page as their hooks leave them, and which rows are to be written alike."""
    types = dict(chain.from_iterable(((number, each) for number in numbers) for each, numbers in by_type))
    entries = [_entry(shape, types[number], page, number) for number in range(len(page.rows))]
    alike: dict[EntityType, list[int]] = {}
    for number, entry in enumerate(entries):
        for hook in page.hooks:
            hook(entry)
        entry.links = {name: url for name, url in entry.links.items() if _shows_link(shape, types[number], name)}
        left_out = frozenset((*entry.omitted, *entry.links))
        alike.setdefault(_without(types[number], left_out), []).append(number)
    return entries, list(alike.items())


def _entry(shape: RowShape, entity_type: EntityType, page: Page, number: int) -> Entry:
    row, address = page.rows[number], page.addresses[number]
    dynamic = {} if shape.dynamic is None else {name: (value, kind) for name, value, kind in shape.dynamic.of_row(row)}
    return Entry(
        shape.entity_set.name,
        entity_type,
        address if address.startswith(page.root) else f"{page.root}{address}",
        {**dict(_values(shape, entity_type, row)), **{name: value for name, (value, _) in dynamic.items()}},
        {name: kind for name, (_, kind) in dynamic.items()},
    )


def _values(shape: RowShape, entity_type: EntityType, row: Row) -> Iterator[tuple[str, object]]:
    for declared in shape.selected:
        if declared.name in entity_type.properties:
            yield declared.name, shape.value(row, declared)
    for structure in shape.structures:
        if structure.name in entity_type.complex:
            yield structure.name, {member.name: shape.value(row, member) for member in structure.members}
    for each in shape.collections:
        if each.collection.name in entity_type.collections:
            yield each.collection.name, each.of_row(row)


def _shows_link(shape: RowShape, entity_type: EntityType, name: str) -> bool:
    """Not where the entities themselves are shown, and none that was not asked for or is hidden."""
    if name not in entity_type.complete.navigation:
        return True
    expanded = any(each.navigation.name == name for each in shape.expanded)
    asked = not shape.chosen or any(each.name == name for each in shape.links)
    return asked and not expanded and name in entity_type.navigation


@lru_cache(maxsize=256)
def _without(entity_type: EntityType, names: frozenset[str]) -> HookedType:
    def left(members: Mapping[str, Member]) -> dict[str, Member]:
        return {name: member for name, member in members.items() if name.partition("/")[0] not in names}

    said = {each.name: getattr(entity_type, each.name) for each in fields(EntityType)}
    members = ("properties", "complex", "collections", "navigation", "streams", "feed")
    kept = {name: left(said[name]) for name in members}
    # What is dynamic is among the values that the entry says itself.
    return HookedType(**{**said, **kept, "dynamic": None, "derived": [], "whole": entity_type.complete})
