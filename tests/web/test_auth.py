"""Bearer tokens: who signed them, for whom, until when."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import time
from pathlib import Path
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from flask import Flask

from odata_service.config import ConfigurationError, Settings
from odata_service.web.app import create_app
from odata_service.web.auth import Bearer

SECRET = "a secret that is as long as the hash, or longer"
PRIVATE = rsa.generate_private_key(public_exponent=65537, key_size=2048)
OTHER = rsa.generate_private_key(public_exponent=65537, key_size=2048)
PUBLIC = PRIVATE.public_key().public_bytes(
    serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
).decode()  # fmt: skip
KEYS: dict[str, Any] = {"HS256": SECRET, "RS256": PRIVATE}


def token(algorithm: str = "HS256", key: Any = None, headers: dict[str, str] | None = None, **claims: Any) -> str:
    usual = {"sub": "ada", "aud": "people", "iss": "https://login.example", "exp": time.time() + 86_400}
    said = {name: value for name, value in (usual | claims).items() if value is not None}
    return jwt.encode(said, KEYS[algorithm] if key is None else key, algorithm, headers)


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory) -> Flask:
    return create_app(Settings(
        sample="people",
        database_url=f"sqlite:///{tmp_path_factory.mktemp('auth')}/people.db",
        auth_secret=SECRET,
        auth_public_key=PUBLIC,
        auth_audience="people",
        auth_issuer="https://login.example",
    ))  # fmt: skip


def ask(app: Flask, authorization: str | None) -> Any:
    headers = {} if authorization is None else {"Authorization": authorization}
    return app.test_client().get("/v4/People/$count", headers=headers)


@pytest.mark.parametrize("algorithm", KEYS)
def test_a_good_token(app, algorithm):
    assert ask(app, f"Bearer {token(algorithm)}").data == b"12"
    assert ask(app, f"bearer  {token(algorithm, aud=['other', 'people'])}").status_code == 200


@pytest.mark.parametrize("authorization", [None, "", "Bearer", "Bearer ", "Basic YWRhOmFkYQ==", token()])
def test_no_token(app, authorization):
    answer = ask(app, authorization)
    assert (answer.status_code, answer.json["error"]["code"]) == (401, "TokenMissing")
    assert answer.headers["WWW-Authenticate"] == "Bearer"


def unsigned() -> str:
    return jwt.encode({"sub": "ada", "exp": time.time() + 86_400}, "", "none")


def signed_with_the_public_key() -> str:
    """What a verifier that takes any algorithm for any key would believe."""
    parts = [{"alg": "HS256", "typ": "JWT"}, {"sub": "ada", "aud": "people", "exp": time.time() + 86_400}]
    text = b".".join(base64.urlsafe_b64encode(json.dumps(part).encode()).rstrip(b"=") for part in parts)
    signature = base64.urlsafe_b64encode(hmac.digest(PUBLIC.encode(), text, hashlib.sha256)).rstrip(b"=")
    return (text + b"." + signature).decode()


@pytest.mark.parametrize("bad, why", [
    pytest.param(token(exp=time.time() - 3600), "it has expired", id="expired"),
    pytest.param(token(exp=None), "it cannot be trusted", id="without expiry"),
    pytest.param(token(nbf=time.time() + 3600), "it cannot be trusted", id="not valid yet"),
    pytest.param(token(aud="orders"), "it is for another audience", id="for another audience"),
    pytest.param(token(aud=None), "it cannot be trusted", id="for no audience"),
    pytest.param(token(iss="https://evil.example"), "it cannot be trusted", id="of another issuer"),
    pytest.param(token(iss=None), "it cannot be trusted", id="of no issuer"),
    pytest.param(token(sub=None), "it cannot be trusted", id="of nobody"),
    pytest.param(token(sub=""), "it does not say whose it is", id="of a nameless one"),
    pytest.param(token("HS256", key="another secret, that is just as long as it"), "it cannot be trusted", id="with another secret"),
    pytest.param(token("RS256", key=OTHER), "it cannot be trusted", id="with another key"),
    pytest.param(unsigned(), "it is not signed as it should be", id="unsigned"),
    pytest.param(signed_with_the_public_key(), "it cannot be trusted", id="signed with the public key"),
    pytest.param(jwt.encode({"sub": "ada", "exp": time.time() + 86_400}, SECRET * 2, "HS512"), "it is not signed as it should be", id="by another algorithm"),
    pytest.param(token()[:-2], "it cannot be trusted", id="cut short"),
    pytest.param("a.b.c", "it cannot be trusted", id="no token"),
    pytest.param("\x7f", "it cannot be trusted", id="a control character"),
])  # fmt: skip
def test_a_bad_token(app, bad, why):
    answer = ask(app, f"Bearer {bad}")
    assert (answer.status_code, answer.json["error"]["code"]) == (401, "TokenInvalid")
    assert answer.headers["WWW-Authenticate"] == f'Bearer error="invalid_token", error_description="{why}"'


def test_in_every_protocol(app):
    assert app.test_client().get("/v2/People").status_code == 401
    assert app.test_client().post("/v4/$batch").status_code == 401


def test_roles(app):
    who = Bearer({"HS256": SECRET}, roles_claim="groups")
    with app.test_request_context(headers={"Authorization": f"Bearer {token(groups=['clerk'], aud=None)}"}) as context:
        caller = who(context.request)
    assert (caller.name, caller.roles) == ("ada", {"clerk"})


def test_a_key_in_a_file(tmp_path):
    (tmp_path / "key.pem").write_text(PUBLIC)
    app = create_app(
        Settings(sample="people", database_url=f"sqlite:///{tmp_path}/p.db", auth_public_key=str(tmp_path / "key.pem"))
    )
    assert ask(app, f"Bearer {token('RS256')}").data == b"12"
    assert ask(app, f"Bearer {token('HS256')}").status_code == 401


def test_off(tmp_path):
    assert ask(create_app(Settings(sample="people", database_url=f"sqlite:///{tmp_path}/p.db")), None).data == b"12"


@pytest.mark.parametrize("settings", [
    {"auth_secret": "short"},
    {"auth_public_key": "-----BEGIN PUBLIC KEY-----\nnonsense\n-----END PUBLIC KEY-----"},
    {"auth_public_key": "nowhere.pem"},
    {"auth_audience": "people"},
])  # fmt: skip
def test_what_cannot_be_checked(tmp_path: Path, settings):
    with pytest.raises(ConfigurationError):
        create_app(Settings(sample="people", database_url=f"sqlite:///{tmp_path}/p.db", **settings))
