"""``odata-service serve`` as a user runs it: a process of its own, on a free port."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import urllib.request
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

CHECKOUT = Path(__file__).parents[1]
COMMAND = (sys.executable, "-c", "from odata_service.__main__ import main; main()")


@dataclass
class Serving:
    """A running server and the two lines it greeted with."""

    process: subprocess.Popen[str]
    greeting: tuple[str, str]

    @classmethod
    def start(cls, folder: Path, *arguments: str) -> Serving:
        process = subprocess.Popen(
            [*COMMAND, "serve", "--port", "0", *arguments],
            cwd=folder,
            env=os.environ | {"PYTHONPATH": str(CHECKOUT)},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        assert process.stdout is not None
        return cls(process, (process.stdout.readline(), process.stdout.readline()))

    @property
    def roots(self) -> list[str]:
        """``http://127.0.0.1:43210/v4/`` and ``http://127.0.0.1:43210/v2/``"""
        return [word.rstrip(",") for word in self.greeting[0].split() if "://" in word]

    @property
    def root(self) -> str:
        """``http://127.0.0.1:43210/v2/``"""
        return self.roots[-1]

    def get(self, target: str) -> bytes:
        with urllib.request.urlopen(self.root + target) as answer:
            body: bytes = answer.read()
            return body

    def raw(self, request: bytes) -> bytes:
        """The answer to bytes that no HTTP library would send."""
        address = urlsplit(self.root)
        with socket.create_connection((address.hostname or "", address.port or 0), timeout=10) as connection:
            answer = bytearray()
            with suppress(OSError):  # a server that closes before it has read everything resets the connection
                connection.sendall(request)
                connection.shutdown(socket.SHUT_WR)
                while piece := connection.recv(65536):
                    answer += piece
            return bytes(answer)

    def interrupt(self) -> tuple[int, str]:
        """Ctrl-C: the status, and what was said after the greeting."""
        self.process.send_signal(signal.SIGINT)
        said = "".join(self.process.communicate(timeout=60))
        return self.process.returncode, said

    def stop(self) -> None:
        if self.process.poll() is None:
            self.process.terminate()
            self.process.communicate(timeout=60)
