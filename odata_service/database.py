"""A database's URL, as people write it → an engine that has answered once, or one line about what is wrong."""

from __future__ import annotations

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
SECONDS_FOR_REPLICA = 2


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


def open_engine(text: str, *, make_file: bool = True, pool: Pool | None = None) -> Engine:
    """An engine whose database is there and lets us in; SQLite makes a file where there is none, if it may."""
    url = database_url(text)
    if not make_file and (file := _file(url)) is not None and not file.is_file():
        raise ConfigurationError(f"there is no database {file}")
    try:
        _make_folder(url)
        engine = create_engine(url, connect_args=_patience(url), **(pool.arguments(url) if pool else {}))
        database_named(engine.dialect.name).opened(engine)
        inspect(engine).get_table_names()
        engine.dispose()  # what uses the engine may want its connections made otherwise
    except ImportError as error:
        raise ConfigurationError(f"cannot open {url!r}: {one_line(error)}{_cure(url)}") from error
    except (SQLAlchemyError, OSError, ValueError) as error:
        raise ConfigurationError(f"cannot open {url!r}: {one_line(error)}") from error
    return engine


def replica_engine(settings: Settings) -> Engine:
    """Nobody is asked yet: the service starts without its replica, too, and does not wait long for it later."""
    url = database_url(settings.replica_url)
    patience = dict.fromkeys(_patience(url), SECONDS_FOR_REPLICA)
    try:
        return create_engine(url, connect_args=patience, **Pool.of(settings).arguments(url))
    except (ImportError, SQLAlchemyError) as error:
        raise ConfigurationError(f"replica_url: cannot open {url!r}: {one_line(error)}") from error


def database_url(text: str) -> URL:
    """With our driver where none is named.

    >>> database_url("postgresql://localhost/people")
    postgresql+psycopg://localhost/people
    """
    try:
        url = make_url(text)
    except (SQLAlchemyError, ValueError):  # the text is not repeated: it may hold a password
        raise ConfigurationError("the database URL cannot be read; sqlite:///people.db would be one") from None
    return url.set(drivername=DRIVERS.get(url.drivername, url.drivername))


def is_in_memory(engine: Engine) -> bool:
    """Whether the database lives, and dies, with this process."""
    return engine.dialect.name == "sqlite" and engine.url.database in (None, "", ":memory:")


def _patience(url: URL) -> dict[str, int]:
    """Nobody waits for minutes at start for a server that does not answer."""
    name = _PATIENCE.get(url.drivername, "connect_timeout")
    known = url.drivername in DRIVERS.values() and name not in url.query
    return {name: CONNECT_SECONDS} if known else {}


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
