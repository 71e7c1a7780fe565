"""Clients that keep a copy of a query's result, with what it expands, by delta links."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from tests.access.conftest import Client

Entity = dict[str, Any]
Link = tuple[str, str, str]  # source, relationship, target
KEYS = ("@odata.id", "@id")


@dataclass
class Copy:
    """Follows ``url``; ``entities`` are the members of the set by their addresses."""

    client: Client
    url: str
    page_size: int = 100
    link: str = ""
    entities: dict[str, Entity] = field(default_factory=dict)

    @property
    def headers(self) -> dict[str, str]:
        return {"Prefer": f"track-changes,maxpagesize={self.page_size}"}

    def pages(self, url: str) -> Iterator[list[Entity]]:
        """The items of each page; the last one leaves the delta link."""
        following: str | None = url
        while following is not None:
            answer = self.client.get(following, **self.headers)
            assert answer.status == 200, answer.text
            document = answer.json
            yield [self.whole(each) for each in document["value"]]
            following = document.get("@odata.nextLink", document.get("@nextLink"))
            self.link = document.get("@odata.deltaLink") or document.get("@deltaLink", "")

    def whole(self, entity: Entity) -> Entity:
        """The entity with the further pages of what is expanded in it."""
        for name, value in list(entity.items()):
            if name.endswith("nextLink"):
                found = self.client.get(entity.pop(name), OData_MaxVersion="4.01").json["value"]
                entity[name.partition("@")[0]] += found
            elif isinstance(value, dict):
                self.whole(value)
        for each in [each for value in entity.values() if isinstance(value, list) for each in value]:
            self.whole(each)
        return entity

    def start(self) -> None:
        for items in self.pages(self.url):
            self.take(items)

    def pull(self) -> list[Entity]:
        """What was told."""
        told = []
        for items in self.pages(self.link):
            self.apply(items)
            told += items
        return told

    def address(self, entity: Entity, set_name: str = "") -> str:
        return f"{set_name or self.url.partition('?')[0]}({entity['Id']})"

    def take(self, items: list[Entity]) -> None:
        """Whole entities."""
        for each in items:
            self.entities[self.address(each)] = each

    def apply(self, items: list[Entity]) -> None:
        raise NotImplementedError

    def tree(self) -> list[Entity]:
        """The result as a plain request gives it."""
        return sorted(self.entities.values(), key=lambda each: int(each["Id"]))

    def fresh(self) -> list[Entity]:
        """The same from the server, at once."""
        answer = self.client.get(self.url)
        assert answer.status == 200, answer.text
        return sorted(answer.json["value"], key=lambda each: int(each["Id"]))


class Nested(Copy):
    """Of version 4.01: an entity comes with all that is related to it."""

    @property
    def headers(self) -> dict[str, str]:
        return super().headers | {"OData_MaxVersion": "4.01"}

    def apply(self, items: list[Entity]) -> None:
        for each in items:
            if "@removed" in each:
                self.entities.pop(each["@id"].rpartition("/")[2], None)
            else:
                self.entities[self.address(each)] = each


class Inline(Copy):
    """Of V2."""

    def pages(self, url: str) -> Iterator[list[Entity]]:
        following: str | None = url
        while following is not None:
            answer = self.client.v2().get(following, Prefer="track-changes")
            assert answer.status == 200, answer.text
            yield answer.json["d"]["results"]
            following = answer.json["d"].get("__next")
            self.link = answer.json["d"].get("__delta", "")

    def apply(self, items: list[Entity]) -> None:
        for each in items:
            if "id" in each:
                self.entities.pop(each["id"].rpartition("/")[2], None)
            else:
                self.entities[self.address(each)] = each

    def fresh(self) -> list[Entity]:
        answer = self.client.v2().get(f"{self.url}&includeDeleted=false")
        assert answer.status == 200, answer.text
        return sorted(answer.json["d"]["results"], key=lambda each: int(each["Id"]))


@dataclass
class Flat(Copy):
    """Of version 4.0: entities and links come one after another. ``shape`` says what is expanded: the set of each
    navigation property, whether it is a collection, and what is expanded there."""

    shape: dict[str, Any] = field(default_factory=dict)
    links: set[Link] = field(default_factory=set)
    around: dict[str, Entity] = field(default_factory=dict)  # related entities

    def take(self, items: list[Entity]) -> None:
        for each in items:
            self._keep(self.entities, self.address(each), each, self.shape)

    def _keep(self, into: dict[str, Entity], address: str, entity: Entity, shape: dict[str, Any]) -> None:
        into[address] = {name: value for name, value in entity.items() if name not in shape}
        for name, (set_name, is_collection, deeper) in shape.items():
            for each in entity[name] if is_collection else filter(None, [entity[name]]):
                target = self.address(each, set_name)
                self.links.add((address, name, target))
                self._keep(self.around, target, each, deeper)

    def apply(self, items: list[Entity]) -> None:
        own = self.url.partition("?")[0]
        for each in items:
            kind = each.pop("@odata.context", f"#{own}/$entity").rpartition("#")[2]
            set_name, _, what = kind.rpartition("/")
            set_name = set_name.partition("(")[0]
            if what in ("$link", "$deletedLink"):
                source, target = (each[end].rpartition("/")[2] for end in ("source", "target"))
                link = (source, each["relationship"], target)
                if what == "$link":
                    if not self._is_collection(link[1], self.shape):
                        self.links = {other for other in self.links if other[:2] != link[:2]}
                    self.links.add(link)
                else:
                    self.links.discard(link)
            elif what == "$deletedEntity":
                self._forget(each["id"].rpartition("/")[2], set_name == own)
            else:
                into = self.entities if set_name == own else self.around
                into[self.address(each, set_name)] = each
        self._forget_unreachable()

    def _is_collection(self, name: str, shape: dict[str, Any]) -> bool:
        found = [shape[name][1]] if name in shape else []
        found += [self._is_collection(name, deeper) for _, _, deeper in shape.values()]
        return all(found)

    def _forget(self, address: str, is_member: bool) -> None:
        if is_member:
            self.entities.pop(address, None)
        else:
            self.around.pop(address, None)
        self.links = {link for link in self.links if address not in (link[0], link[2])}

    def _forget_unreachable(self) -> None:
        """What nothing leads to any more is no part of the result; it comes whole when it is one again."""
        reached, waiting = set(), list(self.entities)
        while waiting:
            address = waiting.pop()
            reached.add(address)
            waiting += [target for source, _, target in self.links if source == address and target not in reached]
        self.links = {link for link in self.links if link[0] in reached}
        self.around = {address: entity for address, entity in self.around.items() if address in reached}

    def tree(self) -> list[Entity]:
        return [self._grown(address, self.entities[address], self.shape) for address in _sorted(self.entities)]

    def _grown(self, address: str, entity: Entity, shape: dict[str, Any]) -> Entity:
        grown = dict(entity)
        for name, (_, is_collection, deeper) in shape.items():
            targets = _sorted(target for source, way, target in self.links if (source, way) == (address, name))
            found = [self._grown(target, self.around[target], deeper) for target in targets]
            grown[name] = found if is_collection else (found[0] if found else None)
        return grown


def _sorted(addresses: Any) -> list[str]:
    return sorted(addresses, key=lambda address: int(address.rpartition("(")[2][:-1]))
