"""A database's URL, as people write it → an engine that has answered once, or one line about what is wrong."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

from sqlalchemy import URL, Engine, create_engine, inspect, make_url
from sqlalchemy.exc import DBAPIError, SQLAlchemyError

from odata_service.config import ConfigurationError, Settings
from odata_service.dialects import database_named
from odata_service.values import frozen

# What people write → the driver that our extra installs.
DRIVERS = {
    "postgres": "postgresql+psycopg",
    "postgresql": "postgresql+psycopg",
    "mysql": "mysql+pymysql",
    "mariadb": "mariadb+pymysql",
    "mssql": "mssql+pyodbc",
    "oracle": "oracle+oracledb",
}
EXTRAS = {"psycopg": "postgres", "pymysql": "mysql", "pyodbc": "mssql", "oracledb": "oracle"}  # by driver
# What a driver calls the seconds that it waits for a connection, where not connect_timeout.
_PATIENCE = {"mssql+pyodbc": "timeout", "oracle+oracledb": "tcp_connect_timeout"}
CONNECT_SECONDS = 10
CONNECT_SECONDS_OF_MANY = 3  # for each host, where others are to be asked
SECONDS_FOR_REPLICA = 2
# A server whose machine is gone says nothing any more: after 25 seconds without a sign of it the connection is lost, however long a statement may run.
_SIGNS_OF_LIFE = {"keepalives_idle": 10, "keepalives_interval": 5, "keepalives_count": 3, "tcp_user_timeout": 25_000}
_MANY_HOSTS = re.compile(
    r"(?P<before>postgres\w*(?:\+\w+)?://(?:[^/?]*@)?)(?P<hosts>[^/?@]*,[^/?@]*)(?P<path>(?:/[^?]*)?)(?:\?(?P<query>.*))?"
)
_PORT = re.compile(r"(?P<host>\[[^\]]*\]|[^:]*)(?::(?P<port>\d*))?")


@frozen
class Pool:
    """How many connections a process keeps, how many more it makes when they are in use, and how long a request waits."""

    size: int
    more: int
    seconds: int

    def arguments(self, url: URL) -> dict[str, Any]:
        """Those of SQLAlchemy's. (Any: whatever they take.) A database in memory has a connection for each thread."""
        if url.get_backend_name() == "sqlite" and url.database in (None, "", ":memory:"):
            return {}
        return {"pool_size": self.size, "max_overflow": self.more, "pool_timeout": self.seconds}

    @classmethod
    def of(cls, settings: Settings) -> Pool:
        return cls(settings.pool_size or settings.threads, settings.pool_more, settings.pool_seconds)


def open_engine(
    text: str, *, make_file: bool = True, pool: Pool | None = None, prepare: Callable[[Engine], None] | None = None
) -> Engine:
    """An engine whose database is there and lets us in; SQLite makes a file where there is none, if it may. What the engine's
    connections should be like, ``prepare`` says before there is one; else none is left, because who uses it may say so then."""
    url = database_url(text)
    if not make_file and (file := _file(url)) is not None and not file.is_file():
        raise ConfigurationError(f"there is no database {file}")
    try:
        _make_folder(url)
        engine = create_engine(url, connect_args=_connect_args(url), **(pool.arguments(url) if pool else {}))
        database_named(engine.dialect.name).opened(engine)
        if prepare is not None:
            prepare(engine)
        inspect(engine).get_table_names()
        if prepare is None:
            engine.dispose()
    except ImportError as error:
        raise ConfigurationError(f"cannot open {url!r}: {one_line(error)}{_cure(url)}") from error
    except (SQLAlchemyError, OSError, ValueError) as error:
        raise ConfigurationError(f"cannot open {url!r}: {one_line(error)}") from error
    return engine


def replica_engine(settings: Settings) -> Engine:
    """Nobody is asked yet: the service starts without its replica, too, and does not wait long for it later."""
    url = database_url(settings.replica_url, wanted="standby")
    patience = dict.fromkeys(_patience(url), SECONDS_FOR_REPLICA)
    try:
        return create_engine(url, connect_args=_connect_args(url) | patience, **Pool.of(settings).arguments(url))
    except (ImportError, SQLAlchemyError) as error:
        raise ConfigurationError(f"replica_url: cannot open {url!r}: {one_line(error)}") from error


