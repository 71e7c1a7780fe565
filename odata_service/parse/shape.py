"""The shape of a URL: its text with the literals cut out.

Two requests of the same shape have the same tree but for the values of their literals, so a plan made for one serves
the other. Percent-encoding stays as it is: another spelling is another shape, which costs a parse and nothing else.
"""

from __future__ import annotations

import re
from functools import cache
from urllib.parse import unquote

from odata_service.edm import literal_v2, literal_v4
from odata_service.errors import BadRequest
from odata_service.parse.cut import EXPONENT, HIDDEN, STRING, Scissors, Shape
from odata_service.parse.query_string import is_form_encoded

__all__ = ["Shape", "shape_v2", "shape_v4"]


def shape_v2(target: str, query: str) -> Shape | None:
    """The shape of a raw V2 URL, or ``None`` where a literal may hide; the caller then parses every time.

    >>> shape = shape_v2("People(5)", "$filter=Name%20eq%20'O''Neil'&$skiptoken=abc&$format=json")
    >>> shape.key
    'People(⟨int32⟩)?&$filter=Name%20eq%20⟨string⟩&$skiptoken=&$format=json'
    >>> shape.texts, shape.skip_token
    (('5', "'O''Neil'"), 'abc')
    """
    return _scissors_v2().shape(target, query)


def shape_v4(target: str, query: str) -> Shape | None:
    """The same for V4; there is none for JSON and for ``$search`` inside parentheses.

    >>> shape = shape_v4("People(5)", "filter=Born lt 1990-01-01 and Shirt eq Sales.Color'Red'&$search=5")
    >>> shape.key
    'People(⟨int32⟩)?&filter=Born lt ⟨date⟩ and Shirt eq Sales.Color⟨⟩&$search=5'
    >>> shape.texts
    ('5', '1990-01-01', "Sales.Color'Red'")
    """
    return _scissors_v4().shape(target, query)


_SUFFIXES = {"l": "⟨int64⟩", "L": "⟨int64⟩", "m": "⟨decimal⟩", "M": "⟨decimal⟩", "d": "⟨double⟩", "D": "⟨double⟩",
             "f": "⟨single⟩", "F": "⟨single⟩"}  # fmt: skip


def _marker_v2(text: str) -> str:
    """
    >>> [_marker_v2(text) for text in ("5", "-5000000000", "5L", "1.5", "'a'", "X'00'")]
    ['⟨int32⟩', '⟨int64⟩', '⟨int64⟩', '⟨double⟩', '⟨string⟩', '⟨⟩']
    """
    if text[-1] == "'":
        return "⟨string⟩" if text[0] == "'" else "⟨⟩"  # the prefix stays in the shape
    if text[-1] in _SUFFIXES:
        return _SUFFIXES[text[-1]]
    if not text.lstrip("-").isdigit():
        return "⟨double⟩"
    return "⟨int32⟩" if len(text) < 10 else f"⟨{literal_v2.read_literal(text)[0].name[4:].lower()}⟩"


def _marker_v4(text: str) -> str:
    """
    >>> [_marker_v4(text) for text in ("5", "1.5", "1e3", "23:59", "2010-12-31", "2010-12-31T23:59Z", "'a'")]
    ['⟨int32⟩', '⟨decimal⟩', '⟨double⟩', '⟨time⟩', '⟨date⟩', '⟨datetimeoffset⟩', '⟨string⟩']
    """
    if text[-1] == "'":
        return "⟨string⟩" if text[0] == "'" else "⟨⟩"
    if text.isdigit() and len(text) < 10:
        return "⟨int32⟩"
    if len(text) == 36 and text[8] == "-":
        return "⟨guid⟩"
    if text[4:5] == "-" and text[:4].isdigit():
        return "⟨date⟩" if len(text) == 10 else "⟨datetimeoffset⟩"
    if text[2:3] == ":":
        return "⟨time⟩"
    if text[-1] in _SUFFIXES:
        return _SUFFIXES[text[-1]]
    if "e" in text or "E" in text:
        return "⟨double⟩"
    if "." in text:
        return "⟨decimal⟩"
    return "⟨int32⟩" if len(text) < 10 else _large(text)


def _large(text: str) -> str:
    try:
        return f"⟨{literal_v4.read_literal(text)[0].name[4:].lower()}⟩"
    except BadRequest:
        return "⟨⟩"  # nor will it parse


_PREFIXES_V2 = ("datetimeoffset", "datetime", "guid", "time", "binary", "x")
_PREFIXES_V4 = ("duration", "binary", "geography", "geometry")
_ENUMERATION = re.compile(r"[^\W\d]\w*(?:\.[^\W\d]\w*)+$")


def _prefix_v2(before: str) -> str:
    lower = before[-14:].lower()
    return next((before[-len(prefix) :] for prefix in _PREFIXES_V2 if lower.endswith(prefix)), "")


