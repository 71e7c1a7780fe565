"""Names: which there may be, and English plurals for entity sets as Entity Framework makes them: Person → People."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

_IRREGULAR = {
    "person": "people", "child": "children", "man": "men", "woman": "women", "foot": "feet", "tooth": "teeth",
    "goose": "geese", "mouse": "mice", "ox": "oxen", "leaf": "leaves", "life": "lives", "knife": "knives",
    "wife": "wives", "half": "halves", "shelf": "shelves", "wolf": "wolves", "datum": "data", "index": "indices",
    "criterion": "criteria", "medium": "media", "series": "series", "species": "species", "news": "news",
    "status": "statuses", "hero": "heroes", "potato": "potatoes", "tomato": "tomatoes", "quiz": "quizzes",
    "equipment": "equipment", "information": "information", "staff": "staff",
    "movie": "movies", "cookie": "cookies", "calorie": "calories", "zombie": "zombies", "tie": "ties", "pie": "pies", "cache": "caches",
    "cargo": "cargoes", "echo": "echoes", "epoch": "epochs", "sheep": "sheep", "fish": "fish", "analysis": "analyses", "basis": "bases", "crisis": "crises", "thesis": "theses", "matrix": "matrices",
    "vertex": "vertices", "metadata": "metadata", "schema": "schemas", "alias": "aliases", "bus": "buses", "lens": "lenses", "gas": "gases",
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


_SINGULARS = {many: one for one, many in _IRREGULAR.items()}
_ONE = (
    (re.compile(r"(?i)([^aeiou])ies$"), r"\1y"),
    (re.compile(r"(?i)(ss|sh|ch|x|zz|[^aeo]us)es$"), r"\1"),
    (re.compile(r"(?i)(ss|us|is)$"), r"\1"),
    (re.compile(r"(?i)s$"), ""),
)


def singular(name: str) -> str:
    """The type's name for a set's name; what is no plural stays.

    >>> [singular(name) for name in ("People", "Order_Details", "Categories", "Statuses", "Courses", "Address", "Region")]
    ['Person', 'Order_Detail', 'Category', 'Status', 'Course', 'Address', 'Region']
    """
    last = _LAST_WORD.search(name)
    if last and (one := _SINGULARS.get(last[0].lower())):
        return name[: last.start()] + (one.capitalize() if last[0][0].isupper() else one)
    for pattern, ending in _ONE:
        if pattern.search(name):
            one = pattern.sub(ending, name, count=1)
            return one if one and plural(one) == name else name
    return name


_FOREIGN = re.compile(r"[^\w]|^\d|^_(?=_)|_(?=x[0-9A-Fa-f]{4,6}_)|(?![_0-9A-Za-z])\w")
# CSDL, Simple Identifier: categories of Unicode that may begin a name, and those that may stand in one.
_FIRST, _LATER = ("L", "Nl"), ("L", "Nl", "Nd", "Mn", "Mc", "Pc", "Cf")
_ENCODED = re.compile(r"_x([0-9A-Fa-f]{4,6})_")


def legal(name: str) -> str:
    """Any name of a database as a name of OData, in the way of .NET's ``XmlConvert``; :func:`said_by` finds it again.

    >>> [legal(name) for name in ("Order Details", "2nd", "a_x0020_b", "__class__", "Größe", "m²")]
    ['Order_x0020_Details', '_x0032_nd', 'a_x005f_x0020_b', '_x005f__class__', 'Größe', 'm_x00b2_']
    """
    return _FOREIGN.sub(_encoded, name)


def _encoded(match: re.Match[str]) -> str:
    letter, allowed = match[0], _LATER if match.start() else _FIRST
    plain = not letter.isascii() and unicodedata.category(letter).startswith(allowed)
    return letter if plain else f"_x{ord(letter):04x}_"


def said_by(name: str) -> str:
    """
    >>> [said_by(legal(name)) for name in ("Order Details", "2nd", "a_x0020_b", "__class__")]
    ['Order Details', '2nd', 'a_x0020_b', '__class__']
    """
    return _ENCODED.sub(lambda match: chr(int(match[1], 16)), name)


_HUMPS = re.compile(r"^[A-Z]+(?=[A-Z][a-z]|[^A-Za-z]|$)|^[A-Z]")
_UNDERSCORES = re.compile(r"_+([^_])")


@lru_cache(maxsize=4096)
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
