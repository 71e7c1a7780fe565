"""What the settings say of callers, and what cannot be; and what is printed for them."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import jwt
import pytest
from click.testing import CliRunner

from odata_service import Headers
from odata_service.auth import Account, Authentication, Basic, Bearer
from odata_service.auth.keys import hash_key
from odata_service.auth.passwords import Passwords, hash_password, verifier
from odata_service.cli import main
from odata_service.config import ConfigurationError, KeySettings, Settings, UserSettings
from odata_service.errors import Unauthorized
from odata_service.message import User
from odata_service.web.app import create_app
from odata_service.web.blueprint import Sender
from tests.auth.people import CHEAP, PASSWORD, PUBLIC, SECRET, app_of, basic, settings, token

HASHED = hash_password(PASSWORD, cost=CHEAP)


def sender(**headers: str) -> Sender:
    return Sender(Headers({name.replace("_", "-"): value for name, value in headers.items()}), "192.0.2.1")


@pytest.mark.parametrize("path, claims, roles", [
    ("roles", {"roles": ["clerk", "boss", 5]}, {"clerk", "boss"}),
    ("scope", {"scope": "clerk boss"}, {"clerk", "boss"}),
    ("realm_access.roles", {"realm_access": {"roles": ["clerk"]}}, {"clerk"}),
    ("https://people.example/roles", {"https://people.example/roles": ["clerk"]}, {"clerk"}),
    ("realm_access.roles", {"realm_access": "clerk"}, set()),
    ("roles", {}, set()),
    ("roles", {"roles": {"clerk": True}}, set()),
])  # fmt: skip
def test_roles_of_a_token(path: str, claims: dict[str, Any], roles: set[str]) -> None:
    who = Authentication((Bearer({"HS256": SECRET}, roles_claim=path),))
    caller = who(sender(Authorization=f"Bearer {token(aud=None, **claims)}"))
    assert (caller.name, caller.roles) == ("ada", roles)


def test_a_token_is_believed_as_long_as_clocks_may_differ() -> None:
    end = int(time.time()) + 600
    who = Authentication((Bearer({"HS256": SECRET}, leeway=20),))
    caller = who(sender(Authorization=f"Bearer {token(aud=None, exp=end)}"))
    assert isinstance(caller, User) and caller.until == end + 20


def test_what_is_known_of_a_user() -> None:
    who = Authentication((Basic({"ada": Account(HASHED, frozenset({"clerk"}), {"region": "north"})}),))
    caller = who(sender(Authorization=basic("ada", PASSWORD)))
    assert (caller.name, caller.roles, caller.claims) == ("ada", {"clerk"}, {"sub": "ada", "region": "north"})  # type: ignore[attr-defined]


def test_a_token_that_is_known_ends_when_it_says(monkeypatch: pytest.MonkeyPatch) -> None:
    who, said = Authentication((Bearer({"HS256": SECRET}),)), sender(Authorization=f"Bearer {token(aud=None)}")
    assert who(said).name == who(said).name == "ada"
    monkeypatch.setattr("odata_service.auth.bearer.jwt.decode", expired)
    assert who(said).name == "ada"
    later = time.time() + 86_400 + 31
    monkeypatch.setattr("odata_service.auth.bearer.time.time", lambda: later)
    with pytest.raises(Unauthorized, match="it has expired"):
        who(said)


def expired(*_: object, **__: object) -> None:
    """What PyJWT says then."""
    raise jwt.ExpiredSignatureError


def test_a_key_in_a_file(tmp_path: Path) -> None:
    (tmp_path / "key.pem").write_text(PUBLIC)
    app = app_of(tmp_path, auth_public_key=str(tmp_path / "key.pem"), auth_secret="")
    for algorithm, status in (("RS256", 200), ("HS256", 401)):
        answer = app.test_client().get("/v4/People", headers={"Authorization": f"Bearer {token(algorithm)}"})
        assert answer.status_code == status


def test_off(tmp_path: Path) -> None:
    """A sample asks nobody."""
    app = create_app(Settings(sample="people", database_url=f"sqlite:///{tmp_path}/p.db"))
    assert app.test_client().get("/v4/People/$count").data == b"12"


@pytest.mark.parametrize("more, line", [
    ({"auth_secret": "short"}, "the secret of HS256 tokens needs 32 bytes at least"),
    ({"auth_public_key": "-----BEGIN PUBLIC KEY-----\nnonsense\n-----END PUBLIC KEY-----"}, "the public key of RS256 tokens cannot be read"),
    ({"auth_public_key": "nowhere.pem"}, "the public key of tokens cannot be read: No such file or directory: nowhere.pem"),
    ({"auth_secret": "", "auth_public_key": ""}, "tokens have an audience or issuer, but no key to check them with"),
    ({"auth_jwks": "http://login.example/keys"}, "keys of tokens come by https, or from this computer, not from http://login.example/keys"),
    ({"auth_jwks": "file:///etc/passwd"}, "keys of tokens come by https, or from this computer"),
    ({"auth_jwks": "nowhere.json"}, "the keys of tokens cannot be read: nowhere.json"),
    ({"users": {"ada": UserSettings("open sesame")}}, "a password is kept as 'odata-service hash-password' writes it"),
    ({"users": {"ada": UserSettings("$scrypt$ln=30,r=8,p=1$YQ$YQ")}}, "a password is kept as"),
    ({"users": {"ada": UserSettings()}}, "users.ada has no password or key"),
    ({"users": {"a:b": UserSettings(HASHED)}}, "'a:b' is no name for a caller"),
    ({"users": {"anonymous": UserSettings(HASHED)}}, "'anonymous' is no name for a caller"),
    ({"users": {"reporting": UserSettings(HASHED)}}, "reporting is a user and a program"),
    ({"keys": {"reporting": KeySettings("odata_plain")}}, "a key is kept as 'odata-service new-key' writes it"),
])  # fmt: skip
def test_what_cannot_be(tmp_path: Path, more: dict[str, Any], line: str) -> None:
    with pytest.raises(ConfigurationError) as refused:
        create_app(settings(tmp_path, **more))
    assert str(refused.value).startswith(line) and "\n" not in str(refused.value)[:60]


def test_nobody_is_anonymous_where_nobody_is_known(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="auth_anonymous"):
        create_app(Settings(sample="people", database_url=f"sqlite:///{tmp_path}/p.db", auth_anonymous=True))


class TestPasswords:
    def test_two_hashes_of_one_password(self) -> None:
        one, other = (hash_password("open sesame", cost=CHEAP) for _ in range(2))
        assert one != other
        assert verifier(one)(b"open sesame") and verifier(other)(b"open sesame") and not verifier(one)(b"open sesam")

    def test_argon2(self) -> None:
        pytest.importorskip("argon2")
        hashed = hash_password("open sesame", with_argon2=True)
        assert hashed.startswith("$argon2id$")
        assert verifier(hashed)(b"open sesame") and not verifier(hashed)(b"shut")
        with pytest.raises(ConfigurationError):
            verifier("$argon2id$nonsense")

    def test_who_is_nobody_costs_as_much(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """As many rounds of the same hash, whoever is asked for, and whatever he says."""
        from odata_service.auth import passwords

        asked: list[tuple[int, int, int]] = []
        plain = passwords._scrypt

        def counted(password: bytes, salt: bytes, cost: tuple[int, int, int], size: int) -> bytes:
            asked.append(cost)
            return plain(password, salt, cost, size)

        monkeypatch.setattr(passwords, "_scrypt", counted)
        known = Passwords({"ada": HASHED})
        for name, password in (
            ("ada", b"wrong"),
            ("eve", b"wrong"),
            ("eve", PASSWORD.encode()),
            ("ada", PASSWORD.encode()),
        ):
            asked.clear()
            assert known.are_right(name, password) == (name == "ada" and password == PASSWORD.encode())
            assert asked == [CHEAP], name

    def test_what_was_right_is_known_of_this_name_and_password_alone(self) -> None:
        known = Passwords({"ada": HASHED, "a": hash_password("b\0c", cost=CHEAP)})
        assert known.are_right("ada", PASSWORD.encode()) and known.are_right("a", b"b\0c")
        assert known.knows("ada", PASSWORD.encode()) and known.knows("a", b"b\0c")
        assert not any(known.knows(*other) for other in (("ada", b"x"), ("a\0b", b"c"), ("eve", PASSWORD.encode())))


class TestCommands:
    def test_hash_password(self) -> None:
        said = CliRunner().invoke(main, ["hash-password"], input="open sesame\n")
        assert said.exit_code == 0 and verifier(said.stdout.strip())(b"open sesame")
        assert CliRunner().invoke(main, ["hash-password"], input="\n").exit_code == 2

    def test_new_key(self) -> None:
        key, hashed = CliRunner().invoke(main, ["new-key"]).stdout.split()
        assert hash_key(key) == hashed and len(key) > 40

    def test_secrets_are_not_shown(self, tmp_path: Path) -> None:
        (tmp_path / "odata.toml").write_text(
            f'[users.ada]\npassword = "{HASHED}"\nroles = ["clerk"]\n[keys.reporting]\nkey = "{hash_key("x")}"\nclaims = {{ region = "north" }}\n'
        )
        said = CliRunner().invoke(main, ["serve", "--show-config", "--config", f"{tmp_path}/odata.toml"]).stdout
        assert HASHED not in said and hash_key("x") not in said
        for line in (
            '[users."ada"]',
            'password = "***"',
            'roles = ["clerk"]',
            'key = "***"',
            'claims = { "region" = "north" }',
        ):
            assert line in said
