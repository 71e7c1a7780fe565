"""JSON bodies as Python values: nothing lost, nothing ambiguous, and no input that takes the service down."""

from __future__ import annotations

import codecs
import json
import re
from collections import Counter
from collections.abc import Sequence
from decimal import Decimal, InvalidOperation
from functools import lru_cache
from itertools import accumulate
from typing import NoReturn

from odata_service.errors import BadRequest, UnsupportedMediaType
from odata_service.limits import Limits

_ASCII = range(1, 128)
_CHARSETS = frozenset({"utf-8", "utf-16", "utf-16-le", "utf-16-be", "ascii", "iso8859-1"})
_JSON_TYPES = re.compile(r"(application|text)/(json|[\w.+-]+\+json)", re.ASCII | re.IGNORECASE)
# A string also where its end is missing, so that each character is looked at once.
_STRING = re.compile(r'"[^"\\]*+(?:\\.[^"\\]*+)*+\\?"?', re.DOTALL)
_COMMENT = re.compile(rf"{_STRING.pattern}|//[^\n]*+\n?|/\*(?:[^*]|\*(?!/))*+\*/", re.DOTALL)
_COMMA_AT_END = re.compile(rf"{_STRING.pattern}|,(\s*+[\]}}])", re.DOTALL)
_NO_BRACKET = re.compile(r"[^\[\]{}]+")
_STEPS = {"[": 1, "{": 1, "]": -1, "}": -1}
_LONGEST_INTEGER = 100  # digits; int() is slow with thousands and refuses more


def read_json(body: bytes, content_type: str | None, limits: Limits) -> object:
    """The value of a JSON document; numbers with a point or an exponent become ``Decimal``.

    >>> read_json(b'{"Price": 3.20}', "application/json", Limits())
    {'Price': Decimal('3.20')}
    """
    return read_json_text(decoded(body, content_type), limits)


def read_json_text(text: str, limits: Limits) -> object:
    """The value of a document that is text already."""
    _demand_size(text, limits)
    try:
        return _DECODER.decode(text)
    except json.JSONDecodeError as error:
        raise BadRequest("InvalidJson", f"the body is not JSON: {error}") from None


def _demand_size(text: str, limits: Limits) -> None:
    """What has few brackets and commas in all need not be looked at more closely."""
    brackets, commas = text.count("{") + text.count("["), text.count(",")
    if brackets > limits.max_json_depth or commas >= limits.max_json_values:
        structure = _STRING.sub("", text)
        limits.check("max_json_depth", depth(structure))
        limits.check("max_json_values", structure.count(",") + 1)


def without_comments(text: str) -> str:
    """JSON as .NET reads it: with comments, and commas before what ends an array or object.

    >>> without_comments('{"a": [1, /* two */ 2,], // "b"\\n}')
    '{"a": [1,   2]  }'
    """
    if "//" in text or "/*" in text:
        text = _COMMENT.sub(lambda found: found[0] if found[0][0] == '"' else " ", text)
    return _COMMA_AT_END.sub(lambda found: found[0] if found[0][0] == '"' else found[1], text)


def decoded(body: bytes, content_type: str | None) -> str:
    """The text of a JSON body; without a charset the first bytes tell which Unicode it is."""
    media_type, charset = media_type_of(content_type)
    if media_type and not _JSON_TYPES.fullmatch(media_type):
        raise UnsupportedMediaType("UnsupportedMediaType", f"a body is read as application/json, not {media_type[:80]}")
    if not body:
        raise BadRequest("BodyMissing", "the request needs a JSON body")
    return decoded_as(charset or _encoding(body), body)


def _encoding(body: bytes) -> str:
    """Mostly the first bytes are two of ASCII."""
    return "utf-8" if body[0] in _ASCII and body[1:2] and body[1] in _ASCII else json.detect_encoding(body)


@lru_cache(maxsize=256)
def media_type_of(content_type: str | None) -> tuple[str, str | None]:
    """
    >>> media_type_of('application/json; Charset="UTF-8"')
    ('application/json', 'UTF-8')
    """
    media_type, *parameters = (content_type or "").split(";")
    for parameter in parameters:
        name, _, value = parameter.partition("=")
        if name.strip().lower() == "charset":
            return media_type.strip(), value.strip(' "')
    return media_type.strip(), None


def decoded_as(charset: str, body: bytes) -> str:
    """Text in one of the charsets that clients use, without a byte order mark."""
    codec = "utf-8" if charset == "utf-8" else _codec(charset)
    try:
        return body.decode(codec).removeprefix("\ufeff")
    except UnicodeDecodeError as error:
        raise BadRequest("InvalidText", f"the body is not {codec}: {error.reason} at byte {error.start}") from None


def _codec(charset: str) -> str:
    try:
        codec = codecs.lookup(charset).name
    except (LookupError, ValueError):
        codec = ""
    if codec.removesuffix("-sig") not in _CHARSETS:
        raise UnsupportedMediaType("UnsupportedCharset", f"a body is read as utf-8 or utf-16, not {charset[:40]}")
    return codec


def depth(text: str) -> int:
    """How deep arrays and objects are nested, without parsing: a parser would already have gone down.

    >>> depth('{"a": [1, "]]"], "b": "{{"}')
    2
    """
    brackets = _NO_BRACKET.sub("", _STRING.sub("", text))
    return max(accumulate(map(_STEPS.__getitem__, brackets)), default=0)


def _integer(digits: str) -> int | Decimal:
    return int(digits) if len(digits) <= _LONGEST_INTEGER else Decimal(digits)


def _decimal(text: str) -> Decimal:
    try:
        return Decimal(text)
    except InvalidOperation:
        raise BadRequest("InvalidJson", f"the number {text[:60]} is out of every range") from None


def _refuse(constant: str) -> NoReturn:
    raise BadRequest("InvalidJson", f'{constant} is not JSON; write "NaN", "INF" or "-INF" in quotes')


def _object(members: Sequence[tuple[str, object]]) -> dict[str, object]:
    read = dict(members)
    if len(read) < len(members):
        counts = Counter(name for name, _ in members)
        twice = next(name for name in read if counts[name] > 1)[:80]
        raise BadRequest("DuplicateName", f"the body has {twice!r} twice in one object", target=twice)
    return read


_DECODER = json.JSONDecoder(
    parse_int=_integer, parse_float=_decimal, parse_constant=_refuse, object_pairs_hook=_object
)
