"""Clients: writers that remember what was acknowledged, followers that keep copies by cursors, and readers. Every answer is looked at.

    python samples/scale-out/load.py http://127.0.0.1:8100 --seconds 60

against any service with the set of items.sql. What they find wrong is counted, and nothing of it may be.
"""

from __future__ import annotations

import argparse
import http.client
import json
import random
import threading
import time
import uuid
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar
from urllib.parse import quote, urlsplit

PAUSE = 0.1  # before a request is made once more
PATIENCE = 120.0  # seconds for which it is
COMES_AGAIN = (502, 503, 504)
LINKS = ("@odata.nextLink", "@odata.deltaLink", "@odata.context", "@odata.id", "nextLink", "Location")


@dataclass
class Tally:
    """What all clients of a run have seen."""

    outer: str
    milliseconds: dict[str, list[float]] = field(default_factory=dict)  # by kind of request
    again: Counter[str] = field(default_factory=Counter)  # requests that were made once more, by why
    wrong: Counter[str] = field(default_factory=Counter)
    examples: list[str] = field(default_factory=list)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def note(self, kind: str, status: int, seconds: float, code: str) -> None:
        with self.lock:
            if status in (0, *COMES_AGAIN):
                self.again[f"{kind} {status} {code}".strip()] += 1
            if status < 500 and status:
                self.milliseconds.setdefault(kind, []).append(seconds * 1000)

    def fault(self, what: str, example: object = "") -> None:
        with self.lock:
            self.wrong[what] += 1
            if len(self.examples) < 20:
                self.examples.append(f"{what}: {str(example)[:300]}")


class Stopped(Exception):
    """A request was made again for as long as anybody waits."""


@dataclass
class Client:
    """One connection, with cookies as browsers keep them."""

    tally: Tally
    cookies: dict[str, str] = field(default_factory=dict)
    connection: http.client.HTTPConnection | None = None

    def ask(self, kind: str, method: str, url: str, body: Any = None, **headers: str) -> tuple[int, Any]:
        """The answer, however often it takes; what a change is asked under is the same each time, so that it is done once."""
        headers = {name.replace("_", "-"): value for name, value in headers.items()}
        if method != "GET":
            headers |= {"Content-Type": "application/json", "Idempotency-Key": str(uuid.uuid4())}
        deadline = time.monotonic() + PATIENCE
        while time.monotonic() < deadline:
            started = time.monotonic()
            status, said, text = self._once(method, url, body, headers)
            self.tally.note(kind, status, time.monotonic() - started, _code(text) if status in COMES_AGAIN else "")
            if status and status not in COMES_AGAIN:
                self._look(status, said, text, f"{method} {url}")
                return status, json.loads(text) if text else None
            time.sleep(PAUSE)
        self.tally.fault("gave up", f"{method} {url}")
        raise Stopped

    def _once(
        self, method: str, url: str, body: Any, headers: Mapping[str, str]
    ) -> tuple[int, http.client.HTTPMessage | None, bytes]:
        address = urlsplit(self.tally.outer)
        target = url.removeprefix(self.tally.outer)
        said = dict(headers) | {"Cookie": "; ".join(f"{name}={value}" for name, value in self.cookies.items())}
        try:
            if self.connection is None:
                self.connection = http.client.HTTPConnection(address.hostname or "", address.port, timeout=60)
            self.connection.request(method, target, None if body is None else json.dumps(body), said)
            answer = self.connection.getresponse()
            text = answer.read()
        except (OSError, http.client.HTTPException):
            if self.connection is not None:
                self.connection.close()
            self.connection = None
            return 0, None, b""
        name, _, value = answer.headers.get("Set-Cookie", "").partition(";")[0].partition("=")
        if name:
            self.cookies[name] = value
        return answer.status, answer.headers, text

    def _look(self, status: int, headers: http.client.HTTPMessage | None, text: bytes, asked: str) -> None:
        if status >= 500:
            self.tally.fault(f"status {status}", f"{asked} {text[:200]!r}")
        if status >= 400:
            return
        found = [str(headers["Location"])] if headers is not None and headers["Location"] else []
        found += _links(json.loads(text)) if text else []
        for link in found:
            if not link.startswith(f"{self.tally.outer}/"):
                self.tally.fault("link of another address", link)


