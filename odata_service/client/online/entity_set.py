"""Entity sets and singletons: queries that can be changed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from .entity import Entity, made, sent_values
from .exchange import Call
from .model import Resource
from .query import Query
from .spelling import JSON_TYPE, New

if TYPE_CHECKING:
    from .client import ODataClient

Values = Mapping[str, object]


class EntitySet(Query):
    """``client.People``: iterate it, ask on it, ``people[key]``, ``create``, ``update``, ``delete``."""

    def __init__(self, client: ODataClient, resource: Resource) -> None:
        super().__init__(client, resource.name, resource.type, resource)
        self._set = resource

    def new(self, values: Values | None = None, /, *, of_type: str | None = None, **named: object) -> Entity:
        """An entity that ``client.save`` will make. Related ones may be in it: ``Addresses=[{"City": "Oslo"}]``."""
        kind = self._kind if of_type is None else self._client._structured(of_type)
        return made(self._client, kind, self._set, {**(values or {}), **named})

    def create(self, values: Values | None = None, /, *, of_type: str | None = None, **named: object) -> Entity:
        """Make an entity on the server, and get it as it is there."""
        return self._client._create(self.new(values, of_type=of_type, **named), self._address)

    def create_media(
        self, content: bytes, content_type: str = "application/octet-stream", *, slug: str | None = None
    ) -> Entity:
        """Make a media entity of its octets. ``slug`` is what it should be called."""
        entity = Entity(self._client, self._kind, self._set)
        headers = {"Content-Type": content_type} | ({} if slug is None else {"Slug": slug})
        return self._client._create(entity, self._address, call=Call("POST", self._address, content, headers))

    def update(
        self, key: Any, values: Values | None = None, /, *, if_match: str | None = None, **named: object
    ) -> None:
        """Change what is named of the entity with a key (or of that entity), whatever its state, or only in one."""
        where, state = self._address_of(key, if_match)
        changes = sent_values(self._client, self._kind, {**(values or {}), **named})
        body = self._client._spelling.body(New(self._kind, changes))
        self._client._perform(Call(self._client._spelling.update, where, body, {**JSON_TYPE, **state}))

    def delete(self, key: Any, /, *, if_match: str | None = None) -> None:
        where, state = self._address_of(key, if_match)
        self._client._perform(Call("DELETE", where, headers=state))

    def _address_of(self, key: Any, if_match: str | None) -> tuple[str, dict[str, str]]:
        if isinstance(key, Entity):
            return key._where, self._client._if_match(key._kind, if_match or key._etag)
        return self._address + self._key(key), self._client._if_match(self._kind, if_match)


class Singleton:
    """``client.Company.get()``"""

    def __init__(self, client: ODataClient, resource: Resource) -> None:
        self._query = Query(client, resource.name, resource.type, resource)

    def get(self) -> Entity:
        return self._query._entity(self._query._address)

    def __repr__(self) -> str:
        return f"<Singleton {self._query._address}>"
