"""What a session is about to write."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from sqlalchemy.orm import Session

Entity = Any  # an instance of whatever class is mapped


@dataclass(frozen=True, slots=True)
class Pending:
    """The entities that the next flush inserts, updates and deletes."""

    added: tuple[Entity, ...]
    changed: tuple[Entity, ...]
    deleted: tuple[Entity, ...]

    @classmethod
    def of(cls, session: Session) -> Pending:
        changed = (each for each in session.dirty if session.is_modified(each, include_collections=False))
        return cls(tuple(session.new), tuple(changed), tuple(session.deleted))

    @property
    def written(self) -> Iterator[Entity]:
        yield from self.added
        yield from self.changed
