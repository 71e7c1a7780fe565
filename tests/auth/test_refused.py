"""What is shown by somebody who is not who he says, in one table; and the same refusal in every protocol."""

from __future__ import annotations

import base64
import re
import time
from pathlib import Path
from typing import Any

import jwt
import pytest
from flask import Flask

from odata_service import EntitySetRights
from odata_service.config import Settings
from odata_service.start import published
from odata_service.web.app import application, create_app
from tests.auth.people import (
    CURVE, KEY, OTHER, PASSWORD, PRIVATE, PUBLIC, SECRET, app_of, basic, by_hand, pem, settings, token,
)  # fmt: skip


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory) -> Flask:
    return app_of(tmp_path_factory.mktemp("refused"), guesses_per_address=0, guesses_per_account=0)


def ask(app: Flask, said: dict[str, str] | list[tuple[str, str]], url: str = "/v4/People/$count", **how: Any) -> Any:
    return app.test_client().open(url, headers=said, **how)


@pytest.mark.parametrize("said", [
    {"Authorization": basic("ada", PASSWORD)},
    {"X-API-Key": KEY},
    {"Authorization": f"ApiKey {KEY}"},
    {"Authorization": f"Bearer {token()}"},
    {"Authorization": f"bearer   {token('RS256')}"},
    {"Authorization": f"Bearer {token(aud=['other', 'people'])}"},
    {"Authorization": f"Bearer {by_hand({'alg': 'HS256'}, SECRET.encode(), exp=str(int(time.time()) + 86_400))}"},
    {"Authorization": f"Bearer {token(nbf=time.time() + 20)}"},  # clocks may differ
])  # fmt: skip
def test_believed(app: Flask, said: dict[str, str]) -> None:
    for _ in range(2):  # the second time by what is known
        assert ask(app, said).data == b"12"


def test_clocks_may_differ(app: Flask) -> None:
    assert ask(app, {"Authorization": f"Bearer {token(exp=time.time() - 5)}"}).data == b"12"


