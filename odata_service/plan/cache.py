"""Plans by the shape of their request."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Hashable, Sequence
from dataclasses import dataclass, field
from threading import Lock
from typing import Generic, TypeVar

Value = TypeVar("Value")


@dataclass(slots=True)
class PlanCache(Generic[Value]):
    """A bounded map from shapes to plans, the least recently used going first.

    Some literals decide the SQL itself (the type in a cast, say) and are not parameters of the plan. Such a plan serves
    only requests with the same texts at these places: they are its ``pinned`` literals.
    """

    size: int = 1024
    _plans: OrderedDict[Hashable, list[tuple[tuple[tuple[int, str], ...], Value]]] = field(default_factory=OrderedDict)
    _lock: Lock = field(default_factory=Lock)

    def get(self, key: Hashable, texts: Sequence[str]) -> Value | None:
        variants = self._plans.get(key)
        if variants is None:
            return None
        for pinned, plan in variants:
            if all(texts[slot] == text for slot, text in pinned):
                with self._lock:
                    if key in self._plans:
                        self._plans.move_to_end(key)
                return plan
        return None

    def put(self, key: Hashable, texts: Sequence[str], parameters: frozenset[int], plan: Value) -> None:
        """Keep a plan whose parameters are the literals at these slots; the others are pinned."""
        pinned = tuple((slot, text) for slot, text in enumerate(texts) if slot not in parameters)
        with self._lock:
            variants = self._plans.get(key, [])
            self._plans[key] = [*variants[-15:], (pinned, plan)]
            self._plans.move_to_end(key)
            if len(self._plans) > self.size:
                self._plans.popitem(last=False)
