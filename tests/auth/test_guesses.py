"""Who guesses too often waits, whichever worker he asks."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from sqlalchemy import Engine, create_engine, text

from odata_service.auth import Guesses
from odata_service.auth.from_settings import authentication_of
from odata_service.auth.guesses import GUESSES, of_this_machine
from odata_service.config import ConfigurationError
from odata_service.errors import ServiceUnavailable, TooManyRequests
from tests.auth.people import KEY, PASSWORD, app_of, basic, settings
from tests.conftest import FreshDatabase


@pytest.fixture
def engine(fresh_database: FreshDatabase) -> Iterator[Engine]:
    with fresh_database() as url:
        made = create_engine(url)
        yield made
        made.dispose()


def waits(guess: Callable[[], object]) -> int:
    """Seconds until the next guess, or 0 where it may be made at once."""
    try:
        guess()
    except TooManyRequests as error:
        return int(error.headers["Retry-After"])
    return 0


def test_for_one_name(engine: Engine) -> None:
    workers = [Guesses(engine, per_account=3, per_address=0) for _ in range(2)]
    assert [waits(lambda: workers[at % 2].guess("ada", f"192.0.2.{at}")) for at in range(3)] == [0, 0, 0]  # noqa: B023
    assert all(0 < waits(lambda: each.guess("ada", "192.0.2.9")) <= 300 for each in workers)  # noqa: B023
    assert waits(lambda: workers[0].guess("eve", "192.0.2.1")) == 0
    with engine.connect() as connection:
        assert "ada" not in str(connection.execute(GUESSES.select()).all())


def test_from_one_address(engine: Engine) -> None:
    guesses = Guesses(engine, per_account=0, per_address=2)
    assert [waits(lambda: guesses.guess(name, "2001:db8::1")) for name in "ab"] == [0, 0]  # noqa: B023
    assert waits(lambda: guesses.guess(None, "2001:db8::ffff:1")) > 0  # the same network
    assert waits(lambda: guesses.guess("a", "2001:db8:0:1::1")) == 0
    assert waits(lambda: guesses.guess("a", None)) == 0  # a socket of this computer


@pytest.mark.every_database
def test_right_ones_do_not_count(engine: Engine) -> None:
    guesses = Guesses(engine, per_account=2, per_address=2)
    for _ in range(5):
        guesses.guess("ada", "192.0.2.1").was_right()
    guesses.guess("ada", "192.0.2.1")
    guesses.guess("ada", "192.0.2.1")
    assert waits(lambda: guesses.guess("ada", "192.0.2.1")) > 0


def test_it_ends(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    guesses = Guesses(engine, per_account=1, per_address=0, seconds=60)
    guesses.guess("ada", None)
    assert 0 < waits(lambda: guesses.guess("ada", None)) <= 60
    with engine.begin() as connection:
        connection.execute(text("UPDATE odata_guesses SET until = until - 61"))
    assert waits(lambda: guesses.guess("ada", None)) == 0


@pytest.mark.every_database
def test_all_at_once_are_no_more(engine: Engine) -> None:
    """Each counts before it is checked."""
    workers = [Guesses(engine, per_account=5, per_address=5) for _ in range(4)]
    workers[0].guess("somebody", None)  # the table is there
    passed: list[int] = []

    def guess(worker: Guesses) -> None:
        for _ in range(6):
            if not waits(lambda: worker.guess("ada", "192.0.2.1")):
                passed.append(1)

    threads = [threading.Thread(target=guess, args=(each,)) for each in workers]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(passed) == 5


def test_what_is_over_is_forgotten(engine: Engine) -> None:
    guesses = Guesses(engine)
    guesses.guess("ada", "192.0.2.1")
    with engine.begin() as connection:
        connection.execute(text("UPDATE odata_guesses SET until = 1"))
    Guesses(engine).guess("eve", None)
    with engine.connect() as connection:
        assert connection.scalar(text("SELECT count(*) FROM odata_guesses")) == 1


def test_where_nothing_can_be_counted_nobody_guesses(tmp_path: Path) -> None:
    with pytest.raises(ServiceUnavailable):
        Guesses(create_engine(f"sqlite:///{tmp_path}/no/such/folder.db")).guess("ada", None)


def test_over_http(tmp_path: Path) -> None:
    """Two workers; names that nobody has are treated alike; who is known goes on meanwhile, in the worker that knows him."""
    one, other = (app_of(tmp_path, guesses_per_account=3).test_client() for _ in range(2))
    right = {"Authorization": basic("ada", PASSWORD)}
    assert one.get("/v4/People/$count", headers=right).status_code == 200
    for name in ("ada", "eve"):
        wrong = {"Authorization": basic(name, "wrong")}
        said = [client.get("/v2/People/$count", headers=wrong).status_code for client in (one, other, one, other, one)]
        assert said == [401, 401, 401, 429, 429], name
    answer = other.get("/v4/People", headers=right)
    assert answer.status_code == 429 and 0 < int(answer.headers["Retry-After"]) <= 300
    assert answer.json["error"]["code"] == "TooManyRequests"
    assert one.get("/v4/People/$count", headers=right).status_code == 200


def test_keys_over_http(tmp_path: Path) -> None:
    """A key is never right by chance, so that a right one need not wait."""
    client = app_of(tmp_path, guesses_per_address=2).test_client()
    assert [client.get("/v4/People", headers={"X-API-Key": f"odata_{at}"}).status_code for at in range(3)] == [
        401,
        401,
        429,
    ]
    assert client.get("/v4/People", headers={"X-API-Key": KEY}).status_code == 200
    assert client.get("/v4/People", headers={"Authorization": basic("ada", PASSWORD)}).status_code == 429


class TestWhere:
    def test_a_database_that_is_only_read_is_left_alone(self, tmp_path: Path) -> None:
        served = create_engine(f"sqlite:///{tmp_path}/shop.db")
        said = settings(tmp_path, sample="", database_url=f"sqlite:///{tmp_path}/shop.db")
        found = [authentication_of(said, served).schemes[0].guesses.engine.url for _ in range(2)]  # type: ignore[union-attr,attr-defined]
        assert found[0] == found[1] != served.url
        assert (tmp_path / found[0].database).parent.stat().st_mode & 0o777 == 0o700

    def test_a_folder_that_others_may_write_to_is_not_used(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        import os

        (tmp_path / f"odata-service-{os.getuid()}").mkdir(mode=0o777)
        (tmp_path / f"odata-service-{os.getuid()}").chmod(0o777)
        with pytest.raises(ConfigurationError, match="guesses_url"):
            of_this_machine("sqlite:///shop.db")

    def test_elsewhere(self, tmp_path: Path) -> None:
        said = settings(tmp_path, guesses_url=f"sqlite:///{tmp_path}/guesses.db")
        found = authentication_of(said, create_engine("sqlite://"))
        assert found.schemes[0].guesses.engine.url.database == f"{tmp_path}/guesses.db"  # type: ignore[union-attr,attr-defined]