DEEP = b'{"alg":' + b"[" * 3_000
REFUSED = {
    # tokens
    "without an algorithm": jwt.encode({"sub": "ada", "exp": time.time() + 86_400}, "", "none"),
    "an algorithm called None": by_hand({"alg": "None", "typ": "JWT"}, b""),
    "an empty signature": token().rpartition(".")[0] + ".",
    "no signature": token().rpartition(".")[0],
    "HS256 with the public key of RS256": by_hand({"alg": "HS256", "typ": "JWT"}, PUBLIC.encode()),
    "HS256 with the public key, a line break less": by_hand({"alg": "HS256"}, PUBLIC.strip().encode()),
    "RS256 with the secret of HS256": by_hand({"alg": "RS256"}, SECRET.encode()),
    "another key": token("RS256", key=OTHER),
    "another secret": token(key="another secret, that is just as long as it"),
    "another algorithm of the same secret": jwt.encode({"sub": "ada", "exp": time.time() + 86_400}, SECRET * 2, "HS512"),
    "an algorithm that nobody has a key for": token("ES256"),
    "its own key in its header": token("RS256", key=OTHER, headers={"jwk": {"kty": "RSA"}, "jku": "https://evil.example/keys"}),
    "a header that has to be understood": token(headers={"crit": ["b64"], "b64": False}),
    "an algorithm that is no text": by_hand({"alg": {"x": 1}}, SECRET.encode()),
    "a header that has no end": by_hand(DEEP, SECRET.encode()),
    "a header that is no object": by_hand(b"[]", SECRET.encode()),
    "for another audience": token(aud="orders"),
    "for no audience": token(aud=None),
    "of another issuer": token(iss="https://evil.example"),
    "of no issuer": token(iss=None),
    "expired": token(exp=time.time() - 31),
    "without end": token(exp=None),
    "an end that is no number": token(exp=None, **{"exp ": 1}),
    "an end beyond all numbers": by_hand(b'{"alg":"HS256"}', SECRET.encode(), exp=float("inf")),
    "not valid yet": token(nbf=time.time() + 86_400),
    "signed tomorrow": token(iat=time.time() + 86_400),
    "of nobody": token(sub=None),
    "of a nameless one": token(sub=""),
    "of a number": by_hand({"alg": "HS256"}, SECRET.encode(), sub=5),
    "of the one who has no name": token(sub="anonymous"),
    "cut short": token()[:-2],
    "cut at the beginning": token()[5:],
    "no token": "a.b.c",
    "dots": "...",
    "a control character": "\x7f",
    "a letter that is not in base64": token() + "é",
    "two in one": f"{token()} {token()}",
    "too long": token(more="x" * 32_768),
}  # fmt: skip
OTHERS: dict[str, list[tuple[str, str]]] = {
    "nothing": [],
    "an empty header": [("Authorization", "")],
    "no credentials": [("Authorization", "Bearer")],
    "another scheme": [("Authorization", "Negotiate YWRhOmFkYQ==")],
    "a token without its scheme": [("Authorization", token())],
    "the header twice": [("Authorization", f"Bearer {token()}"), ("Authorization", f"Bearer {token()}")],
    "the header twice, one of them good": [("Authorization", basic("ada", PASSWORD)), ("Authorization", "Basic eDp5")],
    "a key and a password": [("Authorization", basic("ada", PASSWORD)), ("X-API-Key", KEY)],
    "a wrong password": [("Authorization", basic("ada", "wrong"))],
    "no password": [("Authorization", basic("ada", ""))],
    "a name that nobody has": [("Authorization", basic("eve", PASSWORD))],
    "a name in other letters": [("Authorization", basic("ADA", PASSWORD))],
    "a name with a zero in it": [("Authorization", basic("ada\0", PASSWORD))],
    "the name of a program": [("Authorization", basic("reporting", KEY))],
    "the hash of the password": [("Authorization", basic("ada", "$scrypt$ln=4,r=8,p=1$"))],
    "no colon": [("Authorization", "Basic YWRh")],
    "no base64": [("Authorization", "Basic !!!")],
    "base64 of V2": [("Authorization", "Basic YWRh\xff")],
    "no UTF-8": [("Authorization", f"Basic {base64.b64encode(bytes([255, 254, 58, 97])).decode()}")],
    "a password in another encoding": [("Authorization", basic("ada", PASSWORD.encode("latin-1")))],
    "a password without end": [("Authorization", basic("ada", "x" * 5_000))],
    "a header without end": [("Authorization", basic("ada", "x" * 60_000))],
    "a wrong key": [("X-API-Key", KEY + "x")],
    "an empty key": [("X-API-Key", "")],
    "a key in another encoding": [("X-API-Key", "\xe9")],
    "a key twice": [("X-API-Key", KEY), ("X-API-Key", KEY)],
    "the hash of the key": [("X-API-Key", "sha256:" + "0" * 64)],
    "a key without end": [("X-API-Key", "x" * 9_000)],
}
TABLE = {**{name: [("Authorization", f"Bearer {said}")] for name, said in REFUSED.items()}, **OTHERS}


@pytest.mark.parametrize("said", TABLE.values(), ids=TABLE)
def test_refused(app: Flask, said: list[tuple[str, str]]) -> None:
    """Each scheme is offered, and nothing is said of what there is."""
    answer = ask(app, said)
    assert answer.status_code == 401, answer.text
    assert answer.json["error"]["code"] in (
        "CredentialsMissing",
        "CredentialsInvalid",
        "CredentialsAmbiguous",
        "TokenInvalid",
    )
    offered = answer.headers["WWW-Authenticate"]
    assert [word in offered for word in ('Basic realm="odata", charset="UTF-8"', "ApiKey realm=", "Bearer realm=")] == [
        True
    ] * 3
    assert ('error="invalid_token"' in offered) == (answer.json["error"]["code"] == "TokenInvalid")
    assert "ada" not in answer.text and "People" not in answer.text


def test_a_user_who_is_not_there_is_told_apart_by_nothing(app: Flask) -> None:
    one, other = (ask(app, {"Authorization": basic(name, "wrong")}) for name in ("ada", "eve"))
    assert (one.data, dict(one.headers) | {"Server-Timing": ""}) == (
        other.data,
        dict(other.headers) | {"Server-Timing": ""},
    )


