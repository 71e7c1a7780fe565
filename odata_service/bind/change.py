"""A method, a resource and a body → a command."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol as Shape

from odata_service.bind.command import (
    AddValue, ApplyDelta, Command, Delete, DeleteEach, Insert, InsertMedia, Link, SetDynamic, SetProperty, SetStream,
    SetStructure, SetValues, Update, UpdateEach,
)  # fmt: skip
from odata_service.bind.payload import DeltaPayload, EntityPayload, EntityReference, Octets
from odata_service.bind.query import Query
from odata_service.bind.resource import Resource
from odata_service.edm.cross_join import CrossJoin
from odata_service.edm.dynamic import DynamicType
from odata_service.edm.model import CollectionProperty, ComplexProperty, EntityType, Property
from odata_service.edm.operation import Parameter
from odata_service.errors import BadRequest, MethodNotAllowed

READS = ("GET", "HEAD")


class Body(Shape):
    """A request's body, read once it is known what it should be."""

    def entity(
        self, entity_type: EntityType, *, partial: bool, known: Mapping[str, object] | None = None
    ) -> EntityPayload:
        """``known`` are values that the address gives; they win over the body's."""

    def property(self, declared: Property) -> object: ...

    def raw(self, declared: Property) -> object: ...

    def structure(self, structure: ComplexProperty, *, partial: bool = True) -> Mapping[str, object] | None: ...

    def values(self, declared: CollectionProperty) -> Sequence[object]:
        """All of a collection of values; 400 where the protocol has none, as for :meth:`item`."""

    def item(self, declared: CollectionProperty) -> object:
        """One value of a collection."""

    def dynamic(self, name: str) -> tuple[object, DynamicType] | None:
        """The value of a dynamic property, with its type; 400 where the protocol has none."""

    def references(self) -> tuple[EntityReference, ...]: ...

    def changes(self, entity_type: EntityType) -> DeltaPayload:
        """A delta payload; 400 where the protocol has none."""

    def parameters(self, declared: Sequence[Parameter]) -> Mapping[str, object]:
        """What an action is called with."""

    def octets(self) -> Octets:
        """The body as it is, with its media type."""


class Manners(Shape):
    """What a protocol lets clients do, where protocols differ."""

    @property
    def updates(self) -> Sequence[str]:
        """The methods that change an entity."""

    @property
    def whole_sets(self) -> bool:
        """Whether PATCH and DELETE may change many entities at once."""

    @property
    def whole_links(self) -> bool:
        """Whether PUT and DELETE may change all links of a collection at once; a protocol that knows only single ones
        lets them be merged, too."""

    @property
    def deletes_properties(self) -> bool:
        """Whether DELETE of a property makes it null; where not, that of its ``$value`` does."""


def allowed_methods(resource: Resource, manners: Manners) -> tuple[str, ...]:
    """What can be done with a resource, for the ``Allow`` header."""
    whole_sets = manners.whole_sets
    if resource.each and whole_sets:
        return ("PATCH", "DELETE")
    if resource.call is not None:
        return READS if resource.call.kind == "function" else ("POST",)
    if resource.special == "$batch":
        return ("POST",)
    if resource.special is not None or resource.count or resource.each:
        return READS
    if resource.links:
        return (*READS, *_changes_of_links(resource, manners))
    if resource.dynamic is not None:
        return (*READS, "DELETE") if resource.raw else (*READS, *manners.updates, "DELETE")
    if resource.values is not None:
        return (*READS, "POST", "PUT", "DELETE")  # values are not known one by one, so there is no PATCH
    if (resource.property or resource.structure) and not resource.raw and not manners.deletes_properties:
        return (*READS, *manners.updates)
    if resource.property is not None or resource.structure is not None or resource.stream is not None:
        return (*READS, *manners.updates, "DELETE")
    if isinstance(resource.steps[-1].entity_set, CrossJoin) or resource.steps[0].of_all:
        return READS
    if not resource.steps[-1].single:
        return (*READS, *_changes_of_collections(resource, whole_sets))
    if len(resource.steps) == 1 and resource.steps[0].entity_set.singleton:
        return (*READS, *manners.updates)
    return (*READS, *manners.updates, "DELETE")


def _changes_of_collections(resource: Resource, whole_sets: bool) -> tuple[str, ...]:
    """A whole set takes a delta; with a cast behind it all of that type can go (Protocol, 4.01 Minimal Conformance)."""
    last = resource.steps[-1]
    insert = () if last.navigation is not None and last.navigation.elsewhere else ("POST",)
    delta = ("PATCH",) if whole_sets and len(resource.steps) == 1 else ()
    return (*insert, *delta, "DELETE") if whole_sets and last.cast else (*insert, *delta)


def _changes_of_links(resource: Resource, manners: Manners) -> tuple[str, ...]:
    """A single link is set and removed, to a collection one is added, a member of it is removed."""
    last = resource.steps[-1]
    if last.navigation is not None and last.navigation.contains:
        return ()  # what is part of an entity cannot be put into another one
    if last.navigation is None or not last.navigation.collection:
        return ("PUT", "DELETE") if manners.whole_links else (*manners.updates, "DELETE")
    if not manners.whole_links:
        return ("DELETE",) if last.key else ("POST",)
    return ("PUT", "DELETE") if last.key else ("POST", "PUT", "DELETE")


