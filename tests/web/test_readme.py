"""The README's tour, typed as it stands there: every command, and what it prints."""

from __future__ import annotations

import importlib
import re
import subprocess
import sys
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from odata_service.config import ROWS, variable
from tests.serving import CHECKOUT, Serving

README = (CHECKOUT / "README.md").read_text()
SHOWN = "127.0.0.1:8000"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """As after ``make run``: the command is in .venv, whatever environment runs this test."""
    command = tmp_path / ".venv" / "bin" / "odata-service"
    command.parent.mkdir(parents=True)
    program = f"import sys; sys.path.insert(0, {str(CHECKOUT)!r}); from odata_service.cli import main; main()"
    command.write_text(f"#!{sys.executable}\n{program}\n")
    command.chmod(0o755)
    return tmp_path


def exchanges(markdown: str) -> list[tuple[str, str]]:
    """Each command of the console blocks with what it prints.

    >>> exchanges("```console\\n$ echo 1 \\\\\\n> 2\\n1 2\\n$ true\\n```\\n")
    [('echo 1 \\\\\\n2', '1 2\\n'), ('true', '')]
    """
    text = "".join(re.findall(r"^```console\n(.*?)^```$", markdown, re.MULTILINE | re.DOTALL))
    parts = re.findall(r"^\$ (.*\n(?:^> .*\n)*)((?:^(?!\$ ).*\n)*)", text, re.MULTILINE)
    return [(re.sub(r"^> ", "", command, flags=re.MULTILINE).rstrip(), printed) for command, printed in parts]


def test_tour(folder):
    server = Serving.start(folder)
    try:
        tour = exchanges(README)
        assert len(tour) > 15
        printed = said(tour, folder, urlsplit(server.root).netloc)
        for (command, expected), answer in zip(tour, printed, strict=True):
            pattern = re.escape(expected.strip()).replace("…", ".*?")
            assert re.fullmatch(pattern, answer.strip(), re.DOTALL), f"{command}\nprints\n{answer}\nnot\n{expected}"
    finally:
        server.stop()


def said(tour: list[tuple[str, str]], folder: Path, address: str) -> list[str]:
    """What one shell prints for the commands, each apart."""
    end = "<end of answer>"
    script = "".join(f"{command.replace(SHOWN, address)}\necho '{end}'\n" for command, _ in tour)
    shell = subprocess.run(["bash"], input=script, cwd=folder, capture_output=True, text=True, timeout=120, check=True)
    return shell.stdout.replace(address, SHOWN).split(f"{end}\n")[:-1]


def test_application(tmp_path, monkeypatch):
    (program,) = re.findall(r"^```python\n(import uuid\n.*?)^```$", README, re.MULTILINE | re.DOTALL)
    (tmp_path / "example.py").write_text(program)
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(tmp_path)
    client = importlib.import_module("example").app.test_client()
    assert client.post("/v2/People", json={"Name": "Ada"}).status_code == 201
    assert client.get("/v2/People/$count").text == "1"


def test_every_setting_is_in_the_table():
    assert [name for name in ROWS if f"`{variable(name)}`" not in README] == []
    assert [row.metadata["help"] for row in ROWS.values() if row.metadata["help"] not in README] == []
