"""Databases for twins, on each product, and a clock that stands."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack

import pytest
from sqlalchemy import Engine, create_engine, make_url

from tests.conftest import FreshDatabase
from tests.leaks.twins import StandingMoment, standing_clock


@pytest.fixture(scope="module")
def time_stands() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("odata_service.tracking.clock.time", standing_clock())
        patch.setattr("odata_service.deltas.time", standing_clock())
        patch.setattr("odata_service.sync_log.datetime", StandingMoment)
        yield


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def engines(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, time_stands: None
) -> Iterator[Callable[[], Engine]]:
    with ExitStack() as stack:
        fresh: FreshDatabase = request.getfixturevalue("postgresql_database")

        def engine() -> Engine:
            file = make_url(f"sqlite:///{tmp_path_factory.mktemp('leaks')}/shop.db")
            made = create_engine(file if request.param == "sqlite" else stack.enter_context(fresh()))
            stack.callback(made.dispose)
            return made

        yield engine