def demand_method(method: str, allowed: Sequence[str]) -> None:
    """405 with ``Allow`` where the method is not for this resource."""
    if method not in allowed:
        raise MethodNotAllowed(method, allowed)


def command(
    method: str,
    resource: Resource,
    body: Body,
    *,
    ids: Sequence[str] = (),
    slug: str | None = None,
    upserts: bool = False,
) -> Command:
    """What is to be changed, and to what. Rights and row rules are ``access``'s business; ``ids`` are the addresses
    that ``$id`` gave, ``slug`` is what a media entity should be called."""
    query = Query(resource.steps)
    if resource.links:
        return _link(method, resource, body, ids)
    if resource.each:
        return DeleteEach(query) if method == "DELETE" else UpdateEach(query, _changes_of_each(resource, body))
    if resource.stream is not None:
        return SetStream(query, resource.stream, None if method == "DELETE" else body.octets())
    if resource.dynamic is not None and resource.dynamic.names is not None:
        (name,) = resource.dynamic.names
        return SetDynamic(query, resource.dynamic.column, name, None if method == "DELETE" else body.dynamic(name))
    if resource.values is not None:
        return _set_values(method, query, resource.values, body)
    if resource.structure is not None:
        members = None if method == "DELETE" else body.structure(resource.structure, partial=method != "PUT")
        return SetStructure(query, resource.structure, members, method in ("PUT", "DELETE"))
    if resource.property is not None:
        return _set_property(method, query, resource.property, resource.raw, body)
    if method == "POST":
        return _insert(resource, body, slug)
    if method == "DELETE":
        return Delete(query) if query.single else DeleteEach(query)
    if not query.single:
        return ApplyDelta(query, body.changes(query.source[-1].type))
    return _update(method, query, body, upserts)


def _changes_of_each(resource: Resource, body: Body) -> EntityPayload:
    """What is set in every member of a collection; related entities are no part of it."""
    payload = body.entity(resource.steps[-1].type, partial=True)
    if payload.related or payload.changes:
        name = next(iter({**payload.related, **payload.changes}))
        raise BadRequest("BadBody", "the members of a collection cannot be related to others all at once", target=name)
    return payload


def _update(method: str, query: Query, body: Body, upserts: bool) -> Update:
    """PUT and PATCH; an entity that does not exist yet is inserted where its address says all of its key and the
    service does not make it, or where it is the one part of another (Protocol, Upsert an Entity)."""
    last = query.source[-1]
    entity_type, key = last.type, last.key

    def inserted() -> EntityPayload:
        given = {declared.name: constant.value for declared, constant in key}
        return body.entity(entity_type, partial=False, known=given)

    payload = body.entity(entity_type, partial=True)
    given, whole = {each.name for each, _ in key}, {each.name for each in entity_type.key}
    contained = last.navigation is not None and last.navigation.contains and given <= whole
    possible = upserts and (contained or (len(query.source) == 1 and given == whole)) and entity_type.media is None
    made_by_service = any(declared.generated and declared.type.is_integer for declared in entity_type.key)
    return Update(query, payload, method == "PUT", inserted if possible and not made_by_service else None)


def _insert(resource: Resource, body: Body, slug: str | None) -> Insert | InsertMedia:
    target, parent = resource.steps[-1], resource.steps[:-1]
    query = Query(parent) if parent else None
    if target.type.media is not None:
        return InsertMedia(target.entity_set, target.type.media, body.octets(), slug, query, target.navigation)
    return Insert(target.entity_set, body.entity(target.type, partial=False), query, target.navigation)


def _link(method: str, resource: Resource, body: Body, ids: Sequence[str]) -> Link:
    """``$ref``: POST adds to a collection, PUT sets, DELETE takes away what ``$id`` or the key names."""
    *before, last = resource.steps
    if last.navigation is None:
        raise MethodNotAllowed(method, READS)
    target = Query(tuple(before))
    if method == "DELETE":
        keyed = Query(resource.steps) if last.key else None
        references = tuple(EntityReference(uri) for uri in ids)
        return Link(target, last.navigation, "remove", references, keyed)
    return Link(target, last.navigation, "add" if method == "POST" else "set", body.references())


def _set_values(method: str, query: Query, declared: CollectionProperty, body: Body) -> SetValues | AddValue:
    """Protocol, Update a Collection Property: PUT replaces, POST adds, DELETE empties."""
    if declared.server_set or declared.immutable:
        raise BadRequest("ReadOnlyProperty", f"{declared.name} cannot be changed", target=declared.name)
    if method == "POST":
        return AddValue(query, declared, body.item(declared))
    return SetValues(query, declared, () if method == "DELETE" else body.values(declared))


def _set_property(method: str, query: Query, declared: Property, raw: bool, body: Body) -> SetProperty:
    """``PUT …/Name`` and ``…/Name/$value``; DELETE makes it null."""
    if declared.is_key or declared.server_set or declared.immutable:
        message = f"{declared.name} cannot be changed"
        raise BadRequest("ReadOnlyProperty", message, target=declared.name)
    if method == "DELETE":
        return SetProperty(query, declared, None)
    return SetProperty(query, declared, body.raw(declared) if raw else body.property(declared))
