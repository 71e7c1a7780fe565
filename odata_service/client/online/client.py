"""The client: a service by its address, or the service itself, and everything that its ``$metadata`` names."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from types import TracebackType
from typing import Any, Self, TypeVar

import httpx

from odata_service.message import ANONYMOUS, Principal

from ..columns import Json, loads
from ..transport import ClientError, Auth, Patience, Response, Transport
from .batch import Batch
from .entity import Entity, made
from .entity_set import EntitySet, Singleton
from .exchange import Call, Exchange
from .failure import NotUnderstood
from .in_process import ROOT, InProcess, Service
from .model import EnumType, Model, Operation, Resource, StructuredType, Type, UnknownName, ValueType
from .operations import Bound, operation_of
from .query import Query
from .reading import Reader
from .record import Record, structure_of
from .spelling import JSON_TYPE, New, Spelling
from .spellings import PRIMITIVES, learned
from .stream import Stream

T = TypeVar("T")


class ODataClient:
    """A service of OData V2 or V4. ::

        client = ODataClient("http://127.0.0.1:8000/v4/")
        for person in client.People.where(client.People.Name.startswith("A")).expand("Addresses"):
            print(person.Name, [address.StreetAddress for address in person.Addresses])

    ``ODataClient(service, "v2")`` asks an ``ODataService`` in the same process. ``$metadata`` is read when it is first
    needed, and tells which version is spoken. ``repeats`` says that the service does a change once that is sent twice
    (``Idempotency-Key``), where its ``$metadata`` does not say so.
    """

    def __init__(
        self,
        where: str | Service,
        version: str | None = None,
        *,
        auth: Auth | None = None,
        headers: Mapping[str, str] | None = None,
        http: httpx.Client | None = None,
        patience: Patience | None = None,
        principal: Principal = ANONYMOUS,
        repeats: bool = False,
        insecure: bool = False,
    ) -> None:
        if not isinstance(where, str):
            http = httpx.Client(transport=InProcess(where, version or "v4", principal))
            where = ROOT
        secret = auth is not None or any(name.lower() in ("authorization", "cookie") for name in headers or {})
        self._is_ours = http is None
        http = http or httpx.Client(timeout=30)
        transport = Transport(where, auth, http, patience or Patience(), insecure=insecure or not secret)
        self._given_headers = dict(headers or {})
        self._exchange = Exchange(transport, self._given_headers, repeats)
        self._known: tuple[Model, Spelling, Reader] | None = None
        self._here = threading.local()

    # What there is

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_"):
            raise AttributeError(name)
        if name in self._model.resources:
            return self[name]
        operation = self._operation_of(name, None, None)
        if operation is None:
            self._model.resource(name)  # says what is near
        return operation

    def __getitem__(self, name: str) -> Any:
        resource = self._model.resource(name)
        return Singleton(self, resource) if resource.is_singleton else EntitySet(self, resource)

    def entity_set(self, name: str) -> EntitySet:
        """``client["People"]``, with a type that editors and type checkers know."""
        found = self[name]
        if not isinstance(found, EntitySet):
            raise ClientError(f"{name} is a singleton, and no entity set")
        return found

    def __dir__(self) -> list[str]:
        return [*super().__dir__(), *self._model.resources, *{each.name for each in self._model.unbound()}]

    @property
    def model(self) -> Model:
        """What ``$metadata`` says."""
        return self._model

    @property
    def types(self) -> Types:
        """``client.types.ProductStatus.OnSale``, ``client.types.Address(City="Oslo")``"""
        return Types(self)

    def reload_metadata(self) -> None:
        self._known = None

    # Changes

    def save(self, entity: Entity) -> Entity:
        """Send what has been assigned; make the entity if it is new. Where somebody else has changed it meanwhile, that
        is :class:`PreconditionFailed`."""
        if entity._is_new:
            resource = entity._resource or self._model.set_of(entity._kind)
            if resource is None:
                raise ValueError(f"no set is home to a {entity._kind.name}: create it in one, or where it is contained")
            entity._resource = resource
            entity._usual = resource.type
            return self._create(entity, resource.name)
        changes = entity._changes()
        if changes:
            self._update(entity, changes)
        return entity

    def delete(self, entity: Entity) -> None:
        self._perform(Call("DELETE", entity._where, headers=self._if_match(entity._kind, entity._etag)))

    def reload(self, entity: Entity) -> Entity:
        """The same entity as the server has it now; what was assigned is forgotten."""
        row = self._spelling.entity(self._document(Call("GET", entity._where)))
        entity._links, entity._related = {}, {}
        entity._is_read(self._reader.entity(row, entity._usual, entity._resource, address=entity._where))
        return entity

    def batch(self) -> Batch:
        """Changes that are made together or not at all: ``with client.batch(): client.People.create(…)``."""
        return Batch(self)

    def call(self, name: str, on: Entity | Query | None = None, /, **arguments: object) -> Any:
        """A function or an action, on an entity or on a set if it is bound to one."""
        kind = None if on is None else ValueType(on._kind, collection=isinstance(on, Query))
        operation = self._operation_of(name, kind, on)
        if operation is None:
            known = self._model.unbound() if kind is None else self._model.bound_to(kind)
            raise UnknownName(
                f"there is no operation {name!r} here; there are {', '.join(sorted({e.name for e in known})) or 'none'}"
            )
        return operation(**arguments)

    def media(self, entity: Entity) -> Stream:
        """The octets of a media entity."""
        return Stream(entity, "$value")

    def close(self) -> None:
        """Ends connections; those of an ``httpx.Client`` that was given are its owner's to end."""
        if self._is_ours:
            self._exchange.transport.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"ODataClient({self._exchange.transport.root!r})"

    # For the rest of the package

    @property
    def _model(self) -> Model:
        return self._learned[0]

    @property
    def _spelling(self) -> Spelling:
        return self._learned[1]

    @property
    def _reader(self) -> Reader:
        return self._learned[2]

    @property
    def _learned(self) -> tuple[Model, Spelling, Reader]:
        if self._known is None:
            content = self._exchange.ask(Call("GET", "$metadata", headers={"Accept": "application/xml"})).content
            spelling, model = learned(content)
            self._exchange.headers = {**spelling.headers, **self._given_headers}
            self._exchange.repeats = self._exchange.repeats or model.repeats
            self._known = model, spelling, Reader(self, spelling, model)
        return self._known

    def _document(self, call: Call) -> Json:
        """The JSON of an answer, with every digit."""
        self._learned  # noqa: B018 - the headers are those of its version
        response = self._exchange.ask(call)
        return document_of(response)

    @property
    def _batch(self) -> Batch | None:
        """The one in which this thread is."""
        return getattr(self._here, "batch", None)

    @_batch.setter
    def _batch(self, batch: Batch | None) -> None:
        self._here.batch = batch

    def _perform(self, call: Call, finish: Callable[[Response], T | None] = lambda _: None) -> T | None:
        """Make a change, at once or at the end of the batch."""
        if self._batch is not None:
            self._batch.add(call, finish)
            return None
        return finish(self._exchange.ask(call))

    def _create(
        self,
        entity: Entity,
        address: str,
        place: str | None = None,
        call: Call | None = None,
        then: Callable[[], None] = lambda: None,
    ) -> Entity:
        """``place`` is where the entity is at home if it is in no set."""
        call = call or Call("POST", address, self._spelling.body(entity._new()), JSON_TYPE)

        def finish(response: Response) -> None:
            document = document_of(response)
            if document is None:  # 204: the server keeps it to itself
                where = response.headers.get("location") or response.headers.get("odata-entityid") or ""
                document = self._document(Call("GET", self._relative(where)))
            entity._is_read(
                self._reader.entity(self._spelling.entity(document), entity._usual, entity._resource, place)
            )
            then()

        if self._batch is not None:
            self._batch.make(entity, call, finish)
        else:
            finish(self._exchange.ask(call))
        return entity

    def _update(self, entity: Entity, changes: Mapping[str, object]) -> None:
        body = self._spelling.body(New(entity._kind, changes))
        headers = {**JSON_TYPE, **self._if_match(entity._kind, entity._etag), "Prefer": "return=representation"}

        def finish(response: Response) -> None:
            document = document_of(response)
            if document is None:
                entity._etag = response.headers.get("etag", entity._etag)
                entity._settled()
            else:
                row = self._spelling.entity(document)
                entity._is_read(self._reader.entity(row, entity._usual, entity._resource, address=entity._where))

        self._perform(Call(self._spelling.update, entity._where, body, headers), finish)

    def _if_match(self, kind: StructuredType, etag: str | None) -> dict[str, str]:
        """The state that the caller has seen; V2's servers want to hear it if he does not care, too."""
        state = etag or ("*" if kind.wants_state else None)
        return {} if state is None else {"If-Match": state}

    def _result(self, response: Response, bound: Bound, operation: Operation, resource: Resource | None) -> Any:
        """What an action gives; the entity that it was called on, if that is what it gives, is what it has become."""
        result, on = self._reader.result(document_of(response), operation, resource), bound.on
        if (
            isinstance(result, Entity)
            and isinstance(on, Entity)
            and result._address == on._address
            and not on._changes()
        ):
            on._is_read(result)
            return on
        return result

    def _absolute(self, address: str) -> str:
        return self._exchange.transport.link(address)

    def _relative(self, address: str) -> str:
        """An address of this service, without its root; :class:`ForeignLink` for that of another one."""
        return self._absolute(address).removeprefix(self._exchange.transport.root)

    def _structured(self, name: str) -> StructuredType:
        found = self._model.type_named(name)
        if not isinstance(found, StructuredType):
            raise UnknownName(f"{name} is an enumeration")
        return found

    def _primitive(self, name: str) -> Type | None:
        return PRIMITIVES.get(name)

    def _operation_of(self, name: str, kind: ValueType | None, on: Entity | Query | None) -> Bound | None:
        return operation_of(self, name, kind, on)


class Types:
    """The types of a service by their names."""

    def __init__(self, client: ODataClient) -> None:
        self._client = client

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_"):
            raise AttributeError(name)
        found = self._client._model.type_named(name)
        if isinstance(found, EnumType):
            return found.members
        assert isinstance(found, StructuredType), "primitive types are not declared"
        return lambda **values: self._made(found, values)

    __getitem__ = __getattr__

    def __dir__(self) -> list[str]:
        return [each.rpartition(".")[2] for each in self._client._model.types]

    def _made(self, kind: StructuredType, values: Mapping[str, object]) -> Record:
        if kind.is_entity:
            return made(self._client, kind, self._client._model.set_of(kind), values)
        return structure_of(values, kind)


def document_of(response: Response) -> Json:
    """``None`` for no content; numbers with a point as ``Decimal``, so that no digit is lost."""
    if response.status == 204 or not response.content.strip():
        return None
    try:
        return loads(response.content)
    except ValueError as error:
        raise NotUnderstood(f"the answer is no JSON: {error}") from None
