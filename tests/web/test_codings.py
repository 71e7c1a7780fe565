"""Compressed answers, and bodies that come compressed: the same as without, and never more than the limit."""

from __future__ import annotations

import gzip
import json
import zlib
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import zstandard
from werkzeug.test import run_wsgi_app

from odata_service.config import ConfigurationError, Settings
from odata_service.web.codings import AT_ONCE, compressing
from tests.web.conftest import Make

UNPACK: dict[str, Callable[[bytes], bytes]] = {
    "gzip": gzip.decompress,
    "zstd": lambda body: zstandard.ZstdDecompressor().decompressobj().decompress(body),
}
PACK: dict[str, Callable[[bytes], bytes]] = {
    "gzip": gzip.compress,
    "deflate": zlib.compress,
    "zstd": zstandard.ZstdCompressor().compress,
}
LONG = "/v4/People?$expand=Addresses"
BOTH = {"compress": ("zstd", "gzip")}


@pytest.mark.parametrize(
    "accept, coding",
    [("gzip, deflate, br", "gzip"), ("gzip, zstd;q=0.1", "zstd"), ("*", "zstd"), ("br", None), ("", None)],
)
@pytest.mark.parametrize("target", [LONG, "/v2/People?$format=json", "/v4/$metadata", "/-/client/offline.js", "/tables/person"])
def test_answers(make: Make, target: str, accept: str, coding: str | None) -> None:
    plain = make().get(target)
    answer = make(**BOTH).get(target, headers={"Accept-Encoding": accept})
    assert answer.headers.get("Content-Encoding") == coding
    assert "Accept-Encoding" in answer.headers["Vary"]
    assert int(answer.headers["Content-Length"]) == len(answer.data)
    assert (UNPACK[coding](answer.data) if coding else answer.data) == plain.data
    assert (len(answer.data) < len(plain.data) / 2) == (coding is not None)


@pytest.mark.parametrize("target", [LONG, "/v4/$metadata"])
def test_off_unless_said(make: Make, target: str) -> None:
    answer = make().get(target, headers={"Accept-Encoding": "gzip"})
    assert "Content-Encoding" not in answer.headers and "Accept-Encoding" not in answer.headers.get("Vary", "")


@pytest.mark.parametrize(
    "method, target", [("GET", "/v4/AddressTypes"), ("GET", "/v4/People/$count"), ("HEAD", LONG), ("DELETE", "/v4/")]
)
def test_little_stays_as_it_is(make: Make, method: str, target: str) -> None:
    assert (
        "Content-Encoding" not in make(**BOTH).open(target, method=method, headers={"Accept-Encoding": "gzip"}).headers
    )


def test_an_entity_s_etag_stays_good_for_if_match(make: Make) -> None:
    """The strong ETag of a long row of a table is of its bytes as they are: so they come."""
    client, name = make(**BOTH), "x" * 90
    created = client.post("/tables/person", json={"name": name}, headers={"Accept-Encoding": "gzip"})
    tag = created.headers["ETag"]
    assert tag.startswith('"')
    row = f"/tables/person/{created.json['id']}"
    assert client.get(row, headers={"Accept-Encoding": "gzip"}).headers["ETag"] == tag
    assert client.put(row, json=created.json, headers={"If-Match": tag}).status_code == 200


def test_a_file_that_is_known_already(make: Make) -> None:
    client, headers = make(**BOTH), {"Accept-Encoding": "gzip"}
    tag = client.get("/-/client/offline.js", headers=headers).headers["ETag"]
    again = client.get("/-/client/offline.js", headers=headers | {"If-None-Match": tag})
    assert (again.status_code, again.data, again.headers.get("Content-Encoding")) == (304, b"", None)


def test_batches(make: Make) -> None:
    parts = {"requests": [{"id": "1", "method": "get", "url": "People"}]}
    answer = make(**BOTH).post("/v4/$batch", json=parts, headers={"Accept-Encoding": "gzip"})
    assert len(json.loads(gzip.decompress(answer.data))["responses"][0]["body"]["value"]) >= 12


class Pieces:
    """An answer without a length."""

    def __init__(self) -> None:
        self.given, self.is_closed = 0, False

    def __iter__(self) -> Iterator[bytes]:
        for self.given in range(1, 9):
            yield bytes(str(self.given), "ascii") * (AT_ONCE // 4)

    def close(self) -> None:
        self.is_closed = True


@pytest.mark.parametrize("coding", UNPACK)
def test_pieces_go_out_as_they_come(coding: str) -> None:
    pieces = Pieces()

    def app(_environ: Any, start_response: Any) -> Any:
        start_response("200 OK", [("Content-Type", "text/csv")])
        return pieces

    (layer,) = compressing(Settings(compress=(coding,)))
    answer, _status, headers = run_wsgi_app(layer(app), {"REQUEST_METHOD": "GET", "HTTP_ACCEPT_ENCODING": coding})
    assert pieces.given < 8
    whole = b"".join(answer)
    answer.close()  # type: ignore[attr-defined]  # run_wsgi_app's own iterator has one
    assert pieces.is_closed and "Content-Length" not in headers
    assert len(UNPACK[coding](whole)) == 8 * (AT_ONCE // 4)


@pytest.mark.parametrize("coding", PACK)
class TestBodies:
    def post(self, make: Make, coding: str, body: bytes, target: str = "/v4/AddressTypes") -> Any:
        headers = {"Content-Type": "application/json", "Content-Encoding": coding}
        return make().post(target, data=body, headers=headers)

    def test_is_read(self, make: Make, coding: str) -> None:
        number = 80 + list(PACK).index(coding)
        body = json.dumps({"AddressTypeId": number, "Name": "Holiday"}).encode()
        assert self.post(make, coding, PACK[coding](body)).status_code == 201
        assert make().get(f"/v4/AddressTypes({number})/Name/$value").text == "Holiday"

    def test_a_bomb_is_refused(self, make: Make, coding: str) -> None:
        answer = self.post(make, coding, PACK[coding](b" " * 100_000_000))
        assert (answer.status_code, answer.json["error"]["code"]) == (413, "LimitExceeded")

    @pytest.mark.parametrize(
        "cut", [lambda body: b"{}", lambda body: body[:-6], lambda body: body[:4] + b"\xff" * 9 + body[13:]]
    )
    def test_what_is_broken(self, make: Make, coding: str, cut: Callable[[bytes], bytes]) -> None:
        answer = self.post(make, coding, cut(PACK[coding](b'{"AddressTypeId":99,"Name":"Holiday"}')))
        assert (answer.status_code, answer.json["error"]["target"]) == (400, "Content-Encoding")


@pytest.mark.parametrize("coding", ["br", "compress", "gzip, gzip", "", "é"])
def test_unknown_codings(make: Make, coding: str) -> None:
    answer = make().post(
        "/v2/AddressTypes", data=b"{}", headers={"Content-Encoding": coding, "Accept": "application/json"}
    )
    assert (answer.status_code, answer.json["error"]["code"]) == (415, "UnknownCoding")
    assert answer.headers["Accept-Encoding"] == "gzip, x-gzip, deflate, zstd"


def test_settings_that_cannot_be(make: Make) -> None:
    with pytest.raises(ConfigurationError, match="there is no coding 'br'"):
        make(compress=("br",))


def test_zstd_where_it_is_missing(make: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("odata_service.web.codings.zstandard", None)
    with pytest.raises(ConfigurationError, match="pip install"):
        make(**BOTH)
