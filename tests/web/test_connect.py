"""The how-to's of docs/connect.md and docs/index.md, run as they stand there."""

from __future__ import annotations

import importlib
import re
import subprocess
from pathlib import Path

import pytest

from tests.documented import DOCS
from tests.serving import Serving

SHOWN = "http://localhost:8000/"


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory):
    serving = Serving.start(tmp_path_factory.mktemp("people"), "--workers", "1")
    yield re.match("https?://[^/]+/", serving.root)[0]
    serving.stop()


def blocks(page: str, language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```$", (DOCS / page).read_text(), re.MULTILINE | re.DOTALL)


def at(home: str, text: str) -> str:
    """The sample has V2 where the article has it."""
    return text.replace(f"{SHOWN}v2/", f"{home}PeopleDataService.svc/").replace(SHOWN, home)


@pytest.mark.parametrize(
    "code", blocks("connect.md", "python"), ids=lambda code: re.search(r"import ([\w.]+)", code)[1]
)
def test_python(home: str, code: str):
    exec(compile(at(home, code), "connect.md", "exec"), {})


def test_curl(home: str):
    (commands,) = blocks("connect.md", "sh")
    for command in commands.splitlines():
        done = subprocess.run(
            ["bash", "-c", at(home, command).replace("curl", "curl -sf", 1)], capture_output=True, check=False
        )
        assert done.returncode == 0, (command, done.stdout)


def test_models_of_one_s_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.chdir(tmp_path)
    (code,) = blocks("index.md", "python")
    (tmp_path / "library_of_books.py").write_text(code)
    monkeypatch.syspath_prepend(tmp_path)
    client = importlib.import_module("library_of_books").app.test_client()
    assert client.post("/v4/Books", json={"Id": 1, "Title": "The Sea"}).status_code == 201
    assert client.get("/v2/Books(1)/Title/$value").text == "The Sea"
