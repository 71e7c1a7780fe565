"""A server in this process, the network to it, which can be broken in every way, and devices."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, ClassVar

import httpx
from flask import Flask
from sqlalchemy import URL, Engine, create_engine, event, select
from sqlalchemy.orm import Session

from odata_service import ODataService
from odata_service.client import DatasyncBuilder, OfflineContext, Patience, Resolver, SyncEvent, ask
from odata_service.tracking import install_clock, write_sessions
from tests.offline.models import Base, Order, ServerBase, ServerOrder, configure

PROTOCOLS = ("tables", "v4", "sync")
PATIENCE = Patience(tries=1)
TOKEN = "Bearer new"


@dataclass
class Network(httpx.BaseTransport):
    """The way to the service. ``broken`` says what becomes of a request: it may be lost, or its answer may."""

    server: Server
    broken: Callable[[httpx.Request, Callable[[], httpx.Response]], httpx.Response] | None = None
    requests: list[str] = field(default_factory=list)

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(f"{request.method} {request.url.raw_path.decode()}")

        def answer() -> httpx.Response:
            response = httpx.WSGITransport(app=self.server.app).handle_request(request)
            return httpx.Response(
                response.status_code, headers=response.headers, content=response.read(), request=request
            )

        return answer() if self.broken is None else self.broken(request, answer)

    def lose_answers(self, count: int) -> None:
        """The next ``count`` changes are heard, and nobody hears that they were."""
        left = [count]

        def lost(request: httpx.Request, answer: Callable[[], httpx.Response]) -> httpx.Response:
            response = answer()
            if request.method != "GET" and left[0] > 0:
                left[0] -= 1
                raise httpx.ReadError("the connection was reset", request=request)
            return response

        self.broken = lost

    def down(self) -> None:
        def unreachable(request: httpx.Request, _answer: object) -> httpx.Response:
            raise httpx.ConnectError("no route to host", request=request)

        self.broken = unreachable

    def demand_token(self) -> None:
        def checked(request: httpx.Request, answer: Callable[[], httpx.Response]) -> httpx.Response:
            return answer() if request.headers.get("Authorization") == TOKEN else httpx.Response(401, request=request)

        self.broken = checked

    def refuse(self, status: int, count: int = 1, **headers: str) -> None:
        """``count`` changes are not done at all."""
        left = [count]

        def refused(request: httpx.Request, answer: Callable[[], httpx.Response]) -> httpx.Response:
            if request.method != "GET" and left[0] > 0:
                left[0] -= 1
                return httpx.Response(status, headers=headers, request=request)
            return answer()

        self.broken = refused

    def up(self) -> None:
        self.broken = None


@dataclass
class Server:
    """The service on a database that outlives it."""

    url: URL | str
    page_size: int = 3  # of tables
    engine: Engine = field(init=False)
    service: ODataService = field(init=False)
    app: Flask = field(init=False)

    def __post_init__(self) -> None:
        self.engine = create_engine(self.url)
        ServerBase.metadata.create_all(self.engine)
        install_clock(self.engine)
        self.restart()

    def restart(self) -> None:
        """Nothing of what it had in memory is left."""
        self.service = ODataService(ServerBase, self.engine, namespace="Offline")
        configure(self.service, self.page_size)
        self.app = Flask("offline")
        for protocol in PROTOCOLS:
            self.app.register_blueprint(self.service.blueprint(protocol), url_prefix=f"/{protocol}")

    def rows(self, model: type = ServerOrder) -> dict[str, dict[str, Any]]:
        """What is there and not deleted."""
        with self.engine.connect() as connection:
            found = connection.execute(select(*model.__table__.columns).where(model.__table__.c.IsDeleted.is_(False)))
            return {row["Id"]: dict(row) for row in found.mappings()}

    def writing(self, work: Callable[[Session], object]) -> None:
        """What somebody does in the application of the server."""
        with write_sessions(self.engine)() as session:
            work(session)
            session.commit()


class Device(OfflineContext):
    """A device. ``dies_at`` is the step of a push or a pull after which it stops, as if its battery had."""

    base: ClassVar = Base

    def __init__(self, path: Path, network: Network, protocol: str, resolver: Resolver = ask, **options: Any) -> None:
        self.network, self.protocol, self.resolver, self.options = network, protocol, resolver, options
        self.skew = timedelta()
        self.tokens = ["Bearer old"]
        self.dies_at: str | None = None
        self.events: list[SyncEvent] = []
        super().__init__(path)
        self.on_progress(self.events.append)

    def on_datasync_initialization(self, builder: DatasyncBuilder) -> None:
        builder.use_endpoint(
            f"http://localhost/{self.protocol}/", protocol=self.protocol, auth=self._token, patience=PATIENCE,
            client=httpx.Client(transport=self.network),
        )  # fmt: skip
        builder.use_default_conflict_resolver(self.resolver)
        for shape in self.shapes.values():
            builder.entity(shape.mapper.class_, **{"page_size": 3} | self.options.get(shape.name, {}))

    def clock(self) -> datetime:
        return datetime.now(UTC) + self.skew

    def step(self, name: str) -> None:
        if self.dies_at == name:
            self.dies_at = None
            raise Died(name)

    def add(self, **values: Any) -> None:
        with self.session() as session:
            session.add(Order(**{"CustomerName": "Ada", "Status": "new"} | values))
            session.commit()

    def change(self, id: str, **values: Any) -> None:
        with self.session() as session:
            order = session.get_one(Order, id)
            for name, value in values.items():
                setattr(order, name, value)
            session.commit()

    def delete(self, id: str) -> None:
        with self.session() as session:
            session.delete(session.get_one(Order, id))
            session.commit()

    def rows(self, model: type = Order) -> dict[str, dict[str, Any]]:
        with self.session() as session:
            return {
                each.Id: {name: getattr(each, name) for name in self.shapes[model.__name__].members}
                for each in session.scalars(select(model))
            }

    def _token(self, renew: bool) -> str:
        if renew:
            self.tokens.append(TOKEN)
        return self.tokens[-1]


class Died(BaseException):
    """Nothing of the device runs any more: no handler of ours sees it."""


@contextmanager
def fuller(device: OfflineContext) -> Iterator[None]:
    """The disk has no room for more than the file has pages by now."""
    engines = (device.store.engine, device.store.syncing)
    with device.store.reading() as connection:
        pages = connection.exec_driver_sql("PRAGMA page_count").scalar()

    def limited(connection: Any, *_: object) -> None:
        connection.execute(f"PRAGMA max_page_count = {pages + 1}").close()

    for engine in engines:
        engine.dispose()
        event.listen(engine, "connect", limited)
    yield
    for engine in engines:
        event.remove(engine, "connect", limited)
        engine.dispose()
