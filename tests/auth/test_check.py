"""``odata-service check``: what is well by itself and unsafe together."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from odata_service.auth.keys import hash_key
from odata_service.auth.passwords import hash_password
from odata_service.cli import main
from odata_service.config import KeySettings, Settings, TableSettings, UserSettings
from odata_service.safety import findings
from tests.auth.people import CHEAP

DEAR = "$scrypt$ln=15,r=8,p=3$c2FsdA$aGFzaA"  # whatever it is the hash of
ADA = {"ada": UserSettings(DEAR, ("clerk",))}
REPORTING = {"reporting": KeySettings(hash_key("x"), ("reader",))}
DRAWN = "3f0c9d1e7ab24568f0e1d2c3b4a59687"
SAFE: dict[str, Any] = {
    "database_url": "sqlite:///shop.db",
    "host": "0.0.0.0",
    "writable": True,
    "secret": DRAWN,
    "base_url": "https://api.example.com/odata",
    "trusted_proxies": 1,
    "users": ADA,
    "keys": REPORTING,
    "rights": {"clerk": ("all",), "reader": ("read",)},
    "auth_jwks": "https://login.example/keys",
    "auth_audience": "orders",
    "auth_issuer": "https://login.example",
}


@pytest.mark.parametrize("settings", [
    Settings(),
    Settings(sample="techstore"),
    Settings(database_url="sqlite:///shop.db", writable=True),
    Settings(database_url="sqlite:///shop.db", users=ADA, rights={"clerk": ("all",)}),  # on this computer
    Settings(database_url="sqlite:///shop.db", host="0.0.0.0", secret=DRAWN),  # read by everybody
    Settings(database_url="sqlite:///shop.db", cors_origins=("*",)),
    Settings(**SAFE),
    Settings(**SAFE, auth_anonymous=True),
    Settings(**SAFE, sample="people"),
    Settings(**SAFE, cors_origins=("https://app.example.com",), cors_credentials=True),
])  # fmt: skip
def test_safe(settings: Settings) -> None:
    assert list(findings(settings)) == []


@pytest.mark.parametrize("more, line", [
    ({"users": {}, "keys": {}, "auth_jwks": "", "rights": {}}, "anybody who reaches 0.0.0.0:8000 may change what is there"),
    ({"users": {}, "keys": {}, "auth_jwks": "", "rights": {}, "host": "127.0.0.1"}, "anybody who reaches 127.0.0.1:8000 may change"),  # by a proxy
    ({"auth_anonymous": True, "rights": {"everybody": ("write_append",), "clerk": (), "reader": ()}}, "anybody who reaches"),
    ({"auth_anonymous": True, "tables": {"Notes": TableSettings(rights={"everybody": ("all",)})}}, "anybody who reaches"),
    ({"auth_anonymous": True, "sample": "people", "rights": {}, "users": {"ada": UserSettings(DEAR)}, "keys": {}}, "anybody who reaches"),
    ({"auth_anonymous": True, "sample": "people", "rights": {"everybody": ("all",), "clerk": (), "reader": ()}}, "anybody who reaches"),
    ({"base_url": "", "trusted_proxies": 0}, "passwords, keys and tokens cross the network as they are"),
    ({"base_url": "http://api.example.com", "trusted_proxies": 0}, "passwords, keys and tokens cross the network as they are"),
    ({"trusted_proxies": 0}, "all guesses seem to come from the proxy"),
    ({"guesses_per_account": 0, "guesses_per_address": 0}, "passwords may be guessed as often as anybody wants"),
    ({"secret": ""}, "secret is not set"),
    ({"secret": "hunter2"}, "secret is short or well known"),
    ({"secret": "a" * 40}, "secret is short or well known"),
    ({"auth_secret": "short"}, "auth_secret is short or well known"),
    ({"auth_secret": "x" * 32}, "auth_secret is short or well known"),
    ({"metrics": True}, "anybody who reaches the service may read /-/metrics"),
    ({"metrics": True, "metrics_token": "token"}, "metrics_token is short or well known"),
    ({"auth_audience": ""}, "tokens that were made for other services are believed"),
    ({"auth_issuer": ""}, "tokens are believed whoever they say has made them"),
    ({"expose": ("*",)}, "columns that look like secrets are published"),
    ({"explain": ("*",)}, "everybody may see the SQL"),
    ({"reload": True}, "reload is for who writes the code"),
    ({"cors_origins": ("*",), "cors_credentials": True}, "cors_credentials with cors_origins *"),
    ({"cors_origins": ("*",), "cors_private_network": True}, "any page there is may ask a service on a private network"),
    ({"users": {"ada": UserSettings(hash_password("x", cost=CHEAP), ("clerk",))}}, "users.ada: its hash is cheap to try passwords with"),
    ({"users": ADA | {"eve": UserSettings(DEAR.replace("15", "17"), ("clerk",))}}, "users: some hashes take longer to check than others"),
    ({"users": {"ada": UserSettings(DEAR, ("clrek",))}}, "users.ada: nothing is said of the role clrek"),
    ({"keys": {"reporting": KeySettings(hash_key("x"), ("raeder",))}}, "keys.reporting: nothing is said of the role raeder"),
])  # fmt: skip
def test_unsafe(more: dict[str, Any], line: str) -> None:
    (found,) = findings(Settings(**SAFE | more))
    assert found.startswith(line)


def test_a_page_in_a_browser_is_not_on_this_computer() -> None:
    (found,) = findings(Settings(database_url="sqlite:///shop.db", writable=True, cors_origins=("*",)))
    assert found.startswith("any page in a browser of this computer may change what is there")


class TestCommand:
    @pytest.fixture(autouse=True)
    def shop(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.chdir(tmp_path)
        with closing(sqlite3.connect("shop.db")) as connection:
            connection.execute("CREATE TABLE Orders (Id INTEGER PRIMARY KEY, Owner TEXT)")

    def check(self, *arguments: str) -> Result:
        return CliRunner().invoke(main, ["check", *arguments])

    def test_well(self) -> None:
        said = self.check("sqlite:///shop.db")
        assert (said.exit_code, said.stdout) == (0, "nothing unsafe was found\n")
        assert self.check("--sample", "people").exit_code == 0 and not Path("var").exists()

    def test_one_line_each_and_a_status(self) -> None:
        said = self.check("sqlite:///shop.db", "--writable", "--host", "0.0.0.0", "--set", "reload=true")
        assert said.exit_code == 1
        assert [line.split()[0] for line in said.stdout.splitlines()] == ["anybody", "secret", "reload"]

    @pytest.mark.parametrize("toml, line", [
        ('[tables.Orders]\nrows = "Ownr eq 1"', "tables.'Orders': Orders: Order has no property 'Ownr'; did you mean 'Owner'?"),
        ('auth_jwks = "http://login.example/keys"\nauth_audience = "a"\nauth_issuer = "b"', "keys of tokens come by https"),
        ('cors_credentials = true', "cors_credentials and cors_private_network need cors_origins"),
        ('[users.ada]\nroles = ["clerk"]\n[rights]\nclerk = "read"', "users.ada has no password or key"),
    ])  # fmt: skip
    def test_what_does_not_even_start(self, toml: str, line: str) -> None:
        Path("odata.toml").write_text(toml)
        said = self.check("sqlite:///shop.db", "--config", "odata.toml")
        assert said.exit_code == 1 and said.stdout.splitlines()[-1].startswith(line), said.output

    def test_a_sample_that_does_not_even_start(self) -> None:
        Path("odata.toml").write_text('[tables.Peple]\nrights = "read"')
        said = self.check("--sample", "people", "--config", "odata.toml")
        assert said.stdout == "tables.'Peple': the sample has no such table; did you mean 'People'?\n"
        assert said.exit_code == 1 and not Path("var").exists()

    def test_a_file_that_others_may_read(self) -> None:
        file = Path("odata.toml")
        file.write_text(f'secret = "{DRAWN}"\n')
        file.chmod(0o644)
        said = self.check("sqlite:///shop.db", "--config", "odata.toml")
        assert said.stdout == "odata.toml has secrets, and every user of this computer may read it: chmod 600\n"
        file.chmod(0o640)
        assert self.check("sqlite:///shop.db", "--config", "odata.toml").exit_code == 0
        file.write_text("page_size = 5\n")
        file.chmod(0o644)
        assert self.check("sqlite:///shop.db", "--config", "odata.toml").exit_code == 0
