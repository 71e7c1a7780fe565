"""Links are made of the address that clients know: as the settings say it, or as trusted proxies do."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator
from typing import Any

import pytest
from werkzeug.test import Client, TestResponse

from odata_service.config import ConfigurationError
from tests.web.conftest import Make

NUMBERS = itertools.count(70)
FORWARDED = {
    "X-Forwarded-For": "203.0.113.7", "X-Forwarded-Proto": "https", "X-Forwarded-Host": "api.example.com", "X-Forwarded-Prefix": "/odata",
}  # fmt: skip
NAMESPACES = (
    "http://schemas.microsoft.com/",
    "http://www.w3.org/",
    "http://docs.oasis-open.org/",
    "https://oasis-tcs.github.io/",
)
ADA = "People(guid'0d3b3f0e-6f61-4a27-9a35-64d2a1f0c001')"
JSON = {"Accept": "application/json"}
BATCH = (
    "--b\r\nContent-Type: application/http\r\n\r\nGET People?$top=1 HTTP/1.1\r\nAccept: application/json\r\n\r\n\r\n"
    "--b\r\nContent-Type: multipart/mixed; boundary=c\r\n\r\n--c\r\nContent-Type: application/http\r\nContent-ID: 1\r\n\r\n"
    'POST AddressTypes HTTP/1.1\r\nContent-Type: application/json\r\n\r\n{"AddressTypeId":%d,"Name":"Holiday"}\r\n--c--\r\n--b--\r\n'
)
MULTIPART = {"Content-Type": "multipart/mixed; boundary=b"}


def answers(client: Client, headers: dict[str, str], before: str = "") -> Iterator[TestResponse]:
    """One of each kind of answer that has links."""
    for target in (
        "/v2/",
        "/v2/People",
        "/v2/People?$expand=Addresses",
        f"/v2/{ADA}/$links/Addresses",
        "/v2/$metadata",
        "/v4/$metadata",
    ):
        yield client.get(f"{before}{target}", headers=headers)
    for root, target in (
        ("v2", ""),
        ("v2", "People?$expand=Addresses"),
        ("v4", ""),
        ("v4", "People?$expand=Addresses"),
        ("tables", "person"),
    ):
        yield client.get(f"{before}/{root}/{target}", headers=headers | JSON)
    full = {"Accept": "application/json;odata.metadata=full", "Prefer": "track-changes,maxpagesize=100"}
    yield client.get(f"{before}/v4/People", headers=headers | full)
    yield client.get(f"{before}/v4/People", headers=headers | {"Prefer": "respond-async"})
    for root in ("v2", "v4"):
        body = {"AddressTypeId": next(NUMBERS), "Name": "Holiday"}
        yield client.post(
            f"{before}/{root}/AddressTypes", json=body, headers=headers | JSON | {"Prefer": "return=minimal"}
        )
        yield client.post(f"{before}/{root}/$batch", data=BATCH % next(NUMBERS), headers=headers | MULTIPART)
    parts = {
        "requests": [
            {"id": "1", "method": "get", "url": "People"},
            {"id": "2", "method": "get", "url": "/v4/People?$top=1"},
        ]
    }
    yield client.post(f"{before}/v4/$batch", json=parts, headers=headers)


def addresses(answer: TestResponse) -> list[str]:
    """All that an answer names, in headers and body."""
    text = "\n".join([*answer.headers.values(), answer.text.replace("\\/", "/")])
    found = re.findall(r"""https?://[^\s"'<>]+""", text)
    return [each for each in found if not each.startswith(NAMESPACES)]


def foreign(client: Client, headers: dict[str, str], root: str, before: str = "") -> list[str]:
    """What does not begin as it should; every page and every kind of link counts."""
    found = [(answer, addresses(answer)) for answer in answers(client, headers, before)]
    assert [answer.status for answer, _ in found if answer.status_code >= 400] == []
    assert sum(len(links) for _, links in found) > 60
    for name in ("Location", "OData-EntityId"):
        assert any(name in answer.headers for answer, _ in found), name
    for name in ("nextLink", "__next", 'rel="next"', "$skiptoken", "$deltatoken", "uri", "xml:base"):
        assert any(name in answer.text for answer, _ in found), name
    return [link for _, links in found for link in links if not link.startswith(f"{root}/")]


