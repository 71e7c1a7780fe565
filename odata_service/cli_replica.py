"""``odata-service replica``: a copy of a service's sets in a SQLite file, to be changed without a network."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urljoin

import click
from sqlalchemy import func, select
from sqlalchemy.exc import DBAPIError

if TYPE_CHECKING:
    from odata_service.client.replica import Replica
    from odata_service.client.results import SyncEvent

TOKEN = "ODATA_REPLICA_AUTHORIZATION"
# Ends of a command beside 0: what was asked could not be done; it could but for something that waits in the queue; the
# server did not answer, and the same may be asked again.
FAILED, WAITS, UNREACHABLE = 1, 3, 4
RULES = ("merge", "client", "server", "ask")


class Commands(click.Group):
    """What is wrong is said in one line."""

    def invoke(self, context: click.Context) -> object:
        try:
            from odata_service.client.transport import ClientError, Unreachable
        except ModuleNotFoundError as error:
            click.echo(f"odata-service: {error.name} is needed: pip install 'odata-service[client]'", err=True)
            context.exit(FAILED)
        try:
            return super().invoke(context)
        except Unreachable as error:
            click.echo(f"odata-service: {error}", err=True)
            context.exit(UNREACHABLE)
        except ClientError as error:
            click.echo(f"odata-service: {error}", err=True)
            context.exit(FAILED)
        except DBAPIError as error:
            click.echo(f"odata-service: the file: {error.orig}", err=True)
            context.exit(FAILED)


@click.group(cls=Commands)
def replica() -> None:
    """Keep a copy of a service in a SQLite file, and exchange changes with it.

    Who asks is said in ODATA_REPLICA_AUTHORIZATION, the text of the header Authorization; it is not kept in the file.
    """


file = click.argument("path", metavar="FILE", type=click.Path(dir_okay=False, path_type=Path))


@replica.command()
@click.argument("url")
@file
@click.option("--protocol", type=click.Choice(["v4", "sync", "tables"]), default="v4", show_default=True)
@click.option("--metadata", help="where V4's $metadata is, for tables, which do not describe themselves")
@click.option("--set", "sets", multiple=True, help="a set to keep; all that can be followed, if none is named")
def init(url: str, path: Path, protocol: Any, metadata: str | None, sets: tuple[str, ...]) -> None:
    """Make FILE from what the service at URL says of itself. Nothing is fetched yet.

    \b
    odata-service replica init https://services.example/v4/ orders.db
    odata-service replica init https://services.example/api/sync/ orders.db --protocol sync --set Orders
    """
    from odata_service.client.description import Description, described
    from odata_service.client.replica import create
    from odata_service.client.transport import ClientError, Transport

    transport = Transport(url, auth=_authorization)
    address = {"v4": "$metadata", "sync": ""}.get(protocol)
    if metadata is None and address is None:
        raise ClientError("tables do not describe themselves: --metadata says where V4's $metadata is")
    found = described(transport, urljoin(transport.root, metadata or address or ""))
    known = {each.name: each for each in found.sets}
    unknown = [name for name in sets if name not in known]
    if unknown:
        why = found.skipped.get(unknown[0], "there is no such set")
        raise ClientError(f"{unknown[0]} cannot be kept: {why}; {', '.join(known)} can")
    kept = tuple(known[name] for name in sets) or found.sets
    create(path, transport.root, protocol, Description(kept))
    click.echo(f"{path}: {', '.join(each.name for each in kept)}")
    for name, why in found.skipped.items():
        click.echo(f"without {name}: {why}")


@replica.command()
@file
@click.option("--conflicts", "rule", type=click.Choice(RULES), default="merge", show_default=True, help="who wins")
@click.option("--parallel", type=click.IntRange(1, 8), default=1, show_default=True, help="requests at a time")
@click.option("--refused-too", is_flag=True, help="try again what was refused for good")
def push(path: Path, rule: str, parallel: int, refused_too: bool) -> None:
    """Send what was done to FILE. Ends with 3 where something has to wait, with 4 where the server does not answer."""
    with opened(path, rule) as context, progress(context, "sending") as count:
        result = context.push(parallel=parallel, refused_too=refused_too)
        count(result.completed_operations)
    click.echo(f"{result.completed_operations} sent, {len(result.failed_requests)} wait")
    for id, answer in result.failed_requests.items():
        click.echo(f"  {id}  {answer.outcome}  {answer.message}")
    for id, each in result.overruled.items():
        click.echo(f"  {id}  overruled  {each.entity_type.__name__} {each.item_id}")
        click.echo(f"    was here: {_shown(each.client, each.server)}")
        click.echo(f"    server:   {_shown(each.server, each.client)}")
    if result.stopped is not None:
        click.echo(f"odata-service: {result.stopped}", err=True)
    sys.exit(UNREACHABLE if result.stopped else WAITS if result.failed_requests else 0)


@replica.command()
@file
@click.option("--parallel", type=click.IntRange(1, 8), default=1, show_default=True, help="requests at a time")
@click.option("--verify", is_flag=True, help="compare all there is with the server, and fetch what differs")
def pull(path: Path, parallel: int, verify: bool) -> None:
    """Fetch what has changed into FILE; what waits to be sent stays as it is."""
    with opened(path) as context, progress(context, "fetching") as count:
        result = context.pull(parallel=parallel)
        count(result.operation_count)
        checked = context.verify() if verify and result.is_successful else []
    click.echo(f"{result.additions} new, {result.replacements} changed, {result.deletions} deleted")
    for each in checked:
        differing = len(each.flipped) + len(each.outdated) + len(each.surplus)
        click.echo(f"  {each.query_id}: {each.rows} rows, {differing} mended, checksum {each.checksum:08x}")
    for name, error in (result.failed_requests | result.local_exceptions).items():
        click.echo(f"odata-service: {name}: {getattr(error, 'orig', None) or error}", err=True)
    from odata_service.client.transport import Unreachable

    unreachable = any(isinstance(error, Unreachable) for error in result.failed_requests.values())
    sys.exit(UNREACHABLE if unreachable else 0 if result.is_successful else FAILED)


@replica.command()
@file
def status(path: Path) -> None:
    """How many entities there are of each set, and what waits to be sent."""
    with opened(path) as context:
        pending = context.pending()
        with context.store.reading() as connection:
            for name, shape in context.shapes.items():
                rows = connection.scalar(select(func.count()).select_from(shape.table))
                waiting = [each for each in pending if each.entity_type == name]
                click.echo(f"{name}: {rows} rows, {len(waiting)} to send")
        for each in pending:
            problem = f"  {each.problem}" if each.problem else ""
            click.echo(
                f"  {each.id}  {each.state.lower():<8}  {each.kind.lower()} {each.entity_type} {each.item_id}{problem}"
            )


@replica.command()
@file
@click.option("--resolve", nargs=2, metavar="ID WINNER", help="decide on one: the client or the server wins")
def conflicts(path: Path, resolve: tuple[str, str] | None) -> None:
    """What somebody has to decide on: the entity as it is here, and as the server has it."""
    with opened(path) as context:
        if resolve is not None:
            context.resolve(*resolve)
        found = context.conflicts()
    for each in found:
        click.echo(f"{each.operation_id}  {each.entity_type} {each.item_id}")
        click.echo(f"  here:   {_shown(each.client, each.server)}")
        click.echo(f"  server: {_shown(each.server, each.client)}")
    if not found:
        click.echo("nothing to decide on")
    sys.exit(WAITS if found else 0)


@replica.command()
@file
@click.argument("names", metavar="[SET]...", nargs=-1)
def reset(path: Path, names: tuple[str, ...]) -> None:
    """Let the next pull fetch everything of these sets, or of all, anew. What waits to be sent stays."""
    from odata_service.client.transport import ClientError

    with opened(path) as context:
        unknown = [name for name in names if name not in context.shapes]
        if unknown:
            raise ClientError(f"{path} has no set {unknown[0]}; it has {', '.join(context.shapes)}")
        for name in names or context.shapes:
            context.reset(context.shapes[name].mapper.class_)
            click.echo(f"{name}: fetched anew at the next pull")


@contextmanager
def opened(path: Path, rule: str = "merge") -> Iterator[Replica]:
    from odata_service.client.conflict import ask, client_wins, merge, server_wins
    from odata_service.client.replica import Replica

    rules = {"merge": merge, "client": client_wins, "server": server_wins, "ask": ask}
    with Replica(path, auth=_authorization, resolver=rules[rule]) as context:
        yield context


@contextmanager
def progress(context: Replica, label: str) -> Iterator[Any]:
    """A bar on standard error, as long as the server says how much there is, and none where nobody sees it (Any: what it
    gives is called with a number)."""
    with click.progressbar(length=0, label=label, file=sys.stderr, hidden=not sys.stderr.isatty()) as bar:

        def told(event: SyncEvent) -> None:
            if event.items_total:
                bar.length = max(bar.length or 0, event.items_total)
            bar.update(max(0, event.items_processed - bar.pos))

        context.on_progress(told)
        yield lambda count: bar.update(max(0, count - bar.pos))


def _authorization(_renew: bool) -> str | None:
    return os.environ.get(TOKEN)


def _shown(values: Mapping[str, Any] | None, other: Mapping[str, Any] | None) -> str:
    """What differs, or all where there is nothing to compare with."""
    if values is None:
        return "deleted"
    differing = {name: value for name, value in values.items() if other is None or other.get(name) != value}
    return ", ".join(f"{name}={value!r}" for name, value in (differing or values).items())
