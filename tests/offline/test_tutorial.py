"""docs/offline-python.md as it stands there: its pieces are one program, which prints what the comments say."""

from __future__ import annotations

import contextlib
import io
import re
import sys
import threading
import types

import pytest
from werkzeug.serving import make_server

from odata_service.config import Settings
from odata_service.web.app import create_app
from tests.serving import CHECKOUT

PIECE = re.compile(r"^```python\n(.*?)^```", re.MULTILINE | re.DOTALL)
SAID = re.compile(r"print\(.*\)  # (.+)|^ *# (.+)", re.MULTILINE)
ADDRESS = "http://127.0.0.1:8000"


@pytest.fixture
def orders(tmp_path, monkeypatch):
    """The sample over HTTP, as ``odata-service serve --sample orders`` has it."""
    monkeypatch.chdir(tmp_path)
    app = create_app(Settings.from_environment({}, sample="orders", database_url=f"sqlite:///{tmp_path}/server.db"))
    running = make_server("127.0.0.1", 0, app, threaded=True)
    thread = threading.Thread(target=running.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{running.server_port}"
    running.shutdown()
    thread.join()
    running.server_close()


def test_tutorial(orders, monkeypatch):
    module = types.ModuleType("tutorial")  # where annotations are looked up
    monkeypatch.setitem(sys.modules, "tutorial", module)
    pieces = PIECE.findall((CHECKOUT / "docs/offline-python.md").read_text())
    assert len(pieces) == 5
    for piece in pieces:
        assert piece.count(ADDRESS) <= 1
        printed = io.StringIO()
        with contextlib.redirect_stdout(printed):
            exec(compile(piece.replace(ADDRESS, orders), "offline-python.md", "exec"), vars(module))
        assert printed.getvalue().splitlines() == [one or other for one, other in SAID.findall(piece)]
