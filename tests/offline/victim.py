"""A device that is a process of its own, and is killed where it stands."""

from __future__ import annotations

import os
import signal
from pathlib import Path
from typing import ClassVar

import httpx

from odata_service.client import DatasyncBuilder, OfflineContext, Patience
from tests.offline.models import Base


class Victim(OfflineContext):
    """``step`` is where it dies, when it comes there for the ``count``-th time."""

    base: ClassVar = Base

    def __init__(self, path: Path, address: str, protocol: str, step: str, count: int) -> None:
        self.address, self.protocol, self.where, self.left = address, protocol, step, count
        super().__init__(path)

    def on_datasync_initialization(self, builder: DatasyncBuilder) -> None:
        builder.use_endpoint(
            f"{self.address}/{self.protocol}/",
            protocol=self.protocol,
            client=httpx.Client(timeout=20),
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
