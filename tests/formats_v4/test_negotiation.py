"""Which format, version and preferences a V4 client gets."""

from __future__ import annotations

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from odata_service.errors import BadRequest, NotAcceptable
from odata_service.formats.formats_v4 import Wish, error_style, format_for, style_for
from odata_service.formats.prefer import Preferences, preferences
from odata_service.formats.version_v4 import V4_0, V4_01, Version, negotiate, version_of_body
from odata_service.message import Headers
from odata_service.result import EntityCollection, EntityCount, Metadata, Result, ServiceDocument, StreamContent

MINIMAL = "application/json;odata.metadata=minimal;charset=utf-8"
FULL = "application/json;odata.metadata=full;charset=utf-8"
NONE = "application/json;odata.metadata=none;charset=utf-8"
DEVEXTREME = "application/json;odata=verbose,text/plain, */*; q=0.01"
POWER_QUERY = (
    "application/json;odata.metadata=minimal;q=1.0,application/json;odata=minimalmetadata;q=0.9,"
    "application/atomsvc+xml;q=0.8,application/atom+xml;q=0.8,application/xml;q=0.7,text/plain;q=0.7"
)
DATAJS = "application/atomsvc+xml;q=0.8, application/json;odata.metadata=full;q=0.7, application/json;q=0.5, */*;q=0.1"
BROWSER = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"
UI5 = "application/json;odata.metadata=minimal;IEEE754Compatible=true"
STREAMING = "application/json;odata.metadata=minimal;odata.streaming=true;IEEE754Compatible=true"


@pytest.mark.parametrize(
    "accept, format, content_type",
    [
        (None, None, MINIMAL),
        ("", None, MINIMAL),
        ("*/*", None, MINIMAL),
        ("application/*; odata.metadata=full", None, MINIMAL),
        ("application/json", None, MINIMAL),
        ("Application/JSON; Charset=UTF-8", None, MINIMAL),
        ("application/json;odata.metadata=full", None, FULL),
        ("application/json;metadata=full", None, FULL),
        ("application/json; odata.metadata=\"none\"", None, NONE),
        ("application/json;ODATA.METADATA=FULL", None, FULL),
        ("application/json;odata=fullmetadata", None, FULL),
        (UI5, None, "application/json;odata.metadata=minimal;IEEE754Compatible=true;charset=utf-8"),
        (STREAMING, None, f"{STREAMING};charset=utf-8"),
        ("application/json;IEEE754Compatible=false;odata.streaming=false", None, MINIMAL),
        ("application/json;ExponentialDecimals=true", None, MINIMAL),
        (DEVEXTREME, None, MINIMAL),
        (POWER_QUERY, None, MINIMAL),
        (DATAJS, None, FULL),
        (BROWSER, None, MINIMAL),
        ("application/json;odata.metadata=full;q=0.1,application/json;q=0.9", None, MINIMAL),
        ("text/html", "json", MINIMAL),
        ("text/html", "JSON", MINIMAL),
        (UI5, "application/json;odata.metadata=none", NONE),
        ("application/json;odata.metadata=none", "json", MINIMAL),
        ("*/*", "json;odata.metadata=none", NONE),
        ("*/*", "JSON; metadata=full", FULL),
        ("nonsense,,;,/", None, MINIMAL),
    ],
)  # fmt: skip
def test_entities(accept: str | None, format: str | None, content_type: str) -> None:
    wish = Wish(accept, format)
    assert format_for(EntityCollection, wish).name == "json"
    assert style_for(wish, V4_0).content_type == content_type


def test_version_4_01_writes_its_parameters_without_a_prefix() -> None:
    text = "application/json;metadata=minimal;streaming=true;IEEE754Compatible=true;charset=utf-8"
    assert style_for(Wish(STREAMING), V4_01).content_type == text


