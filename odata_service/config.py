"""What a service is started with. One row per setting: flag, environment variable, key of the file, help and default come from it."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import field
from typing import Any

from odata_service.limits import Limits
from odata_service.values import frozen

_WORDS = {"1": True, "true": True, "yes": True, "on": True, "0": False, "false": False, "no": False, "off": False}
DEFAULT = "default"


class ConfigurationError(Exception):
    """The service cannot start as it is told to. The message is one line for the person who started it."""


def _setting(default: Any, help: str, least: int = 0, most: int = 1_000_000, *, secret: bool = False) -> Any:
    """A row of :class:`Settings`. (Any: a dataclass field is typed by what stands before the equals sign.)"""
    return field(default=default, metadata={"help": help, "least": least, "most": most, "secret": secret})


def _named(default: Any, help: str) -> Any:
    return (
        field(default_factory=dict, metadata={"help": help})
        if default == {}
        else field(default=default, metadata={"help": help})
    )


@frozen
class TableSettings:
    """``[tables."Order Details"]`` in the file: what one table or view is, where the rules would make something else of it."""

    set: str = _named("", "name of its entity set")
    type: str = _named("", "name of its entity type")
    key: tuple[str, ...] = _named((), "columns that tell its rows apart")
    ignore: tuple[str, ...] = _named((), "columns not to publish")
    names: Mapping[str, str] = _named({}, "columns by name, and what they are called")
    navigation: Mapping[str, str] = _named(
        {}, "navigation properties by the name that they would have, and what they are called"
    )
    rights: Mapping[str, tuple[str, ...]] = _named(
        {}, "what each role may do, and everybody: none, read, all, or rights of WCF one by one"
    )
    rows: Mapping[str, str] = _named(
        {}, "the rows that each role sees, and everybody, as a $filter: Owner eq @user.sub; where it is said, others see none"
    )
    columns: Mapping[str, Mapping[str, tuple[str, ...]]] = _named(
        {}, "what each role may do with a property, and everybody; where it is said, it is not there for others"
    )
    page_size: int = _named(0, "entities on one page")
    last_updated: str = _named("", "the column with the moment of the last change")
    is_deleted: str = _named("", "the column that says which rows are deleted")
    inherits: str = _named("", "the table whose rows its rows continue, so that its type is derived from that one's")
    discriminator: str = _named("", "of a table that others inherit from: the column that says of which table the rest of a row is")
    value: str = _named("", "what that column says of rows of this table; its name, where nothing is given")


@frozen
class UserSettings:
    """``[users.ada]`` in the file: who says a name and a password."""

    password: str = _named("", "its hash, as odata-service hash-password prints it")
    roles: tuple[str, ...] = _named((), "the roles that the user has")
    claims: Mapping[str, str] = _named({}, "what rules for rows may ask of the user: @user.region")


@frozen
class KeySettings:
    """``[keys.reporting]`` in the file: a program that sends a key."""

    key: str = _named("", "its hash, as odata-service new-key prints it")
    roles: tuple[str, ...] = _named((), "the roles that the program has")
    claims: Mapping[str, str] = _named({}, "what rules for rows may ask of the program: @user.region")


@frozen
class Settings:
    """``ODATA_<NAME>`` in the environment or ``--<name>`` on the command line sets a row, or its name in a file of TOML; the flag
    wins over the variable, and that over the file. ``sources`` says who did.

    >>> Settings.from_environment({"ODATA_PAGE_SIZE": "20", "ODATA_MAX_TOP": "500"}, port=9000).page_size
    20
    """

    database_url: str = _setting(
        "", "SQLAlchemy URL of the database; a sample without one has a file of its own under var/"
    )
    sample: str = _setting(
        "", "the sample to serve, whose schema and first rows an empty database gets; people where no database is named"
    )
    config: str = _setting("", "a file of TOML with more settings")
    writable: bool = _setting(False, "let clients change a database that is published as it is")
    schemas: tuple[str, ...] = _setting(
        (), "the schemas of the database to publish; its default one where none is named"
    )
    only: tuple[str, ...] = _setting(("*",), "patterns of the tables and views to publish")
    without: tuple[str, ...] = _setting((), "patterns of the tables and views not to publish")
    expose: tuple[str, ...] = _setting(
        (), "patterns of columns to publish although they look like secrets: users.api_key"
    )
    namespace: str = _setting(
        "", "namespace of a database that is published as it is; its own name where none is given"
    )
    explain: tuple[str, ...] = _setting(
        (), "roles that may ask how a read is answered ($explain=true), SQL included; * for everybody"
    )
    page_size: int = _setting(50, "entities on one page of a set; 0 leaves only the limit on pages")
    secret: str = _setting(
        "", "signs the links to further pages; follows from the database's URL where none is given", secret=True
    )
    auth_secret: str = _setting(
        "", "the secret of HS256 bearer tokens; authentication is on where a key is given", secret=True
    )
    auth_public_key: str = _setting("", "the public key of RS256 bearer tokens, as PEM or as the name of a file")
    auth_audience: str = _setting("", "the audience that tokens must be for; any, where none is given")
    auth_issuer: str = _setting("", "the issuer that tokens must be from; any, where none is given")
    auth_jwks: str = _setting("", "the JSON Web Key Set of who signs bearer tokens: an address (https), or a file")
    auth_leeway: int = _setting(30, "seconds by which the clocks of who signs tokens may differ", most=300)
    auth_roles_claim: str = _setting("roles", "the claim of a token that has its caller's roles: realm_access.roles")
    auth_key_header: str = _setting("X-API-Key", "the header in which programs send their keys")
    auth_anonymous: bool = _setting(False, "let in who does not say who he is, where others do, with what everybody may")
    guesses_per_account: int = _setting(10, "wrong passwords for one name before everybody waits who tries it; 0 for any number")
    guesses_per_address: int = _setting(100, "wrong passwords and keys from one address before it has to wait; 0 for any number")
    guesses_seconds: int = _setting(300, "seconds in which wrong guesses are counted", least=1, most=86_400)
    guesses_url: str = _setting(
        "", "SQLAlchemy URL of where wrong guesses are counted; the database itself if it may be written, else a file of this machine"
    )
    host: str = _setting("127.0.0.1", "address to listen on")
    port: int = _setting(8000, "port to listen on", most=65_535)
    workers: int = _setting(0, "worker processes; 0 means one per core", most=1_000)
    watch: bool = _setting(
        False, "look every few seconds whether the database or the file of settings has changed, as SIGHUP tells it"
    )
    recycle: int = _setting(0, "requests, give or take a fifth, after which a worker is replaced; 0 means never", most=100_000_000)
    threads: int = _setting(4, "threads of each worker, each of which answers one request", least=1, most=1_000)
    replica_url: str = _setting(
        "", "SQLAlchemy URL of a read replica (PostgreSQL): who has changed nothing that it has not replayed yet is read to from there"
    )
    replica_seconds: int = _setting(
        30, "seconds that the replica may be behind; if it is more, it is left alone", least=1, most=86_400
    )
    pool_size: int = _setting(0, "connections to the database that a worker keeps; 0 means one per thread", most=1_000)
    pool_more: int = _setting(5, "connections that a worker may have beyond those while they are in use", most=1_000)
    pool_seconds: int = _setting(10, "seconds that a request waits for a connection; then it is 503", most=3_600)
    reload: bool = _setting(False, "start anew whenever the code changes")
    base_url: str = _setting(
        "", "the address that clients know, of which links are made: https://api.example.com/odata; or only its path, /odata"
    )
    trusted_proxies: int = _setting(0, "proxies in a row before the server whose X-Forwarded-… are believed", most=16)
    trusted_headers: tuple[str, ...] = _setting(
        ("for", "proto", "host", "port", "prefix"),
        "the X-Forwarded-… that they set, each of them; forwarded stands for the header of RFC 7239",
    )
    cors_origins: tuple[str, ...] = _setting(
        (), "origins whose pages may ask: https://app.example.com; * for every page there is"
    )
    cors_credentials: bool = _setting(False, "let those pages send cookies and passwords that the browser keeps")
    cors_max_age: int = _setting(600, "seconds for which a browser need not ask again what a page may do", most=86_400)
    cors_private_network: bool = _setting(False, "let pages of public addresses ask a service on a private one")
    compress: tuple[str, ...] = _setting((), "codings in which answers are compressed, the best first: zstd, gzip")
    cancel_seconds: int = _setting(
        0, "seconds after which a statement is stopped that a client has left alone; 0 lets it run to its end", most=3_600
    )
    log: str = _setting("", "text or json: write a line for each request, and to each line the id of its request")
    slow_ms: int = _setting(0, "milliseconds from which on a statement is logged, without its values; 0 logs none")
    metrics: bool = _setting(False, "figures for Prometheus at /-/metrics")
    metrics_token: str = _setting("", "the bearer token that who reads the metrics must have", secret=True)
    otel: bool = _setting(False, "spans for OpenTelemetry")
    limits: Limits = field(default_factory=Limits)
    rights: Mapping[str, tuple[str, ...]] = field(default_factory=dict)  # by role, where a table has none of its own
    tables: Mapping[str, TableSettings] = field(default_factory=dict)
    users: Mapping[str, UserSettings] = field(default_factory=dict)
    keys: Mapping[str, KeySettings] = field(default_factory=dict)
    sources: Mapping[str, str] = field(default_factory=dict, compare=False)  # by row; what is not there has its default

    @classmethod
    def from_environment(cls, environ: Mapping[str, str], **flags: object) -> Settings:
        """The rows as the environment sets them, then as the flags do; a flag that is ``None`` was not given."""
        return cls().changed(of_environment(environ)).changed(of_flags(flags))

    def changed(self, said: Said) -> Settings:
        """With what one source says over what others said before."""
        rows = {name: value for name, (value, _) in said.items() if name in SECTIONS or name in ROWS}
        limits = {name: value for name, (value, _) in said.items() if name in LIMITS}
        sources = {name: source for name, (_, source) in said.items()}
        return dataclasses.replace(
            self, **rows, limits=dataclasses.replace(self.limits, **limits), sources={**self.sources, **sources}
        )

    @property
    def sample_name(self) -> str:
        """The sample that is served, or nothing where a database is published as it is.

        >>> Settings().sample_name, Settings(database_url="sqlite:///shop.db").sample_name
        ('people', '')
        """
        return self.sample or ("" if self.database_url else "people")

    @property
    def url(self) -> str:
        """The database's URL: each sample has a file of its own where none is named.

        >>> Settings(sample="people").url
        'sqlite:///var/people.db'
        """
        return self.database_url or f"sqlite:///var/{self.sample_name}.db"

    def environment(self) -> dict[str, str]:
        """The variables that say the same to another process, which reads the same file and has the same variables for limits."""
        return {variable(name): _text(getattr(self, name)) for name in ROWS if name in self.sources}


Said = Mapping[str, tuple[Any, str]]  # by row: its value, and who says so
ROWS = {row.name: row for row in dataclasses.fields(Settings) if row.metadata}
LIMITS = {row.name: row for row in dataclasses.fields(Limits)}
TABLE_ROWS = {row.name: row for row in dataclasses.fields(TableSettings)}
USER_ROWS = {row.name: row for row in dataclasses.fields(UserSettings)}
KEY_ROWS = {row.name: row for row in dataclasses.fields(KeySettings)}
SECTIONS = ("rights", "tables", "users", "keys")  # of the file, which no flag and no variable sets


def variable(name: str) -> str:
    """
    >>> variable("page_size")
    'ODATA_PAGE_SIZE'
    """
    return f"ODATA_{name.upper()}"


def of_environment(environ: Mapping[str, str]) -> Said:
    names = (name for name in (*ROWS, *LIMITS) if variable(name) in environ)
    return {name: (value_of(name, environ[variable(name)], variable(name)), variable(name)) for name in names}


def of_flags(flags: Mapping[str, object]) -> Said:
    return {name: (value, f"--{name.replace('_', '-')}") for name, value in flags.items() if value not in (None, ())}


def value_of(name: str, text: str, called: str) -> object:
    """A row's value that stands as text."""
    if name in LIMITS:
        return _limit(text)
    row = ROWS[name]
    if isinstance(row.default, tuple):
        return tuple(filter(None, (each.strip() for each in text.split(","))))
    if isinstance(row.default, bool):
        if text.lower() not in _WORDS:
            raise ConfigurationError(f"{called} is true or false, not {text!r}")
        return _WORDS[text.lower()]
    return _whole_number(row, text, called) if isinstance(row.default, int) else text


def _text(value: object) -> str:
    return ",".join(value) if isinstance(value, tuple) else str(value)


def _whole_number(row: dataclasses.Field[Any], text: str, called: str) -> int:
    least, most = row.metadata["least"], row.metadata["most"]
    if not text.isdecimal() or not least <= int(text) <= most:
        raise ConfigurationError(f"{called} is a whole number from {least} to {most}, not {text!r}")
    return int(text)


def _limit(text: str) -> int:
    try:
        return int(text)
    except ValueError as error:
        raise ConfigurationError(f"a limit (ODATA_MAX_…) is a whole number: {error}") from error
