"""``nextLink``: the query string of the next page, which the client puts behind its own address."""

from __future__ import annotations

from collections.abc import Container, Iterable, Iterator
from urllib.parse import quote, unquote_plus

from odata_service.links import option_name
from odata_service.parse.query_string import is_form_encoded

_PLAIN = "$(),;:@!*/?"  # what stays as it is, as .NET writes a query


def bare_link(link: str) -> str:
    """The query string of an address, encoded as the reference does it.

    >>> bare_link("http://host/tables/movies?$filter=title eq 'Up'&$skiptoken=ab%3D")
    '$filter=title%20eq%20%27Up%27&$skiptoken=ab%3D'
    """
    return _joined(_encoded(link.partition("?")[2]))


def without_options(query: str, options: Container[str]) -> str:
    """A query string without some of its options."""
    return "&".join(option for option in query.split("&") if option not in options)


def skipping_link(query: str, returned: int) -> str:
    """The link that skips what was returned so far, with what is left of ``$top``.

    >>> skipping_link("$count=true&$top=125&$filter=duration ge 60", 100)
    '$count=true&$filter=duration%20ge%2060&$skip=100&$top=25'
    """
    kept, place = [], {"skip": 0}
    for name, value in _encoded(query):
        option = option_name(name, bare=True)
        if option in ("skip", "top"):
            place[option] = int(unquote_plus(value))
        else:
            kept.append((name, value))
    kept.append(("$skip", str(place["skip"] + returned)))
    if "top" in place:
        kept.append(("$top", str(place["top"] - returned)))
    return _joined(kept)


def _joined(options: Iterable[tuple[str, str]]) -> str:
    return "&".join(f"{name}={value}" for name, value in options)


def _encoded(query: str) -> Iterator[tuple[str, str]]:
    blank = is_form_encoded(query)
    for option in filter(None, query.split("&")):
        name, _, value = (option.replace("+", "%20") if blank else option.replace("+", "%2B")).partition("=")
        yield quote(unquote_plus(name), safe=_PLAIN), quote(unquote_plus(value), safe=_PLAIN)
