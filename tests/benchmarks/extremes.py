"""What is done seldom: plans of unseen requests; and requests as large as they may be."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Iterator
from typing import ClassVar

import click
from sqlalchemy import ForeignKey, create_engine, select, text
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship

from odata_service import EntitySetRights, Headers, ODataRequest, ODataService
from odata_service.config import Settings
from odata_service.limits import Limits
from odata_service.protocol import V2, V4, Protocol
from odata_service.start import published

from .people import COUNT, FOLDER, fill, sqlite_url
from .report import circumstances, write_section

TIMES = 9
COMPARISONS = ("eq", "ne", "gt", "ge", "lt", "le")
NODES, WIDTH, DEPTH, KINDS = 1_000_000, 10_000, 4, 50
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
        return sum(map(len, answer.pieces)) if answer.pieces is not None else answer

    return ask


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


class Base(DeclarativeBase):
    pass


class Node(Base):
    """The first has so many below it, each of these one, and so on; most have nobody."""

    __tablename__ = "Node"
    __odata__: ClassVar = {"set": "Nodes"}

    Id: Mapped[int] = mapped_column(primary_key=True)
    Kind: Mapped[int]
    Amount: Mapped[float]
    ParentId: Mapped[int | None] = mapped_column(ForeignKey("Node.Id"), index=True)

    Children: Mapped[list[Node]] = relationship(back_populates="Parent")
    Parent: Mapped[Node | None] = relationship(back_populates="Children", remote_side=[Id])


def of_nodes() -> Iterator[tuple[str, str]]:
    """A million rows in one table."""
    engine = create_engine(f"sqlite:///{FOLDER}/benchmark_nodes.db")
    Base.metadata.create_all(engine)
    with engine.begin() as connection:
        if not connection.scalar(select(Node.Id).limit(1)):
            parent = (
                f"CASE WHEN Id = 0 THEN NULL WHEN Id <= {WIDTH} THEN 0 WHEN Id <= {WIDTH * DEPTH} THEN Id - {WIDTH} END"
            )
            numbers = f"WITH RECURSIVE n(Id) AS (SELECT 0 UNION ALL SELECT Id + 1 FROM n WHERE Id < {NODES - 1})"
            connection.execute(
                text(f'INSERT INTO "Node" {numbers} SELECT Id, Id * 7 % {KINDS}, Id * 0.25, {parent} FROM n')
            )
    service = ODataService(Base, engine, namespace="Extremes", limits=LARGE)
    service.rights("*", EntitySetRights.ALL_READ)
    deep = "$expand=Children"
    for _ in range(DEPTH - 1):
        deep = f"$expand=Children({deep})"
    rows = (
        (
            f"`$apply=groupby` over {NODES:,} rows",
            "Nodes?$apply=groupby((Kind),aggregate(Amount with sum as Total,$count as N))",
        ),
        (f"`$expand` of {WIDTH:,} entities, {DEPTH} deep", f"Nodes(0)?{deep}"),
    )
    for title, url in rows:
        yield title, f"{milliseconds(asking(service, url), 3):,.1f} ms"


def of_exports(url: str) -> Iterator[tuple[str, str]]:
    """All people in one answer."""
    whole = Settings(sample="people", database_url=url, page_size=0, limits=Limits(max_page_size=10 * COUNT))
    service = published(whole).service
    for protocol in (V4, V2):
        taken = milliseconds(asking(service, "People", protocol), 3)
        yield f"{protocol}: {COUNT:,} people in one answer", f"{taken:,.0f} ms, {COUNT * 1000 / taken:,.0f} rows/s"


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
    for work in (of_plans(service), of_size(service), of_nodes(), of_exports(str(url))):
        for title, figure in work:
            said.append(f"| {title} | {figure} |")
            click.echo(said[-1])
    if report:
        head = f"{circumstances()} {COUNT:,} people.\n\n| | CPU time |\n|---|---|\n"
        write_section("extremes", head + "\n".join(said))


if __name__ == "__main__":
    main()
