"""A world of notes with followers on every road, and what each of them should have: the server's own rows, asked directly.

Everything is random and comes from one seed, so that a world that goes wrong can be seen again.
"""

from __future__ import annotations

import argparse
import random
import re
import time
from abc import ABC, abstractmethod
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any

from sqlalchemy import ColumnElement, Engine, MetaData, String, and_, create_engine, not_, or_, select
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from odata_service import EntitySetRights, ODataService, User
from odata_service.tracking import EntityTracking, install_clock, write_sessions
from tests.access.conftest import Client

NAMES, STATES, MOST = ("ann", "bob", "cy"), ("open", "done", "held"), 9
COLUMNS = ("Owner", "State", "Amount", "Text")
Row = dict[str, Any]


class Base(DeclarativeBase):
    pass


class Note(EntityTracking, Base):
    __tablename__ = "note"

    Id: Mapped[str] = mapped_column(String(12), primary_key=True)
    Owner: Mapped[str] = mapped_column(String(10))
    State: Mapped[str] = mapped_column(String(10))
    Amount: Mapped[int]
    Text: Mapped[str | None] = mapped_column(String(20))


@dataclass(frozen=True)
class Condition:
    """One condition in OData's words and in SQL. V2 and V4 write these alike."""

    text: str
    sql: ColumnElement[bool]

    @property
    def camel(self) -> str:
        """As the Sync API and tables name the properties."""
        return re.sub(rf"\b({'|'.join(COLUMNS)})\b", lambda name: name[0].lower(), self.text)


EVERYTHING = Condition("", Note.Id.is_not(None))


def condition(chance: random.Random, depth: int = 2) -> Condition:
    if depth and chance.random() < 0.5:
        one, other = condition(chance, depth - 1), condition(chance, depth - 1)
        join, word = chance.choice([(and_, "and"), (or_, "or")])
        both = Condition(f"({one.text} {word} {other.text})", join(one.sql, other.sql))
        return both if chance.random() < 0.7 else Condition(f"not {both.text}", not_(both.sql))
    name, state, amount = chance.choice(NAMES), chance.choice(STATES), chance.randint(0, MOST)
    letter = chance.choice("xyz")
    return chance.choice([
        Condition(f"Owner eq '{name}'", Note.Owner == name), Condition(f"Owner ne '{name}'", Note.Owner != name),
        Condition(f"State eq '{state}'", Note.State == state), Condition(f"Amount gt {amount}", Note.Amount > amount),
        Condition(f"Amount le {amount}", Note.Amount <= amount),
        Condition("Text eq null", Note.Text.is_(None)), Condition("Text ne null", Note.Text.is_not(None)),
        Condition(f"(Text ne null and startswith(Text,'{letter}'))", and_(Note.Text.is_not(None), Note.Text.like(f"{letter}%"))),
    ])  # fmt: skip


@dataclass(frozen=True)
class Follower(User):
    """Sees what meets his condition."""

    sees: Condition = EVERYTHING


class Gone(Exception):
    """The client has to begin anew."""


@dataclass
class Copy(ABC):
    """What one client keeps, with a page size and a condition of its own."""

    client: Client
    follower: Follower
    wanted: Condition
    page_size: int
    rows: dict[str, Row] = field(default_factory=dict)
    told: set[str] = field(default_factory=set)  # ids that it ever heard of
    visible: set[str] = field(default_factory=set)  # ids that its follower was ever allowed to see

    def page(self, url: str, protocol: str, **headers: str) -> Any:
        answer = replace(self.client, protocol=protocol, principal=self.follower).get(url, **headers)
        if answer.status == 410:
            raise Gone
        assert answer.status == 200, f"{url}: {answer.text}"
        return answer.json

    def keep(self, row: Row) -> None:
        plain = {name: row[name if name in row else name.lower()] for name in COLUMNS}
        self.rows[row.get("Id") or row["id"]] = plain
        self.told.add(row.get("Id") or row["id"])

    def drop(self, id: str) -> None:
        self.rows.pop(id, None)
        self.told.add(id)

    @abstractmethod
    def pull(self) -> Iterator[None]:
        """Page by page; whoever stops between two has kept what came so far."""

    @abstractmethod
    def forget(self) -> None:
        """Begin anew."""


