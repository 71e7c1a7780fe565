"""Plans by the shape of their request."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Hashable, Sequence
from dataclasses import field
from threading import Lock
from typing import Generic, TypeVar

from odata_service.access import Caller
from odata_service.access.conditions import Guards
from odata_service.limits import counts_rows
from odata_service.values import frozen, mutable

Value = TypeVar("Value")


@frozen
class Fit:
    """Which requests of its shape a plan serves: those with the same texts where a literal decided the SQL itself
    (``pinned``: the type in a cast, say), and with no more rows than are allowed where one is a number of rows
    (``counts``). Others are parsed anew, which may well be refused. ``guards`` are the conditions on rows that went into
    it: it is for callers with others of the same shape."""

    pinned: tuple[tuple[int, str], ...] = ()
    counts: tuple[tuple[int, int], ...] = ()
    guards: Guards = ()

    def serves(self, texts: Sequence[str]) -> bool:
        """
        >>> [Fit(((0, "'Edm.Int32'"),), ((1, 100),)).serves(["'Edm.Int32'", text]) for text in ("5", "-5", "101")]
        [True, False, False]
        """
        if self.pinned and any(texts[slot] != text for slot, text in self.pinned):
            return False
        return not self.counts or all(counts_rows(texts[slot]) and int(texts[slot]) <= most for slot, most in self.counts)


@mutable
class PlanCache(Generic[Value]):
    """A bounded map from shapes to plans, the least recently used going first."""

    size: int = 1024
    _plans: OrderedDict[Hashable, list[tuple[Fit, Value]]] = field(default_factory=OrderedDict)
    _lock: Lock = field(default_factory=Lock)

    def get(self, key: Hashable, texts: Sequence[str], caller: Caller) -> Value | None:
        variants = self._plans.get(key)
        if variants is None:
            return None
        for fit, plan in variants:
            if fit.serves(texts) and (not fit.guards or caller.conditions.hold(fit.guards)):
                with self._lock:
                    if key in self._plans:
                        self._plans.move_to_end(key)
                return plan
        return None

    def put(self, key: Hashable, fit: Fit, plan: Value) -> None:
        with self._lock:
            variants = self._plans.get(key, [])
            self._plans[key] = [*variants[-15:], (fit, plan)]
            self._plans.move_to_end(key)
            if len(self._plans) > self.size:
                self._plans.popitem(last=False)
