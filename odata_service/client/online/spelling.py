"""How a version of OData writes addresses, options and bodies, and reads answers. What both do in one way is here."""

from __future__ import annotations

import enum
import json
import re
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import field
from decimal import Decimal
from typing import Any, ClassVar
from urllib.parse import quote, unquote

from odata_service.edm.primitive import DECIMAL, INT64, STRING, PrimitiveType
from odata_service.edm.values import type_of
from odata_service.errors import ODataError
from odata_service.values import frozen

from .expression import Expression
from .failure import NotPossible, NotUnderstood
from .functions import FUNCTIONS
from .model import EnumType, Model, Operation, Property, StructuredType, ValueType
from .options import Options
from .values import accepted, shown

Json = Any  # what a JSON text stands for
JSON_TYPE: Mapping[str, str] = {"Content-Type": "application/json"}
Row = Mapping[str, Json]
_KEY = re.compile(r"\(([^()]*(?:'(?:[^']|'')*'[^()]*)*)\)$")
_KEY_PART = re.compile(r"(?:^|,)(\w+=)?((?:[^',]|'(?:[^']|'')*')+)")
PLAIN_IN_PATHS = "'()=,:@!$*;"
PLAIN_IN_QUERIES = "'()*,:/@!$;=?"


@frozen
class Control:
    """What an entity in an answer says of itself."""

    type: str | None = None
    etag: str | None = None
    address: str | None = None


@frozen
class Page:
    rows: Sequence[Row]
    next: str | None = None
    delta: str | None = None
    count: int | None = None


@frozen
class Link:
    """An entity that is meant by its address, in a body."""

    address: str


@frozen
class New:
    """An entity or a structure that is made, or what is changed of one."""

    type: StructuredType
    values: Mapping[str, object] = field(default_factory=dict)
    usual: StructuredType | None = None  # where it says which type it is only if that is another one