def test_one_s_own_address(make: Make) -> None:
    assert foreign(make(page_size=2), {}, "http://localhost") == []


@pytest.mark.parametrize("before", ["", "/odata"], ids=["the proxy takes the path off", "and leaves it on"])
def test_base_url(make: Make, before: str) -> None:
    client = make(page_size=2, base_url="https://api.example.com/odata/")
    assert foreign(client, {}, "https://api.example.com/odata", before) == []


def test_a_path_alone(make: Make) -> None:
    assert foreign(make(page_size=2, base_url="/odata"), {}, "http://localhost/odata", "/odata") == []


def test_trusted_proxies(make: Make) -> None:
    assert foreign(make(page_size=2, trusted_proxies=1), FORWARDED, "https://api.example.com/odata") == []


def test_rfc_7239(make: Make) -> None:
    client = make(page_size=2, trusted_proxies=1, trusted_headers=("forwarded",))
    header = {"Forwarded": 'for=1.1.1.1;host=evil.example, for="[2001:db8::1]";proto=https;host=api.example.com'}
    assert foreign(client, header, "https://api.example.com") == []


@pytest.mark.parametrize("headers", [FORWARDED, {"Forwarded": "proto=https;host=api.example.com"}])
def test_nobody_is_trusted_unless_said(make: Make, headers: dict[str, str]) -> None:
    assert foreign(make(page_size=2), headers, "http://localhost") == []


@pytest.mark.parametrize(
    "trusted, headers, root",
    [
        ({"trusted_proxies": 2}, {"X-Forwarded-Host": "evil.example, api.example.com, inner"}, "http://api.example.com/v4/"),
        ({"trusted_proxies": 2}, {"X-Forwarded-Host": "api.example.com"}, "http://localhost/v4/"),
        ({"trusted_proxies": 1, "trusted_headers": ("proto",)}, {"X-Forwarded-Host": "evil.example", "X-Forwarded-Proto": "https"},
         "https://localhost/v4/"),
        ({"trusted_proxies": 1}, {"X-Forwarded-Proto": "https", "X-Forwarded-Port": "443"}, "https://localhost/v4/"),
        ({"trusted_proxies": 1}, {"X-Forwarded-Proto": "https", "X-Forwarded-Port": "8443"}, "https://localhost:8443/v4/"),
        ({"trusted_proxies": 1}, {"Forwarded": "host=evil.example"}, "http://localhost/v4/"),
        ({"trusted_proxies": 1, "trusted_headers": ("forwarded",)}, {"X-Forwarded-Host": "evil.example"}, "http://localhost/v4/"),
        ({"trusted_proxies": 1, "trusted_headers": ("forwarded",)}, {"Forwarded": "host=a.example;;"}, "http://localhost/v4/"),
        ({"base_url": "https://api.example.com", "trusted_proxies": 1}, FORWARDED, "https://api.example.com/v4/"),
    ],
)  # fmt: skip
def test_whose_word_counts(make: Make, trusted: dict[str, Any], headers: dict[str, str], root: str) -> None:
    assert make(**trusted).get("/v4/", headers=headers).json["@odata.context"] == f"{root}$metadata"


def test_a_host_that_is_none_is_refused(make: Make) -> None:
    assert make(page_size=2, trusted_proxies=1).get("/v4/", headers={"X-Forwarded-Host": "a/b"}).status_code == 400


@pytest.mark.parametrize(
    "settings",
    [{"base_url": text} for text in ("api.example.com", "ftp://a", "https://", "https://a?b", "https://me@a", "//a/b")]
    + [{"trusted_proxies": 1, "trusted_headers": ("host", "hosts")}],
)
def test_settings_that_cannot_be(make: Make, settings: dict[str, Any]) -> None:
    with pytest.raises(ConfigurationError, match="base_url|trusted_headers"):
        make(**settings)
