"""Which models are tracked, and how: the ``LastUpdated``/``IsDeleted`` contract.

Tracking on the row: each entity carries its own stamp and tombstone. ::

    class Person(EntityTracking, Base): ...
    class Address(EntityTracking, Base): ...

Tracking on the entity: only Person carries them, and a change of an Address counts as a change of its Person. The
keyword ``touches`` chooses. ::

    class Person(EntityTracking, Base): ...

    @tracked(touches="Person")
    class Address(Base): ...

A model that has such columns under other names says so. ::

    @tracked(last_updated="changed_at", is_deleted="gone")
    class Customer(Base): ...
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import datetime
from typing import Any, ClassVar, TypeVar
from weakref import WeakSet

from sqlalchemy import DateTime, Dialect, FromClause, TypeDecorator, false, inspect
from sqlalchemy.orm import Mapped, Mapper, mapped_column
from sqlalchemy.types import TypeEngine

from odata_service.values import frozen

AnyMapper = Mapper[Any]  # Mapper is invariant, and the hook sees mappers of every class
Model = TypeVar("Model", bound=type)


class Milliseconds(TypeDecorator[datetime]):
    """``DATETIME(3)``: MySQL cuts to seconds unless told."""

    impl = DateTime
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[datetime]:
        from sqlalchemy.dialects import mysql  # loaded with that database only

        return mysql.DATETIME(fsp=3)


STAMP = DateTime().with_variant(Milliseconds(), "mysql", "mariadb")
AFTER_OTHER_COLUMNS = 1000  # the contract's columns stand last in the table, as in the WCF samples

_tracked_classes: WeakSet[type] = WeakSet()


@frozen
class Tracking:
    """How one model follows the contract. The names are attribute names of the model, not column names."""

    last_updated: str | None = None
    is_deleted: str | None = None
    touches: str | None = None  # a many-to-one relationship of this model; its target changes when this row does
    group: str = "default"  # the clock's counter row: a cursor may compare stamps inside one group only
    by_database: bool = False  # its triggers do what the save hook does otherwise, see ``kept``

    def __post_init__(self) -> None:
        if (self.last_updated is None) != (self.is_deleted is None):
            raise TypeError("last_updated and is_deleted go together: a deletion needs a row to be stamped on")


class EntityTracking:
    """Mixin for a tracked entity. Both columns are set by the server: what is assigned to LastUpdated is ignored."""

    __odata_tracking__: ClassVar[Tracking] = Tracking("LastUpdated", "IsDeleted")

    LastUpdated: Mapped[datetime] = mapped_column(STAMP, index=True, sort_order=AFTER_OTHER_COLUMNS)
    IsDeleted: Mapped[bool] = mapped_column(default=False, server_default=false(), sort_order=AFTER_OTHER_COLUMNS)

    def __init_subclass__(cls, **keywords: object) -> None:
        super().__init_subclass__(**keywords)
        _tracked_classes.add(cls)


def tracked(
    *,
    last_updated: str | None = None,
    is_deleted: str | None = None,
    touches: str | None = None,
    group: str | None = None,
    by_database: bool | None = None,
) -> Callable[[Model], Model]:
    """Declare how a model is tracked; what is not said is inherited, from ``EntityTracking`` or a base model."""
    said: dict[str, Any] = {"last_updated": last_updated, "is_deleted": is_deleted, "touches": touches, "group": group}
    said["by_database"] = by_database

    def declare(model: Model) -> Model:
        inherited: Tracking = getattr(model, "__odata_tracking__", Tracking())
        tracking = replace(inherited, **{name: value for name, value in said.items() if value is not None})
        if tracking.last_updated is None and tracking.touches is None:
            raise TypeError(f"{model.__name__}: name last_updated and is_deleted, or touches")
        setattr(model, "__odata_tracking__", tracking)  # noqa: B010 - the attribute is not declared on every model
        _tracked_classes.add(model)
        return model

    return declare


def tracking_of(model: type | AnyMapper) -> Tracking | None:
    """How a model is tracked, or ``None``."""
    return getattr(model.class_ if isinstance(model, Mapper) else model, "__odata_tracking__", None)


def tombstone_of(model: type | AnyMapper) -> str | None:
    """The attribute that marks a row as deleted; ``None`` for a model whose rows are really deleted."""
    tracking = tracking_of(model)
    return tracking.is_deleted if tracking and not tracking.by_database else None


def tracked_model_of(table: FromClause) -> AnyMapper | None:
    """The tracked model that keeps its rows in ``table``, for statements that name only the table."""
    return next((mapper for mapper in _tracked_mappers() if table in mapper.tables), None)


def _tracked_mappers() -> Iterator[AnyMapper]:
    for model in list(_tracked_classes):
        mapper: AnyMapper | None = inspect(model, raiseerr=False)
        if mapper is not None:  # a mixin or an abstract base is not mapped
            yield from mapper.self_and_descendants