def _code(text: bytes) -> str:
    """Why a request was refused; nothing of a proxy's page."""
    try:
        return str(json.loads(text)["error"]["code"])
    except (ValueError, KeyError, TypeError):
        return ""


def _links(document: Any) -> Iterator[str]:
    if isinstance(document, list):
        for each in document:
            yield from _links(each)
    elif isinstance(document, dict):
        for name, value in document.items():
            if name in LINKS and value:
                yield value
            yield from _links(value)


@dataclass
class Writer:
    """Adds items and changes its own; reads each after it."""

    tally: Tally
    number: int
    acknowledged: dict[str, int] = field(default_factory=dict)
    last: float = 0.0  # when a change was acknowledged

    def run(self, goes_on: Callable[[], bool]) -> None:
        client, chance = Client(self.tally), random.Random(self.number)
        mine: list[str] = []
        while goes_on():
            if mine and chance.random() < 0.6:
                id = chance.choice(mine)
                revision = self.acknowledged[id] + 1
                status, _ = client.ask(
                    "change", "PATCH", f"/v4/items('{id}')", {"revision": revision}, Prefer="return=minimal"
                )
            else:
                id, revision = str(uuid.uuid4()), 1
                item = {"id": id, "writer": self.number, "revision": 1, "note": "x" * chance.randrange(200)}
                status, _ = client.ask("change", "POST", "/v4/items", item)
            if status not in (200, 201, 204):
                self.tally.fault("change refused", status)
                continue
            if id not in self.acknowledged:
                mine.append(id)
            self.acknowledged[id], self.last = revision, time.monotonic()
            status, seen = client.ask("read own", "GET", f"/v4/items('{id}')")
            if status != 200 or seen["revision"] < revision:
                self.tally.fault("own change not read", f"{id} {revision}: {status} {seen}")


@dataclass
class Follower:
    """Keeps a copy of the set; ``since`` is where it goes on."""

    tally: Tally
    seen: dict[str, int] = field(default_factory=dict)
    since: str = ""
    name: ClassVar[str] = ""

    def run(self, goes_on: Callable[[], bool]) -> None:
        client = Client(self.tally)
        while goes_on():
            self.pull(client)
            time.sleep(0.02)

    def pull(self, client: Client) -> None:
        raise NotImplementedError

    def ask(self, client: Client, url: str, **headers: str) -> Any:
        status, page = client.ask(self.name, "GET", quote(url, safe="%$&=(),':/+*@!~-._?"), **headers)
        if status != 200:
            self.tally.fault(f"{self.name}: {status}", page)
            raise Stopped
        return page


class DeltaFollower(Follower):
    name = "V4 delta"

    def pull(self, client: Client) -> None:
        url: str | None = self.since or "/v4/items"
        while url is not None:
            page = self.ask(client, url, Prefer="track-changes,maxpagesize=100")
            self.seen.update((each["id"], each["revision"]) for each in page["value"] if "reason" not in each)
            self.since = page.get("@odata.deltaLink", self.since)
            url = page.get("@odata.nextLink")


class TableFollower(Follower):
    name = "Datasync pull"

    def pull(self, client: Client) -> None:
        since = f"$filter=(updatedAt gt cast({self.since},Edm.DateTimeOffset))&" if self.since else ""
        url: str | None = f"/tables/items?{since}$orderby=updatedAt&$count=true&__includedeleted=true"
        while url is not None:
            page = self.ask(client, url)
            self.seen.update((each["id"], each["revision"]) for each in page["items"])
            self.since = max([self.since, *(each["updatedAt"] for each in page["items"])])
            url = page.get("nextLink")
            if url is not None and "://" not in url:
                url = f"/tables/items?{url}"


class TokenFollower(Follower):
    name = "Sync API"

    def pull(self, client: Client) -> None:
        more = True
        while more:
            page = self.ask(client, f"/sync/items?limit=100&since={self.since}")
            self.seen.update((each["id"], each["revision"]) for each in page["records"])
            self.since, more = page["token"], page["more"]


