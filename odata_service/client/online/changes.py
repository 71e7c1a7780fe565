"""What has changed in a set: entities, and those that are there no more. A link leads to what changes next."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from odata_service.values import frozen

from .entity import Entity
from .exchange import Call
from .spelling import Row

if TYPE_CHECKING:
    from .query import Query


@frozen
class Deleted:
    """An entity that is there no more (``deleted``), or that does not fit the query any more (``changed``). ``key`` is a
    value, or a tuple of them; none where the service tells only an address."""

    address: str
    reason: str
    key: Any


@frozen
class Linked:
    """``source`` is related to ``target``, both by their addresses; or, if not ``is_there``, is so no more."""

    source: str
    relationship: str
    target: str
    is_there: bool = True


Change = Entity | Deleted | Linked


class Changes:
    """Iterate it to its end; then ``delta_link`` is what to begin with next time. A link that is too old is refused with
    :class:`Gone`, and everything has to be read anew."""

    def __init__(self, query: Query, delta_link: str | None) -> None:
        self._query, self._since = query, delta_link
        self.delta_link: str | None = None

    def __iter__(self) -> Iterator[Change]:
        client = self._query._client
        spelling = client._spelling
        headers = spelling.track_changes if self._since is None else {}
        link: str | None = self._since or self._first()
        while link is not None:
            page = spelling.page(client._document(Call("GET", link, headers=headers)))
            for row in page.rows:
                yield self._change(row)
            link, self.delta_link = page.next, page.delta

    def _first(self) -> str:
        option = self._query._client._spelling.track_option
        options = self._query._options
        if option is not None:
            options = replace(options, custom=(*options.custom, option))
        return self._query._url(options)

    def _change(self, row: Row) -> Change:
        client = self._query._client
        entity_set, _, what = client._spelling.delta_context(row).rpartition("/")
        if what in ("$link", "$deletedLink"):
            source, target = (client._relative(str(row[end])) for end in ("source", "target"))
            return Linked(source, str(row["relationship"]), target, what == "$link")
        resource = client._model.resources.get(entity_set, self._query._resource)
        kind = self._query._kind if resource is None or resource is self._query._resource else resource.type
        removed = client._spelling.removed(row)
        if removed is not None:
            address, reason = client._relative(removed[0]), removed[1]
            return Deleted(address, reason, client._spelling.key_of(address, kind.key))
        return client._reader.entity(row, kind, resource, self._query._place)