class Spelling(ABC):
    """A version. ``headers`` go with every request; ``update`` is the method that leaves alone what is not named."""

    version: ClassVar[str]
    headers: ClassVar[Mapping[str, str]]
    update: ClassVar[str]
    each: ClassVar[str | None] = None  # what means every entity of a collection
    longest_url: ClassVar[int | None] = None  # longer queries are sent in a body
    track_changes: ClassVar[Mapping[str, str]] = {}
    track_option: ClassVar[tuple[str, str] | None] = None

    @abstractmethod
    def read_metadata(self, content: bytes) -> Model: ...

    # Addresses

    @abstractmethod
    def primitive_literal(self, value: Any, kind: PrimitiveType) -> str: ...

    @abstractmethod
    def enum_literal(self, value: object, kind: EnumType) -> str: ...

    def literal(self, value: object, kind: ValueType | None) -> str:
        """A value as it stands in an address, in the type of what it is compared with."""
        if value is None:
            return "null"
        declared = kind.type if kind is not None and not kind.collection else None
        if isinstance(declared, EnumType):
            return self.enum_literal(value, declared)
        if isinstance(value, enum.Enum) and not isinstance(declared, PrimitiveType):
            raise TypeError(f"{value!r} is compared with what is no enumeration")
        plain = declared if isinstance(declared, PrimitiveType) and declared.python is not object else None
        found, exact = _compared(value, plain)
        return self.primitive_literal(found, exact)

    def key_text(self, key: object, declared: Sequence[Property]) -> str:
        """``(1)``, ``(ProductID=…,LanguageKey='EN')``, percent-encoded."""
        values = key_values(key, declared)
        literals = [self.literal(value, each.value) for value, each in zip(values, declared, strict=True)]
        if len(declared) > 1:
            literals = [f"{each.name}={text}" for each, text in zip(declared, literals, strict=True)]
        return f"({','.join(quote(text, safe=PLAIN_IN_PATHS) for text in literals)})"

    def key_of(self, address: str, declared: Sequence[Property]) -> object:
        """What :meth:`key_text` has written at the end of an address; ``None`` if that is nothing of the kind."""
        found = _KEY.search(unquote(address))
        texts = {name.rstrip("="): text for name, text in _KEY_PART.findall(found[1])} if found else {}
        try:
            values = [self.read_literal(texts["" if len(declared) == 1 else each.name]) for each in declared]
            accepted_values = tuple(
                accepted(value, each.value.type) if isinstance(each.value.type, PrimitiveType) else value
                for value, each in zip(values, declared, strict=True)
            )
        except (KeyError, ValueError, TypeError, ODataError):
            return None
        return accepted_values[0] if len(declared) == 1 else accepted_values

    @abstractmethod
    def read_literal(self, text: str) -> object: ...

    @abstractmethod
    def option_pairs(self, options: Options) -> list[tuple[str, str]]: ...

    def query_string(self, options: Options) -> str:
        return query_text([*self.option_pairs(options), *options.custom])

    def conditions(self, options: Options) -> str:
        """``$filter``: all of the conditions."""
        if len(options.filters) == 1:
            return options.filters[0].text(self)
        return " and ".join(each.inner(self) for each in options.filters)

    def function(self, name: str, arguments: Sequence[str]) -> str:
        text = getattr(FUNCTIONS[name], self.version)
        if not text:
            raise NotPossible(f"{self.version.upper()} has no function {name}")
        return str(text).format(*arguments)

    @abstractmethod
    def any_all(self, path: str, quantifier: str, variable: str, condition: str) -> str: ...

    @abstractmethod
    def counted(self, path: str) -> str: ...

    @abstractmethod
    def one_of(self, subject: str, literals: Sequence[str]) -> str: ...

    @abstractmethod
    def derived(self, type_name: str) -> tuple[Expression | None, str]:
        """What leaves only entities of a type: a condition, or a segment of the path."""

    @abstractmethod
    def before_derived(self, type_name: str) -> tuple[str, ...]:
        """What stands before a property that only a derived type has."""

    @abstractmethod
    def call(self, operation: Operation, arguments: Mapping[str, object]) -> tuple[str, str, bytes]:
        """The segment, the query string and the body of an operation that is called."""

    # Bodies

    @property
    @abstractmethod
    def writers(self) -> Mapping[PrimitiveType, Callable[[Any], str]]: ...

    @property
    @abstractmethod
    def readers(self) -> Mapping[PrimitiveType, Callable[[Any], object]]: ...

    @abstractmethod
    def type_member(self, new: New) -> list[str]: ...

    @abstractmethod
    def link_member(self, name: str, links: Link | Sequence[Link] | None) -> str: ...

    @abstractmethod
    def reference(self, address: str) -> bytes:
        """The body that links an entity."""

    @abstractmethod
    def links(self, owner: str, name: str) -> str:
        """Where the links of a navigation property are."""

    @abstractmethod
    def unlink(self, owner: str, name: str, target: str, key: str) -> str:
        """What is deleted to take an entity out of a collection."""

    def body(self, new: New) -> bytes:
        return self._structure(new).encode()

    def _structure(self, new: New) -> str:
        members = self.type_member(new)
        members += [self._member(new.type, name, value) for name, value in new.values.items()]
        return "{" + ",".join(members) + "}"

    def _member(self, owner: StructuredType, name: str, value: object) -> str:
        if isinstance(value, Link) or (isinstance(value, list) and value and isinstance(value[0], Link)):
            return self.link_member(name, value)
        if name in owner.navigation:
            return self.link_member(name, None) if value is None else f"{json.dumps(name)}:{self._related(value)}"
        declared = owner.properties.get(name)
        if declared is None:
            return self.dynamic_member(name, value)
        return f"{json.dumps(name)}:{self.json(value, declared.value)}"

    def _related(self, value: object) -> str:
        if isinstance(value, New):
            return self._structure(value)
        assert isinstance(value, list), "one new entity, or a list of them"
        return f"[{','.join(map(self._structure, value))}]"

    @abstractmethod
    def dynamic_member(self, name: str, value: object) -> str:
        """A property that nobody has declared."""

    def json(self, value: object, kind: ValueType) -> str:
        """A value as JSON text, in the form of its type."""
        if value is None:
            return "null"
        if kind.collection:
            assert isinstance(value, (list, tuple)), "a collection's value is a list"
            return self.collection([self.json(item, kind.item) for item in value], kind)
        if isinstance(value, New):
            return self._structure(value)
        if isinstance(kind.type, EnumType):
            return self.enum_json(enum_member(value, kind.type), kind.type)
        assert isinstance(kind.type, PrimitiveType), "structures are written as such"
        found: Any = accepted(value, kind.type)
        return json.dumps(value) if kind.type.python is object else self.writers[kind.type](found)

    def collection(self, items: Sequence[str], kind: ValueType) -> str:
        return f"[{','.join(items)}]"

    @abstractmethod
    def enum_json(self, member: enum.IntEnum | enum.IntFlag, kind: EnumType) -> str: ...

    # Answers

    @abstractmethod
    def control(self, row: Row) -> Control: ...

    @abstractmethod
    def page(self, document: Json) -> Page: ...

    @abstractmethod
    def inner_page(self, row: Row, name: str) -> Page:
        """Related entities in an entity; there may be more of them."""

    @abstractmethod
    def entity(self, document: Json) -> Row: ...

    def one_or_none(self, document: Json) -> Row | None:
        return None if document is None else self.entity(document)

    def delta_context(self, row: Row) -> str:
        """What an object in a delta is, if it is no entity of the set that was asked: ``Addresses/$deletedEntity``."""
        return str(row.get("@odata.context") or row.get("@context") or "").rpartition("#")[2]

    @abstractmethod
    def removed(self, row: Row) -> tuple[str, str] | None:
        """The address of a deleted entity in a delta, and the reason."""

    @abstractmethod
    def value(self, document: Json, operation: Operation | None = None) -> Json:
        """What stands alone in an answer: the result of a function."""

    def is_expanded(self, value: Json) -> bool:
        return True

    def read(self, value: Json, kind: PrimitiveType | EnumType) -> object:
        """A value of Python."""
        if value is None:
            return None
        try:
            if isinstance(kind, EnumType):
                return enum_member(value, kind)
            if kind.python is object:
                return value
            if kind is STRING and isinstance(value, str):
                return value
            return shown(self.readers[kind](value), kind)
        except (ValueError, TypeError) as error:
            raise NotUnderstood(f"the answer has {value!r:.60} where {kind} is said to be: {error}") from None