@dataclass
class Links(Copy):
    """By delta links. What has begun goes on at its page, or begins again at the last delta link."""

    link: str = ""
    waiting: str = ""
    protocol: str = "v4"

    @property
    def start(self) -> str:
        return f"Notes?$filter={self.wanted.text}" if self.wanted.text else "Notes"

    def pull(self) -> Iterator[None]:
        if not self.link and not self.waiting:
            self.rows.clear()
        following = self.waiting or self.link or self.first
        while following:
            following = self.waiting = self.take(self.page(following, self.protocol, **self.headers))
            yield

    @property
    def first(self) -> str:
        return self.start

    @property
    def headers(self) -> dict[str, str]:
        return {"Prefer": f"track-changes,maxpagesize={self.page_size}"}

    def take(self, document: Any) -> str:
        for row in document["value"]:
            if "reason" in row:
                self.drop(row["id"].rpartition("'")[0].rpartition("'")[2])
            else:
                self.keep(row)
        self.link = document.get("@odata.deltaLink", self.link)
        return str(document.get("@odata.nextLink", ""))

    def forget(self) -> None:
        self.link = self.waiting = ""


@dataclass
class LinksV2(Links):
    protocol: str = "v2"

    @property
    def first(self) -> str:
        return f"{self.start}{'&' if '?' in self.start else '?'}!deltatoken="

    @property
    def headers(self) -> dict[str, str]:
        return {}

    def take(self, document: Any) -> str:
        for row in document["d"]["results"]:
            if "id" in row:
                self.drop(row["id"].rpartition("'")[0].rpartition("'")[2])
            else:
                self.keep(row)
        self.link = document["d"].get("__delta", self.link)
        return str(document["d"].get("__next", ""))


@dataclass
class Pulls(Copy):
    """By the Sync API's tokens, of which each page has one."""

    token: str = ""

    def pull(self) -> Iterator[None]:
        more = True
        while more:
            wanted = f"&$filter={self.wanted.camel}" if self.wanted.text else ""
            since = f"&since={self.token}" if self.token else ""
            page = self.page(f"Notes?limit={self.page_size}{wanted}{since}", "sync")
            for row in page["records"]:
                self.keep(row)
            for row in page["deleted"]:
                self.drop(row["id"])
            self.token, more = page["token"], page["more"]
            yield

    def forget(self) -> None:
        self.rows.clear()
        self.token = ""


@dataclass
class Tables(Copy):
    """By the greatest ``updatedAt``, as the Datasync Toolkit's client."""

    newest: str = ""

    def pull(self) -> Iterator[None]:
        since = f"(updatedAt gt cast({self.newest},Edm.DateTimeOffset))" if self.newest else ""
        wanted = " and ".join(filter(None, [f"({self.wanted.camel})" if self.wanted.text else "", since]))
        condition = f"$filter=({wanted})&" if wanted else ""
        following = f"notes?{condition}$orderby=updatedAt&$count=true&__includedeleted=true"
        while following:
            page = self.page(following, "tables")
            for row in page["items"]:
                self.newest = max(self.newest, row["updatedAt"])
                self.drop(row["id"]) if row["deleted"] else self.keep(row)
            following = f"notes?{page['nextLink']}" if page["nextLink"] else ""
            yield

    def forget(self) -> None:
        raise AssertionError("there is no 410 for tables")


ROADS: dict[str, type[Copy]] = {"V4": Links, "V2": LinksV2, "Sync": Pulls, "Tables": Tables}


