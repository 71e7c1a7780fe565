"""docs/operations.md, the image and the compose file name settings that there are, with values that they may have."""

from __future__ import annotations

import json
import re
import signal
import subprocess
import sys
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest

from odata_service.__main__ import main
from odata_service.config import LIMITS, ROWS, Settings, of_environment, variable
from odata_service.settings_file import of_file
from odata_service.web import metrics

CHECKOUT = Path(__file__).parents[1]
MANUAL = (CHECKOUT / "docs/operations.md").read_text()
BLOCKS = re.findall(r"(?:^    \w+ = .*\n)+", MANUAL, re.MULTILINE)
VARIABLE = re.compile(r"(ODATA_[A-Z_]+)(?:=|: )\"?([^\s\"]+)")


@pytest.mark.parametrize("block", BLOCKS)
def test_settings_in_the_manual_are_read(block: str, tmp_path: Path) -> None:
    (tmp_path / "odata.toml").write_text(re.sub("^    ", "", block, flags=re.MULTILINE))
    assert Settings().changed(of_file(tmp_path / "odata.toml")) != Settings() or "= 0 " in block


@pytest.mark.parametrize("name", ["Dockerfile", "compose.yaml", "docs/operations.md"])
def test_variables(name: str) -> None:
    said = dict(VARIABLE.findall((CHECKOUT / name).read_text()))
    assert said and set(said) <= {variable(row) for row in (*ROWS, *LIMITS)}
    of_environment(said)


def test_what_the_image_copies_is_what_setup_needs() -> None:
    kept = re.findall(r"^!(\S+)$", (CHECKOUT / ".dockerignore").read_text(), re.MULTILINE)
    assert [each for each in kept if not (CHECKOUT / each).exists()] == []
    assert {"setup.cfg", "pyproject.toml", "README.md", "LICENSE", "grammar", "odata_service", "samples"} <= set(kept)


def test_extras_of_the_image_exist() -> None:
    named = re.search(r"/src\[([\w,]+)\]", (CHECKOUT / "Dockerfile").read_text())
    assert named is not None
    known = re.findall(r"^(\w+) =$", (CHECKOUT / "setup.cfg").read_text(), re.MULTILINE)
    assert set(named[1].split(",")) <= set(known)


class Live(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(200 if self.path == "/-/live" else 404)
        self.end_headers()

    def log_message(self, *_: object) -> None: ...


def test_the_health_check_of_the_image_asks_the_port_that_is_set() -> None:
    said = re.search(r"^HEALTHCHECK .*\\\n  CMD (.*)$", (CHECKOUT / "Dockerfile").read_text(), re.MULTILINE)
    assert said is not None
    _, *command = json.loads(said[1])

    def status(port: int) -> int:
        return subprocess.run([sys.executable, *command], env={"ODATA_PORT": str(port)}, capture_output=True).returncode

    with HTTPServer(("127.0.0.1", 0), Live) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        port = server.server_address[1]
        assert status(port) == 0
        server.shutdown()
    assert status(port) == 1


def test_the_first_process_of_a_container_hears_sigterm_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """The kernel would keep from it what it has no handler for, and the container would be killed after its grace."""
    before = signal.getsignal(signal.SIGTERM)
    monkeypatch.setattr("sys.argv", ["odata-service", "--version"])
    monkeypatch.setattr("os.getpid", lambda: 1)
    try:
        with pytest.raises(SystemExit, match="^0$"):
            main()
        with pytest.raises(SystemExit, match="^143$"):
            signal.raise_signal(signal.SIGTERM)
    finally:
        signal.signal(signal.SIGTERM, before)


def test_metrics_of_the_manual_are_those_that_there_are() -> None:
    source = Path(metrics.__file__).read_text()
    made = set(re.findall(r'"(odata_\w+)"', source))
    told = {name.removesuffix("_total") for name in re.findall(r"`(odata_\w+)`", MANUAL)} | {
        "odata_pool_connections_most"
    }
    assert told == made
