"""Values behave as the dataclasses that they become; what is said late is said right."""

from __future__ import annotations

import copy
import inspect
import pickle
import subprocess
import sys
from collections.abc import Callable, Hashable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, fields, is_dataclass, replace
from threading import Barrier
from typing import Any, ClassVar

import pytest

from odata_service import User
from odata_service.values import _Late, frozen, mutable


@frozen
class Place:
    name: str
    tags: list[str] = field(default_factory=list)
    height: int = 0
    unit: ClassVar[str] = "m"

    def __post_init__(self) -> None:
        if self.height < -11_000:
            raise ValueError("nothing is as deep")

    def written(self) -> str:
        return f"{self.name} {self.height} {self.unit}"


@frozen
class Town(Place):
    people: int = field(default=0, kw_only=True)

    def written(self) -> str:
        return f"{super().written()}, {self.people} people"


@frozen(eq=False)
class Only:
    name: str


@frozen(order=True)
class Version:
    major: int
    minor: int = field(default=0, compare=False)


@mutable
class Count:
    of: str
    so_far: int = 0


TWINS = {
    "frozen": (frozen, dataclass(slots=True, unsafe_hash=True)),
    "by identity": (frozen(eq=False), dataclass(slots=True, eq=False)),
    "ordered": (frozen(order=True), dataclass(slots=True, unsafe_hash=True, order=True)),
    "mutable": (mutable, dataclass(slots=True)),
}


def declared(decorator: Callable[[type], type]) -> type:
    class Draft:
        """Said."""

        first: int
        second: str = "b"
        third: list[int] = field(default_factory=list, compare=False, repr=False)
        fourth: int = field(init=False, default=4)

    return decorator(Draft)


@pytest.mark.parametrize("kind", TWINS)
def test_a_value_has_what_the_dataclass_has(kind: str) -> None:
    ours, theirs = map(declared, TWINS[kind])
    assert inspect.signature(ours) == inspect.signature(theirs)
    assert [each.name for each in fields(ours)] == [each.name for each in fields(theirs)]
    assert repr(ours(1, third=[3])) == repr(theirs(1, third=[3]))
    assert (ours(1) == ours(1, third=[9])) is (theirs(1) == theirs(1, third=[9]))
    assert vars(ours).keys() - {"__replace__"} == vars(theirs).keys() - {"__replace__"}


def test_defaults_copies_and_what_comes_after_the_making() -> None:
    here = Place("here")
    assert (here.tags, here.height, Place("there").tags is here.tags) == ([], 0, False)
    assert replace(here, height=3) == Place("here", [], 3) != here
    with pytest.raises(ValueError, match="as deep"):
        replace(here, height=-20_000)
    assert copy.copy(here) == copy.deepcopy(here) == here


def test_a_value_that_another_process_has_made() -> None:
    code = f"import pickle; print(pickle.loads({pickle.dumps(User('ada'))!r}))"
    said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert said == f"{User('ada')}\n"


def test_what_is_frozen_mypy_keeps_as_it_is() -> None:
    """(It refuses an ``ignore`` that ignores nothing.)"""
    here = Place("here")
    here.height = 3  # type: ignore[misc]
    with pytest.raises(AttributeError):
        here.nothing = 3  # type: ignore[attr-defined]


def test_inheritance() -> None:
    town = Town("Rome", height=21, people=3)
    assert town.written() == "Rome 21 m, 3 people"
    assert (town == Town("Rome", height=21, people=3), town == Place("Rome", height=21)) == (True, False)
    match town:
        case Place(name, _, height):
            assert (name, height) == ("Rome", 21)


def test_a_class_of_an_applications_own_may_come_after() -> None:
    @frozen
    class Capital(Town):
        country: str = ""

    class Loud(Place):
        def __init__(self, name: str) -> None:
            super().__init__(name.upper())
            object.__setattr__(self, "volume", 11)

    assert Capital("Rome", country="Italy").written() == "Rome 0 m, 0 people"
    assert vars(Loud("here")) == {"volume": 11}
    assert Loud("here").name == "HERE"


def test_equality_order_and_hashes() -> None:
    assert (Only("a") == Only("a"), len({Only("a"), Only("a")})) == (False, 2)
    assert Version(1, 2) < Version(2)
    assert {Version(1, 2): "first"}[Version(1, 3)] == "first"
    count = Count("words")
    count.so_far += 1
    assert repr(count) == "Count(of='words', so_far=1)"
    assert not isinstance(count, Hashable)


def test_what_a_class_says_itself_stays() -> None:
    @frozen
    class Loose:
        name: str

        def __eq__(self, other: object) -> bool:
            return isinstance(other, Loose) and self.name.lower() == other.name.lower()

        def __repr__(self) -> str:
            return self.name

    @mutable
    class Told(Loose):
        def __hash__(self) -> int:
            return 1

    assert (Loose("a") == Loose("A"), repr(Loose("a")), hash(Loose("a"))) == (True, "a", hash(("a",)))
    assert (hash(Told("b")), Told("b") == Told("B"), repr(Told("b"))[-14:]) == (1, False, "Told(name='b')")


def test_nothing_is_written_before_it_is_needed() -> None:
    early = declared(frozen)
    assert isinstance(vars(early)["__init__"], _Late)
    assert is_dataclass(early)
    assert not isinstance(vars(early)["__init__"], _Late)
    assert isinstance(vars(early)["__eq__"], _Late)
    assert early(1) == early(1)
    assert not isinstance(vars(early)["__hash__"], _Late)


def test_many_threads_may_be_the_first() -> None:
    threads = 8
    for _ in range(20):
        of, together = declared(frozen), Barrier(threads)

        def made(number: int, of: Any = of, together: Barrier = together) -> object:
            together.wait()
            return of(number)

        with ThreadPoolExecutor(threads) as pool:
            assert list(pool.map(made, range(threads))) == [of(number) for number in range(threads)]


def test_a_service_that_is_loaded_has_most_methods_still_to_write() -> None:
    code = """
import odata_service.cli
from odata_service import User
from odata_service.values import _Late
from gc import get_objects
ours = [each for each in get_objects() if isinstance(each, type) and "__dataclass_fields__" in vars(each)]
print(sum(isinstance(vars(each)["__init__"], _Late) for each in ours) / len(ours))
"""
    late = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert float(late) > 0.6
