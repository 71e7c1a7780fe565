"""Addresses that go out to clients, of entities, of what is related to them, and of the next page; and those that come in.

A protocol shows in a key only by the spelling of its literals, so that is a parameter.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from functools import lru_cache
from urllib.parse import SplitResult, quote, unquote, unquote_plus, urljoin, urlsplit

from odata_service.edm.literal_v2 import write_literal
from odata_service.edm.model import EntitySet
from odata_service.edm.primitive import PrimitiveType
from odata_service.errors import BadRequest
from odata_service.values import frozen

KeyLiteral = Callable[[object, PrimitiveType], str]

_PLAIN = re.compile(r"[A-Za-z0-9_.~'-]*")  # what no segment needs to be encoded for
_OF_SEGMENTS = "'()=,@$:;!*"  # what the syntax of a segment consists of
# What decides which rows there are and in which order; aliases may stand in any of them.
_ORDERING_OPTIONS = frozenset({"filter", "orderby", "search", "compute", "apply"})
_MAY_ORDER = re.compile("filter|orderby|search|compute|apply|[%@]", re.IGNORECASE)
# They say where a page starts, and the next page starts elsewhere.
_PLACE_OPTIONS = frozenset({"skip", "skiptoken", "top"})
# What belongs to one reading and not to the query that a delta link stands for (Protocol, Delta Links).
_OF_ONE_READING = _PLACE_OPTIONS | {"count", "deltatoken"}


def taken_apart(address: str) -> SplitResult:
    """An address that a client sent, by its parts."""
    try:
        return urlsplit(address)
    except ValueError:
        raise _no_address(address) from None


def absolute(base: str, address: str) -> str:
    """An address that is relative to another one."""
    try:
        return urljoin(base, address)
    except ValueError:
        raise _no_address(address) from None


def _no_address(address: str) -> BadRequest:
    return BadRequest("BadReference", f"{address[:200]!r} is no address")


def path_text(text: str) -> str:
    """Percent-encoded so that it stays one path segment; quotes stay readable.

    >>> path_text("'O''Neil & Söhne/1'")
    "'O''Neil%20%26%20S%C3%B6hne%2F1'"
    """
    return text if _PLAIN.fullmatch(text) else quote(text, safe="'")


def encoded_path(path: str) -> str:
    """A path as a client sent it, each segment encoded as in the addresses of this service.

    >>> encoded_path("Books('50%25%2F1')/Title"), encoded_path("Größen(1)/%4Eame")
    ("Books('50%25%2F1')/Title", 'Gr%C3%B6%C3%9Fen(1)/Name')
    """
    return "/".join(quote(unquote(segment), safe=_OF_SEGMENTS) for segment in path.split("/"))


def key_predicate(entity_set: EntitySet, values: Sequence[object], literal: KeyLiteral = write_literal) -> str:
    """``(guid'…')``, or ``(OrderId=1,Line=2)`` where the key has several properties; nothing for what stands alone."""
    if not entity_set.needs_key:
        return ""
    return key_in_parentheses([
        (declared.name, path_text(literal(value, declared.type)))
        for value, declared in zip(values, entity_set.type.key, strict=True)
        if declared.name not in entity_set.type.implied
    ])  # fmt: skip


def key_in_parentheses(parts: Sequence[tuple[str, str]]) -> str:
    """
    >>> key_in_parentheses([("ID", "5")]), key_in_parentheses([("Order", "5"), ("No", "1")]), key_in_parentheses([])
    ('(5)', '(Order=5,No=1)', '')
    """
    if len(parts) == 1:
        return f"({parts[0][1]})"
    pairs = ",".join(f"{path_text(name)}={text}" for name, text in parts)
    return f"({pairs})" if parts else ""


@frozen
class Place:
    """An entity by its set and key; ``around`` are the keys of the entities that contain it, the nearest first."""

    entity_set: EntitySet
    key: Sequence[object]
    around: Sequence[Sequence[object]] = ()


def entity_address(root: str, place: Place, literal: KeyLiteral = write_literal) -> str:
    """``http://host/PeopleDataService.svc/People(guid'…')``, ``http://host/v4/Orders(1)/Lines(2)``."""
    entity_set = place.entity_set
    own = f"{path_text(entity_set.segment)}{key_predicate(entity_set, place.key, literal)}"
    if entity_set.containment is None:
        return f"{root}{own}"
    key, *above = place.around
    return f"{entity_address(root, Place(entity_set.containment.parent, key, above), literal)}/{own}"


def next_link(root: str, target: str, query: str, token: str, top_left: int | None = None) -> str:
    """The address of the next page: the request's own, with the place where to go on.

    Everything else the client asked for is repeated as it was spelled; version 4.01 may spell ``$top`` as ``top``.

    >>> next_link("http://host/svc/", "People", "%24filter=Name+ne+'x'&$top=60&$skip=5", "a=b", top_left=10)
    "http://host/svc/People?%24filter=Name+ne+'x'&$top=10&$skiptoken=a%3Db"
    """
    kept = [option for option in query.split("&") if option and option_name(option, bare=True) not in _PLACE_OPTIONS]
    top = [f"$top={top_left}"] if top_left is not None else []
    options = "&".join([*kept, *top, f"$skiptoken={quote(token, safe='')}"])
    return f"{root}{target.lstrip('/')}?{options}"


