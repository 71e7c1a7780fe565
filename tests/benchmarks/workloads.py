"""The same questions to both: in OData to the service, in a URL of its own to the hand-written endpoint."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import quote

from odata_service.sample import sample_named

from .servers import Client

ROOT = "/PeopleDataService.svc"
PAGE, LARGE_PAGE = 50, 1_000
DEEP = 190_000
FROM_NAMES = ("Anna", "Boris", "Carlos", "Chen", "Elif", "Gabriel", "Hugo", "Ivan", "João", "Laura", "Mark", "Nina")


@dataclass(frozen=True, slots=True)
class Workload:
    """Targets side by side, and how many requests one round is."""

    title: str
    service: Sequence[str]
    limit: Sequence[str]
    requests: int = 200
    page_size: int = PAGE


def workloads(service: Client) -> list[Workload]:
    """All of them; the service is asked where its row 190,000 is."""
    deep, limit_deep = _deep_page(service)
    return [
        Workload("entity by key", *_entities()),
        Workload("page of 50, filtered and ordered", *_pages()),
        Workload("page of 50 with $expand=Addresses", *_pages("&$expand=Addresses", "&addresses")),
        Workload("page of 1,000", *_pages("", f"&size={LARGE_PAGE}"), requests=12, page_size=LARGE_PAGE),
        Workload("$count with filter", *_counts()),
        Workload("first page of 50", [f"{ROOT}/People?$orderby=Name"], ["/people"]),
        Workload("page of 50 at row 190,000", [deep], [limit_deep]),
    ]


def _entities() -> tuple[list[str], list[str]]:
    keys = _some("PersonId")
    return [f"{ROOT}/People(guid'{key}')" for key in keys], [f"/people/{key}" for key in keys]


def _pages(options: str = "", limit_options: str = "") -> tuple[list[str], list[str]]:
    names = [quote(name) for name in FROM_NAMES]
    asked = [f"{ROOT}/People?$filter=Name%20ge%20'{name}'&$orderby=Name{options}" for name in names]
    return asked, [f"/people?from={name}{limit_options}" for name in names]


def _counts() -> tuple[list[str], list[str]]:
    names = _some("Name")
    literals = [quote(name.replace("'", "''")) for name in names]
    asked = [f"{ROOT}/People/$count?$filter=Name%20eq%20'{literal}'" for literal in literals]
    return asked, [f"/people/count?name={quote(name)}" for name in names]


def _deep_page(service: Client) -> tuple[str, str]:
    """What comes after row 190,000: by the link that the page before it ends with."""
    page = json.loads(service.get(f"{ROOT}/People?$orderby=Name&$skip={DEEP - PAGE}"))["d"]
    last = page["results"][-1]
    after_host = page["__next"].split("/", 3)[3].replace(f"$skip={DEEP - PAGE}&", "")
    return f"/{after_host}", f"/people?after={quote(last['Name'])}|{last['PersonId']}"


def _some(name: str) -> list[str]:
    rows = sample_named("people").generated_rows(range(40))
    return [str(row[name]) for row in rows["Person"]]