def _prefix_v4(before: str) -> str:
    """
    >>> _prefix_v4("A%20eq%2CSales.Color"), _prefix_v4("A gt Duration"), _prefix_v4("A eq")
    ('Sales.Color', 'Duration', '')
    """
    before = unquote(before) if "%" in before else before
    enumeration = _ENUMERATION.search(before)
    if enumeration:
        return enumeration[0]
    lower = before[-9:].lower()
    return next((before[-len(prefix) :] for prefix in _PREFIXES_V4 if lower.endswith(prefix)), "")


_DELIMITED_V2 = r"(?:(?<=[ \t\r\n+(,=].)|(?<=%20.)|(?<=%0[9aAdD].)|(?<=%2[8cC].)|(?<=%3[dD].))"
_REST_V2 = rf"(?:\.\d+)?{EXPONENT}[lLmMdDfF]?"
_LITERAL_V2 = rf"{STRING}|(?<=\d){_DELIMITED_V2}\d*{_REST_V2}|(?<=-)\d+{_REST_V2}"
_TEXTS_V2 = "format=|inlinecount=|skiptoken="


@cache  # made with the first URL: such patterns take long to compile
def _scissors_v2() -> Scissors:
    in_query = re.compile(rf"([&'0-9%-](?:(?<=&)(?!\$(?!{_TEXTS_V2})|%24(?!{_TEXTS_V2}))[^&]*|{_LITERAL_V2}))")
    return Scissors(
        in_path=re.compile(f"(['0-9%-](?:{_LITERAL_V2}))"),
        call=re.compile(""),
        in_query=in_query,
        without_hyphen=in_query,
        unsafe=re.compile(f"%(?:{HIDDEN})"),
        nested=None,
        skip_token=re.compile(r"&(?:\$|%24)skiptoken="),
        prefix=_prefix_v2,
        marker=_marker_v2,
        plus_is_blank=lambda query: True,
    )


_LEVELS = "[lL][eE][vV][eE][lL][sS]"
_DELIMITED_V4 = (
    rf"(?:(?<=[ \t\r\n+(,=:-].)|(?<=%20.)|(?<=%09.)|(?<=%2[8cC].)|(?<=%3[aAdD].))(?<!{_LEVELS}=.)(?<!{_LEVELS}%3[dD].)"
)
_C = "(?::|%3[aA])"
_CLOCK = rf"{_C}\d\d(?:{_C}\d\d(?:\.\d+)?)?"
_ZONE = rf"(?:[zZ]|(?:[+ -]|%2[bB]|%20)\d\d{_C}\d\d)?"
_REST_V4 = rf"\d*(?:-\d\d-\d\d(?:[tT]\d\d{_CLOCK}{_ZONE})?|{_CLOCK}|(?:\.\d+)?{EXPONENT}[lLmMdDfF]?)"
_HEX = "[0-9a-fA-F]"
_GUID = rf"{_HEX}{{7}}-(?:{_HEX}{{4}}-){{3}}{_HEX}{{12}}"
_LITERAL_V4 = rf"{STRING}|(?<=\d){_DELIMITED_V4}{_REST_V4}|(?<=-){_REST_V4.replace('*', '+', 1)}(?![\w-])"
_GUID_OR_LITERAL_V4 = rf"(?={_HEX}{{7}}-)(?<={_HEX}){_DELIMITED_V4}{_GUID}|{_LITERAL_V4}"
_READ_V4 = r"(?:\$|%24)?(?i:filter|orderby|top|skip|expand|select|compute|apply|index)=|@|%40"


@cache  # as above
def _scissors_v4() -> Scissors:
    return Scissors(
        in_path=re.compile(f"(['0-9a-fA-F%-](?:{_GUID_OR_LITERAL_V4}))"),
        # Not $filter(…), which may hold slashes, nor what can only be a key between slashes.
        call=re.compile(r"(?:[^\W\d]|%[c-fC-F])(?:[\w.]|%[89a-fA-F])*(?:\(|%28)|(?:\$|%24)crossjoin"),
        in_query=re.compile(f"([&'0-9a-fA-F%-](?:(?<=&)(?!{_READ_V4})[^&]*|{_GUID_OR_LITERAL_V4}))"),
        without_hyphen=re.compile(f"([&'0-9%](?:(?<=&)(?!{_READ_V4})[^&]*|{_LITERAL_V4}))"),
        unsafe=re.compile(rf"""["%\[{{](?:(?<!%)|{HIDDEN}|22|5[bB]|7[bB])"""),
        nested=re.compile(r"(?:[(;]|%28|%3b)(?:\$|%24)?search(?:=|%3d)|search(?:\(|%28)"),
        skip_token=re.compile(r"&(?:\$|%24)?skiptoken=", re.IGNORECASE),
        prefix=_prefix_v4,
        marker=_marker_v4,
        plus_is_blank=is_form_encoded,
    )
