"""The items of a delta of version 4.0 with ``$expand``: entities, related ones and links, one after another (OData JSON
Format, Flattened Delta Payload)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace

from odata_service.bind.delta import IS_DELETED
from odata_service.bind.query import LEFT
from odata_service.formats.context_v4 import entity_context, place_of
from odata_service.formats.expanded import keys
from odata_service.formats.expanded_v4 import Asked
from odata_service.formats.json_rows_v4 import row_writer
from odata_service.formats.json_text import quoted
from odata_service.formats.style_v4 import Style
from odata_service.plan.row import ExpandedNavigation
from odata_service.result import Level, Row
from odata_service.values import frozen


@frozen
class Related:
    """An entity around another one: its key, its address, and the items that tell of it and of what is around it."""

    key: Row
    address: str
    items: Sequence[str] = ()
    is_deleted: bool = False


Groups = Mapping[Row, Sequence[Related]]


def flat_items(level: Level, asked: Asked, style: Style) -> list[list[str]]:
    """For each row its entity, then what is related to it, and what is no more."""
    texts = row_writer(replace(level.shape, expanded=()), style).entities(_bare(level), asked)
    return [[text, *around] for text, around in zip(texts, _around(level, asked, style), strict=True)]


def _around(level: Level, asked: Asked, style: Style) -> list[list[str]]:
    items: list[list[str]] = [[] for _ in level.rows]
    sources = _addresses(level, asked, style)
    for expanded, child, left in _expanded(level):
        way = expanded.navigation
        links = _Links(level.shape.entity_set.name, way.name, way.target_set, asked.root)
        related = _groups(expanded, child, _related(expanded, child, asked.below(way.name), style))
        leavers = [(each, _groups(each, rows, _leavers(rows, asked, style))) for each, rows in left]
        for found, source, row in zip(items, sources, level.rows, strict=True):
            mine = _of(related, expanded, row)
            found += links.of_related(source, mine)
            found += links.of_leavers(source, mine, [one for each, groups in leavers for one in _of(groups, each, row)])
    return items


def _expanded(level: Level) -> Iterator[tuple[ExpandedNavigation, Level, list[tuple[ExpandedNavigation, Level]]]]:
    """Each expanded navigation property with its rows, and the rows that may have left it, which stand after it."""
    waiting = list(zip(level.shape.expanded, level.children, strict=True))
    while waiting:
        expanded, child = waiting.pop(0)
        left = []
        while waiting and waiting[0][0].only == LEFT:
            left.append(waiting.pop(0))
        yield expanded, child, left


def _related(expanded: ExpandedNavigation, child: Level, asked: Asked, style: Style) -> Iterator[Related]:
    addresses, around = _addresses(child, asked, style), _around(child, asked, style)
    texts = [""] * len(addresses) if expanded.only else _entities(child, addresses, asked, style)
    for row, address, text, more in zip(child.rows, addresses, texts, around, strict=True):
        yield Related(_key(child, row), address, [text, *more] if text else more)


def _entities(level: Level, addresses: Sequence[str], asked: Asked, style: Style) -> Iterator[str]:
    """Entities that say of which set they are."""
    shape = replace(level.shape, expanded=())
    for address, text in zip(addresses, row_writer(shape, style).entities(_bare(level), asked), strict=True):
        context = entity_context(shape, style.version, place_of(shape, address, asked.root))
        members = "" if text == "{}" else f",{text[1:-1]}"
        yield f'{{"@odata.context":{quoted(f"{asked.root}$metadata#{context}")}{members}}}'


def _leavers(level: Level, asked: Asked, style: Style) -> Iterator[Related]:
    deleted = next(each.position for each in level.shape.computed if each.name == IS_DELETED)
    for row, address in zip(level.rows, _addresses(level, asked, style), strict=True):
        yield Related(_key(level, row), address, is_deleted=bool(row[deleted]))


def _groups(expanded: ExpandedNavigation, level: Level, related: Iterable[Related]) -> Groups:
    """By the values that say around which row they are."""
    groups: dict[Row, list[Related]] = {}
    parents = keys(list(zip(*level.rows, strict=True)), expanded.far) if level.rows else ()
    for parent, each in zip(parents, related, strict=True):
        groups.setdefault(parent, []).append(each)
    return groups


def _of(groups: Groups, expanded: ExpandedNavigation, row: Row) -> Sequence[Related]:
    return groups.get(tuple(row[at] for at in expanded.near), ())


def _key(level: Level, row: Row) -> Row:
    return tuple(row[level.shape.position(part)] for part in level.shape.entity_set.type.key)


def _bare(level: Level) -> Level:
    return replace(level, shape=replace(level.shape, expanded=()), children=())


def _addresses(level: Level, asked: Asked, style: Style) -> list[str]:
    return list(row_writer(level.shape, style).addresses(level, asked))


@frozen
class _Links:
    """The links from entities of one set over one navigation property."""

    source_set: str
    relationship: str
    target_set: str
    root: str

    def of_related(self, source: str, related: Sequence[Related]) -> Iterator[str]:
        for each in related:
            yield from each.items
            yield self._link("link", source, each)

    def of_leavers(self, source: str, there: Sequence[Related], leavers: Sequence[Related]) -> Iterator[str]:
        """What is not there any more; of an entity that is deleted the links are, too."""
        known = {each.key for each in there}
        for each in leavers:
            if each.key not in known:
                yield self._deleted(each) if each.is_deleted else self._link("deletedLink", source, each)
                known.add(each.key)

    def _link(self, kind: str, source: str, target: Related) -> str:
        said = {"source": source, "relationship": self.relationship, "target": target.address}
        members = ",".join(f'"{name}":{quoted(text)}' for name, text in said.items())
        return f'{{"@odata.context":{self._context(self.source_set, kind)},{members}}}'

    def _deleted(self, target: Related) -> str:
        context = self._context(self.target_set, "deletedEntity")
        return f'{{"@odata.context":{context},"id":{quoted(target.address)},"reason":"deleted"}}'

    def _context(self, set_name: str, kind: str) -> str:
        return quoted(f"{self.root}$metadata#{set_name}/${kind}")
