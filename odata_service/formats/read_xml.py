"""XML bodies as small trees: no document type, no entities but XML's own five, and no input that takes the service down."""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterator, Mapping
from dataclasses import field
from typing import NoReturn
from xml.parsers import expat

from odata_service.errors import BadRequest
from odata_service.formats.read_json import decoded_as, media_type_of
from odata_service.limits import Limits
from odata_service.values import mutable

_XML_TYPES = re.compile(r"(application|text)/(xml|[\w.+-]+\+xml)", re.ASCII | re.IGNORECASE)
_ENCODING = re.compile(rb"""\A<\?xml\s[^>]*?\bencoding\s*=\s*["']([\w.:-]+)["']""")
_MARKS = ((codecs.BOM_UTF8, "utf-8"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))
_BETWEEN = " "  # between a namespace and a local name, as expat gives them


@mutable
class Node:
    """An element: its name as ``{namespace}local``, attributes named likewise, what stands in it, and its line."""

    name: str
    attributes: Mapping[str, str]
    line: int
    children: list[Node] = field(default_factory=list)
    pieces: list[str] = field(default_factory=list)

    @property
    def local(self) -> str:
        return self.name.rpartition("}")[2]

    @property
    def text(self) -> str:
        """Its own text, without that of the elements in it."""
        return "".join(self.pieces)

    def all(self, *names: str) -> Iterator[Node]:
        return (child for child in self.children if child.name in names)

    def first(self, *names: str) -> Node | None:
        return next(self.all(*names), None)


def is_xml(content_type: str | None) -> bool:
    """Whether a body says of itself that it is XML: ``application/atom+xml;type=entry``."""
    return _XML_TYPES.fullmatch(media_type_of(content_type)[0]) is not None


def read_xml(body: bytes, content_type: str | None, limits: Limits) -> Node:
    """The root element of a document.

    >>> read_xml(b"<a><b>x &lt; y</b></a>", "application/xml", Limits()).children[0].text
    'x < y'
    """
    if not body.strip():
        raise BadRequest("BodyMissing", "the request needs an XML body")
    return _Reading(limits).document(_decoded(body, content_type))


def _decoded(body: bytes, content_type: str | None) -> str:
    """The text; the header's charset wins over a byte order mark, and that over the declaration (RFC 7303)."""
    _, charset = media_type_of(content_type)
    marked = next((name for mark, name in _MARKS if body.startswith(mark)), None)
    declared = _ENCODING.match(body)
    return decoded_as(charset or marked or (declared[1].decode() if declared else "utf-8"), body)


class _Reading:
    """A document while expat reads it."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._open: list[Node] = [Node("", {}, 0)]
        self._elements = 0
        self._parser = parser = expat.ParserCreate("utf-8", _BETWEEN)
        parser.buffer_text = True
        parser.StartElementHandler = self._start
        parser.EndElementHandler = self._end
        parser.CharacterDataHandler = self._characters
        parser.StartDoctypeDeclHandler = self._refuse_document_type

    def document(self, text: str) -> Node:
        try:
            self._parser.Parse(text, True)
        except expat.ExpatError as error:
            reason = expat.ErrorString(error.code)
            message = f"the body is not XML: {reason} at line {error.lineno}, column {error.offset + 1}"
            raise BadRequest("InvalidXml", message) from None
        (root,) = self._open[0].children
        return root

    def _start(self, name: str, attributes: Mapping[str, str]) -> None:
        self._elements += 1
        self._limits.check("max_xml_elements", self._elements)
        self._limits.check("max_xml_depth", len(self._open))
        named = {_qualified(each): value for each, value in attributes.items()}
        node = Node(_qualified(name), named, self._parser.CurrentLineNumber)
        self._open[-1].children.append(node)
        self._open.append(node)

    def _end(self, _name: str) -> None:
        self._open.pop()

    def _characters(self, text: str) -> None:
        self._open[-1].pieces.append(text)

    def _refuse_document_type(self, *_declared: object) -> NoReturn:
        line = self._parser.CurrentLineNumber
        raise BadRequest("InvalidXml", f"the body may have no document type (DOCTYPE at line {line})")


def _qualified(name: str) -> str:
    namespace, between, local = name.rpartition(_BETWEEN)
    return f"{{{namespace}}}{local}" if between else local
