"""A row for each push to the Sync API, and each set that it was about. ::

    class SyncLog(SyncLogging, Base):
        __tablename__ = "SyncLogs"

A service that has such a model among its own writes the rows, in the transaction of the push, and publishes them like any
other entity set.
"""

from __future__ import annotations

from datetime import UTC, datetime

from sqlalchemy import String
from sqlalchemy.orm import Mapped, mapped_column

from odata_service.edm.model import EntityModel
from odata_service.tracking.tracked import STAMP


def _now() -> datetime:
    """In whole milliseconds, as stamps are."""
    now = datetime.now(UTC).replace(tzinfo=None)
    return now.replace(microsecond=now.microsecond // 1000 * 1000)


class SyncLogging:
    """Mixin: when, how many records of which table were taken over from whom, and how many were not."""

    SyncId: Mapped[int] = mapped_column(primary_key=True)
    TableName: Mapped[str] = mapped_column(String(100))
    SyncedAt: Mapped[datetime] = mapped_column(STAMP, default=_now)
    RecordsSynced: Mapped[int]
    Conflicts: Mapped[int] = mapped_column(default=0)
    Rejects: Mapped[int] = mapped_column(default=0)
    SyncedBy: Mapped[str] = mapped_column(String(200))


def log_model(model: EntityModel) -> type[SyncLogging] | None:
    """The model that a service keeps its log in."""
    classes = (each.mapper.class_ for each in model.types.values())
    return next((each for each in classes if issubclass(each, SyncLogging)), None)
