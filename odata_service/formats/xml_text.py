"""XML documents with the prefixes that OData's examples use."""

from __future__ import annotations

import re
from xml.etree import ElementTree

EDMX = "http://schemas.microsoft.com/ado/2007/06/edmx"
METADATA = "http://schemas.microsoft.com/ado/2007/08/dataservices/metadata"
APP = "http://www.w3.org/2007/app"
ATOM = "http://www.w3.org/2005/Atom"
XML = "http://www.w3.org/XML/1998/namespace"

_PREFIXES = {"edmx": EDMX, "m": METADATA, "app": APP, "atom": ATOM}
# XML 1.0 cannot hold them, not even escaped.
_FORBIDDEN = re.compile("[^\t\n\r -\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def name(namespace: str, local: str) -> str:
    """``{namespace}local``, as ElementTree spells qualified names."""
    return f"{{{namespace}}}{local}"


def printable(text: str) -> str:
    """Text that may stand in XML: what may not becomes U+FFFD, the replacement character."""
    return _FORBIDDEN.sub("\ufffd", text)


def document(root: ElementTree.Element) -> bytes:
    """The document as UTF-8 with its declaration, prefixes as in OData's examples."""
    for prefix, namespace in _PREFIXES.items():
        ElementTree.register_namespace(prefix, namespace)
    text: str = ElementTree.tostring(root, encoding="unicode", xml_declaration=False)
    return b'<?xml version="1.0" encoding="utf-8" standalone="yes"?>' + text.encode()