@pytest.mark.parametrize("url, method, accept", [
    ("/v4/People", "GET", "application/json"),
    ("/v4/People", "POST", "application/json"),
    ("/v4/$batch", "POST", "application/json"),
    ("/v4/$metadata", "GET", "application/xml"),
    ("/v4/Nothing/at/all", "GET", "application/json"),
    ("/v2/People", "GET", "application/json"),
    ("/v2/People", "GET", "application/atom+xml"),
    ("/v2/$batch", "POST", "application/json"),
    ("/tables/person", "GET", "application/json"),
    ("/tables/person/1", "DELETE", "application/json"),
])  # fmt: skip
def test_in_every_protocol(app: Flask, url: str, method: str, accept: str) -> None:
    """In the form in which the protocol refuses whatever else it refuses: with the headers and the bytes of another refusal, but for code
    and message."""
    answer = ask(app, {"Accept": accept}, url, method=method, json={} if method == "POST" else None)
    other = ask(app, {"Accept": accept, "X-API-Key": KEY}, f"{url.rpartition('/')[0]}/Nowhere(1)")
    assert (answer.status_code, other.status_code) == (401, 404)
    assert {"WWW-Authenticate", *other.headers.keys()} - {"Server-Timing"} == set(answer.headers.keys())
    assert answer.content_type == other.content_type
    assert _shape(answer.text) == _shape(other.text)


def _shape(body: str) -> str:
    """Without the words that differ from refusal to refusal."""
    body = re.sub(r'"(code|message|value)":"[^"]*"', r'"\1":""', body)
    body = re.sub(r',"target":"[^"]*"', "", body)
    return re.sub(r"(<m:(?:code|message)[^>]*>)[^<]*", r"\1", body)


def test_sync(tmp_path: Path) -> None:
    app = app_of(tmp_path, sample="orders")
    answer = ask(app, {}, "/api/sync/Orders")
    assert answer.status_code == 401 and "CredentialsMissing" in answer.text


def test_a_batch_has_one_caller(app: Flask) -> None:
    """What its parts say of their sender is not looked at."""
    part = {"id": "1", "method": "GET", "url": "People/$count", "headers": {"Authorization": basic("eve", "x")}}
    answer = ask(app, {"X-API-Key": KEY}, "/v4/$batch", method="POST", json={"requests": [part]})
    assert answer.json["responses"][0]["status"] == 200
    part["headers"] = {"X-API-Key": KEY}
    assert ask(app, {}, "/v4/$batch", method="POST", json={"requests": [part]}).status_code == 401


def test_anonymous_only_when_said(tmp_path: Path) -> None:
    app = app_of(tmp_path, auth_anonymous=True)
    assert ask(app, {}).data == b"12"
    for name in ("a wrong password", "another scheme", "an empty header", "a wrong key", "no credentials"):
        assert ask(app, TABLE[name]).status_code == 401, name


def test_who_may_not_is_asked_who_he_is(tmp_path: Path) -> None:
    """A browser, or Excel, asks for a password then; who has said who he is hears 403."""
    said = settings(tmp_path, auth_anonymous=True)
    what = published(said)
    what.service.rights("*", EntitySetRights.ALL_READ)
    app = application(what, said)
    answer = ask(app, {}, "/v4/People", method="POST", json={})
    assert answer.status_code == 401 and answer.headers["WWW-Authenticate"].startswith("Basic realm=")
    assert ask(app, {"X-API-Key": KEY}, "/v4/People", method="POST", json={}).status_code == 403
    assert ask(app, {}, "/v4/Nowhere").status_code == 404


def test_no_cache_gives_it_to_another(app: Flask, tmp_path: Path) -> None:
    for said in ({"X-API-Key": KEY}, {"Authorization": basic("ada", PASSWORD)}, {}):
        for url in ("/v4/People?$top=1", "/v2/People?$top=1", "/v4/Nowhere"):
            assert ask(app, said, url).headers["Cache-Control"] == "private, no-cache"
    everybody = create_app(Settings(sample="people", database_url=f"sqlite:///{tmp_path}/p.db"))
    assert "Cache-Control" not in ask(everybody, {}).headers


def test_public_keys_of_other_kinds(tmp_path: Path) -> None:
    app = app_of(tmp_path, auth_public_key=pem(CURVE), auth_secret="")
    assert ask(app, {"Authorization": f"Bearer {token('ES256')}"}).data == b"12"
    for bad in (token("RS256"), token("HS256"), by_hand({"alg": "HS256"}, pem(CURVE).encode())):
        assert ask(app, {"Authorization": f"Bearer {bad}"}).status_code == 401


def test_the_private_key_is_not_taken_for_the_public_one(tmp_path: Path) -> None:
    from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

    from odata_service.config import ConfigurationError

    private = PRIVATE.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
    with pytest.raises(ConfigurationError, match="is a private one"):
        app_of(tmp_path, auth_public_key=private)
