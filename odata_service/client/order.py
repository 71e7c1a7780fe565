"""In which order a queue is sent: what is referred to is there first, and goes last."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from odata_service.values import frozen

from .entity import EntityShape
from .operations import Operation

Target = tuple[str, str, object]  # table, column, value


@frozen
class Planned:
    """An operation, and those that have to be done before it, by their ids."""

    operation: Operation
    after: frozenset[str]


def waves(operations: Sequence[Operation], shapes: Mapping[str, EntityShape]) -> list[list[Planned]]:
    """Operations that can be sent side by side, wave after wave: additions and changes, then deletions. Inside a wave they
    stand as they were made."""
    stored = [each for each in operations if each.kind != "Delete"]
    deleted = [each for each in operations if each.kind == "Delete"]
    referring = _references(deleted, shapes)
    before: dict[str, set[str]] = {each.id: set() for each in operations}
    for child, parent in referring:
        before[parent].add(child)
    for child, parent in _references(stored, shapes, additions=True):
        before[child].add(parent)
    return [*_leveled(stored, before), *_leveled(deleted, before)]


def _references(
    operations: Sequence[Operation], shapes: Mapping[str, EntityShape], *, additions: bool = False
) -> Iterator[tuple[str, str]]:
    """Which operation's entity refers to which other's; with ``additions`` only where that one is new."""
    targets = _targets(operations, shapes, additions)
    for each in operations:
        for reference in shapes[each.entity_type].references:
            parent = targets.get((reference.table, reference.column, each.item.get(reference.attribute)))
            if parent is not None and parent != each.id:
                yield each.id, parent


def _targets(operations: Sequence[Operation], shapes: Mapping[str, EntityShape], additions: bool) -> dict[Target, str]:
    wanted = {(reference.table, reference.column) for shape in shapes.values() for reference in shape.references}
    found: dict[Target, str] = {}
    for each in operations:
        if additions and each.kind != "Add":
            continue
        shape = shapes[each.entity_type]
        for member in shape.members.values():
            if (shape.table.name, member.column.name) in wanted and each.item.get(member.attribute) is not None:
                found[shape.table.name, member.column.name, each.item[member.attribute]] = each.id
    return found


def _leveled(operations: Sequence[Operation], before: Mapping[str, set[str]]) -> list[list[Planned]]:
    """Each operation one wave after the last of those that it waits for. Where references go round in a circle, what
    stands first in the queue goes first."""
    known = {each.id for each in operations}
    level: dict[str, int] = {}
    for each in operations:
        _settle(each.id, known, before, level)
    found: list[list[Planned]] = [[] for _ in range(max(level.values(), default=-1) + 1)]
    for each in operations:
        found[level[each.id]].append(Planned(each, frozenset(before[each.id])))
    return found


def _settle(id: str, known: set[str], before: Mapping[str, set[str]], level: dict[str, int]) -> None:
    """Without recursion: a chain may be as long as the queue."""
    waiting = [id]
    entered: set[str] = set()
    while waiting:
        current = waiting[-1]
        first = [other for other in before[current] if other in known and other not in level and other not in entered]
        if current in level or (current in entered and not first) or not first:
            if current not in level:
                level[current] = 1 + max((level[other] for other in before[current] if other in level), default=-1)
            waiting.pop()
        else:
            entered.add(current)
            waiting += first


def blocked(after: frozenset[str], waiting: set[str]) -> bool:
    """Whether something has to be done first that could not be."""
    return not waiting.isdisjoint(after)