@dataclass
class Reader:
    """Reads pages of many items, as a list on a screen does."""

    tally: Tally

    def run(self, goes_on: Callable[[], bool]) -> None:
        client = Client(self.tally)
        while goes_on():
            status, page = client.ask(
                "read page", "GET", "/v4/items?$top=20&$filter=revision%20ge%201&$orderby=writer,id"
            )
            if status != 200:
                self.tally.fault("page refused", page)


@dataclass
class Load:
    """All clients of one run. ``clients`` is how many of each kind, followers apart: there is one for each cursor."""

    outer: str
    clients: int = 3
    tally: Tally = field(init=False)

    def __post_init__(self) -> None:
        self.tally = Tally(self.outer)
        self.writers = [Writer(self.tally, number) for number in range(self.clients)]
        self.followers = [kind(self.tally) for kind in (DeltaFollower, TableFollower, TokenFollower)]

    def run(self, seconds: float, meanwhile: Callable[[], None] = lambda: None) -> None:
        """Until it is over and ``meanwhile`` is done."""
        stopping = threading.Event()
        runners = [*self.writers, *self.followers, *(Reader(self.tally) for _ in range(self.clients))]
        threads = [threading.Thread(target=self._run, args=(each, stopping)) for each in runners]
        self.tally.milliseconds, self.tally.again = {}, Counter()
        started = time.monotonic()
        for thread in threads:
            thread.start()
        try:
            meanwhile()
            time.sleep(max(0.0, started + seconds - time.monotonic()))
        finally:
            stopping.set()
            for thread in threads:
                thread.join()
        self.took = time.monotonic() - started

    def acknowledged_after(self, moment: float) -> float:
        """When any change was acknowledged that time, waited for."""
        while not (found := [each.last for each in self.writers if each.last > moment]):
            time.sleep(0.01)
        return min(found)

    def _run(self, runner: Writer | Follower | Reader, stopping: threading.Event) -> None:
        try:
            runner.run(lambda: not stopping.is_set())
        except Stopped:
            pass
        except Exception as error:  # of a client, which must not go unseen
            self.tally.fault("client failed", repr(error))

    def figures(self, title: str) -> None:
        print(f"\n{title}: {self.took:.0f} s", flush=True)
        for kind, each in sorted(self.tally.milliseconds.items()):
            each.sort()
            p50, p99 = each[len(each) // 2], each[min(len(each) - 1, len(each) * 99 // 100)]
            print(f"  {kind:<14} {len(each) / self.took:7.1f}/s   p50 {p50:6.1f} ms   p99 {p99:7.1f} ms")
        total = sum(map(len, self.tally.milliseconds.values()))
        print(f"  {'all':<14} {total / self.took:7.1f}/s   made again: {dict(self.tally.again) or 'none'}", flush=True)

    def lost(self) -> dict[str, int]:
        """What was acknowledged and is not there; then what each cursor has not brought, compared with what is there."""
        client = Client(self.tally)
        there: dict[str, int] = {}
        stamps: Counter[str] = Counter()
        url: str | None = "/v4/items?$select=id,revision,last_updated"
        while url is not None:
            _, page = client.ask("count", "GET", url)
            there |= {each["id"]: each["revision"] for each in page["value"]}
            stamps.update(each["last_updated"] for each in page["value"])
            url = page.get("@odata.nextLink")
        for stamp in (each for each, count in stamps.items() if count > 1):
            self.tally.fault("two transactions with one stamp", stamp)
        written = {id: revision for each in self.writers for id, revision in each.acknowledged.items()}
        lost = {"acknowledged writes": sum(there.get(id, 0) < revision for id, revision in written.items())}
        for each in self.followers:
            each.pull(client)
            lost[each.name] = sum(each.seen.get(id) != revision for id, revision in there.items())
        changes = sum(written.values())
        print(f"\n{len(written)} items, {changes} acknowledged writes; lost: {lost}")
        print(f"wrong: {dict(self.tally.wrong) or 'nothing'}", flush=True)
        for example in self.tally.examples:
            print(f"  {example}")
        return lost


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("outer", help="the address that clients know")
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--clients", type=int, default=3)
    said = parser.parse_args()
    load = Load(said.outer, said.clients)
    load.run(said.seconds)
    load.figures("load")
    raise SystemExit(any(load.lost().values()) or bool(load.tally.wrong))