def database_url(text: str, *, wanted: str = "primary") -> URL:
    """With our driver where none is named; of several hosts, that one is taken which is ``wanted``, unless the URL says otherwise.

    >>> database_url("postgresql://localhost/people")
    postgresql+psycopg://localhost/people
    >>> database_url("postgresql://me@one,two:5433/people").query["target_session_attrs"]
    'primary'
    """
    try:
        url = make_url(_with_hosts_apart(text))
    except (SQLAlchemyError, ValueError):  # the text is not repeated: it may hold a password
        raise ConfigurationError("the database URL cannot be read; sqlite:///people.db would be one") from None
    url = url.set(drivername=DRIVERS.get(url.drivername, url.drivername))
    if _has_many_hosts(url) and "target_session_attrs" not in url.query:
        url = url.update_query_dict({"target_session_attrs": wanted})
    return url


def _with_hosts_apart(text: str) -> str:
    """libpq's way to name several hosts, as SQLAlchemy understands it.

    >>> _with_hosts_apart("postgresql://me:a,b@one:5432,two,[::1]:5433/people?sslmode=require")
    'postgresql://me:a,b@/people?host=one,two,::1&port=5432,,5433&sslmode=require'
    >>> _with_hosts_apart("postgresql://me:a,b@one/people")
    'postgresql://me:a,b@one/people'
    """
    found = _MANY_HOSTS.fullmatch(text)
    if found is None:
        return text
    places = [match for each in found["hosts"].split(",") if (match := _PORT.fullmatch(each))]
    if len(places) <= found["hosts"].count(","):
        raise ValueError("one of the hosts cannot be read")
    said = {"host": [each["host"].strip("[]") for each in places], "port": [each["port"] or "" for each in places]}
    query = [f"{name}={','.join(values)}" for name, values in said.items() if any(values)]
    return f"{found['before']}{found['path'] or '/'}?{'&'.join([*query, *filter(None, [found['query']])])}"


def _has_many_hosts(url: URL) -> bool:
    hosts = url.query.get("host", "")
    return url.get_backend_name() == "postgresql" and (not isinstance(hosts, str) or "," in hosts)


def is_in_memory(engine: Engine) -> bool:
    """Whether the database lives, and dies, with this process."""
    return engine.dialect.name == "sqlite" and engine.url.database in (None, "", ":memory:")


def _connect_args(url: URL) -> dict[str, int]:
    """What the driver is told, unless the URL says it."""
    signs = _SIGNS_OF_LIFE if url.drivername == DRIVERS["postgresql"] else {}
    return _patience(url) | {name: value for name, value in signs.items() if name not in url.query}


def _patience(url: URL) -> dict[str, int]:
    """Nobody waits for minutes at start for a server that does not answer."""
    name = _PATIENCE.get(url.drivername, "connect_timeout")
    known = url.drivername in DRIVERS.values() and name not in url.query
    return {name: CONNECT_SECONDS_OF_MANY if _has_many_hosts(url) else CONNECT_SECONDS} if known else {}


def _file(url: URL) -> Path | None:
    """Where SQLite keeps the database, if in a plain file."""
    is_file = url.get_backend_name() == "sqlite" and url.database and not url.database.startswith(("file:", ":memory:"))
    return Path(str(url.database)) if is_file else None


def _make_folder(url: URL) -> None:
    if (file := _file(url)) is not None:
        file.parent.mkdir(parents=True, exist_ok=True)


def _cure(url: URL) -> str:
    extra = EXTRAS.get(url.drivername.partition("+")[2])
    return f"; pip install 'odata-service[{extra}]' brings the driver" if extra else ""


def one_line(error: Exception) -> str:
    """What the driver said, without the statement and the links that SQLAlchemy adds."""
    said = error.orig if isinstance(error, DBAPIError) else error
    return " ".join(str(said).split()) or type(said).__name__
