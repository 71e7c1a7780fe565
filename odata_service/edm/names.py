"""Names: which there may be, and English plurals for entity sets as Entity Framework makes them: Person → People."""

from __future__ import annotations

import re

_IRREGULAR = {
    "person": "people", "child": "children", "man": "men", "woman": "women", "foot": "feet", "tooth": "teeth",
    "goose": "geese", "mouse": "mice", "ox": "oxen", "leaf": "leaves", "life": "lives", "knife": "knives",
    "wife": "wives", "half": "halves", "shelf": "shelves", "wolf": "wolves", "datum": "data", "index": "indices",
    "criterion": "criteria", "medium": "media", "series": "series", "species": "species", "news": "news",
    "status": "statuses", "hero": "heroes", "potato": "potatoes", "tomato": "tomatoes", "quiz": "quizzes",
    "equipment": "equipment", "information": "information", "staff": "staff",
}  # fmt: skip
_RULES = (
    (re.compile(r"(?i)(s|x|z|ch|sh)$"), r"\1es"),
    (re.compile(r"(?i)([^aeiou])y$"), r"\1ies"),
    (re.compile(r"$"), "s"),
)
# CSDL, Simple Identifier.
_NAME = re.compile(r"[^\W\d]\w{0,127}")
_LAST_WORD = re.compile(r"([A-Z]?[a-z]+|[A-Z]+)$")


def plural(name: str) -> str:
    """The entity set's name for a type's name.

    >>> [plural(name) for name in ("Person", "Address", "AddressType", "Category", "SalesPerson")]
    ['People', 'Addresses', 'AddressTypes', 'Categories', 'SalesPeople']
    """
    last = _LAST_WORD.search(name)
    if last and (irregular := _IRREGULAR.get(last[0].lower())):
        cased = irregular.capitalize() if last[0][0].isupper() else irregular
        return name[: last.start()] + cased
    pattern, ending = next(rule for rule in _RULES if rule[0].search(name))
    return pattern.sub(ending, name, count=1)


_HUMPS = re.compile(r"^[A-Z]+(?=[A-Z][a-z]|[^A-Za-z]|$)|^[A-Z]")
_UNDERSCORES = re.compile(r"_+([^_])")


def camel_case(name: str) -> str:
    """The name of a property as .NET's JSON writes it, whether a class or SQL had it first.

    >>> [camel_case(name) for name in ("ReleaseDate", "URLPath", "ID", "best_picture_winner", "title")]
    ['releaseDate', 'urlPath', 'id', 'bestPictureWinner', 'title']
    """
    joined = _UNDERSCORES.sub(lambda match: match[1].upper(), name.strip("_"))
    return _HUMPS.sub(lambda match: match[0].lower(), joined)


def is_name(text: str) -> bool:
    """
    >>> is_name("Größe"), is_name("2nd"), is_name("a b")
    (True, False, False)
    """
    return _NAME.fullmatch(text) is not None
