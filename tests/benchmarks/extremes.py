"""What is done once, or seldom: imports, starts, plans of unseen requests; and requests as large as they may be."""

from __future__ import annotations

import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator

import click

from odata_service import Headers, ODataRequest, ODataService
from odata_service.config import Settings
from odata_service.limits import Limits
from odata_service.protocol import V2, V4, Protocol
from odata_service.start import published

from .people import COUNT, fill, sqlite_url
from .report import circumstances, write_section
from .servers import Client, Request, Server, Workers

TIMES = 9
COMPARISONS = ("eq", "ne", "gt", "ge", "lt", "le")
LARGE = Limits(
    max_in_items=5_000,
    max_or_terms=5_000,
    max_page_size=10_000,
    max_expand_depth=4,
    max_url_length=400_000,
    max_expression_nodes=20_000,
)


def milliseconds(work: Callable[[int], object], times: int = TIMES) -> float:
    """The median of so many, CPU time of this thread."""
    taken = []
    for number in range(times):
        started = time.thread_time()
        work(number)
        taken.append((time.thread_time() - started) * 1000)
    return statistics.median(taken)


def asking(service: ODataService, url: str, protocol: Protocol = V4) -> Callable[[int], object]:
    """A GET in this process; ``#`` in the URL is another number each time, ``~`` a condition of another shape."""

    def ask(number: int) -> object:
        operators = (COMPARISONS[number // 6**place % 6] for place in range(3))
        shape = "Name {} 'Ann' and Name {} 'Somebody' or length(Name) {} 40".format(*operators)
        target, _, query = url.replace("#", str(number)).replace("~", shape).replace(" ", "%20").partition("?")
        answer = service.handle(ODataRequest(protocol, "GET", target, query, Headers({"Accept": "application/json"})))
        assert answer.status == 200, answer.body
        return answer

    return ask


def of_start() -> Iterator[tuple[str, str]]:
    def run(code: str) -> float:
        started = time.perf_counter()
        subprocess.run([sys.executable, "-c", code], check=True)
        return time.perf_counter() - started

    bare = min(run("pass") for _ in range(5))
    loaded = min(run("from odata_service import ODataService") for _ in range(5))
    yield "`from odata_service import ODataService`, without Python's own start", f"{loaded - bare:.2f} s"
    with tempfile.TemporaryDirectory() as folder:
        settings = {"ODATA_SAMPLE": "people", "ODATA_DATABASE_URL": f"sqlite:///{folder}/people.db"}
        for _ in range(2):  # the first makes the tables and the grammar's cache
            started = time.perf_counter()
            with Server("odata_service.web.app:create_app()", Workers("gthread", 1, 4), settings) as server:
                Client(server).answer(Request("GET", "/v4/People?$top=1"))
                taken = time.perf_counter() - started
        yield "from the command to the first answer under Gunicorn", f"{taken:.2f} s"


def of_plans(service: ODataService) -> Iterator[tuple[str, str]]:
    for protocol in (V4, V2):
        known = "People?$filter=Name eq 'Somebody with the number #' and IsDeleted eq false&$top=1"
        same = known.replace("#", "1")
        milliseconds(asking(service, same, protocol), 30)
        seen, other = (
            milliseconds(asking(service, same, protocol), 200),
            milliseconds(asking(service, known, protocol), 200),
        )
        yield f"{protocol}: an unseen `$filter` of a known shape", f"{other - seen:+.3f} ms beside {seen:.3f} ms"
        fresh = milliseconds(asking(service, "People?$filter=~&$top=1", protocol), 100)
        known = milliseconds(asking(service, "People?$filter=~&$top=1", protocol), 100)
        yield (
            f"{protocol}: an unseen `$filter` of 60 characters and an unseen shape",
            f"{fresh - known:+.2f} ms beside {known:.2f} ms",
        )


def of_size(service: ODataService) -> Iterator[tuple[str, str]]:
    values = ",".join(f"'Name {number}'" for number in range(5_000))
    rows = (
        ("10,000 people with `$expand=Addresses`", "People?$top=10000&$expand=Addresses"),
        (
            "50 people, `$expand` of depth 4",
            "People?$top=50&$expand=Addresses($expand=Person($expand=PhoneNumbers($expand=Person)))",
        ),
        ("`in` with 5,000 values", f"People?$filter=Name in ({values})&$top=10"),
        ("`$apply=groupby` over all addresses", "Addresses?$apply=groupby((AddressTypeId),aggregate($count as N))"),
        ("`$count` with a filter that no index serves", "People/$count?$filter=contains(Name,'an')"),
    )
    for title, url in rows:
        yield title, f"{milliseconds(asking(service, url), 3):,.1f} ms"
    counted = ODataRequest(
        V4, "GET", "People/$count", "$filter=contains(Name,'an')", Headers({"Prefer": "count=capped=1000"})
    )
    yield "the same with `Prefer: count=capped=1000`", f"{milliseconds(lambda _: service.handle(counted), 9):,.2f} ms"


@click.command()
@click.option("--report", is_flag=True, help="write the table of docs/performance.md")
def main(report: bool) -> None:
    """Print CPU time of what is seldom or large, on SQLite with 200,000 people."""
    url = sqlite_url()
    fill(url)
    service = published(Settings(sample="people", database_url=str(url), page_size=0, limits=LARGE)).service
    said = []
    for work in (of_start(), of_plans(service), of_size(service)):
        for title, figure in work:
            said.append(f"| {title} | {figure} |")
            click.echo(said[-1])
    if report:
        text = f"{circumstances()} {COUNT:,} people.\n\n| | CPU time |\n|---|---|\n"
        write_section("extremes", text + "\n".join(said))


if __name__ == "__main__":
    main()