def query_text(pairs: Sequence[tuple[str, str]]) -> str:
    """
    >>> query_text([("$filter", "Name eq 'A & B+C'")])
    "$filter=Name%20eq%20'A%20%26%20B%2BC'"
    """
    return "&".join(f"{quote(name, safe='$@!')}={quote(text, safe=PLAIN_IN_QUERIES)}" for name, text in pairs)


def is_rows(found: Json) -> bool:
    return isinstance(found, list) and all(isinstance(row, dict) for row in found)


def key_values(key: object, declared: Sequence[Property]) -> list[object]:
    """The parts of a key in their order, from a value, a tuple or a mapping."""
    names = [each.name for each in declared]
    if isinstance(key, Mapping):
        if set(key) != set(names):
            raise KeyError(f"a key has {', '.join(names)}, not {', '.join(map(str, key))}")
        return [key[name] for name in names]
    values = list(key) if isinstance(key, tuple) else [key]
    if len(values) != len(names):
        raise KeyError(f"a key has {len(names)} parts: {', '.join(names)}")
    return values


def enum_member(value: object, kind: EnumType) -> enum.IntEnum | enum.IntFlag:
    """
    >>> flags = EnumType("N.F", enum.IntFlag("F", {"A": 1, "B": 2}))
    >>> enum_member("A,B", flags) == enum_member(3, flags) == flags.members["A"] | flags.members["B"]
    True
    """
    if isinstance(value, str) and not value.lstrip("-").isdigit():
        number = 0
        for name in value.split(","):
            if name.strip() not in kind.members.__members__:
                raise ValueError(f"{kind.full_name} has no member {name.strip()!r}")
            number |= kind.members[name.strip()]
        return kind.members(number)
    if isinstance(value, enum.Enum) and not isinstance(value, kind.members):
        raise TypeError(f"{value!r} is no member of {kind.full_name}")
    if isinstance(value, bool) or not isinstance(value, (int, str)):
        raise TypeError(f"{value!r:.60} is no member of {kind.full_name}")
    return kind.members(int(value))


def enum_names(member: enum.IntEnum | enum.IntFlag) -> str:
    """
    >>> enum_names(enum.IntFlag("F", {"None": 0, "A": 1, "B": 2})(3))
    'A,B'
    """
    if member.name is not None:
        return member.name.replace("|", ",")
    return str(int(member))


def _compared(value: object, declared: PrimitiveType | None) -> tuple[object, PrimitiveType]:
    """The value and its type: the declared one, if it is one of that; a number may be one of another type."""
    try:
        if declared is not None:
            return accepted(value, declared), declared
    except (TypeError, ValueError):
        if not (declared and declared.is_numeric and isinstance(value, (int, float, Decimal))):
            raise
    natural = type_of(value)
    if natural is INT64 and isinstance(value, int) and not -(2**63) <= value < 2**63:
        natural = DECIMAL
    return accepted(value, natural), natural
