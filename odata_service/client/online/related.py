"""The entities at the end of a navigation property: a list of what came along, and a query for what did not."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

from .exchange import Call
from .failure import NotFound
from .model import Navigation
from .options import Options
from .query import Query
from .spelling import JSON_TYPE

if TYPE_CHECKING:
    from .entity import Entity


class Related(Query):
    """``person.Addresses``: iterate it, ask on it (``person.Addresses.where(…)``), ``add`` to it, ``remove`` from it.

    What came along with ``expand`` is not asked for again; what did not is fetched when somebody looks, and kept.
    """

    def __init__(self, owner: Entity, navigation: Navigation) -> None:
        self._owner, self._navigation = owner, navigation
        resource = owner._client._model.target_set(owner._resource, navigation)
        super().__init__(owner._client, "", navigation.target, resource)
        self._loaded: list[Entity] | None = None
        self._more: str | None = None

    @property
    def _here(self) -> str:
        return f"{self._owner._where}/{self._navigation.name}"

    @property
    def _address(self) -> str:
        """Where the owner is: one that is new gets its address later."""
        return self._here

    @_address.setter
    def _address(self, address: str) -> None:
        assert not address, "nobody else says where it is"

    @property
    def _only(self) -> str | None:
        """The address of the one entity that is contained here."""
        return self._here if self._resource is None and self._navigation.contains else None

    def _with(self, options: Options) -> Query:
        query = super()._with(options)
        query._place = self._here  # what is contained is at home here
        return query

    def _come(self, entities: Iterable[Entity], more: str | None) -> None:
        self._loaded, self._more = list(entities), more

    def _list(self) -> list[Entity]:
        """All of them; of many, only the first may have come along."""
        if self._owner._is_new:
            waiting: list[Entity] = self._owner._links.get(self._navigation.name, [])
            return waiting
        if self._loaded is None:
            self._loaded = self._with(self._options).all()
        while self._more is not None:
            page = self._client._spelling.page(self._client._document(Call("GET", self._more)))
            self._loaded += self._client._reader.entities(page.rows, self._kind, self._resource, self._here)
            self._more = page.next
        return self._loaded

    def __iter__(self) -> Iterator[Any]:
        return iter(list(self._list()))

    def __len__(self) -> int:
        return len(self._list())

    def __bool__(self) -> bool:
        return bool(self._list())

    def __getitem__(self, place: Any) -> Any:
        """By its place in the list, an ``int`` or a slice; anything else is a key."""
        return self._list()[place] if isinstance(place, (int, slice)) else self._with(self._options)[place]

    def count(self) -> int:
        return self._with(self._options).count()

    def reload(self) -> Related:
        """Forget what came along."""
        self._loaded, self._more = None, None
        return self

    def add(self, entity: Entity) -> Entity:
        """Relate an entity: one that is there by a link, a new one by making it here."""
        if entity._is_new:
            return self._make(entity)
        links = self._client._spelling.links(self._owner._where, self._navigation.name)
        body = self._client._spelling.reference(entity._link.address)
        self._client._perform(Call("POST", links, body, JSON_TYPE), lambda _: self._came(entity))
        return entity

    def create(self, values: Mapping[str, object] | None = None, /, **named: object) -> Entity:
        """Make a new entity that is related to this one."""
        from .entity import made

        return self._make(made(self._client, self._kind, self._resource, {**(values or {}), **named}))

    def remove(self, entity: Entity) -> None:
        """Take the link away; the entity stays."""
        key = self._client._spelling.key_text(entity._key, entity._kind.key)
        target = entity._link.address
        address = self._client._spelling.unlink(self._owner._where, self._navigation.name, target, key)
        self._client._perform(Call("DELETE", address), lambda _: self._went(entity))

    def _make(self, entity: Entity) -> Entity:
        return self._client._create(entity, self._here, self._here, then=lambda: self._came(entity))

    def _came(self, entity: Entity) -> None:
        if self._loaded is not None:
            self._loaded.append(entity)

    def _went(self, entity: Entity) -> None:
        if self._loaded is not None:
            self._loaded = [each for each in self._loaded if each._address != entity._address]

    def _one_or_none(self) -> Any:
        """The one entity at the end of a way to one."""
        try:
            document = self._client._document(Call("GET", self._here))
        except NotFound:
            return None
        row = self._client._spelling.one_or_none(document)
        return None if row is None else self._client._reader.entity(row, self._kind, self._resource, address=self._only)

    def __repr__(self) -> str:
        return f"<{self._navigation.name} of {self._owner!r}>"
