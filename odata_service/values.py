"""What all of this is made of: small values. ``@frozen`` says of a class what ``@dataclass(frozen=True, slots=True)`` does, and
``@mutable`` what ``@dataclass(slots=True)`` does; only their methods are written when the first instance is made. ::

    @frozen
    class Place:
        distance: Decimal
        direction: str = "north"

:mod:`dataclasses` writes and compiles half a dozen methods for each of its classes, which takes longer than the rest of a
module. We have hundreds of classes, and a service makes values of every fifth until it is ready. That a frozen value stays as
it is, mypy sees to: what would refuse it at run time makes a value take four times as long, and each request makes dozens.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from reprlib import recursive_repr
from threading import RLock
from typing import Any, TypeVar, dataclass_transform, overload

Class = TypeVar("Class", bound=type)

_ASKED_OF_THE_CLASS = ("__match_args__", "__dataclass_params__", "__dataclass_fields__", "__init__")
_EQUALS = {"__eq__": "=="}
_ORDERS = {"__lt__": "<", "__le__": "<=", "__gt__": ">", "__ge__": ">="}
_ONE_AT_A_TIME = RLock()  # a class needs its bases finished


@overload
def frozen(draft: Class) -> Class: ...
@overload
def frozen(*, eq: bool = ..., order: bool = ...) -> Callable[[Class], Class]: ...
@dataclass_transform(frozen_default=True, field_specifiers=(field,))
def frozen(draft: Class | None = None, *, eq: bool = True, order: bool = False) -> Class | Callable[[Class], Class]:
    """A class whose instances nobody changes, and which can be keys."""
    signs = (_EQUALS if eq else {}) | (_ORDERS if order else {})
    return _unfinished(draft, signs, hashed=eq) if draft else lambda draft: _unfinished(draft, signs, hashed=eq)


@overload
def mutable(draft: Class) -> Class: ...
@overload
def mutable(*, eq: bool = ...) -> Callable[[Class], Class]: ...
@dataclass_transform(field_specifiers=(field,))
def mutable(draft: Class | None = None, *, eq: bool = True) -> Class | Callable[[Class], Class]:
    """A class whose instances are filled step by step, or keep count of something."""
    signs = _EQUALS if eq else {}
    return _unfinished(draft, signs, hashed=False) if draft else lambda draft: _unfinished(draft, signs, hashed=False)


def _unfinished(draft: Class, signs: Mapping[str, str], hashed: bool) -> Class:
    """The class with slots, and no more methods than it has itself. Those of ``draft`` are written when they are needed, and
    those that compare when they are."""
    own = {name for name, member in vars(draft).items() if member is not None}  # who has __eq__ has None for __hash__
    members = {} if hashed or not signs or "__hash__" in own else {"__hash__": None}
    value = _with_slots(draft, {"__repr__": _shown, "__replace__": replace, **members})
    _later(value, _ASKED_OF_THE_CLASS, lambda: vars(dataclass(slots=True, eq=False, repr=False)(draft)))
    compared = [name for name in (*signs, *(["__hash__"] if hashed else [])) if name not in own]
    _later(value, compared, lambda: _comparisons(value, signs))
    return value


def _with_slots(draft: Class, besides: Mapping[str, object]) -> Class:
    """Slots are a class's from its beginning, so it is another one."""
    own = [name for name, kind in vars(draft).get("__annotations__", {}).items() if not kind.startswith("ClassVar")]
    inherited = {name for base in draft.__mro__[1:] for name in vars(base).get("__slots__", ())}
    of_the_draft = {*own, "__dict__", "__weakref__"}
    members = {**besides, **{name: member for name, member in vars(draft).items() if name not in of_the_draft}}
    members["__slots__"] = tuple(name for name in own if name not in inherited)
    value = type(draft)(draft.__name__, draft.__bases__, members)
    value.__qualname__ = draft.__qualname__
    for member in members.values():
        _adopt(member, value)
    return value


def _adopt(member: Any, value: type) -> None:
    """A method knows the class that it is of, for ``super()``. (Any: whatever a class has.)"""
    method = getattr(member, "__func__", member)  # of a class method
    if closure := getattr(method, "__closure__", None):
        for name, cell in zip(method.__code__.co_freevars, closure, strict=True):
            if name == "__class__":
                cell.cell_contents = value


class _Late:
    """An attribute that is written when it is first asked for, and with it those that are written together."""

    def __init__(self, name: str, value: type, finish: Callable[[], None]) -> None:
        self._name, self._value, self._finish = name, value, finish

    def __get__(self, instance: object, owner: type) -> Any:
        """(Any: a method, or what there is to say of the class.)"""
        self._finish()
        written = vars(self._value)[self._name]
        return written.__get__(instance, owner) if callable(written) else written


def _later(value: type, names: Sequence[str], write: Callable[[], Mapping[str, Any]]) -> None:
    """(Any: methods, or what there is to say of the class.)"""

    def finish() -> None:
        with _ONE_AT_A_TIME:
            if isinstance(vars(value)[names[-1]], _Late):  # no other thread was quicker
                written = write()
                for name in names:
                    setattr(value, name, written[name])

    for name in names:
        setattr(value, name, _Late(name, value, finish))


def _comparisons(value: type, signs: Mapping[str, str]) -> dict[str, Any]:
    """The methods of these names, and ``__hash__``. (Any: functions.)"""
    every = fields(value)
    compared = _members(each.name for each in every if each.compare)
    hashed = _members(each.name for each in every if (each.compare if each.hash is None else each.hash))
    lines = [f"def __hash__(self): return hash({hashed.format('self')})"]
    for name, sign in signs.items():
        compare = f"{compared.format('self')} {sign} {compared.format('other')}"
        lines.append(
            f"def {name}(self, other): return {compare} if other.__class__ is self.__class__ else NotImplemented"
        )
    written: dict[str, Any] = {"__name__": value.__module__}
    exec("\n".join(lines), written)
    return written


def _members(names: Iterable[str]) -> str:
    """
    >>> _members(["distance", "direction"]).format("self")
    '(self.distance, self.direction, )'
    """
    return f"({''.join(f'{{0}}.{name}, ' for name in names)})"


@recursive_repr()
def _shown(value: Any) -> str:
    """``Place(distance=Decimal('3'), direction='north')`` (Any: of whatever class.)"""
    members = (f"{each.name}={getattr(value, each.name)!r}" for each in fields(value) if each.repr)
    return f"{type(value).__qualname__}({', '.join(members)})"
