"""Days beside moments, which SQLite keeps both as text."""

from __future__ import annotations

import datetime
from typing import Any

from sqlalchemy import DateTime, String, TypeDecorator
from sqlalchemy.engine import Dialect


class TextDayOrMoment(TypeDecorator[datetime.datetime]):
    """A moment to compare with days that are text: ``2020-02-29`` is less than ``2020-02-29 12:00:00`` as it stands, and
    midnight is the day itself."""

    impl = String
    cache_ok = True

    def process_bind_param(self, value: Any, dialect: Dialect) -> str | None:
        if value is None:
            return None
        at_midnight = value.time() == datetime.time()
        return str(value.date()) if at_midnight else value.isoformat(" ", "microseconds")


# A parameter that is compared with a column of days.
DAY_OR_MOMENT = DateTime().with_variant(TextDayOrMoment(), "sqlite")
