"""What a context is told of its service: where it is, who asks, and what is particular about which class."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import field, replace
from typing import Literal

import httpx

from odata_service.errors import did_you_mean
from odata_service.values import frozen, mutable

from .conflict import Resolver, ask
from .entity import EntityShape
from .transport import Auth, ClientError, Patience, Transport
from .wire import Place, Wire
from .wire_datasync import WireDatasync
from .wire_sync import WireSync
from .wire_v4 import WireDeltas

Protocol = Literal["tables", "v4", "sync"]
WIRES: Mapping[str, Callable[[Transport], Wire]] = {"tables": WireDatasync, "v4": WireDeltas, "sync": WireSync}


@frozen
class EntityOptions:
    """What is particular about a class. ``endpoint`` is its set, below the service's address; ``query`` is a filter in the
    words of the protocol; ``client`` names another service; ``key`` and ``updated_at`` are what the service calls them. The
    size of pages is the server's to say where the protocol has no word for it, as tables have none."""

    endpoint: str | None = None
    query: str | None = None
    query_id: str | None = None
    conflict_resolver: Resolver | None = None
    client: str = ""
    key: str | None = None
    updated_at: str | None = None
    page_size: int | None = None


@frozen
class Service:
    """One service, and how it is spoken to."""

    wire: Wire
    transport: Transport


@frozen
class Query:
    """What is pulled of a class: the place, the service, and the name under which it is remembered."""

    id: str
    place: Place
    wire: Wire

    @property
    def shape(self) -> EntityShape:
        return self.place.shape


@mutable
class DatasyncBuilder:
    """``builder.use_endpoint("https://services.example/tables/", auth=bearer)``"""

    shapes: Mapping[str, EntityShape]
    resolver: Resolver = ask
    _services: dict[str, Service] = field(default_factory=dict)
    _options: dict[str, EntityOptions] = field(default_factory=dict)

    def use_endpoint(
        self,
        address: str,
        *,
        protocol: Protocol = "tables",
        name: str = "",
        auth: Auth | None = None,
        client: httpx.Client | None = None,
        patience: Patience | None = None,
        insecure: bool = False,
    ) -> None:
        """A service. ``auth(renew)`` gives the text of ``Authorization``, another one where the last was refused. ``insecure``
        lets http be used to other computers. Services beside the first have names that ``entity(…, client=…)`` refers to."""
        if protocol not in WIRES:
            raise ClientError(f"there is no protocol {protocol!r}{did_you_mean(protocol, WIRES)}")
        told = {"auth": auth, "client": client, "patience": patience}
        transport = Transport(address, insecure=insecure, **{k: v for k, v in told.items() if v is not None})  # type: ignore[arg-type]
        self._services[name] = Service(WIRES[protocol](transport), transport)

    def use_default_conflict_resolver(self, resolver: Resolver) -> None:
        self.resolver = resolver

    def entity(self, model: type, options: EntityOptions | None = None, **told: object) -> None:
        """``builder.entity(Order, query="status eq 'Pending'", conflict_resolver=merge)``"""
        if model.__name__ not in self.shapes:
            raise ClientError(f"{model.__name__} is not synchronised: it is no OfflineEntity of this context")
        self._options[model.__name__] = replace(options or EntityOptions(), **told)  # type: ignore[arg-type]

    def resolver_of(self, shape: EntityShape) -> Resolver:
        return self.options(shape).conflict_resolver or self.resolver

    def options(self, shape: EntityShape) -> EntityOptions:
        return self._options.get(shape.name, EntityOptions())

    def query(self, shape: EntityShape, **told: object) -> Query:
        """What is pulled of a class; ``told`` is said for this pull alone."""
        options = replace(self.options(shape), **told)  # type: ignore[arg-type]
        service = self._services.get(options.client)
        if service is None:
            raise ClientError(
                f"no endpoint {options.client!r} was set up in on_datasync_initialization: use_endpoint(…)"
            )
        endpoint = options.endpoint or service.wire.default_endpoint(shape)
        place = Place(shape, endpoint, options.query, options.key, options.updated_at, options.page_size)
        return Query(_query_id(shape, options), place, service.wire)

    def close(self) -> None:
        for service in self._services.values():
            service.transport.close()


def _query_id(shape: EntityShape, options: EntityOptions) -> str:
    if options.query is None and options.query_id is None:
        return shape.name
    name = options.query_id or hashlib.md5((options.query or "").encode(), usedforsecurity=False).hexdigest()
    return f"q-{shape.name}-{name}"
