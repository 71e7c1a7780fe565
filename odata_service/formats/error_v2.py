"""Refusals as V2 writes them (MS-ODATA, Errors): one message with the position in it; what happened inside stays inside, unless the
service is told to be verbose."""

from __future__ import annotations

from xml.etree import ElementTree

import orjson

from odata_service.errors import ODataError
from odata_service.formats.inner_error import inner_error
from odata_service.formats.json_text import quoted
from odata_service.formats.xml_text import METADATA, XML, document, name, printable

LANGUAGE = "en-US"


def json_error(error: ODataError) -> bytes:
    r"""``{"error":{"code":…,"message":{"lang":…,"value":…}}}``, without the ``d`` that successful answers have.

    >>> from odata_service.errors import NotFound
    >>> print(json_error(NotFound("ResourceNotFound", "there is no 'Poeple' here")).decode())
    {"error":{"code":"ResourceNotFound","message":{"lang":"en-US","value":"there is no 'Poeple' here"}}}
    """
    message = f'{{"lang":"{LANGUAGE}","value":{quoted(_message(error))}}}'
    inner = "" if error.inner is None else f',"innererror":{orjson.dumps(inner_error(error.inner)).decode()}'
    return f'{{"error":{{"code":{quoted(error.code)},"message":{message}{inner}}}}}'.encode()


def xml_error(error: ODataError) -> bytes:
    """The same for clients that read Atom."""
    root = ElementTree.Element(name(METADATA, "error"))
    ElementTree.SubElement(root, name(METADATA, "code")).text = error.code
    message = ElementTree.SubElement(root, name(METADATA, "message"), {name(XML, "lang"): LANGUAGE})
    message.text = printable(_message(error))
    if error.inner is not None:
        inside = ElementTree.SubElement(root, name(METADATA, "innererror"))
        for each, text in inner_error(error.inner).items():
            ElementTree.SubElement(inside, name(METADATA, each)).text = printable(text)
    return document(root)


def _message(error: ODataError) -> str:
    """V2 has one message, so further mistakes follow the first in the same text."""
    return "; ".join(dict.fromkeys([error.text, *(detail.text for detail in error.details)]))
