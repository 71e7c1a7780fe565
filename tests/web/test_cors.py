"""Pages of other origins: what a browser is told before and after it asks."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from odata_service.config import ConfigurationError
from tests.web.conftest import Make
from tests.web.test_endless import Ear

PAGE = "https://app.example.com"
PREFLIGHT = {
    "Origin": PAGE,
    "Access-Control-Request-Method": "MERGE",
    "Access-Control-Request-Headers": "content-type,x-csrf-token",
}
READABLE = (
    "OData-Version", "OData-EntityId", "DataServiceVersion", "ETag", "Location", "Preference-Applied", "Retry-After", "Server-Timing",
)  # fmt: skip


def allowed(headers: Any) -> dict[str, str]:
    """What an answer says of pages."""
    return {name: value for name, value in headers.items() if name.startswith("Access-Control-")}


def test_nobody_unless_said(make: Make) -> None:
    client = make()
    for answer in (client.get("/v4/People", headers={"Origin": PAGE}), client.options("/v4/People", headers=PREFLIGHT)):
        assert allowed(answer.headers) == {} and "Origin" not in answer.headers.get("Vary", "")


def test_preflight(make: Make) -> None:
    answer = make(cors_origins=(PAGE,), cors_max_age=60).options("/v2/People", headers=PREFLIGHT)
    assert (answer.status_code, answer.data) == (204, b"")
    assert allowed(answer.headers) == {
        "Access-Control-Allow-Origin": PAGE,
        "Access-Control-Allow-Methods": "GET, HEAD, POST, PUT, PATCH, MERGE, DELETE, OPTIONS",
        "Access-Control-Allow-Headers": "content-type,x-csrf-token",
        "Access-Control-Max-Age": "60",
    }
    assert "Origin" in answer.headers["Vary"]


@pytest.mark.parametrize(
    "method, target, status",
    [
        ("GET", "/v4/People", 200), ("GET", "/v2/People", 200), ("POST", "/v4/AddressTypes", 201), ("GET", "/v4/Peopel", 404),
        ("GET", "/v4/People?$filter=x", 400), ("GET", "/nowhere", 404), ("POST", "/v4/$batch", 200), ("OPTIONS", "/v4/People", 204),
        ("PROPFIND", "/v4/People", 405), ("GET", "/", 200), ("GET", "/-/client/offline.js", 200), ("DELETE", "/", 405),
    ],
)  # fmt: skip
def test_every_answer(make: Make, method: str, target: str, status: int) -> None:
    parts = {"requests": [{"id": "1", "method": "get", "url": "Peopel"}]}
    body = parts if target.endswith("$batch") else {"AddressTypeId": 9, "Name": "Holiday"} if method == "POST" else None
    answer = make(cors_origins=(PAGE, "https://other.example")).open(
        target, method=method, json=body, headers={"Origin": PAGE}
    )
    assert answer.status_code == status
    assert answer.headers["Access-Control-Allow-Origin"] == PAGE
    assert {*READABLE} <= {*answer.headers["Access-Control-Expose-Headers"].split(", ")}
    assert "Origin" in answer.headers["Vary"]
    assert "Access-Control-Allow-Credentials" not in answer.headers


def test_refusals_of_a_token(make: Make) -> None:
    answer = make(cors_origins=(PAGE,), auth_secret="x" * 32).get("/v4/People", headers={"Origin": PAGE})
    assert (answer.status_code, answer.headers["Access-Control-Allow-Origin"]) == (401, PAGE)
    assert "WWW-Authenticate" in answer.headers["Access-Control-Expose-Headers"]


@pytest.mark.parametrize(
    "origin", ["https://evil.example", "https://app.example.com.evil.example", "http://app.example.com", "null"]
)
def test_others_are_told_nothing(make: Make, origin: str) -> None:
    client = make(cors_origins=(PAGE,), cors_credentials=True)
    for answer in (
        client.get("/v4/People", headers={"Origin": origin}),
        client.options("/v4/People", headers=PREFLIGHT | {"Origin": origin}),
    ):
        assert allowed(answer.headers) == {}
        assert "Origin" in answer.headers["Vary"]  # a cache must not give them what others are told


def test_credentials(make: Make) -> None:
    client = make(cors_origins=(PAGE,), cors_credentials=True)
    for answer in (client.get("/v4/People", headers={"Origin": PAGE}), client.options("/v4/People", headers=PREFLIGHT)):
        assert answer.headers["Access-Control-Allow-Credentials"] == "true"
        assert answer.headers["Access-Control-Allow-Origin"] == PAGE


def test_every_page(make: Make) -> None:
    answer = make(cors_origins=("*",)).get("/v4/People", headers={"Origin": "https://any.example"})
    assert answer.headers["Access-Control-Allow-Origin"] == "*" and "Origin" not in answer.headers["Vary"]


@pytest.mark.parametrize(
    "asked, said",
    [
        ({"Access-Control-Request-Headers": "a b\x00"}, None),
        ({}, None),
        ({"Access-Control-Request-Headers": "A, b"}, "A, b"),
    ],
)
def test_only_names_are_repeated(make: Make, asked: dict[str, str], said: str | None) -> None:
    headers = {"Origin": PAGE, "Access-Control-Request-Method": "GET", **asked}
    assert (
        make(cors_origins=(PAGE,)).options("/v4/", headers=headers).headers.get("Access-Control-Allow-Headers") == said
    )


@pytest.mark.parametrize("on", [True, False])
def test_private_network(make: Make, on: bool) -> None:
    asked = PREFLIGHT | {"Access-Control-Request-Private-Network": "true"}
    answer = make(cors_origins=(PAGE,), cors_private_network=on).options("/v4/People", headers=asked)
    assert answer.headers.get("Access-Control-Allow-Private-Network") == ("true" if on else None)


def test_an_answer_that_goes_on(serve: Callable[..., Any]) -> None:
    ear = Ear(serve("--workers", "1", "--set", f"cors_origins={PAGE}"), f"Origin: {PAGE}")
    assert f"Access-Control-Allow-Origin: {PAGE}" in ear.head()
    ear.leave()


@pytest.mark.parametrize(
    "settings",
    [
        {"cors_origins": ("*", PAGE)}, {"cors_origins": ("*",), "cors_credentials": True}, {"cors_origins": (f"{PAGE}/",)},
        {"cors_origins": ("app.example.com",)}, {"cors_origins": ("null",)}, {"cors_credentials": True},
    ],
)  # fmt: skip
def test_settings_that_cannot_be(make: Make, settings: dict[str, Any]) -> None:
    with pytest.raises(ConfigurationError, match="cors_origins"):
        make(**settings)
