"""A Node that stays: tests hand it functions, and it keeps what it has loaded."""

from __future__ import annotations

import json
import os
import select
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from tests.npm import Packages
from tests.tools import program

SECONDS = 60
# A line of JSON in: the body of an asynchronous function. A line out: what it returned. Libraries may log as they like.
EVALUATOR = """
const { createInterface } = require("node:readline")
const { writeSync } = require("node:fs")
const AsyncFunction = (async () => {}).constructor
const answer = (body) => new AsyncFunction("require", body)(require).then(
  (value) => ({ value }),
  (error) => ({ error: `${error?.stack ?? error}` }),
)
const fd = Number(process.argv[1])
createInterface({ input: process.stdin }).on("line", async (line) =>
  writeSync(fd, `${JSON.stringify(await answer(JSON.parse(line)))}\\n`))
"""


@dataclass(frozen=True)
class Node:
    """``node("return 1 + 1")`` → 2. Names that a script gives to ``globalThis`` are there for later ones."""

    process: subprocess.Popen[str]
    answers: int  # the file descriptor that they come on

    def __call__(self, body: str) -> Any:
        assert self.process.stdin is not None
        self.process.stdin.write(json.dumps(body) + "\n")
        self.process.stdin.flush()
        answer = json.loads(self._line())
        assert "error" not in answer, answer["error"]
        return answer.get("value")

    def _line(self) -> bytes:
        line = b""
        while not line.endswith(b"\n"):
            ready, _, _ = select.select([self.answers], [], [], SECONDS)
            piece = os.read(self.answers, 65536) if ready else b""
            assert piece, f"Node does not answer; it said {line!r}"
            line += piece
        return line


@contextmanager
def running(packages: Packages) -> Iterator[Node]:
    """A Node that can ``require`` the packages."""
    answers, written = os.pipe()
    command = [program("node", "nodejs"), "-e", EVALUATOR, str(written)]
    process = subprocess.Popen(
        command, cwd=packages.folder, pass_fds=(written,), stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True
    )
    os.close(written)
    try:
        yield Node(process, answers)
    finally:
        process.kill()
        process.communicate()
        os.close(answers)
