"""A device that is a process of its own, and is killed where it stands: at a step that a push or a pull names itself, before
a request or after its answer, before a statement or a COMMIT."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable
from pathlib import Path
from typing import ClassVar

import httpx
from sqlalchemy import event

from odata_service.client import DatasyncBuilder, OfflineContext, Patience
from tests.offline.models import Base


class Wire(httpx.HTTPTransport):
    """``asking`` is before a request, ``heard`` after its answer."""

    def __init__(self, step: Callable[[str], None]) -> None:
        super().__init__()
        self._step = step

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        self._step("asking")
        response = super().handle_request(request)
        response.read()
        self._step("heard")
        return response


class Victim(OfflineContext):
    """``step`` is where it dies, when it comes there for the ``count``-th time."""

    base: ClassVar = Base

    def __init__(self, path: Path, address: str, protocol: str, step: str, count: int) -> None:
        self.address, self.protocol, self.where, self.left = address, protocol, step, count
        super().__init__(path)
        event.listen(self.store.syncing, "before_cursor_execute", lambda *_told: self.step("statement"))
        event.listen(self.store.syncing, "commit", lambda *_told: self.step("commit"))

    def on_datasync_initialization(self, builder: DatasyncBuilder) -> None:
        builder.use_endpoint(
            f"{self.address}/{self.protocol}/",
            protocol=self.protocol,
            client=httpx.Client(timeout=20, transport=Wire(self.step)),
            patience=Patience(tries=1),
        )
        for shape in self.shapes.values():
            builder.entity(shape.mapper.class_, page_size=3)

    def step(self, name: str) -> None:
        if name == self.where:
            self.left -= 1
            if self.left == 0:
                os.kill(os.getpid(), signal.SIGKILL)


def run(path: Path, address: str, protocol: str, action: str, step: str, count: int) -> None:
    with Victim(path, address, protocol, step, count) as device:
        getattr(device, action)()
