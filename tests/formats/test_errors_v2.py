"""Refusals in JSON and XML."""

from __future__ import annotations

from odata_service.errors import BadRequest, NotFound, ODataError
from odata_service.formats.error_v2 import json_error, xml_error


def test_json() -> None:
    error = BadRequest("UnknownProperty", "Book has no property 'Titel'; did you mean 'Title'?", target="$filter", at=3)
    assert json_error(error).decode() == (
        '{"error":{"code":"UnknownProperty","message":{"lang":"en-US","value":'
        "\"Book has no property 'Titel'; did you mean 'Title'? (at position 3 of $filter)\"}}}"
    )


def test_further_mistakes_follow_the_first() -> None:
    other, same = BadRequest("X", "Price: no"), BadRequest("X", "Name: no")
    assert b'"value":"Name: no; Price: no"' in json_error(BadRequest("X", "Name: no", details=[other, same]))


def test_xml() -> None:
    assert xml_error(NotFound("ResourceNotFound", "there is no <Poeple>")) == (
        b'<?xml version="1.0" encoding="utf-8" standalone="yes"?>'
        b'<m:error xmlns:m="http://schemas.microsoft.com/ado/2007/08/dataservices/metadata">'
        b'<m:code>ResourceNotFound</m:code><m:message xml:lang="en-US">there is no &lt;Poeple&gt;</m:message></m:error>'
    )


def test_any_text_fits() -> None:
    error = ODataError("X", "a\0b\x1b\ud800\uffff\U0001f600é")
    assert r'"a\u0000b\u001b\ud800\uffff\ud83d\ude00\u00e9"' in json_error(error).decode()
    assert "a\ufffdb\ufffd\ufffd\ufffd\U0001f600é</m:message>" in xml_error(error).decode()
