"""Which rows of an entity set there are for a caller: those that the application's interceptors let him see, and no
tombstones where these are hidden."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import field
from typing import Any, Literal

from odata_service.access.conditions import Conditions, Guards, QueryInterceptor
from odata_service.access.rights import EVERY
from odata_service.bind.query import NotDeleted, RowRule
from odata_service.changing import ChangeInterceptor, ChangeListener
from odata_service.edm.model import EntityModel, EntitySet
from odata_service.values import mutable

# What a spelling does with them where neither set nor request says; "asked" where the request alone says it.
Tombstones = Literal["shown", "hidden", "asked"]
RowRules = Mapping[str, tuple[RowRule, ...]]


class CallerRules(RowRules):
    """The row rules of every set for one caller; they remember which conditions went into a plan."""

    def __init__(self, fixed: RowRules, conditions: Conditions) -> None:
        self._fixed = fixed
        self._conditions: Conditions | None = conditions
        self._asked: set[str] = set()

    def __getitem__(self, set_name: str) -> tuple[RowRule, ...]:
        found: tuple[RowRule, ...] = self.get(set_name)
        return found

    def get(self, set_name: str, default: Any = ()) -> Any:
        """Not the ``get`` of mappings, which takes a KeyError of an interceptor for a set without rules. (Any: a
        mapping's may have any default.)"""
        assert self._conditions is not None, "nothing is planned with these rules any more"
        condition = self._conditions.of(set_name)
        if condition is None:
            return self._fixed.get(set_name, default)
        self._asked.add(set_name)
        return (*self._fixed.get(set_name, ()), condition)

    def __iter__(self) -> Iterator[str]:
        conditions = () if self._conditions is None else self._conditions.interceptors
        return iter(dict.fromkeys((*self._fixed, *conditions)))

    def __len__(self) -> int:
        return sum(1 for _ in self)

    @property
    def are_of_caller(self) -> bool:
        return bool(self._asked)

    def taken(self) -> Guards:
        """What must hold of another caller for the plan that these rules are in to be his, too. They let go of the
        request now, because a plan is kept longer."""
        assert self._conditions is not None, "a plan is kept once"
        made, self._conditions = self._conditions.made, None
        return tuple((name, made[name].shape) for name in sorted(self._asked))


def are_for_all(rules: RowRules) -> bool:
    """Whether no condition of one caller's has been asked for."""
    return not (isinstance(rules, CallerRules) and rules.are_of_caller)


def guards_of(rules: RowRules) -> Guards:
    return rules.taken() if isinstance(rules, CallerRules) else ()


@mutable
class RowPolicy:
    """What the service was told of rows, by set. Tombstones are ordinary ones until a set or a request hides them."""

    model: EntityModel
    tombstones: dict[str, Tombstones] = field(default_factory=dict)
    interceptors: dict[str, list[QueryInterceptor]] = field(default_factory=dict)
    change_listeners: dict[str, list[ChangeListener]] = field(default_factory=dict)
    change_interceptors: dict[str, list[ChangeInterceptor]] = field(default_factory=dict)

    @property
    def is_watched(self) -> bool:
        """Whether the application's own code is called for single entities or requests."""
        return bool(self.interceptors or self.change_interceptors or self.change_listeners)

    def rules(self, conditions: Conditions, tombstones: Tombstones, include_deleted: bool) -> RowRules:
        """The row rules of every set; ``tombstones`` is what holds for a set that nothing was said of."""
        fixed = {
            name: (_not_deleted(each),)
            for name, each in self.model.sets.items()
            if _keeps_tombstones(each) and (not include_deleted or self.hides_tombstones(each, tombstones))
        }
        return CallerRules(fixed, conditions) if self.interceptors else fixed

    def hides_tombstones(self, entity_set: EntitySet, tombstones: Tombstones) -> bool:
        said = {} if tombstones == "asked" else self.tombstones
        usual = said.get(EVERY, tombstones)
        return _keeps_tombstones(entity_set) and said.get(entity_set.name, usual) == "hidden"


def _keeps_tombstones(entity_set: EntitySet) -> bool:
    tracking = entity_set.type.tracking
    return tracking is not None and bool(tracking.is_deleted)


def _not_deleted(entity_set: EntitySet) -> RowRule:
    tracking = entity_set.type.tracking
    assert tracking is not None and tracking.is_deleted
    return NotDeleted(tracking.is_deleted)
