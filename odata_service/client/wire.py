"""What a protocol has to do for a replica: send operations, tell changes, read one entity. One file for each protocol."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any, Literal, Protocol

from odata_service.values import frozen

from .columns import Json, Values, same
from .entity import EntityShape
from .operations import Remote, Sent
from .transport import TRANSIENT, Response

PAGE_SIZE = 1_000  # rows that are asked for at once, where nothing else is said
GONE = 410
IMPATIENT = frozenset({408, 503, 504})
NEVER = frozenset({501, 505})  # the server says that it cannot, and will not be able to
# "kept" is done with: the server stays with what it has. "unknown" may have been heard and will be sent again; "denied" asks for another token.
Outcome = Literal["done", "kept", "conflict", "refused", "unknown", "denied"]


@frozen
class Place:
    """An entity set on the server: where it is, what of it is wanted, and what the protocol calls its properties."""

    shape: EntityShape
    endpoint: str
    query: str | None = None
    key: str | None = None
    updated_at: str | None = None
    page_size: int | None = None


@frozen
class Outgoing:
    """One operation on its way. ``rest`` are values that only the server knows, of the version that is replaced."""

    place: Place
    item_id: str
    sent: Sent
    rest: Values | None = None


@frozen
class Answer:
    """What came of an operation. ``remote`` is the entity as the server has it, if it says so."""

    outcome: Outcome
    status: int = 0
    remote: Remote | None = None
    message: str = ""

    @property
    def stops(self) -> bool:
        """Whether the server will not hear of anything else now. 500 may be the fault of this one operation."""
        return self.outcome == "unknown" and self.status != 500


@frozen
class Incoming:
    """One entity of a page. Without values it is ``deleted``, or one that does not belong to the query any more."""

    id: str
    remote: Remote
    deleted: bool = False


@frozen
class Page:
    """Changes, and where it goes on after them: ``place`` at the next pull, or ``following`` now, if there is more."""

    rows: Sequence[Incoming]
    place: str
    following: str | None = None
    total: int | None = None


class Refusal(Exception):
    """A reading that the server refused."""

    def __init__(self, response: Response, address: str) -> None:
        says_nothing = response.message == str(response.status)
        super().__init__(f"{address}: {response.message}" if says_nothing else response.message)
        self.response, self.address = response, address


class Expired(Refusal):
    """The place in the changes is too old, or of another query: all has to be fetched anew."""


class Wire(Protocol):
    """A protocol. ``at_once`` is how many operations go into one request."""

    @property
    def at_once(self) -> int: ...

    def default_endpoint(self, shape: EntityShape) -> str: ...

    def send(self, outgoing: Sequence[Outgoing]) -> list[Answer]:
        """An answer for each, in their order. :class:`Unreachable` where it is not known of any whether it was heard."""

    def changes(self, place: Place, since: str | None, following: str | None) -> Page: ...

    def read(self, place: Place, id: str) -> Remote | None:
        """The entity as it is now; ``None`` where there is none."""

    def holds(self, place: Place, id: str) -> bool:
        """Whether the entity is one of the query."""

    def versions(self, place: Place) -> dict[str, str | None]:
        """Every entity of the query, with its version."""


def outcome_of(status: int, kind: str) -> Outcome:
    """
    >>> outcome_of(201, "Add"), outcome_of(410, "Delete"), outcome_of(410, "Replace"), outcome_of(503, "Add")
    ('done', 'done', 'conflict', 'unknown')
    """
    if status < 300 or (kind == "Delete" and status in (404, 410)):
        return "done"
    if status in (409, 412) or (kind != "Add" and status in (404, 410)):
        return "conflict"
    if status in TRANSIENT or (status >= 500 and status not in NEVER):
        return "unknown"
    return "denied" if status == 401 else "refused"


def in_pieces(outgoing: Sequence[Outgoing], send: Callable[[Sequence[Outgoing]], list[Answer]]) -> list[Answer]:
    """What is too long for the server's patience is sent in halves, and in halves of these; what one request alone is too
    long for, nobody knows of."""
    answers: list[Answer] = []
    size = len(outgoing)
    while len(answers) < len(outgoing):
        piece = outgoing[len(answers) : len(answers) + size]
        came = send(piece)
        if all(each.outcome == "unknown" and each.status in IMPATIENT for each in came) and len(piece) > 1:
            size = len(piece) // 2
            continue
        answers += came
        if came[-1].stops:
            return answers + [came[-1]] * (len(outgoing) - len(answers))
    return answers


def narrowed(place: Place, key: str, id: str) -> Place:
    """The same query of this one entity."""
    value = place.shape.id_value(id)
    literal = "'" + value.replace("'", "''") + "'" if isinstance(value, str) else str(value)
    condition = f"({key} eq {literal})"
    return replace(place, query=condition if place.query is None else f"({place.query}) and {condition}")


@dataclass(frozen=True)
class Names:
    """What a protocol calls the members of a class, there and back."""

    shape: EntityShape
    there: Mapping[str, str]  # by attribute
    _back: dict[str, str | None] = field(init=False, default_factory=dict)  # as far as they were met

    @cached_property
    def back(self) -> Mapping[str, str]:
        """By the name in lower case: servers do not agree on capitals."""
        return {name.lower(): attribute for attribute, name in self.there.items()}

    @classmethod
    def of(cls, shape: EntityShape, key: str, convention: Callable[[str], str]) -> Names:
        names = {each.attribute: each.name or convention(each.attribute) for each in shape.members.values()}
        return cls(shape, names | {shape.key.attribute: key})

    def body(self, item: Values) -> dict[str, Json]:
        """What is sent of an item."""
        members = self.shape.members
        return {
            self.there[each]: value for each, value in item.items() if each in members and not members[each].computed
        }

    def item(self, row: Mapping[str, Any]) -> tuple[dict[str, Json], dict[str, Json]]:
        """The members of a row, and what else there is in it."""
        item: dict[str, Json] = {}
        rest: dict[str, Json] = {}
        met = self._back
        for name, value in row.items():
            if name not in met:
                met[name] = self.back.get(name.lower())
            attribute = met[name]
            if attribute is None:
                rest[name] = value
            else:
                item[attribute] = value
        return item, rest


def changed(sent: Sent, shape: EntityShape) -> dict[str, Json]:
    """What an operation changes of its base; everything where it has none."""
    base = sent.base or {}
    return {
        name: value
        for name, value in sent.item.items()
        if name == shape.key.attribute or name not in base or not same(base[name], value, shape.members[name].kind)
    }
