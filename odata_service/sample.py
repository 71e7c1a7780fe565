"""Samples: a schema with its first rows, to try the service on. The samples themselves live in ``samples/``."""

from __future__ import annotations

import importlib
import importlib.util
import sys
from bisect import bisect_left
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from importlib.resources.abc import Traversable
from pathlib import Path
from types import ModuleType
from typing import Any

from sqlalchemy import Connection, Engine, insert, inspect, select
from sqlalchemy.orm import DeclarativeBase, Mapper

from odata_service import ODataService
from odata_service.config import ConfigurationError
from odata_service.errors import did_you_mean
from odata_service.tracking import UTC_CLOCK, install_clock, tracking_of, writing
from odata_service.values import frozen

Row = dict[str, object]  # by attribute
Rows = dict[str, list[Row]]  # by model, parents before children
PER_STAMP = 1_000  # a client fetches all rows of a stamp together
PER_TRANSACTION = 20_000  # a commit writes most pages of the indexes anew: few of them are fast


@frozen
class Sample:
    """A service to try: ``Sample("people", Base, Person, "PeopleModel", "MyPeopleEntities", …)``."""

    name: str
    base: type[DeclarativeBase]
    main: type[DeclarativeBase]  # the model that rows are generated of; all others belong to it
    namespace: str
    container: str
    roots: Mapping[str, str]  # where the service is mounted → the protocol spoken there
    example: str  # a request to try first, below the host
    first_rows: Callable[[], Rows]
    generated_rows: Callable[[range], Rows]
    configure: Callable[[ODataService], None]
    pages: Traversable | None = None  # files of an application that is served at /app/

    def create(self, engine: Engine) -> None:
        """Make tables and first rows where they are missing. A database that has rows is left as it is."""
        install_clock(engine)
        self._refuse_other_columns(engine)
        with writing(engine).begin() as connection:
            stamp = UTC_CLOCK.stamp(connection)  # holds back every other process that starts at this moment
            self.base.metadata.create_all(connection)
            if self._is_empty(connection):
                self.fill(connection, stamp)

    def fill(self, connection: Connection, stamp: datetime) -> None:
        """The first rows, into tables that are empty."""
        self._insert(connection, self.first_rows(), stamp)

    def generate(self, engine: Engine, count: int) -> Iterator[int]:
        """Add what is missing of the first ``count`` generated entities; yields how many each transaction added."""
        with engine.connect() as connection:
            first = bisect_left(range(count), True, key=lambda number: self._is_missing(connection, number))
        for numbers in _pieces(range(first, count), PER_TRANSACTION):
            with writing(engine).begin() as connection:
                for piece in _pieces(numbers, PER_STAMP):
                    self._insert(connection, self.generated_rows(piece), UTC_CLOCK.stamp(connection))
            yield len(numbers)

    def _is_empty(self, connection: Connection) -> bool:
        return connection.execute(select(self.main).limit(1)).first() is None

    def _is_missing(self, connection: Connection, number: int) -> bool:
        (row,) = self.generated_rows(range(number, number + 1))[self.main.__name__]
        mapper = inspect(self.main)
        key = {mapper.get_property_by_column(column).key for column in mapper.primary_key}
        wanted = {name: value for name, value in row.items() if name in key}
        return connection.execute(select(self.main).filter_by(**wanted)).first() is None

    def _insert(self, connection: Connection, rows: Rows, stamp: datetime) -> None:
        """Straight into the tables: the save hook would look at each row on its own."""
        models = {mapper.class_.__name__: mapper for mapper in self.base.registry.mappers}
        for name, of_model in rows.items():
            tracked = _tracked(models[name], stamp)
            if of_model:
                connection.execute(insert(models[name].class_), [row | tracked for row in of_model])

    def _refuse_other_columns(self, engine: Engine) -> None:
        """A database of another program, or of the other People sample, is not ours to fill."""
        found = inspect(engine).get_multi_columns()
        for table in self.base.metadata.sorted_tables:
            known = {column["name"] for column in found.get((None, table.name), ())}
            missing = [column.name for column in table.columns if known and column.name not in known]
            if missing:
                raise ConfigurationError(
                    f"the database's table {table.name} is not that of the sample {self.name!r}: it has no {missing[0]}"
                )


def _pieces(numbers: range, size: int) -> Iterator[range]:
    """
    >>> list(_pieces(range(5), 2))
    [range(0, 2), range(2, 4), range(4, 5)]
    """
    return (numbers[start : start + size] for start in range(0, len(numbers), size))


def _tracked(mapper: Mapper[Any], stamp: datetime) -> Row:
    tracking = tracking_of(mapper)
    if tracking is None or tracking.last_updated is None or tracking.is_deleted is None:
        return {}
    return {tracking.last_updated: stamp, tracking.is_deleted: False}


def sample_named(name: str) -> Sample:
    samples = _samples()
    names: Mapping[str, str] = samples.SAMPLES
    if name not in names:
        hint = did_you_mean(name, names) or f"; there are {', '.join(names)}"
        raise ConfigurationError(f"there is no sample {name!r}{hint}")
    found: Sample = getattr(samples, names[name])
    return found


def _samples() -> ModuleType:
    """The package of samples: installed, or in a checkout that is not installed the folder beside this package."""
    try:
        return importlib.import_module("odata_service.samples")
    except ModuleNotFoundError as error:
        if error.name != "odata_service.samples":
            raise
    folder = Path(__file__).parent.parent / "samples"
    spec = importlib.util.spec_from_file_location(
        "odata_service.samples", folder / "__init__.py", submodule_search_locations=[str(folder)]
    )
    assert spec is not None and spec.loader is not None, "a Python file always has a loader"
    sys.modules[spec.name] = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(sys.modules[spec.name])
    return sys.modules[spec.name]
