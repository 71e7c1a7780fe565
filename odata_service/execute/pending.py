"""What a session is about to write."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from typing import Any

from sqlalchemy import inspect
from sqlalchemy.orm import Session

from odata_service.errors import BadRequest
from odata_service.values import frozen

Entity = Any  # an instance of whatever class is mapped


@frozen
class Pending:
    """The entities that the next flush inserts, updates and deletes."""

    added: tuple[Entity, ...]
    changed: tuple[Entity, ...]
    deleted: tuple[Entity, ...]

    @classmethod
    def of(cls, session: Session) -> Pending:
        changed = (each for each in session.dirty if session.is_modified(each, include_collections=False))
        return cls(tuple(session.new), tuple(changed), tuple(session.deleted))

    def refuse_nan(self) -> None:
        """For a database that would keep null in its place."""
        for entity in self.written:
            refuse_nan(inspect(entity).dict)

    @property
    def written(self) -> Iterator[Entity]:
        yield from self.added
        yield from self.changed


def refuse_nan(values: Mapping[str, object]) -> None:
    """The values of one entity, by attribute."""
    for name, value in values.items():
        if isinstance(value, float) and math.isnan(value):
            raise BadRequest("InvalidValue", f"{name}: this database has no NaN", target=name)
