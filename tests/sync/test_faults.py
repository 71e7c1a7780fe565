"""A client pushes its queue to Gunicorn, which is killed in between: each operation is done once, and the client ends with
what the server has. What else may happen to a request, and when, is in tests/faults."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import urllib.request
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.serving import Serving

Queue = list[dict[str, Any]]


def queue() -> Queue:
    """Each push is one request. Statuses only ever grow, so that what is done twice would show."""
    return [
        {"operations": [
            {"id": "1", "action": "add", "set": "Customers", "data": {"localId": "c", "name": "Zoe"}},
            {"id": "2", "action": "add", "set": "Orders",
             "data": {"localId": "a", "customerName": "Zoe", "status": "1", "customerLocalId": "c"}},
        ]},
        {"operations": [{"id": "3", "action": "update", "set": "Orders", "data": {"localId": "a", "status": "2"}}]},
        {"operations": [
            {"id": "4", "action": "add", "set": "Orders", "data": {"localId": "b", "customerName": "Y", "status": "1"}},
            {"id": "5", "action": "delete", "set": "Orders", "data": {"localId": "order-ada"}},
        ], "atomic": True},
        {"operations": [{"id": "6", "action": "delete", "set": "Orders", "data": {"localId": "b"}}]},
    ]  # fmt: skip


@dataclass
class Server:
    """The real one, on a database that outlives it."""

    folder: Path
    running: Serving = field(init=False)

    def __post_init__(self) -> None:
        self.start()

    def start(self) -> None:
        self.running = Serving.start(self.folder, "--sample", "orders", "--workers", "1")

    def kill(self) -> None:
        """Master and worker, without a word."""
        workers = Path(f"/proc/{self.running.process.pid}/task/{self.running.process.pid}/children").read_text().split()
        self.running.process.send_signal(signal.SIGKILL)
        for worker in workers:
            with contextlib.suppress(ProcessLookupError):
                os.kill(int(worker), signal.SIGKILL)
        self.running.process.communicate(timeout=20)

    def ask(self, path: str, body: object = None) -> Any:
        root = self.running.greeting[0].split(" at ")[1].split("/api/sync")[0]
        data = None if body is None else json.dumps(body).encode()
        asked = urllib.request.Request(f"{root}{path}", data, {"Content-Type": "application/json"})
        with urllib.request.urlopen(asked, timeout=20) as answer:
            return json.loads(answer.read())


def test_each_operation_is_done_once(tmp_path):
    server = Server(tmp_path)
    try:
        token = server.ask("/api/sync/Orders")["token"]
        for push in queue():
            answer = push_through(server, push, killed="atomic" in push)
            assert [each["result"] for each in answer["results"]] == [
                {"add": "added", "update": "updated", "delete": "deleted"}[each["action"]]
                for each in push["operations"]
            ]
        logs = server.ask("/v4/SyncLogs")["value"]
        assert sum(log["RecordsSynced"] for log in logs) == 6 and sum(log["Rejects"] for log in logs) == 0
        replica = {"order-ada": "Pending", "order-brian": "Done"}
        news = server.ask(f"/api/sync/Orders?since={token}")
        replica |= {each["localId"]: each["status"] for each in news["records"]}
        for each in news["deleted"]:
            replica.pop(each["localId"], None)
        stored = {each["LocalId"]: each["Status"] for each in server.ask("/v4/Orders")["value"]}
        assert replica == stored == {"order-brian": "Done", "a": "2"}
    finally:
        server.running.stop()


def push_through(server: Server, push: dict[str, Any], *, killed: bool) -> Any:
    """What the client does when it hears nothing: it sends the same once more."""
    first = server.ask("/api/sync/", push)
    if killed:
        server.kill()
        server.start()
        assert server.ask("/api/sync/", push) == first, "the answer is the one that was lost"
    return first
