"""Where each query goes on: its place in the server's changes, and which pass over all of its rows this is."""

from __future__ import annotations

from dataclasses import replace

from sqlalchemy import Connection, select, update
from sqlalchemy.dialects.sqlite import insert

from odata_service.values import frozen

from .builder import Query
from .store import TOKENS


@frozen
class Token:
    """``value`` is ``None`` before the first page. ``number`` is that of the pass; rows of an older one that this one does
    not bring are gone when it has come to its end, which ``whole`` says. ``open`` says that a pull has stopped between two
    pages. ``columns`` are those that were fetched."""

    value: str | None = None
    number: int = 1
    whole: bool = False
    open: bool = False
    columns: frozenset[str] = frozenset()

    def anew(self) -> Token:
        """Before another pass."""
        return replace(self, value=None, number=self.number + 1, whole=False, open=False)


@frozen
class Tokens:
    """The table inside a transaction."""

    connection: Connection

    def of(self, query: Query) -> Token:
        """A query that fetches more columns than it did begins anew."""
        schema = query.shape.schema
        row = self.connection.execute(select(TOKENS).where(TOKENS.c.Id == query.id)).first()
        if row is None:
            return Token(columns=schema)
        token = Token(row.Value, row.Pass, bool(row.Whole), bool(row.Open), frozenset(row.Columns.split()))
        return replace(token if schema <= token.columns else token.anew(), columns=schema)

    def save(self, query: Query, token: Token) -> None:
        row = {
            "Id": query.id,
            "EntityType": query.shape.name,
            "Value": token.value,
            "Pass": token.number,
            "Whole": int(token.whole),
            "Open": int(token.open),
            "Columns": " ".join(sorted(token.columns)),
        }
        statement = insert(TOKENS).values(row)
        self.connection.execute(statement.on_conflict_do_update(index_elements=["Id"], set_=row))

    def others(self, query: Query) -> list[str]:
        """The other queries of its class."""
        wanted = (TOKENS.c.EntityType == query.shape.name) & (TOKENS.c.Id != query.id)
        return list(self.connection.scalars(select(TOKENS.c.Id).where(wanted)))

    def reset(self, entity_type: str, query_id: str | None = None) -> int:
        """Let the next pull fetch everything anew; what it no longer finds is removed then."""
        wanted = TOKENS.c.EntityType == entity_type if query_id is None else TOKENS.c.Id == query_id
        anew = {"Value": None, "Pass": TOKENS.c.Pass + 1, "Whole": 0, "Open": 0}
        return self.connection.execute(update(TOKENS).where(wanted).values(anew)).rowcount