@dataclass
class World:
    """A service and its followers."""

    engine: Engine
    chance: random.Random
    purges: bool = False  # then nobody follows by tables, which cannot tell anybody to begin anew
    copies: list[Copy] = field(default_factory=list)
    counts: Counter[str] = field(default_factory=Counter)

    def __post_init__(self) -> None:
        Base.metadata.create_all(self.engine)
        install_clock(self.engine)
        self.service = ODataService(Base, self.engine, namespace="Notes", secret="s")
        self.service.rights("*", EntitySetRights.ALL)
        self.service.page_size("Notes", self.chance.randint(1, 4))
        self.service.table("notes", Note, page_size=self.chance.randint(1, 4))
        self.service.sync("Notes", conflicts="client")

        @self.service.query_interceptor("Notes")
        def seen(ctx: Any) -> Any:
            return ctx.user.sees.sql if isinstance(ctx.user, Follower) and ctx.user.sees.text else True

        self.admin = Client(self.service)
        self.numbers = iter(range(1, 10**9))
        for road in self.roads:
            for _ in range(2):
                self._follow(road)
        for _ in range(self.chance.randint(0, 8)):
            self.change()

    @property
    def roads(self) -> list[str]:
        return [road for road in ROADS if not (self.purges and road == "Tables")]

    def _follow(self, road: str) -> None:
        sees = condition(self.chance) if self.chance.random() < 0.8 else EVERYTHING
        wanted = condition(self.chance) if self.chance.random() < 0.7 else EVERYTHING
        follower = Follower(f"follower {len(self.copies)}", sees=sees)
        self.copies.append(ROADS[road](self.admin, follower, wanted, self.chance.randint(1, 4)))
        self._note_visible()

    def rows(self, *conditions: ColumnElement[bool]) -> dict[str, Row]:
        """What the server has."""
        with self.engine.connect() as connection:
            found = connection.execute(select(Note.__table__).where(Note.IsDeleted.is_(False), *conditions)).mappings()
            return {row["Id"]: {name: row[name] for name in COLUMNS} for row in found}

    def _note_visible(self) -> None:
        for copy in self.copies:
            copy.visible |= self.rows(copy.follower.sees.sql).keys()

    def change(self) -> None:
        """Somebody does something, on some road."""
        chance, known = self.chance, sorted(self.rows())
        kind = chance.choice(["add", "add", "edit", "edit", "edit", "edit", "delete", "together", "back"])
        key = chance.choice(known) if known else ""
        if kind == "add" or not known:
            self._add()
        elif kind == "edit":
            self._edit(key)
        elif kind == "delete":
            self._delete(key)
        elif kind == "together":
            self._together(known)
        else:  # there and back, or further
            self._edit(key)
            self._note_visible()
            self._edit(key)
        self.counts[f"change: {kind}"] += 1
        self._note_visible()

    def _values(self) -> Row:
        chance = self.chance
        values = {
            "Owner": chance.choice(NAMES), "State": chance.choice(STATES), "Amount": chance.randint(0, MOST),
            "Text": chance.choice([None, "x1", "y1", "z1", "x2"]),
        }  # fmt: skip
        return values

    def _send(self, protocol: str, method: str, url: str, body: object = None) -> None:
        answer = replace(self.admin, protocol=protocol).send(method, url, body)
        assert answer.status < 300, f"{protocol} {method} {url}: {answer.text}"

    def _push(self, action: str, data: Row) -> None:
        operation = {"id": f"op-{next(self.numbers)}", "action": action, "data": data}
        self._send("sync", "POST", "Notes", {"operations": [operation]})

    def _add(self) -> None:
        row = {"Id": f"n{next(self.numbers)}"} | self._values()
        camel = {name.lower(): value for name, value in row.items()}
        match self.chance.choice(list(ROADS)):
            case "Sync":
                self._push("add", camel)
            case "Tables":
                self._send("tables", "POST", "notes", camel)
            case road:
                self._send(road.lower(), "POST", "Notes", row)

    def _edit(self, key: str) -> None:
        values = self._values()
        some = {name: values[name] for name in self.chance.sample(COLUMNS, self.chance.randint(1, 4))}
        match self.chance.choice(list(ROADS)):
            case "Sync":
                self._push("update", {"id": key} | {name.lower(): value for name, value in some.items()})
            case "Tables":
                self._send("tables", "PUT", f"notes/{key}", {"id": key} | {n.lower(): v for n, v in values.items()})
            case "V2":
                self._send("v2", "MERGE", f"Notes('{key}')", some)
            case _:
                self._send("v4", "PATCH", f"Notes('{key}')", some)

    def _delete(self, key: str) -> None:
        match self.chance.choice(list(ROADS)):
            case "Sync":
                self._push("delete", {"id": key})
            case "Tables":
                self._send("tables", "DELETE", f"notes/{key}")
            case road:
                self._send(road.lower(), "DELETE", f"Notes('{key}')")

    def _together(self, known: list[str]) -> None:
        """Several rows in one transaction of the application's own, so that they share a stamp."""
        with write_sessions(self.engine).begin() as session:
            for key in self.chance.sample(known, min(len(known), 5)):
                for name, value in self._values().items():
                    setattr(session.get_one(Note, key), name, value)

    def step(self) -> None:
        """Some changes, and then some clients pull, among further changes, some of them not to the end."""
        for _ in range(self.chance.randint(1, 4)):
            self.change()
        if self.purges and self.chance.random() < 0.1:
            self.service.purge(timedelta())
            self.counts["purges"] += 1
        for copy in self.chance.sample(self.copies, self.chance.randint(1, len(self.copies))):
            self._pull(copy, calm=self.chance.random() < 0.4)

    def _pull(self, copy: Copy, *, calm: bool) -> None:
        """A calm pull goes to the end of what was begun, and then once more; then the copy is as the server has it."""
        try:
            for _ in range(2 if calm else 1):
                for _ in copy.pull():
                    self.counts["pages"] += 1
                    if not calm and self.chance.random() < 0.3:
                        self.change()
                    if not calm and self.chance.random() < 0.2:
                        return
        except Gone:
            self.counts["begun anew"] += 1
            copy.forget()
            self._pull(copy, calm=True)
            return
        if calm:
            self.check(copy)

    def check(self, copy: Copy) -> None:
        self.counts[f"checks: {type(copy).__name__}"] += 1
        expected = self.rows(copy.follower.sees.sql, copy.wanted.sql)
        about = f"{type(copy).__name__} sees [{copy.follower.sees.text}] wants [{copy.wanted.text}]"
        assert copy.rows == expected, about
        assert copy.told <= copy.visible, f"{about} was told of {copy.told - copy.visible}, which he never could see"

    def finish(self) -> None:
        for copy in self.copies:
            self._pull(copy, calm=True)


