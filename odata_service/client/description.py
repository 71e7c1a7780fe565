"""What a service says of its sets, as far as a replica of them needs it: from V4's $metadata, or from the Sync API."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import field
from typing import Any

from odata_service.values import frozen

from .transport import ClientError, Response, Transport

STAMPS = ("LastUpdated", "LastModified", "UpdatedAt", "lastUpdated", "lastModified", "updatedAt")
TOMBSTONES = ("IsDeleted", "isDeleted", "Deleted", "deleted")
_TRACKING = "@Org.OData.Capabilities.V1.ChangeTracking"
_COMPUTED = "@Org.OData.Core.V1.Computed"


@frozen
class Described:
    """A property. ``refers_to`` are the set and the property that it is a foreign key of."""

    name: str
    type: str = "Edm.String"
    nullable: bool = True
    length: int | None = None
    computed: bool = False
    refers_to: tuple[str, str] | None = None


@frozen
class DescribedSet:
    """A set that can be followed, and the property by which its entities are known."""

    name: str
    key: str
    stamp: str | None = None
    properties: tuple[Described, ...] = ()


@frozen
class Description:
    """The sets of a service; ``skipped`` says of all others why they cannot be kept."""

    sets: tuple[DescribedSet, ...]
    skipped: Mapping[str, str] = field(default_factory=dict)


def described(transport: Transport, address: str) -> Description:
    """``address`` is that of $metadata, or of the Sync API's list of sets."""
    response = transport.ask("GET", address, {"Accept": "application/json"})
    document = response.json
    if response.status != 200 or not isinstance(document, dict):
        raise ClientError(f"{address} is no description of a service that can be read as JSON: {_why_not(response)}")
    if isinstance(document.get("sets"), list):
        return Description(tuple(_synced(each) for each in document["sets"]))
    if "$EntityContainer" not in document:
        raise ClientError(f"{address} is neither $metadata of V4 nor the Sync API")
    return _Csdl(document).description()


def _why_not(response: Response) -> str:
    if response.status == 200:
        return "it is something else; V4 has one, and the Sync API (--protocol sync)"
    if response.status in (401, 403):
        return f"{response.message}; who asks is said in ODATA_REPLICA_AUTHORIZATION"
    return response.message


def _synced(said: Mapping[str, Any]) -> DescribedSet:
    properties = tuple(
        Described(
            each["name"],
            each["type"],
            bool(each.get("nullable", True)),
            each.get("maxLength"),
            bool(each.get("readOnly")),
        )
        for each in said["properties"]
        if each["name"] != said["stamp"]
    )
    return DescribedSet(said["name"], said["key"][0], said["stamp"], properties)


@frozen
class _Csdl:
    """CSDL JSON."""

    document: Mapping[str, Any]

    def description(self) -> Description:
        sets, skipped = [], {}
        for name, said in self._container().items():
            if isinstance(said, dict) and said.get("$Collection"):
                why = self._why_not(said)
                if why is None:
                    sets.append(self._set(name, said))
                else:
                    skipped[name] = why
        return Description(tuple(sets), skipped)

    def _container(self) -> Mapping[str, Any]:
        return self._named(self.document["$EntityContainer"])

    def _named(self, name: str) -> Mapping[str, Any]:
        namespace, _, local = name.rpartition(".")
        found: Mapping[str, Any] = self.document.get(namespace, {}).get(local, {})
        return found

    def _why_not(self, said: Mapping[str, Any]) -> str | None:
        if not said.get(_TRACKING, {}).get("Supported"):
            return "its changes cannot be followed"
        keys = self._type(said).get("$Key", [])
        return None if len(keys) == 1 and isinstance(keys[0], str) else "its key is not one property"

    def _type(self, said: Mapping[str, Any]) -> Mapping[str, Any]:
        """With what its base types have."""
        found = self._named(said["$Type"])
        base = found.get("$BaseType")
        return found if base is None else {**self._type({"$Type": base}), **found}

    def _set(self, name: str, said: Mapping[str, Any]) -> DescribedSet:
        entity_type = self._type(said)
        properties = tuple(self._properties(entity_type))
        computed = {each.name for each in properties if each.computed}
        stamp = next((each for each in STAMPS if each in computed), None)
        ours = {stamp, *(each for each in TOMBSTONES if each in computed)}
        kept = tuple(each for each in properties if each.name not in ours)
        return DescribedSet(name, entity_type["$Key"][0], stamp, kept)

    def _properties(self, entity_type: Mapping[str, Any]) -> Iterator[Described]:
        references = dict(self._references(entity_type))
        for name, said in entity_type.items():
            if "@" in name or name.startswith("$") or not isinstance(said, dict):
                continue
            if said.get("$Kind", "Property") != "Property" or said.get("$Type") == "Edm.Stream":
                continue
            kind = "collection" if said.get("$Collection") else said.get("$Type", "Edm.String")
            yield Described(
                name,
                kind,
                bool(said.get("$Nullable")),
                said.get("$MaxLength"),
                bool(said.get(_COMPUTED)),
                references.get(name),
            )

    def _references(self, entity_type: Mapping[str, Any]) -> Iterator[tuple[str, tuple[str, str]]]:
        """By the property that is a foreign key: the type's sets that it leads to."""
        sets = {
            said["$Type"]: name
            for name, said in self._container().items()
            if isinstance(said, dict) and said.get("$Collection")
        }
        for said in entity_type.values():
            if isinstance(said, dict) and said.get("$Kind") == "NavigationProperty" and said.get("$Type") in sets:
                for mine, theirs in (said.get("$ReferentialConstraint") or {}).items():
                    if isinstance(theirs, str) and "@" not in mine:
                        yield mine, (sets[said["$Type"]], theirs)
