from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from werkzeug.serving import make_server

from tests.offline.harness import PROTOCOLS, Device, Network, Server
from tests.offline.models import ServerBase
from tests.service.databases import emptied

MakeDevice = Callable[..., Device]


@pytest.fixture(params=PROTOCOLS)
def protocol(request: pytest.FixtureRequest) -> str:
    found: str = request.param
    return found


@pytest.fixture(scope="package")
def started(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    found = Server(f"sqlite:///{tmp_path_factory.mktemp('offline')}/server.db")
    yield found
    found.engine.dispose()


@pytest.fixture
def server(started: Server) -> Server:
    """The service, with nothing in it."""
    emptied(ServerBase.metadata, started.engine)
    return started


@pytest.fixture
def network(server: Server) -> Network:
    return Network(server)


@pytest.fixture
def device(tmp_path: Path, network: Network, protocol: str) -> Iterator[MakeDevice]:
    """``device("A")`` is the device A, on a file of its own; the same name is the same file."""
    with ExitStack() as stack:

        def made(name: str = "A", **options: Any) -> Device:
            return stack.enter_context(Device(tmp_path / f"{name}.db", network, protocol, **options))

        yield made


@pytest.fixture
def address(server: Server) -> Iterator[str]:
    """The same server over real HTTP."""
    running = make_server("127.0.0.1", 0, server.app, threaded=True)
    thread = threading.Thread(target=running.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{running.server_port}"
    running.shutdown()
    thread.join()
    running.server_close()
