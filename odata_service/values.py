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

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from threading import RLock
from typing import Any, TypeVar, dataclass_transform, overload

Class = TypeVar("Class", bound=type)

_ASKED_OF_INSTANCES = """
    __repr__ __eq__ __hash__ __lt__ __le__ __gt__ __ge__ __getstate__ __setstate__ __replace__
""".split()
# Other threads see that a class is finished when it has the last one.
_ASKED_OF_THE_CLASS = "__match_args__ __dataclass_params__ __dataclass_fields__ __init__".split()
_ONE_AT_A_TIME = RLock()  # a class needs its bases finished


@overload
def frozen(draft: Class) -> Class: ...
@overload
def frozen(*, eq: bool = ..., order: bool = ...) -> Callable[[Class], Class]: ...
@dataclass_transform(frozen_default=True, field_specifiers=(field,))
def frozen(draft: Class | None = None, **options: bool) -> Class | Callable[[Class], Class]:
    """A class whose instances nobody changes, and which can be keys."""
    value = partial(_unfinished, write=_hashed(**options), late=_ASKED_OF_THE_CLASS)
    return value if draft is None else value(draft)


@overload
def mutable(draft: Class) -> Class: ...
@overload
def mutable(*, eq: bool = ...) -> Callable[[Class], Class]: ...
@dataclass_transform(field_specifiers=(field,))
def mutable(draft: Class | None = None, **options: bool) -> Class | Callable[[Class], Class]:
    """A class whose instances are filled step by step, or keep count of something."""
    value = partial(_unfinished, write=dataclass(slots=True, **options), late=_ASKED_OF_THE_CLASS)
    return value if draft is None else value(draft)


def _hashed(*, eq: bool = True, order: bool = False) -> Callable[[type], type]:
    """(``unsafe``, say :mod:`dataclasses`, is the hash of what may change.)"""

    def write(draft: type) -> type:
        hashed = eq and "__hash__" not in vars(draft)
        return dataclass(slots=True, eq=eq, order=order, unsafe_hash=hashed)(draft)

    return write


class _Late:
    """An attribute that is written when it is first asked for, and all else of its class with it."""

    def __init__(self, name: str, value: type, finish: Callable[[], None]) -> None:
        self._name, self._value, self._finish = name, value, finish

    def __get__(self, instance: object, owner: type) -> Any:
        """(Any: a method, or what there is to say of the class.)"""
        self._finish()
        written = vars(self._value)[self._name]
        return written.__get__(instance, owner) if callable(written) else written


def _unfinished(draft: Class, write: Callable[[type], type], late: Sequence[str]) -> Class:
    """The class with slots, and no more methods than it has itself. Those of ``draft`` are written when they are needed."""
    value = _with_slots(draft)

    def finish() -> None:
        with _ONE_AT_A_TIME:
            if isinstance(vars(value)["__init__"], _Late):
                written = vars(write(draft))
                _adopt(written, draft, value)
                for name in (*_ASKED_OF_INSTANCES, *late):
                    if name in written:
                        setattr(value, name, written[name])

    for name in late:
        setattr(value, name, _Late(name, value, finish))
    return value


def _with_slots(draft: Class) -> Class:
    """Slots are a class's from its beginning, so it is another one."""
    own = [name for name, kind in vars(draft).get("__annotations__", {}).items() if not kind.startswith("ClassVar")]
    inherited = {name for base in draft.__mro__[1:] for name in vars(base).get("__slots__", ())}
    of_the_draft = {*own, "__dict__", "__weakref__"}
    members = {name: member for name, member in vars(draft).items() if name not in of_the_draft}
    members["__slots__"] = tuple(name for name in own if name not in inherited)
    value = type(draft)(draft.__name__, draft.__bases__, members)
    value.__qualname__ = draft.__qualname__
    _adopt(members, draft, value)
    return value


def _adopt(members: Mapping[str, Any], draft: type, value: type) -> None:
    """Methods know the class that they are of, for ``super()``. (Any: whatever a class has.)"""
    for member in members.values():
        method = getattr(member, "__func__", member)  # of a class method
        if closure := getattr(method, "__closure__", None):
            for name, cell in zip(method.__code__.co_freevars, closure, strict=True):
                if name in ("__class__", "cls") and cell.cell_contents is draft:
                    cell.cell_contents = value
