"""The toolkit's movies and countries, where they lie beside the checkout, and a year of dates."""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

from sqlalchemy import Engine, insert

from odata_service.tracking import UTC_CLOCK, install_clock, writing
from tests.datasync.models import (
    Base, Country, KitchenSink, KitchenState, Movie, MovieRating, OldDay, OldMovie, OldSoftMovie, SoftMovie,
)  # fmt: skip

FOLDER = Path(__file__).parents[3] / "shared" / "data"
MISSING = f"the toolkit's data is not at {FOLDER}"
Row = dict[str, Any]


def is_there() -> bool:
    return FOLDER.is_dir()


def read(name: str) -> list[Row]:
    found: list[Row] = json.loads((FOLDER / name).read_text())
    return found


def fill(engine: Engine) -> None:
    """Every table with what the toolkit's tests expect there. Of the soft movies those rated R are deleted."""
    install_clock(engine)
    Base.metadata.create_all(engine)
    movies, old = list(_movies()), list(_old_movies())
    tables: dict[type, list[Row]] = {
        Movie: movies,
        SoftMovie: [row | {"IsDeleted": row["Rating"] == MovieRating.R} for row in movies],
        OldMovie: old,
        OldSoftMovie: [row | {"IsDeleted": row["Rating"] == "R"} for row in old],
        KitchenSink: [sink(f"id-{n:03}") | {"DateOnlyValue": day, "TimeOnlyValue": at} for n, day, at in _days()],
        OldDay: [{"Id": f"dtm-{n:03}", "DateOnly": day, "TimeOnly": at} for n, day, at in _days()],
        Country: [_by_attribute(row) for row in read("kitchensink_countries.json")],
    }
    with writing(engine).begin() as connection:
        for model, rows in tables.items():
            stamp = UTC_CLOCK.stamp(connection)
            connection.execute(insert(model), [{"IsDeleted": False} | row | {"LastUpdated": stamp} for row in rows])


def _movies() -> Iterator[Row]:
    for row in map(_by_attribute, read("movies.json")):
        rating, released = MovieRating[row["Rating"]], date.fromisoformat(row["ReleaseDate"])
        yield row | {"Rating": rating, "ReleaseDate": released}


def _old_movies() -> Iterator[Row]:
    for row in map(_by_attribute, read("movies_ama_v6.json")):
        yield row | {"ReleaseDate": datetime.combine(date.fromisoformat(row["ReleaseDate"]), time(), UTC)}


def _by_attribute(row: Row) -> Row:
    return {name[0].upper() + name[1:]: value for name, value in row.items()}


def _days() -> Iterator[tuple[int, date, time]]:
    """Every day of 2022, with its month for an hour and its day for a minute."""
    for number in range(365):
        day = date(2022, 1, 1) + timedelta(days=number)
        yield number, day, time(day.month, day.day)


def sink(id: str) -> Row:
    """A row in which everything has its default."""
    return {
        "Id": id, "BooleanValue": False, "ByteValue": 0, "ByteArrayValue": None, "CharValue": None,
        "DateOnlyValue": date(1, 1, 1), "DateTimeValue": datetime(1, 1, 1), "DateTimeOffsetValue": datetime(1, 1, 1, tzinfo=UTC),
        "DecimalValue": Decimal(0), "DoubleValue": 0.0, "EnumValue": KitchenState.Unknown, "FloatValue": 0.0,
        "GuidValue": uuid.UUID(int=0), "IntValue": 0, "LongValue": 0, "StringValue": None, "TimeOnlyValue": time(),
        "NullableDouble": None, "PointValue": None,
    }  # fmt: skip
