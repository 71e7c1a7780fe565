"""The People sample: an empty database is filled once, also when several start at the same moment."""

from __future__ import annotations

import threading
from itertools import pairwise

import pytest
from sqlalchemy import Engine, create_engine, func, select, text

from odata_service.config import ConfigurationError
from odata_service.sample import PER_STAMP, Sample, sample_named
from odata_service.tracking import prepare_engine


@pytest.fixture(params=["people", "people-entity"])
def sample(request: pytest.FixtureRequest) -> Sample:
    return sample_named(request.param)


@pytest.fixture
def people() -> Sample:
    return sample_named("people")


def count(engine: Engine, table: str) -> int:
    with engine.connect() as connection:
        return connection.scalar(text(f'SELECT count(*) FROM "{table}"')) or 0


class TestCreate:
    def test_a_dozen_people(self, sample, database):
        prepare_engine(database)
        sample.create(database)
        assert [count(database, table) for table in ("Person", "Address", "AddressType", "PhoneNumber")] == [
            12,
            18,
            3,
            12,
        ]

    def test_twice_is_once(self, sample, database):
        prepare_engine(database)
        sample.create(database)
        sample.create(database)
        assert count(database, "Person") == 12

    def test_rows_stay(self, people, database):
        """A database is filled because it is empty, not because rows are missing."""
        prepare_engine(database)
        people.create(database)
        with database.begin() as connection:
            connection.execute(text('DELETE FROM "PhoneNumber"'))
        people.create(database)
        assert count(database, "PhoneNumber") == 0

    def test_six_at_once(self, people, database):
        errors: list[BaseException] = []
        together = threading.Barrier(6)

        def start() -> None:
            engine = create_engine(database.url)
            prepare_engine(engine)
            together.wait()
            try:
                people.create(engine)
            except BaseException as error:
                errors.append(error)
            engine.dispose()

        threads = [threading.Thread(target=start) for _ in range(6)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert errors == []
        assert count(database, "Person") == 12

    def test_a_database_of_something_else_is_left_alone(self, people, database):
        with database.begin() as connection:
            connection.execute(text('CREATE TABLE "Person" (id integer)'))
        with pytest.raises(ConfigurationError, match="the database's table Person .* has no PersonId"):
            people.create(database)
        assert count(database, "Person") == 0

    def test_the_samples_do_not_share_a_database(self, people, database):
        prepare_engine(database)
        sample_named("people-entity").create(database)
        with pytest.raises(ConfigurationError, match="table Address .* has no LastUpdated"):
            people.create(database)


class TestGenerate:
    @pytest.fixture
    def filled(self, sample: Sample, database: Engine) -> Engine:
        prepare_engine(database)
        sample.create(database)
        return database

    def test_so_many_more_people(self, sample, filled):
        assert sum(sample.generate(filled, 250)) == 250
        assert count(filled, "Person") == 262

    def test_the_same_number_gives_the_same_rows(self, sample, filled):
        def people() -> list[tuple[object, ...]]:
            with filled.connect() as connection:
                return sorted(map(tuple, connection.execute(text('SELECT "PersonId", "Name" FROM "Person"'))))

        assert sum(sample.generate(filled, 30)) == 30
        first = people()
        assert sum(sample.generate(filled, 30)) == 0
        assert sum(sample.generate(filled, 40)) == 10
        assert set(first) < set(people())

    def test_a_stamp_is_not_shared_by_too_many(self, sample, filled):
        sum(sample.generate(filled, 2 * PER_STAMP + 1))
        stamps = select(sample.main.LastUpdated, func.count()).group_by(sample.main.LastUpdated)
        with filled.connect() as connection:
            groups = connection.execute(stamps.order_by(sample.main.LastUpdated)).all()
        assert [size for _, size in groups] == [12, PER_STAMP, PER_STAMP, 1]
        assert all(earlier < later for (earlier, _), (later, _) in pairwise(groups))


def test_unknown_sample():
    with pytest.raises(ConfigurationError, match="there is no sample 'peopel'; did you mean 'people'\\?"):
        sample_named("peopel")


def test_found_beside_a_checkout_that_is_not_installed(monkeypatch):
    """As with ``gunicorn wsgi:app`` in a checkout whose dependencies alone are installed."""
    import sys

    from odata_service import sample

    for name in [name for name in sys.modules if name.startswith("odata_service.samples")]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setattr(sys, "meta_path", [finder for finder in sys.meta_path if "Editable" not in str(finder)])
    assert sample.sample_named("people").namespace == "PeopleModel"
