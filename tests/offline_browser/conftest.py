"""A server in this process whose rules a scenario may change. Each scenario has a browser and records of its own."""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from werkzeug.serving import make_server

from odata_service import ODataService
from odata_service.config import Settings
from odata_service.sample import sample_named
from odata_service.start import started
from odata_service.web.client_files import client_files, static_files
from tests.browser import Browser

HARNESS = (Path(__file__).parent / "page.js").read_text()
Record = dict[str, Any]
# For pages of applications, whose scripts know nothing of tests.
UNTIL = """
const until = async (condition) => {
  for (const end = Date.now() + 15_000; Date.now() < end; ) {
    const found = await condition()
    if (found) return found
    await new Promise((go) => setTimeout(go, 20))
  }
  throw new Error(`this did not come: ${condition} ${document.body.innerText}`)
}
"""

STRICT = (
    "default-src 'none'; script-src 'self'; connect-src 'self'; worker-src 'self'; require-trusted-types-for 'script'"
)
STRICT_PAGE = '<!doctype html><title>strict</title><script type="module" src="/strict.js"></script>'
STRICT_SCRIPT = """
import { OfflineClient } from "/-/client/offline.js"
const client = new OfflineClient({ name: "strict", url: "/api/sync/", sets: { Orders: { key: "localId" } } })
await client.set("Orders").add({ localId: "strict", customerName: "S", status: "1" })
const { pushed } = await client.sync()
const { value } = await client.set("Orders").query("$filter=localId eq 'strict' and id gt 0")
document.title = `${pushed} sent, ${value.length} found`
"""


@dataclass(frozen=True)
class Server:
    """The sample's application, and its service to tell rules."""

    service: ODataService
    root: str

    def rule(self, conflicts: str) -> None:
        self.service.sync("Orders", key="LocalId", conflicts=conflicts)


@contextmanager
def serving(folder: Path, sample: str, pages: Path | None = None) -> Iterator[Server]:
    """The sample, with an application's files at ``/app/`` where there are some."""
    service = started(Settings(sample=sample, database_url=f"sqlite:///{folder}/{sample}.db"))
    app = Flask("scenarios")
    for prefix, protocol in sample_named(sample).roots.items():
        app.register_blueprint(service.blueprint(protocol), url_prefix=prefix)
    app.register_blueprint(client_files(), url_prefix="/-/client")
    if pages is not None:
        app.register_blueprint(static_files(pages), url_prefix="/app")
    app.add_url_rule(
        "/", endpoint="empty", view_func=lambda: "<!doctype html><title>devices</title><link rel=icon href=data:,>"
    )
    app.add_url_rule("/purge", endpoint="purge", methods=["POST"], view_func=lambda: dict(service.purge(timedelta())))
    app.add_url_rule("/strict", endpoint="page", view_func=lambda: (STRICT_PAGE, {"Content-Security-Policy": STRICT}))
    app.add_url_rule(
        "/strict.js", endpoint="script", view_func=lambda: (STRICT_SCRIPT, {"Content-Type": "text/javascript"})
    )
    server = make_server("127.0.0.1", 0, app, threaded=True)
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield Server(service, f"http://127.0.0.1:{server.port}")
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
        service.engine.dispose()


@dataclass(frozen=True)
class Page:
    """A page of the server with the devices of ``page.js`` in it."""

    browser: Browser
    root: str

    def open(self) -> Page:
        self.browser.open(f"{self.root}/")
        self.browser.run(HARNESS)
        return self

    def run(self, script: str, *args: object) -> Any:
        return self.browser.run(script, *args)

    def settled(self, *devices: str) -> dict[str, Record]:
        """Synchronises until all is quiet; every replica is what the server has then, and no edit is left."""
        found = self.run("return await settled(args)", *devices)
        assert found["left"] == [], found["left"]
        assert found["different"] == {}, found["different"]
        assert found["same"] == list(devices) and found["count"]
        server: dict[str, Record] = found["server"]
        return server


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with serving(tmp_path_factory.mktemp("orders"), "orders") as running:
        yield running


@pytest.fixture
def page(browser: Browser, server: Server) -> Page:
    server.rule("latest")
    return Page(browser, server.root).open()
