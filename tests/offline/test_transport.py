"""HTTP to one service: whom it speaks to, how patient it is, and what it never follows."""

from __future__ import annotations

import httpx
import pytest

from odata_service.client import ClientError, ForeignLink, Patience, Transport, Unreachable

ROOT = "https://services.example/v4/"


def transport(answers, **options):
    """One that is answered so; ``asked`` has the requests, ``waited`` the seconds between them."""
    asked, waited, left = [], [], list(answers)

    def answer(request):
        asked.append(request)
        found = left.pop(0)
        if isinstance(found, Exception):
            raise found
        return found

    patience = Patience(tries=3, first=1, longest=30, sleep=waited.append)
    client = httpx.Client(transport=httpx.MockTransport(answer))
    made = Transport(ROOT, client=client, patience=patience, **options)
    return made, asked, waited


@pytest.mark.parametrize("address, ok", [
    ("https://services.example/v4/", True),
    ("http://localhost:8000/v4", True),
    ("http://127.0.0.1/v4", True),
    ("http://[::1]:8000/v4", True),
    ("http://10.0.0.8/v4/", False),
    ("http://services.example/v4/", False),
    ("http://localhost.example/v4/", False),
    ("ftp://services.example/", False),
    ("/v4/", False),
    ("services.example", False),
])  # fmt: skip
def test_addresses(address, ok):
    if ok:
        assert Transport(address).root.endswith("/")
    else:
        with pytest.raises(ClientError):
            Transport(address)


@pytest.mark.parametrize("link, address", [
    ("Orders?$skip=1", f"{ROOT}Orders?$skip=1"),
    ("/v4/Orders", f"{ROOT}Orders"),
    ("https://services.example:443/v4/Orders", "https://services.example:443/v4/Orders"),
    ("https://SERVICES.example/v4/Orders", "https://SERVICES.example/v4/Orders"),
    ("http://services.example/v4/Orders", None),
    ("https://services.example:8443/v4/", None),
    ("https://services.example.evil/v4/", None),
    ("https://services.example@evil.example/", None),
    ("//evil.example/v4/", None),
    ("file:///etc/passwd", None),
])  # fmt: skip
def test_links(link, address):
    made, _, _ = transport([])
    if address is None:
        with pytest.raises(ForeignLink):
            made.link(link)
    else:
        assert made.link(link) == address


def test_nothing_is_redirected():
    made, asked, _ = transport(
        [httpx.Response(302, headers={"Location": "https://evil.example/"})], auth=lambda renew: "Bearer x"
    )
    assert made.ask("GET", "Orders").status == 302 and len(asked) == 1


def test_patience_grows_and_ends():
    made, asked, waited = transport([httpx.Response(503)] * 3)
    assert made.ask("GET", "Orders").status == 503 and len(asked) == 3
    first, second = waited
    assert 0.5 <= first <= 1 <= second <= 2


def test_the_server_says_how_long():
    busy = [httpx.Response(429, headers={"Retry-After": text}) for text in ("7", "86400")]
    made, _, waited = transport([*busy, httpx.Response(200)])
    assert made.ask("GET", "Orders").status == 200 and waited == [7, 30]


def test_by_the_servers_clock():
    said = {"Retry-After": "Wed, 01 Jan 2020 00:00:09 GMT", "Date": "Wed, 01 Jan 2020 00:00:00 GMT"}
    made, _, waited = transport([httpx.Response(503, headers=said), httpx.Response(200)])
    assert made.ask("GET", "Orders").status == 200 and waited == [9]


def test_no_answer():
    made, asked, _ = transport([httpx.ConnectError("no route"), httpx.ReadTimeout("slow"), httpx.Response(200)])
    assert made.ask("GET", "Orders").status == 200 and len(asked) == 3
    made, asked, _ = transport([httpx.ConnectError("no route")] * 3)
    with pytest.raises(Unreachable, match=r"services.example does not answer: no route"):
        made.ask("GET", "Orders")


def test_another_token():
    tokens = {False: "Bearer old", True: "Bearer new"}
    made, asked, _ = transport([httpx.Response(401), httpx.Response(200)], auth=tokens.get)
    assert made.ask("GET", "Orders").status == 200
    assert [request.headers["Authorization"] for request in asked] == ["Bearer old", "Bearer new"]
    made, asked, _ = transport([httpx.Response(401)] * 2, auth=tokens.get)
    assert made.ask("GET", "Orders").status == 401 and len(asked) == 2


@pytest.mark.parametrize("content, message", [
    (b'{"error":{"code":"x","message":"there is no such thing"}}', "400: there is no such thing"),
    (b'"a text"', "400: a text"),
    (b"<html>", "400"),
    (b"", "400"),
])  # fmt: skip
def test_what_a_person_may_read(content, message):
    made, _, _ = transport([httpx.Response(400, content=content)])
    assert made.ask("GET", "Orders").message == message


def test_a_context_that_is_closed_while_something_waits():
    """The application ends; nothing but an answer is missing."""
    made, asked, waited = transport([httpx.Response(503)])
    made.patience = Patience(tries=3, sleep=lambda _seconds: made.close())
    with pytest.raises(Unreachable, match="the context was closed"):
        made.ask("GET", "Orders")
    assert len(asked) == 1 and waited == []