@pytest.mark.parametrize(
    "accept, format",
    [
        ("text/html", None),
        ("application/xml", None),
        ("application/atom+xml", None),
        ("application/json;q=0", None),
        ("application/json;odata.metadata=huge", None),
        ("application/json;odata=verbose", None),
        ("application/json;nonsense=1", None),
        ("application/json;charset=iso-8859-1", None),
        ("application/json;IEEE754Compatible=maybe", None),
        (None, "atom"),
        (None, "xml"),
        (None, "text/html"),
        ("application/json", "nonsense"),
        (None, ""),
    ],
)
@pytest.mark.parametrize("result_type", [EntityCollection, ServiceDocument])
def test_406(result_type: type[Result], accept: str | None, format: str | None) -> None:
    with pytest.raises(NotAcceptable):
        format_for(result_type, Wish(accept, format))


@pytest.mark.parametrize(
    "accept, format, name",
    [
        (None, None, "xml"),
        ("*/*", None, "xml"),
        ("application/xml", None, "xml"),
        ("text/xml", None, "xml"),
        ("application/json, text/plain, */*", None, "xml"),
        ("application/json, application/xml", None, "xml"),
        ("application/*; odata.metadata=full", None, "xml"),
        (POWER_QUERY, None, "xml"),
        (DATAJS, None, "xml"),
        (BROWSER, None, "xml"),
        ("application/json", None, "json"),
        ("application/json;odata.metadata=minimal", None, "json"),
        ("application/json, application/xml;q=0.5", None, "json"),
        ("application/xml", "json", "json"),
        ("application/xml", "application/json", "json"),
        ("application/json", "xml", "xml"),
        ("application/json", "application/xml", "xml"),
    ],
)
def test_metadata(accept: str | None, format: str | None, name: str) -> None:
    assert format_for(Metadata, Wish(accept, format)).name == name


@pytest.mark.parametrize("accept, format", [("text/html", None), ("image/png", None), (None, "nonsense")])
def test_metadata_406(accept: str | None, format: str | None) -> None:
    with pytest.raises(NotAcceptable):
        format_for(Metadata, Wish(accept, format))


@pytest.mark.parametrize("accept", [None, "application/json", "application/xml", "text/plain"])
def test_counts_and_streams_come_as_what_they_are(accept: str | None) -> None:
    assert format_for(EntityCount, Wish(accept)).content_type == "text/plain;charset=utf-8"
    format_for(StreamContent, Wish(accept))


@pytest.mark.parametrize("accept, text", [(None, MINIMAL), ("text/html", MINIMAL), (UI5, f"{UI5};charset=utf-8")])
def test_errors_are_json(accept: str | None, text: str) -> None:
    assert error_style(Wish(accept), V4_0).content_type == text


@given(st.text(), st.none() | st.text(), st.sampled_from([EntityCollection, Metadata, ServiceDocument]))
def test_any_accept(accept: str, format: str | None, result_type: type[Result]) -> None:
    wish = Wish(accept, format)
    try:
        format_for(result_type, wish)
    except NotAcceptable:
        return
    assert style_for(wish, V4_0).content_type.startswith("application/json;odata.metadata=")


@pytest.mark.parametrize(
    "headers, version",
    [
        ({}, "4.0"),
        ({"OData-Version": "4.0"}, "4.0"),
        ({"OData-Version": "4.01"}, "4.01"),
        ({"OData-Version": "4.01", "OData-MaxVersion": "4.0"}, "4.0"),
        ({"OData-MaxVersion": "4.0"}, "4.0"),
        ({"OData-MaxVersion": "4.01"}, "4.01"),
        ({"odata-maxversion": " 4.01 "}, "4.01"),
        ({"OData-MaxVersion": "4.0;NetFx"}, "4.0"),
        ({"OData-MaxVersion": "4.1"}, "4.01"),
        ({"OData-MaxVersion": "7.0"}, "4.01"),
        ({"MaxDataServiceVersion": "3.0", "OData-MaxVersion": "4.0"}, "4.0"),
    ],
)
def test_version(headers: dict[str, str], version: str) -> None:
    assert str(negotiate(Headers(headers))) == version


@pytest.mark.parametrize(
    "headers, version",
    [
        ({}, V4_01),
        ({"OData-Version": "4.0"}, V4_0),
        ({"OData-MaxVersion": "4.0"}, V4_0),
        ({"OData-MaxVersion": "9.9"}, V4_01),
    ],
)
def test_version_of_a_body(headers: dict[str, str], version: Version) -> None:
    assert version_of_body(Headers(headers)) == version


