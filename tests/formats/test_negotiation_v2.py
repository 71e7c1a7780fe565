"""Which format and which version a client gets."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from odata_service.errors import BadRequest, NotAcceptable
from odata_service.formats.formats_v2 import Wish, error_format, format_for
from odata_service.formats.negotiate import media_ranges
from odata_service.formats.version_v2 import V1_0, V2_0, Version, negotiate, refuse_newer
from odata_service.message import Headers
from odata_service.result import (
    Created, EntityCollection, EntityCount, Metadata, PropertyValue, Result, ServiceDocument, SingleEntity,
)  # fmt: skip

PLAIN = "application/json;charset=utf-8"
VERBOSE = "application/json;odata=verbose;charset=utf-8"
SERVICE = "application/atomsvc+xml;charset=utf-8"
XML = "application/xml;charset=utf-8"
FEED = "application/atom+xml;type=feed;charset=utf-8"
ENTRY = "application/atom+xml;type=entry;charset=utf-8"
POWER_QUERY = (
    "application/json;odata.metadata=minimal;q=1.0,application/json;odata=minimalmetadata;q=0.9,"
    "application/atomsvc+xml;q=0.8,application/atom+xml;q=0.8,application/xml;q=0.7,text/plain;q=0.7"
)
DATAJS = "application/atomsvc+xml;q=0.8, application/json;odata=verbose;q=0.5, */*;q=0.1"
BROWSER = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"
WCF = "application/atom+xml,application/xml"


@pytest.mark.parametrize(
    "accept, format, content_type",
    [
        (None, None, FEED),
        ("", None, FEED),
        ("*/*", None, FEED),
        ("*", None, FEED),
        ("application/*", None, FEED),
        ("application/json", None, PLAIN),
        ("Application/JSON; Charset=UTF-8", None, PLAIN),
        ("application/json;odata=verbose", None, VERBOSE),
        ("application/json; odata=\"verbose\"", None, VERBOSE),
        ("application/json;odata=verbose,text/plain, */*; q=0.01", None, VERBOSE),
        ("application/json;odata=light;q=1,application/json;odata=verbose;q=0.5", None, VERBOSE),
        (DATAJS, None, VERBOSE),
        (BROWSER, None, XML),
        ("application/atom+xml,*/*;q=0.1", None, FEED),
        ("text/html, image/gif, *; q=.2, */*; q=.2", None, FEED),
        ("application/json;q=nonsense", None, PLAIN),
        ("nonsense,,;,/", None, FEED),
        (WCF, None, FEED),
        (POWER_QUERY, None, FEED),
        ("application/xml", None, XML),
        ("text/xml,application/atom+xml;q=0.9", None, XML),
        ("application/atom+xml;type=feed", None, FEED),
        ("application/atom+xml;type=entry,application/json;q=0.1", None, PLAIN),
        ("application/json", "atom", FEED),
        ("application/json", "xml", XML),
        ("application/json", "application/atom+xml", FEED),
        (WCF, "json", PLAIN),
        (WCF, "JSON", PLAIN),
        (WCF, "verbosejson", VERBOSE),
        (WCF, "application/json;odata=verbose", VERBOSE),
    ],
)  # fmt: skip
def test_entities(accept: str | None, format: str | None, content_type: str) -> None:
    assert format_for(EntityCollection, Wish(accept, format)).content_type == content_type


@pytest.mark.parametrize(
    "accept, format",
    [
        ("text/html", None),
        ("application/atomsvc+xml", None),
        ("application/atom+xml;type=entry", None),
        ("application/json;q=0", None),
        ("application/json;odata.metadata=minimal", None),
        (None, "nonsense"),
        (None, ""),
        (None, "text/html"),
    ],
)
def test_what_entities_do_not_come_as(accept: str | None, format: str | None) -> None:
    with pytest.raises(NotAcceptable) as refusal:
        format_for(EntityCollection, Wish(accept, format))
    assert "application/json" in refusal.value.text or "$format is json" in refusal.value.text


@pytest.mark.parametrize("result_type, content_type", [(SingleEntity, ENTRY), (Created, ENTRY), (PropertyValue, XML)])
def test_what_wcf_clients_get(result_type: type[Result], content_type: str) -> None:
    assert format_for(result_type, Wish(WCF)).content_type == content_type


@pytest.mark.parametrize(
    "accept, format, content_type",
    [
        (None, None, SERVICE),
        ("*/*", None, SERVICE),
        ("application/json", None, PLAIN),
        (DATAJS, None, SERVICE),
        (POWER_QUERY, None, SERVICE),
        (WCF, None, SERVICE),
        (BROWSER, None, XML),
        ("application/xml", None, XML),
        ("application/json,application/atomsvc+xml", None, PLAIN),
        ("application/atomsvc+xml,application/json", None, SERVICE),
        ("application/json;q=0.5,application/*", None, SERVICE),
        ("*/*", "atom", SERVICE),
        ("*/*", "xml", XML),
        ("application/atomsvc+xml", "json", PLAIN),
    ],
)
def test_service_document(accept: str | None, format: str | None, content_type: str) -> None:
    assert format_for(ServiceDocument, Wish(accept, format)).content_type == content_type


@pytest.mark.parametrize("accept", [None, "*/*", "application/json", "text/html", POWER_QUERY])
@pytest.mark.parametrize("result_type, content_type", [(Metadata, XML), (EntityCount, "text/plain;charset=utf-8")])
def test_metadata_and_counts_have_one_format(accept: str, result_type: type[Result], content_type: str) -> None:
    assert format_for(result_type, Wish(accept, None)).content_type == content_type


@pytest.mark.parametrize(
    "accept, format, content_type",
    [
        (None, None, XML),
        ("*/*", None, XML),
        ("application/json", None, PLAIN),
        ("application/json;odata=verbose", None, VERBOSE),
        (DATAJS, None, VERBOSE),
        ("text/plain", None, XML),
        ("application/json, */*;q=0.5", None, PLAIN),
        (WCF, None, XML),
        (POWER_QUERY, None, XML),
        ("application/json", "atom", XML),
        (WCF, "json", PLAIN),
        (None, "nonsense", XML),
    ],
)
def test_errors(accept: str | None, format: str | None, content_type: str) -> None:
    assert error_format(Wish(accept, format)).content_type == content_type


@given(st.text(max_size=300) | st.text('*/;,=q.01" abc', max_size=300))
def test_any_accept_is_survived(accept: str) -> None:
    assert all(0 <= item.quality <= 1 for item in media_ranges(accept))
    error_format(Wish(accept, accept))


@pytest.mark.parametrize(
    "headers, version",
    [
        ({}, V2_0),
        ({"DataServiceVersion": "1.0"}, V2_0),
        ({"DataServiceVersion": "1.0;NetFx", "MaxDataServiceVersion": "2.0;NetFx"}, V2_0),
        ({"dataserviceversion": "2.0", "maxdataserviceversion": "3.0"}, V2_0),
        ({"DataServiceVersion": " 2.0 ; something", "MaxDataServiceVersion": "2.0;"}, V2_0),
        ({"MaxDataServiceVersion": "1.0"}, V1_0),
        ({"MaxDataServiceVersion": "1.0;NetFx"}, V1_0),
    ],
)
def test_version(headers: dict[str, str], version: Version) -> None:
    assert negotiate(Headers(headers)) == version
    assert version.header in ("1.0;", "2.0;")


@pytest.mark.parametrize(
    "headers, text",
    [
        ({"DataServiceVersion": "3.0"}, "this service speaks version 2.0 at most, and the request is in 3.0"),
        ({"DataServiceVersion": "two"}, "DataServiceVersion has to be a version such as 2.0, not 'two'"),
        ({"DataServiceVersion": ""}, "DataServiceVersion has to be a version such as 2.0, not ''"),
        ({"MaxDataServiceVersion": "2"}, "MaxDataServiceVersion has to be a version such as 2.0, not '2'"),
        ({"MaxDataServiceVersion": "0.5"}, "no answer can be given in version 0.5"),
    ],
)
def test_refused_version(headers: dict[str, str], text: str) -> None:
    with pytest.raises(BadRequest) as refusal:
        negotiate(Headers(headers))
    assert refusal.value.text == text


def test_a_service_limited_to_version_1() -> None:
    assert negotiate(Headers(), V1_0) == V1_0
    with pytest.raises(BadRequest, match="speaks version 1.0 at most"):
        negotiate(Headers({"DataServiceVersion": "2.0"}), V1_0)


@pytest.mark.parametrize("option", ["$inlinecount", "$count", "$skiptoken", "$select"])
def test_what_is_new_in_version_2(option: str) -> None:
    refuse_newer(V2_0, [option])
    with pytest.raises(BadRequest, match="needs MaxDataServiceVersion 2.0"):
        refuse_newer(V1_0, ["$filter", option])
