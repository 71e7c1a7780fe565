"""The same questions to both: in OData to the service, in a URL of its own to the hand-written endpoint."""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import cycle
from urllib.parse import quote

from odata_service.sample import sample_named

from .servers import Client, Request

PAGE, LARGE_PAGE = 50, 1_000
DEEP = 190_000
BATCHED = 100
FROM_NAMES = ("Anna", "Boris", "Carlos", "Chen", "Elif", "Gabriel", "Hugo", "Ivan", "João", "Laura", "Mark", "Nina")
Requests = Callable[[], Iterator[Request]]  # without an end


@dataclass(frozen=True, slots=True)
class Root:
    """Where a protocol is spoken, and how it writes what the workloads need."""

    protocol: str
    path: str
    key: Callable[[str], str]
    next_link: Callable[[bytes], str]
    last_row: Callable[[bytes], dict[str, str]]


ROOTS = (
    Root(
        "V2", "/PeopleDataService.svc", "guid'{}'".format,
        lambda page: str(json.loads(page)["d"]["__next"]), lambda page: dict(json.loads(page)["d"]["results"][-1]),
    ),
    Root(
        "V4", "/v4", "{}".format,
        lambda page: str(json.loads(page)["@odata.nextLink"]), lambda page: dict(json.loads(page)["value"][-1]),
    ),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Workload:
    """Requests side by side, and how many of them one round is. Those that change nothing are compared before."""

    title: str
    service: Requests
    limit: Requests
    requests: int = 200
    page_size: int = PAGE
    changes: bool = False


def workloads(service: Client) -> Iterator[Workload]:
    """All of them in both protocols; the service is asked where its row 190,000 is."""
    for root in ROOTS:
        yield from _reads(root, service)
        yield from _changes(root)


def _reads(root: Root, service: Client) -> Iterator[Workload]:
    def workload(title: str, pair: tuple[Sequence[str], Sequence[str]], **rest: int) -> Workload:
        return Workload(f"{root.protocol} {title}", *(_gets(targets) for targets in pair), **rest)  # type: ignore[arg-type]

    yield workload("entity by key", _entities(root))
    yield workload("page of 50, filtered and ordered", _pages(root))
    yield workload("page of 50 with $expand=Addresses", _pages(root, "&$expand=Addresses", "&addresses"))
    yield workload("page of 1,000", _pages(root, "", f"&size={LARGE_PAGE}"), requests=12, page_size=LARGE_PAGE)
    yield workload("$count with filter", _counts(root))
    yield workload("first page of 50", ([f"{root.path}/People?$orderby=Name"], [f"/{root.protocol}/people"]))
    yield workload("page of 50 at row 190,000", _deep_page(root, service))


def _changes(root: Root) -> Iterator[Workload]:
    yield Workload(
        f"{root.protocol} POST", lambda: _posts(f"{root.path}/People"), lambda: _posts(f"/{root.protocol}/people"),
        requests=50, changes=True,
    )  # fmt: skip
    yield Workload(
        f"{root.protocol} $batch of 100 inserts", lambda: _batches(root),
        lambda: _lists(f"/{root.protocol}/people/many"), requests=4, changes=True,
    )  # fmt: skip


def _gets(targets: Sequence[str]) -> Requests:
    return lambda: cycle([Request("GET", target) for target in targets])


def _entities(root: Root) -> tuple[list[str], list[str]]:
    keys = some("PersonId")
    return [f"{root.path}/People({root.key(key)})" for key in keys], [f"/{root.protocol}/people/{key}" for key in keys]


def _pages(root: Root, options: str = "", limit_options: str = "") -> tuple[list[str], list[str]]:
    names = [quote(name) for name in FROM_NAMES]
    asked = [f"{root.path}/People?$filter=Name%20ge%20'{name}'&$orderby=Name{options}" for name in names]
    return asked, [f"/{root.protocol}/people?from={name}{limit_options}" for name in names]


def _counts(root: Root) -> tuple[list[str], list[str]]:
    names = some("Name")
    literals = [quote(name.replace("'", "''")) for name in names]
    asked = [f"{root.path}/People/$count?$filter=Name%20eq%20'{literal}'" for literal in literals]
    return asked, [f"/{root.protocol}/people/count?name={quote(name)}" for name in names]


def _deep_page(root: Root, service: Client) -> tuple[list[str], list[str]]:
    """What comes after row 190,000: by the link that the page before it ends with."""
    page = service.answer(Request("GET", f"{root.path}/People?$orderby=Name&$skip={DEEP - PAGE}"))
    last = root.last_row(page)
    after_host = root.next_link(page).split("/", 3)[3].replace(f"$skip={DEEP - PAGE}&", "")
    return [f"/{after_host}"], [f"/{root.protocol}/people?after={quote(last['Name'])}|{last['PersonId']}"]


def _posts(target: str) -> Iterator[Request]:
    while True:
        yield Request("POST", target, json.dumps(_person()).encode())


def _lists(target: str) -> Iterator[Request]:
    while True:
        yield Request("POST", target, json.dumps([_person() for _ in range(BATCHED)]).encode())


def _batches(root: Root) -> Iterator[Request]:
    """One change set; multipart, as both protocols have it."""
    while True:
        parts = "".join(_part(root, number) for number in range(BATCHED))
        body = (
            f"--batch\r\nContent-Type: multipart/mixed; boundary=changes\r\n\r\n{parts}--changes--\r\n\r\n--batch--\r\n"
        )
        yield Request("POST", f"{root.path}/$batch", body.encode(), "multipart/mixed; boundary=batch")


def _part(root: Root, number: int) -> str:
    return (
        "--changes\r\nContent-Type: application/http\r\nContent-Transfer-Encoding: binary\r\n"
        f"Content-ID: {number + 1}\r\n\r\n"
        f"POST People HTTP/1.1\r\nContent-Type: application/json\r\nAccept: application/json\r\n\r\n"
        f"{json.dumps(_person())}\r\n"
    )


def _person() -> dict[str, str]:
    return {"PersonId": str(uuid.uuid4()), "Name": "Åsa Öberg"}


def some(name: str) -> list[str]:
    rows = sample_named("people").generated_rows(range(40))
    return [str(row[name]) for row in rows["Person"]]
