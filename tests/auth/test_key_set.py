"""Keys that their owner changes: read from a file or an address, named by tokens, kept, read anew."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from jwt.algorithms import ECAlgorithm, RSAAlgorithm

from odata_service import Headers
from odata_service.auth import Authentication, Bearer
from odata_service.auth import key_set as module
from odata_service.auth.key_set import KeySet, fetched, signing_keys
from odata_service.errors import ODataError, Unauthorized
from odata_service.web.blueprint import Sender
from tests.auth.people import CURVE, OTHER, PRIVATE, PUBLIC, app_of, by_hand, token


def jwk(key: Any, **more: Any) -> dict[str, Any]:
    """(Any: a key of whatever kind.)"""
    algorithm: Any = RSAAlgorithm if isinstance(key, rsa.RSAPrivateKey) else ECAlgorithm
    return json.loads(algorithm.to_jwk(key.public_key())) | more


def document(*keys: dict[str, Any]) -> bytes:
    return json.dumps({"keys": keys}).encode()


class Issuer:
    """Has keys, may be away, and knows how often he was asked."""

    def __init__(self, *keys: dict[str, Any]) -> None:
        self.document: bytes | None = document(*keys)
        self.asked = 0
        self.set = KeySet(self.read, "the issuer")
        self.who = Authentication((Bearer(key_set=self.set, audience="people"),))

    def read(self) -> bytes:
        self.asked += 1
        if self.document is None:
            raise TimeoutError("away")
        return self.document

    def ask(self, said: str) -> int:
        try:
            return 200 if self.who(Sender(Headers({"Authorization": f"Bearer {said}"}), None)).name == "ada" else 0
        except ODataError as error:
            return error.status


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """Seconds that go by when a test says so."""
    now = [1_000_000.0]
    monkeypatch.setattr(module.time, "monotonic", lambda: now[0])
    return now


ONE, TWO, CURVED = jwk(PRIVATE, kid="1", use="sig", alg="RS256"), jwk(OTHER, kid="2"), jwk(CURVE, kid="c")
SIGNED_ONE, SIGNED_TWO = token("RS256", headers={"kid": "1"}), token("RS256", OTHER, {"kid": "2"})


@pytest.mark.parametrize("said, status", [
    (SIGNED_ONE, 200),
    (SIGNED_TWO, 200),
    (token("PS256", OTHER, {"kid": "2"}), 200),
    (token("ES256", headers={"kid": "c"}), 200),
    (token("RS256"), 200),                                               # names none, and one fits
    (token("RS256", headers={"kid": "2"}), 401),                         # names another than the one it is signed with
    (token("RS256", headers={"kid": "9"}), 401),
    (token("PS256", PRIVATE, {"kid": "1"}), 401),                        # that key is for RS256 alone
    (token("RS256", rsa.generate_private_key(public_exponent=65537, key_size=2048), {"kid": "1"}), 401),
    (by_hand({"alg": "HS256", "kid": "1"}, PUBLIC.encode()), 401),
    (by_hand({"alg": "HS256", "kid": "1"}, document(ONE)), 401),
    (by_hand({"alg": "none", "kid": "1"}, b""), 401),
    (by_hand({"alg": "RS256", "kid": ["1"]}, b""), 401),
    (by_hand({"alg": "RS256", "kid": {}}, b""), 401),
])  # fmt: skip
def test_by_its_name(said: str, status: int) -> None:
    assert Issuer(ONE, TWO, CURVED).ask(said) == status


def test_a_new_key_is_found(clock: list[float]) -> None:
    issuer = Issuer(ONE)
    assert (issuer.ask(SIGNED_ONE), issuer.ask(SIGNED_TWO), issuer.asked) == (200, 401, 1)  # just read
    issuer.document = document(TWO)
    clock[0] += 31
    assert (issuer.ask(SIGNED_TWO), issuer.asked) == (200, 2)


def test_a_key_that_is_gone_is_believed_no_longer(clock: list[float]) -> None:
    """Not even a token that was found good before."""
    issuer = Issuer(ONE, TWO)
    assert [issuer.ask(SIGNED_ONE), issuer.ask(SIGNED_ONE)] == [200, 200]
    issuer.document = document(TWO)
    clock[0] += 601
    assert [issuer.ask(SIGNED_ONE), issuer.ask(SIGNED_TWO)] == [401, 200]


def test_who_names_keys_that_are_not_there_makes_nobody_read(clock: list[float]) -> None:
    issuer = Issuer(ONE)
    assert {issuer.ask(token("RS256", OTHER, {"kid": str(number)})) for number in range(20)} == {401}
    assert issuer.asked == 1


def test_an_issuer_who_is_away(clock: list[float]) -> None:
    """What is known holds for a day; then, and before anything is known, it is 503 and not 401."""
    issuer = Issuer(ONE)
    assert issuer.ask(SIGNED_ONE) == 200
    issuer.document = None
    clock[0] += 3_600
    assert (issuer.ask(SIGNED_ONE), issuer.asked) == (200, 2)
    clock[0] += 86_400
    assert (issuer.ask(SIGNED_ONE), issuer.ask(SIGNED_ONE)) == (503, 503)
    issuer.document = document(ONE)
    clock[0] += 31
    assert issuer.ask(SIGNED_ONE) == 200


@pytest.mark.parametrize(
    "found",
    [
        b"",
        b"{}",
        b"[]",
        b'{"keys": 5}',
        b'{"keys": ["x"]}',
        b'{"keys": [{"kty": "RSA", "n": 5}]}',
        b"\xff",
        b"[" * 9_999,
    ],
)
def test_an_answer_that_is_no_key_set(found: bytes, clock: list[float]) -> None:
    issuer = Issuer(ONE)
    issuer.document = found
    assert issuer.ask(SIGNED_ONE) == 503


def test_keys_that_do_not_sign_are_passed_by() -> None:
    small = rsa.generate_private_key(public_exponent=65537, key_size=1024)
    shared = {"kty": "oct", "k": "c2VjcmV0", "kid": "o", "alg": "HS256"}
    others = (
        jwk(OTHER, use="enc"),
        jwk(OTHER, alg="RSA-OAEP"),
        jwk(small),
        shared,
        {"kty": "OKP", "crv": "X25519", "x": "AA"},
    )
    assert [key.kid for key in signing_keys(document(*others, ONE))] == ["1"]


def test_a_file(tmp_path: Path) -> None:
    (tmp_path / "keys.json").write_bytes(document(ONE))
    app = app_of(tmp_path, auth_jwks=f"{tmp_path}/keys.json", auth_public_key="", auth_secret="")
    for said, status in ((SIGNED_ONE, 200), (SIGNED_TWO, 401)):
        assert app.test_client().get("/v4/People", headers={"Authorization": f"Bearer {said}"}).status_code == status


@contextmanager
def serving(answers: dict[str, tuple[int, dict[str, str], bytes]]) -> Iterator[str]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            status, headers, body = answers[self.path]
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: Any) -> None:
            """Not to the screen."""

    server = HTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()


def test_an_address() -> None:
    """It leads nowhere else, and has an end."""
    answers = {
        "/keys": (200, {}, document(ONE)),
        "/elsewhere": (302, {"Location": "/keys"}, b""),
        "/file": (302, {"Location": "file:///etc/passwd"}, b""),
        "/endless": (200, {}, b" " * 1_000_001),
        "/broken": (500, {}, b""),
    }
    with serving(answers) as host:
        who = Authentication((Bearer(key_set=KeySet.at(f"{host}/keys"), audience="people"),))
        assert who(Sender(Headers({"Authorization": f"Bearer {SIGNED_ONE}"}), None)).name == "ada"
        with pytest.raises(Unauthorized):
            who(Sender(Headers({"Authorization": f"Bearer {SIGNED_TWO}"}), None))
        for path in ("/elsewhere", "/file", "/endless", "/broken"):
            with pytest.raises((OSError, ValueError)):
                fetched(host + path)
