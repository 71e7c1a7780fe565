"""XML documents with the prefixes that OData's examples use, and text that may stand in them."""

from __future__ import annotations

import re
from xml.etree import ElementTree

EDMX = "http://schemas.microsoft.com/ado/2007/06/edmx"
DATA = "http://schemas.microsoft.com/ado/2007/08/dataservices"
METADATA = f"{DATA}/metadata"
RELATED = f"{DATA}/related/"
SCHEME = f"{DATA}/scheme"
TOMBSTONES = "http://purl.org/atompub/tombstones/1.0"
APP = "http://www.w3.org/2007/app"
ATOM = "http://www.w3.org/2005/Atom"
XML = "http://www.w3.org/XML/1998/namespace"

DECLARATION = '<?xml version="1.0" encoding="utf-8" standalone="yes"?>'
_PREFIXES = {"edmx": EDMX, "m": METADATA, "app": APP, "atom": ATOM}
# XML 1.0 cannot hold them, not even escaped.
FORBIDDEN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
# Neither forbidden nor one that means something in XML.
_PLAIN_CHARACTER = "[ !#-%'-;=?-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]"
_PLAIN = re.compile(f"{_PLAIN_CHARACTER}*")
# A carriage return that is not escaped reads as a line feed.
_ESCAPED = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;", "\r": "&#xD;"})
_ESCAPED_IN_ATTRIBUTES = _ESCAPED | str.maketrans({'"': "&quot;", "\n": "&#xA;", "\t": "&#x9;"})


def name(namespace: str, local: str) -> str:
    """``{namespace}local``, as ElementTree spells qualified names."""
    return f"{{{namespace}}}{local}"


def printable(text: str) -> str:
    """Text that may stand in XML: what may not becomes U+FFFD, the replacement character."""
    return FORBIDDEN.sub("\ufffd", text)


def escaped(text: str) -> str:
    """Text as an element's content, which reads back as it was.

    >>> escaped("a < b\\r\\n"), escaped("\\0")
    ('a &lt; b&#xD;\\n', '\ufffd')
    """
    return text if _PLAIN.fullmatch(text) else printable(text).translate(_ESCAPED)


def attribute(text: str) -> str:
    """Text as an attribute's value, in double quotes.

    >>> attribute('W/"1"')
    '"W/&quot;1&quot;"'
    """
    return f'"{text}"' if _PLAIN.fullmatch(text) else f'"{printable(text).translate(_ESCAPED_IN_ATTRIBUTES)}"'


def document(root: ElementTree.Element) -> bytes:
    """The document as UTF-8 with its declaration, prefixes as in OData's examples."""
    for prefix, namespace in _PREFIXES.items():
        ElementTree.register_namespace(prefix, namespace)
    text: str = ElementTree.tostring(root, encoding="unicode", xml_declaration=False)
    return DECLARATION.encode() + text.encode()