def run(engine: Engine, seed: int, steps: int) -> Counter[str]:
    """One world, to its end."""
    world = World(engine, random.Random(seed), purges=seed % 3 == 0)
    for _ in range(steps):
        world.step()
    world.finish()
    return world.counts


def main() -> None:
    """Many worlds, for as long as one likes, each in an empty database."""
    parser = argparse.ArgumentParser(prog="python -m tests.sync.oracle", description=main.__doc__)
    parser.add_argument("--url", default="sqlite:////tmp/oracle.db", help="of a database whose tables may go")
    parser.add_argument("--first", type=int, default=1, help="the first seed")
    parser.add_argument("--minutes", type=float, default=5)
    parser.add_argument("--steps", type=int, default=40)
    asked = parser.parse_args()
    counts: Counter[str] = Counter()
    end, seed = time.monotonic() + asked.minutes * 60, asked.first
    while time.monotonic() < end:
        engine = create_engine(asked.url)
        everything = MetaData()
        everything.reflect(engine)
        everything.drop_all(engine)
        try:
            counts += run(engine, seed, asked.steps)
        except Exception:
            print(f"the world of seed {seed} went wrong")
            raise
        engine.dispose()
        counts["worlds"] += 1
        seed += 1
    print(*(f"{count:8} {name}" for name, count in sorted(counts.items())), sep="\n")


if __name__ == "__main__":
    main()
