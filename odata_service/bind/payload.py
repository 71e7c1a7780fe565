"""An entity as a client sent it: names checked against the type, values in Python."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import field

from odata_service.edm.dynamic import DynamicType
from odata_service.edm.model import EntityType
from odata_service.values import frozen


@frozen
class EntityReference:
    """An existing entity, by its address: ``{"__metadata":{"uri":"Orders(1)"}}``, ``"@odata.bind"``."""

    uri: str


@frozen
class EntityPayload:
    """``values`` by property name, in the Python types of ``edm.primitive`` (``None`` for null); ``related`` by
    navigation property, for a single one a tuple of one, or the empty tuple for null; ``structures`` by complex
    property, members by name or ``None`` for null; ``collections`` by collection of values, each whole;
    ``dynamic`` what nobody declared, with the type of each.

    In an update, the ``related`` of a collection are all that shall be there afterwards, but for the names in ``added``
    they come in addition (``@odata.bind``); ``changes`` has what ``Nav@delta`` says. ``reference`` is what the client
    gives as the entity's address, by which an entity inside another is found.
    """

    type: EntityType
    values: Mapping[str, object]
    related: Mapping[str, tuple[EntityPayload | EntityReference, ...]] = field(default_factory=dict)
    structures: Mapping[str, Mapping[str, object] | None] = field(default_factory=dict)
    collections: Mapping[str, Sequence[object]] = field(default_factory=dict)
    dynamic: Mapping[str, tuple[object, DynamicType] | None] = field(default_factory=dict)
    changes: Mapping[str, DeltaPayload] = field(default_factory=dict)
    added: frozenset[str] = frozenset()
    reference: EntityReference | None = None
    etag: str | None = None
    content_id: str | None = None


@frozen
class Octets:
    """The content of a stream with its media type."""

    content: bytes
    content_type: str


@frozen
class Removed:
    """``{"@removed":{"reason":"deleted"},"@id":"Products(1)"}``: an entity to delete, or only to take out of a
    collection; named by its address or by the values of its key."""

    key: Mapping[str, object]
    reference: EntityReference | None = None
    reason: str = ""


@frozen
class DeltaPayload:
    """Changes of a collection in the order in which they are to be made."""

    items: tuple[EntityPayload | EntityReference | Removed, ...]
