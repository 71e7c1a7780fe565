"""Foreign keys → ways between entity sets, each kept whole and named after what is there."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace

from odata_service.config import ConfigurationError
from odata_service.edm.names import legal
from odata_service.errors import did_you_mean
from odata_service.reflect.choices import Choices
from odata_service.reflect.draft import Draft, DraftEntity, DraftNavigation
from odata_service.reflect.facts import ForeignKey, TableFacts

_KEY_ENDING = re.compile(r"(?<=.)(?:[ _]?(?:ID|Id|id)|[ _](?:fk|FK|key|code|uuid|guid))$")


def is_pure_link(table: TableFacts, tables: Sequence[TableFacts]) -> bool:
    """Whether rows are nothing but pairs of rows of two tables, each pair once, and nothing refers to them."""
    if table.kind != "table" or len(table.foreign_keys) != 2:
        return False
    one, other = table.foreign_keys
    paired = {*one.columns, *other.columns}
    alone = table.column_names == paired and len(paired) == len(one.columns) + len(other.columns)
    meant = any(key.target == table.name for each in tables for key in each.foreign_keys)
    complete = {one.target, other.target} <= {each.name for each in tables}
    return alone and complete and not meant and table.tells_apart(tuple(paired))


def add_navigation(draft: Draft, choices: Choices) -> None:
    """Ways of single foreign keys, then those through link tables; names that are taken make room in a fixed order."""
    for link in draft.links.values():
        draft.remark(
            "note",
            link.name,
            "its rows are pairs, so it is a way between " + " and ".join(str(key.target) for key in link.foreign_keys),
        )
    between = Counter((each.name, key.target) for each in draft.entities.values() for key in each.facts.foreign_keys)
    for entity in draft.entities.values():
        for key in entity.facts.foreign_keys:
            if key is not entity.continues and _is_sound(draft, entity.facts, key):
                _connect(entity, draft.entities[key.target], key, alone=between[entity.name, key.target] == 1)
    pairs = Counter(frozenset(key.target for key in link.foreign_keys) for link in draft.links.values())
    for link in draft.links.values():
        if all(_is_sound(draft, link, key) for key in link.foreign_keys):
            _link(draft, link, alone=pairs[frozenset(key.target for key in link.foreign_keys)] == 1)
    for entity in draft.entities.values():
        _rename(draft, entity, choices.of(entity.name).navigation)


def _is_sound(draft: Draft, table: TableFacts, key: ForeignKey) -> bool:
    """Whether a foreign key leads to one row of a set, by columns that are there; the draft says where not."""
    about, target = f"{table.name} ({', '.join(key.columns)})", draft.entities.get(key.target)
    if target is None:
        draft.remark("doubt", about, f"it refers to {key.target}, which is not published")
        return False
    if not target.facts.tells_apart(key.target_columns):
        draft.remark(
            "doubt", about, f"it refers to ({', '.join(key.target_columns)}) of {key.target}, which are not unique"
        )
        return False
    here = draft.entities.get(table.name)
    if target.is_keyless or (here is not None and here.is_keyless):
        draft.remark("note", about, "no way leads to or from rows without a key")
        return False
    mapped = {each.column.name for each in here.properties} if here else table.column_names
    if set(key.columns) <= mapped and set(key.target_columns) <= {each.column.name for each in target.properties}:
        return True
    draft.remark("doubt", about, "one of its columns is left out, and so is the way to " + str(key.target))
    return False


def _connect(entity: DraftEntity, target: DraftEntity, key: ForeignKey, alone: bool) -> None:
    is_self = entity is target
    forward = _first_free(_forward_names(target, key, alone and not is_self), entity, ())
    single = entity.facts.tells_apart(key.columns)
    back = _first_free(
        _backward_names(entity, key, forward, alone and not is_self, single), target, (forward,) if is_self else ()
    )
    entity.navigation.append(
        DraftNavigation(forward, target.name, False, key.columns, key.target_columns, back, owns_key=True)
    )
    target.navigation.append(DraftNavigation(back, entity.name, not single, key.target_columns, key.columns, forward))


def _forward_names(target: DraftEntity, key: ForeignKey, alone: bool) -> Iterator[str]:
    """``CustomerID`` → ``Customer``; else the target's type; else the columns, as Entity Framework Core does it."""
    if len(key.columns) == 1 and (stem := _stem(key.columns[0])) != key.columns[0]:
        yield legal(stem)
    if alone:
        yield target.type_name
    yield f"{legal('_'.join(key.columns))}Navigation"


def _backward_names(entity: DraftEntity, key: ForeignKey, forward: str, alone: bool, single: bool) -> Iterator[str]:
    """``Orders``; where that would not do, ``Orders_BillingAddress``."""
    own = entity.type_name if single else entity.set_name
    if alone:
        yield own
    yield f"{own}_{legal(_stem(key.columns[0])) if len(key.columns) == 1 else legal('_'.join(key.columns))}"
    yield f"{own}_{forward}"


def _stem(column: str) -> str:
    """
    >>> [_stem(name) for name in ("CustomerID", "customer_id", "country_code", "ReportsTo", "paid", "id")]
    ['Customer', 'customer', 'country', 'ReportsTo', 'paid', 'id']
    """
    if column.islower() and not re.search(r"[ _](id|fk|key|code|uuid|guid)$", column):
        return column
    return _KEY_ENDING.sub("", column)


def _link(draft: Draft, link: TableFacts, alone: bool) -> None:
    one, other = link.foreign_keys
    first, second = draft.entities[one.target], draft.entities[other.target]
    alone = alone and first is not second
    to_second = _first_free(_link_names(second, other, link, alone), first, ())
    to_first = _first_free(_link_names(first, one, link, alone), second, (to_second,) if first is second else ())
    way = DraftNavigation(
        to_second, second.name, True, one.target_columns, other.target_columns, to_first,
        link=link.name, link_near=one.columns, link_far=other.columns,
    )  # fmt: skip
    first.navigation.append(way)
    second.navigation.append(
        replace(
            way, name=to_first, target=first.name, near=way.far, far=way.near, partner=to_second,
            link_near=way.link_far, link_far=way.link_near,
        )
    )  # fmt: skip


def _link_names(target: DraftEntity, key: ForeignKey, link: TableFacts, alone: bool) -> Iterator[str]:
    if alone:
        yield target.set_name
    yield f"{target.set_name}_{legal(link.name.name)}"
    yield f"{target.set_name}_{legal('_'.join(map(_stem, key.columns)))}"


def _first_free(names: Iterable[str], entity: DraftEntity, others: Sequence[str]) -> str:
    tried: list[str] = []
    for name in names:
        if not entity.is_taken(name) and name not in others:
            return name
        tried.append(name)
    number = next(each for each in range(2, 1000) if not entity.is_taken(f"{tried[-1]}_{each}"))
    return f"{tried[-1]}_{number}"


def _rename(draft: Draft, entity: DraftEntity, names: Mapping[str, str]) -> None:
    known = {each.name: each for each in entity.navigation}
    for old, new in names.items():
        if old not in known:
            hint = did_you_mean(old, known)
            raise ConfigurationError(f"tables.{str(entity.name)!r}: there is no navigation property {old!r}{hint}")
        if entity.is_taken(new):
            raise ConfigurationError(f"tables.{str(entity.name)!r}: {new!r} has another meaning already")
        target = draft.entities[known[old].target]
        entity.navigation = [replace(each, name=new) if each.name == old else each for each in entity.navigation]
        target.navigation = [
            replace(each, partner=new) if (each.partner, each.target) == (old, entity.name) else each
            for each in target.navigation
        ]