def numbered_page_link(root: str, target: str, query: str, token: str) -> str:
    """The same for rows that have no place but their number: ``$top`` and ``$skip`` are part of what they are."""
    kept = [option for option in query.split("&") if option and option_name(option, bare=True) != "skiptoken"]
    options = "&".join([*kept, f"$skiptoken={quote(token, safe='')}"])
    return f"{root}{target.lstrip('/')}?{options}"


def delta_link(root: str, target: str, query: str, token: str, option: str = "$deltatoken") -> str:
    """The address of what changes: the query's own without what belongs to one reading only.

    >>> delta_link("http://host/svc/", "People", "$filter=Age gt 5&$top=9&$count=true", "a=b")
    'http://host/svc/People?$filter=Age gt 5&$deltatoken=a%3Db'
    """
    options = "&".join([*_defining(query), f"{option}={quote(token, safe='')}"])
    return f"{root}{_collection(target)}?{options}"


def whole_reading(root: str, target: str, query: str) -> str:
    """Where to read everything anew when a delta link is of no use any more."""
    options = "&".join(_defining(query))
    return f"{root}{_collection(target)}{'?' if options else ''}{options}"


def defining_query(target: str, query: str) -> str:
    """What a delta token is good for: the collection, and the options that decide which entities and what of them.

    >>> defining_query("People/$count", "$select=Name&$format=json&%24filter=Age+gt+5&$deltatoken=x")
    'People?filter=Age gt 5&select=Name'
    """
    pairs = [(option_name(option, bare=True), unquote_plus(option.partition("=")[2])) for option in _defining(query)]
    options = "&".join(f"{name}={value}" for name, value in sorted(pairs) if name != "format")
    return f"{unquote(_collection(target))}?{options}"


def _defining(query: str) -> list[str]:
    return [option for option in query.split("&") if option and option_name(option, bare=True) not in _OF_ONE_READING]


def _collection(target: str) -> str:
    """``/$count`` may be appended to a delta link's path."""
    return target.strip("/").removesuffix("/$count").removesuffix("/%24count")


def option_name(option: str, *, bare: bool) -> str:
    """The name of an option that is still encoded, in lower case; ``bare`` without its ``$``, or the ``!`` of SAP.

    >>> option_name("%24Top=5", bare=True), option_name("$filter=x", bare=False)
    ('top', '$filter')
    """
    name = _name_written(option.partition("=")[0])
    return name.lstrip("$!") if bare else name


@lru_cache(maxsize=256)  # there are few
def _name_written(name: str) -> str:
    return unquote_plus(name).strip().lower()


def without_format(query: str) -> str:
    """
    >>> without_format("$top=5&%24format=json&a=b")
    '$top=5&a=b'
    """
    return "&".join(option for option in query.split("&") if option_name(option, bare=False) != "$format")


def without_empty(query: str, name: str) -> str:
    """
    >>> without_empty("$top=5&%21deltatoken=&a=", "!deltatoken"), without_empty("!deltatoken='x'", "!deltatoken")
    ('$top=5&a=', "!deltatoken='x'")
    """
    if name[1:] not in query:
        return query
    said = (option for option in query.split("&"))
    return "&".join(each for each in said if option_name(each, bare=False) != name or each.partition("=")[2].strip("'"))


def lasting_options(query: str) -> list[str]:
    """The options of a request that hold for the pages of what it expands, too: the format, and those of the service.

    >>> lasting_options("$top=5&%24format=json&$expand=Addresses&includeDeleted=false")
    ['%24format=json', 'includeDeleted=false']
    """
    options = [option for option in query.split("&") if option]
    names = ((option, option_name(option, bare=False)) for option in options)
    return [option for option, name in names if name == "$format" or not name.startswith("$")]


@lru_cache(maxsize=64)  # for the token that a request brings, and the one that its answer gives
def ordering_options(query: str) -> str:
    """What of a query decides which rows there are and in which order: a skip token is good for these alone.

    >>> ordering_options("$top=5&%24filter=Name+ne+'x'&$orderby=@by&@by=Name")
    "@by=Name&filter=Name ne 'x'&orderby=@by"
    """
    if not _MAY_ORDER.search(query):
        return ""
    named = ((option_name(option, bare=True), option.partition("=")[2]) for option in query.split("&"))
    decoded = [
        (name, unquote_plus(value)) for name, value in named if name in _ORDERING_OPTIONS or name.startswith("@")
    ]
    return "&".join(f"{name}={value}" for name, value in sorted(decoded))