@pytest.mark.parametrize(
    "headers",
    [
        {"OData-Version": "4"},
        {"OData-Version": "4.02"},
        {"OData-Version": "5.0"},
        {"OData-Version": "3.0"},
        {"OData-Version": "four"},
        {"OData-Version": ""},
        {"OData-MaxVersion": "3.0"},
        {"OData-MaxVersion": "4.x"},
        {"OData-MaxVersion": "-4.0"},
        {"OData-MaxVersion": "٤.٠"},
    ],
)
def test_versions_that_are_refused(headers: dict[str, str]) -> None:
    with pytest.raises(BadRequest) as refusal:
        negotiate(Headers(headers))
    assert refusal.value.target in headers


def test_a_service_may_stop_at_4_0() -> None:
    assert negotiate(Headers({"OData-MaxVersion": "4.01"}), V4_0) == V4_0


@pytest.mark.parametrize(
    "header, expected",
    [
        (None, Preferences()),
        ("", Preferences()),
        ("return=minimal", Preferences(return_="minimal")),
        ("Return=Representation", Preferences(return_="representation")),
        ('return="minimal"', Preferences(return_="minimal")),
        ("return=nothing", Preferences()),
        ("odata.maxpagesize=5", Preferences(max_page_size=5)),
        ("maxpagesize=5", Preferences(max_page_size=5)),
        ("maxpagesize = 5", Preferences(max_page_size=5)),
        ("odata.maxpagesize=5,maxpagesize=3", Preferences(max_page_size=3)),
        ("maxpagesize=3,odata.maxpagesize=5", Preferences(max_page_size=3)),
        ("maxpagesize=3,maxpagesize=5", Preferences(max_page_size=3)),
        ("maxpagesize=0", Preferences()),
        ("maxpagesize=-1", Preferences()),
        ("maxpagesize=1.5", Preferences()),
        ("maxpagesize=" + "9" * 5000, Preferences()),
        ("odata.track-changes", Preferences(track_changes=True)),
        ("track-changes, return=minimal", Preferences(track_changes=True, return_="minimal")),
        ("odata.continue-on-error", Preferences(continue_on_error=True)),
        ("continue-on-error=false", Preferences(continue_on_error=False)),
        ("omit-values=nulls", Preferences(omit_values="nulls")),
        ('odata.include-annotations="*,-Org.*"', Preferences(include_annotations="*,-Org.*")),
        ("respond-async, wait=10", Preferences(respond_async=True, wait=10)),
        ("odata.allow-entityreferences", Preferences(allow_entity_references=True)),
        ('callback; url="http://x,y/", return=minimal', Preferences(return_="minimal")),
        ("nonsense, =, ,;, return=minimal", Preferences(return_="minimal")),
        ('x="unclosed, return=minimal', Preferences(return_="minimal")),
    ],
)
def test_preferences(header: str | None, expected: Preferences) -> None:
    found = preferences(header)
    assert {name: getattr(found, name) for name in Preferences.__slots__ if name != "spelled"} == {
        name: getattr(expected, name) for name in Preferences.__slots__ if name != "spelled"
    }


def test_what_was_followed_is_said_as_the_client_wrote_it() -> None:
    found = preferences('odata.maxpagesize=5,Odata.Track-Changes, return="minimal"')
    assert found.applied("maxpagesize", "track-changes", "return", "wait") == {
        "Preference-Applied": 'odata.maxpagesize=5, odata.track-changes, return="minimal"'
    }
    assert found.applied("wait") == {}


@given(st.text() | st.text(alphabet='ab=,;" \\odata.return=maxpagesize=5'))
def test_any_prefer(header: str) -> None:
    assert isinstance(preferences(header), Preferences)


@given(st.text())
def test_any_version(text: str) -> None:
    with suppress(BadRequest):
        assert negotiate({"OData-MaxVersion": text}) in (V4_0, V4_01)
