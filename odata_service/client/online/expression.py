"""Conditions and orders as Python writes them: ``people.Name.startswith("A") & (people.LastUpdated > yesterday)``.

An expression does not know its version; :meth:`Expression.text` asks a spelling for literals and functions.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import NoReturn, Protocol

from odata_service.edm.primitive import BOOLEAN, INT64
from odata_service.values import frozen

from .functions import FUNCTIONS
from .model import Navigation, StructuredType, ValueType

TRUTH = ValueType(BOOLEAN)


class Writer(Protocol):
    """What an expression asks of a version."""

    def literal(self, value: object, kind: ValueType | None) -> str: ...

    def function(self, name: str, arguments: Sequence[str]) -> str: ...

    def any_all(self, path: str, quantifier: str, variable: str, condition: str) -> str: ...

    def counted(self, path: str) -> str: ...

    def one_of(self, subject: str, literals: Sequence[str]) -> str: ...


class Expression:
    """Anything that has a value for each entity. Combine conditions with ``&``, ``|`` and ``~``, in parentheses."""

    __slots__ = ()
    _kind: ValueType | None = None

    def text(self, writer: Writer) -> str:
        raise NotImplementedError

    def inner(self, writer: Writer) -> str:
        """As a part of a larger expression."""
        return self.text(writer)

    def __bool__(self) -> NoReturn:
        raise TypeError(
            "a condition is true or false on the server only: combine conditions with &, | and ~, not and, or, not"
        )

    def __eq__(self, other: object) -> Binary:  # type: ignore[override]
        return Binary("eq", self, other)

    def __ne__(self, other: object) -> Binary:  # type: ignore[override]
        return Binary("ne", self, other)

    __hash__ = object.__hash__

    def __lt__(self, other: object) -> Binary:
        return Binary("lt", self, other)

    def __le__(self, other: object) -> Binary:
        return Binary("le", self, other)

    def __gt__(self, other: object) -> Binary:
        return Binary("gt", self, other)

    def __ge__(self, other: object) -> Binary:
        return Binary("ge", self, other)

    def __and__(self, other: Expression) -> Binary:
        return Binary("and", self, other)

    def __or__(self, other: Expression) -> Binary:
        return Binary("or", self, other)

    def __invert__(self) -> Not:
        return Not(self)

    def __add__(self, other: object) -> Binary:
        return Binary("add", self, other)

    def __sub__(self, other: object) -> Binary:
        return Binary("sub", self, other)

    def __mul__(self, other: object) -> Binary:
        return Binary("mul", self, other)

    def __truediv__(self, other: object) -> Binary:
        return Binary("div", self, other)

    def __mod__(self, other: object) -> Binary:
        return Binary("mod", self, other)

    def in_(self, values: Iterable[object]) -> OneOf:
        """Whether it is one of them: ``people.Name.in_(["Ada", "Grace"])``."""
        return OneOf(self, tuple(values))

    def asc(self) -> Order:
        return Order(self)

    def desc(self) -> Order:
        return Order(self, descending=True)

    def contains(self, part: object) -> Function:
        return Function("contains", self, part)

    def startswith(self, start: object) -> Function:
        return Function("startswith", self, start)

    def endswith(self, end: object) -> Function:
        return Function("endswith", self, end)

    def matches(self, pattern: object) -> Function:
        """A regular expression of ECMAScript that is found anywhere in it."""
        return Function("matches", self, pattern)

    def length(self) -> Function:
        return Function("length", self)

    def indexof(self, part: object) -> Function:
        return Function("indexof", self, part)

    def substring(self, start: int, length: int | None = None) -> Function:
        return Function("substring", self, start) if length is None else Function("substring_to", self, start, length)

    def lower(self) -> Function:
        return Function("lower", self)

    def upper(self) -> Function:
        return Function("upper", self)

    def trim(self) -> Function:
        return Function("trim", self)

    def concat(self, other: object) -> Function:
        return Function("concat", self, other)

    def year(self) -> Function:
        return Function("year", self)

    def month(self) -> Function:
        return Function("month", self)

    def day(self) -> Function:
        return Function("day", self)

    def hour(self) -> Function:
        return Function("hour", self)

    def minute(self) -> Function:
        return Function("minute", self)

    def second(self) -> Function:
        return Function("second", self)

    def date(self) -> Function:
        return Function("date", self)

    def time(self) -> Function:
        return Function("time", self)

    def round(self) -> Function:
        return Function("round", self)

    def floor(self) -> Function:
        return Function("floor", self)

    def ceiling(self) -> Function:
        return Function("ceiling", self)

    def has(self, member: object) -> Function:
        """Whether an enumeration has these flags."""
        return Function("has", self, member)

    def sum(self) -> Aggregate:
        return Aggregate(self, "sum")

    def min(self) -> Aggregate:
        return Aggregate(self, "min")

    def max(self) -> Aggregate:
        return Aggregate(self, "max")

    def average(self) -> Aggregate:
        return Aggregate(self, "average")

    def distinct(self) -> Aggregate:
        """How many different values there are."""
        return Aggregate(self, "countdistinct")

    def distance(self, place: object) -> Function:
        """In metres, to a point in GeoJSON."""
        return Function("distance", self, place)

    def intersects(self, area: object) -> Function:
        return Function("intersects", self, area)


def written(operand: object, kind: ValueType | None, writer: Writer) -> str:
    """An operand, which may be a value of the type of what it stands beside."""
    return operand.inner(writer) if isinstance(operand, Expression) else writer.literal(operand, kind)


@frozen(eq=False)
class Binary(Expression):
    """``Price gt 5``. Chains of one operator need no parentheses, and would be nested deeply with them."""

    operator: str
    left: Expression
    right: object

    @property
    def _kind(self) -> ValueType | None:  # type: ignore[override]
        return self.left._kind if self.operator in ("add", "sub", "mul", "div", "mod") else TRUTH

    def text(self, writer: Writer) -> str:
        if self.operator in ("and", "or"):
            return f" {self.operator} ".join(part.inner(writer) for part in self._chain())
        right = written(self.right, self.left._kind, writer)
        return f"{self.left.inner(writer)} {self.operator} {right}"

    def _chain(self) -> list[Expression]:
        parts: list[Expression] = []
        waiting: list[object] = [self]
        while waiting:
            part = waiting.pop()
            if isinstance(part, Binary) and part.operator == self.operator:
                waiting += [part.right, part.left]
            elif isinstance(part, Expression):
                parts.append(part)
            else:
                raise TypeError(f"{part!r:.60} is no condition")
        return parts

    def inner(self, writer: Writer) -> str:
        return f"({self.text(writer)})"


@frozen(eq=False)
class Not(Expression):
    condition: Expression

    @property
    def _kind(self) -> ValueType | None:  # type: ignore[override]
        return TRUTH

    def text(self, writer: Writer) -> str:
        return f"not ({self.condition.text(writer)})"


@frozen(eq=False)
class OneOf(Expression):
    subject: Expression
    values: tuple[object, ...]

    @property
    def _kind(self) -> ValueType | None:  # type: ignore[override]
        return TRUTH

    def text(self, writer: Writer) -> str:
        literals = [writer.literal(value, self.subject._kind) for value in self.values]
        return writer.one_of(self.subject.inner(writer), literals) if literals else "false"

    def inner(self, writer: Writer) -> str:
        return f"({self.text(writer)})"


class Function(Expression):
    """A call of one of :data:`FUNCTIONS`."""

    __slots__ = ("_arguments", "_name")

    def __init__(self, name: str, *arguments: object) -> None:
        self._name, self._arguments = name, arguments

    @property
    def _kind(self) -> ValueType | None:  # type: ignore[override]
        gives = FUNCTIONS[self._name].gives
        return ValueType(gives) if gives is not None else self._first

    @property
    def _first(self) -> ValueType | None:
        first = self._arguments[0] if self._arguments else None
        return first._kind if isinstance(first, Expression) else None

    def text(self, writer: Writer) -> str:
        takes = FUNCTIONS[self._name].takes
        kind = ValueType(takes) if takes is not None else self._first
        return writer.function(self._name, [written(each, kind, writer) for each in self._arguments])

    def inner(self, writer: Writer) -> str:
        return f"({self.text(writer)})" if self._name == "has" else self.text(writer)


class AnyAll(Expression):
    """``Addresses/any(a1:a1/City eq 'Oslo')``"""

    __slots__ = ("_condition", "_path", "_quantifier", "_variable")

    def __init__(self, path: Path, quantifier: str, condition: Callable[[Path], Expression] | None) -> None:
        self._path, self._quantifier = path, quantifier
        self._variable = f"x{path._depth + 1}"
        variable = Path((self._variable,), path._kind.item if path._kind else None, path._depth + 1)
        self._condition = condition(variable) if condition else None

    @property
    def _kind(self) -> ValueType | None:  # type: ignore[override]
        return TRUTH

    def text(self, writer: Writer) -> str:
        condition = self._condition.text(writer) if self._condition is not None else ""
        return writer.any_all(self._path.text(writer), self._quantifier, self._variable, condition)


class Path(Expression):
    """A property, and those of it: ``people.Addresses``, ``address.Person.Name``. A name that collides with one of Python's
    here is written ``path.member("length")``."""

    __slots__ = ("_depth", "_kind", "_segments")

    def __init__(self, segments: tuple[str, ...], kind: ValueType | None, depth: int = 0) -> None:
        self._segments, self._kind, self._depth = segments, kind, depth

    def member(self, name: str) -> Path:
        owner = self._kind.type if self._kind and not self._kind.collection else None
        if not isinstance(owner, StructuredType):
            raise AttributeError(f"{'/'.join(self._segments)} ({self._kind}) has no property {name!r}")
        return Path((*self._segments, name), member_type(owner, name), self._depth)

    def __getattr__(self, name: str) -> Path:
        if name.startswith("__"):
            raise AttributeError(name)
        return self.member(name)

    def __dir__(self) -> list[str]:
        owner = self._kind.type if self._kind else None
        members = [*owner.properties, *owner.navigation] if isinstance(owner, StructuredType) else []
        return [*super().__dir__(), *members]

    def any(self, condition: Callable[[Path], Expression] | None = None) -> AnyAll:
        """Whether there is one (that fits): ``people.Addresses.any(lambda a: a.City == "Oslo")``."""
        return AnyAll(self, "any", condition)

    def all(self, condition: Callable[[Path], Expression]) -> AnyAll:
        return AnyAll(self, "all", condition)

    def count(self) -> Count:
        return Count(self)

    def text(self, writer: Writer) -> str:
        return "/".join(self._segments)

    def __repr__(self) -> str:
        return f"Path({'/'.join(self._segments)})"


class Count(Expression):
    """``Addresses/$count``: how many there are."""

    __slots__ = ("_path",)
    _kind = ValueType(INT64)

    def __init__(self, path: Path) -> None:
        self._path = path

    def text(self, writer: Writer) -> str:
        return writer.counted(self._path.text(writer))


class Raw(Expression):
    """A piece of the URL language as it stands."""

    __slots__ = ("_text",)

    def __init__(self, text: str) -> None:
        self._text = text

    def text(self, writer: Writer) -> str:
        return self._text

    def inner(self, writer: Writer) -> str:
        return f"({self._text})"


@frozen
class Order:
    by: Expression
    descending: bool = False

    def text(self, writer: Writer) -> str:
        return self.by.text(writer) + (" desc" if self.descending else "")


@frozen
class Aggregate:
    """``Price with max``; of no expression, how many there are."""

    of: Expression | None
    method: str = ""

    def text(self, writer: Writer) -> str:
        return "$count" if self.of is None else f"{self.of.text(writer)} with {self.method}"


def number() -> Aggregate:
    """How many entities there are in a group."""
    return Aggregate(None)


def member_type(owner: StructuredType, name: str) -> ValueType | None:
    """What a member of an entity or a structure is. Entities of open types have members that nobody declares."""
    if owner.is_open and name not in owner.properties and name not in owner.navigation:
        return None
    found = owner.member(name)
    return ValueType(found.target, found.collection) if isinstance(found, Navigation) else found.value


def now() -> Function:
    """The server's clock, in a condition."""
    return Function("now")
