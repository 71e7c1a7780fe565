"""Where an expanded collection goes on: the options that stand in ``$expand``, as a request of their own."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import lru_cache
from urllib.parse import quote, unquote, unquote_plus

from odata_service.links import option_name, path_text
from odata_service.parse.query_string import is_form_encoded
from odata_service.values import frozen

# They say where a page starts or how deep it goes; the next page starts elsewhere.
_PLACE = frozenset({"top", "skip", "skiptoken", "levels"})
_PLAIN = "$'(),;=/:*@!"
_OPENING, _CLOSING = "([{", ")]}"


@frozen
class Asked:
    """What a level was asked for, and what holds for every level. ``root`` is the service's address, safe in a JSON
    string, ``query`` the raw query string; ``path`` are the navigation properties that lead to the level."""

    root: str
    query: str = ""
    path: tuple[str, ...] = ()

    @property
    def expand(self) -> str:
        """The text of the level's ``$expand``."""
        return _expand_below(self.query, self.path)

    @property
    def lasting(self) -> list[str]:
        """Options that each next link repeats."""
        return [option for option in self.query.split("&") if option and _lasts(option)]

    def below(self, navigation: str) -> Asked:
        """What the rows of an expanded navigation property are asked for."""
        return Asked(self.root, self.query, (*self.path, navigation))

    def options(self, navigation: str) -> list[str]:
        """The decoded options of one item of ``$expand``.

        >>> Asked("", "$expand=Products($filter=contains(Name,'a;)');$top=5),Category").options("Products")
        ["$filter=contains(Name,'a;)')", '$top=5']
        """
        return _options_inside(self.expand, navigation)

    def next_address(self, parent: str, navigation: str, shown: int, token: str) -> str:
        """``Customers(1)/Orders?$filter=Total gt 5&$top=3&$skiptoken=…``, after so many were shown."""
        inside = self.options(navigation)
        kept = [quote(option, safe=_PLAIN) for option in inside if option_name(option, bare=True) not in _PLACE]
        top = [f"$top={left}" for left in _tops_left(inside, shown)]
        options = [*kept, *self.lasting, *top, f"$skiptoken={quote(token, safe='')}"]
        cast = next((_cast_of(path) for path, _ in _items(self.expand, navigation)), "")
        return f"{parent}/{path_text(navigation)}{cast}?{'&'.join(options)}"


@lru_cache(maxsize=256)
def _expand_below(query: str, path: tuple[str, ...]) -> str:
    if path:
        inside = _options_inside(_expand_below(query, path[:-1]), path[-1])
        written = (option.partition("=") for option in inside if option_name(option, bare=True) == "expand")
        return next((value for _, _, value in written), "")
    decode = unquote_plus if is_form_encoded(query) else unquote
    options = (option.partition("=") for option in query.split("&") if option_name(option, bare=True) == "expand")
    return next((decode(value) for _, _, value in options), "")


def _options_inside(expand: str, navigation: str) -> list[str]:
    inside = next((inside for _, inside in _items(expand, navigation) if inside), "")
    return [option.strip() for option in split(inside.strip().removesuffix(")"), ";")] if inside else []


def _items(expand: str, navigation: str) -> Iterator[tuple[str, str]]:
    """The items of ``$expand`` that mean a navigation property: path, and what stands in parentheses."""
    for item in split(expand, ","):
        path, _, inside = item.strip().partition("(")
        if _navigation_of(path) in (navigation, "*"):
            yield path, inside


def _lasts(option: str) -> bool:
    """The format, parameter aliases, and what is the service's own: all that is no option of the protocol."""
    name = option_name(option, bare=False)
    return name in ("$format", "$schemaversion") or not name.startswith("$")


def _navigation_of(path: str) -> str:
    """``Sales.Manager/Reports/$ref`` → ``Reports``, and so is ``Reports/Sales.Manager``."""
    names = [name for name in path.split("/") if not name.startswith("$") and "." not in name]
    return names[-1].strip() if names else ""


def _cast_of(path: str) -> str:
    """What the entities at the far end have to be: ``Reports/Sales.Manager`` → ``/Sales.Manager``."""
    name = path.strip().rpartition("/")[2]
    return f"/{name}" if "." in name else ""


def _tops_left(options: Sequence[str], shown: int) -> Iterator[int]:
    for option in options:
        value = option.partition("=")[2].strip()
        if option_name(option, bare=True) == "top" and value.isascii() and value.isdigit():
            yield max(int(value) - shown, 0)


def split(text: str, separator: str) -> list[str]:
    """The parts between separators that stand outside brackets and strings.

    >>> split("A($expand=B,C),D", ","), split("Name eq ';';x", ";")
    (['A($expand=B,C)', 'D'], ["Name eq ';'", 'x'])
    """
    parts, start, depth, quoted = [], 0, 0, ""
    for place, sign in enumerate(text):
        if quoted:
            quoted = "" if sign == quoted else quoted
        elif sign in "'\"":
            quoted = sign
        elif sign in _OPENING or sign in _CLOSING:
            depth += 1 if sign in _OPENING else -1
        elif sign == separator and depth == 0:
            parts.append(text[start:place])
            start = place + 1
    return [*parts, text[start:]]
