"""``odata-service serve | get | metadata | seed | purge | replica | track``: the service from the command line. What serves is in ``cli_server``."""

from __future__ import annotations

import json
import os
import re
import sys
from collections.abc import Callable, Iterator
from datetime import timedelta
from functools import partial
from http import HTTPStatus
from pathlib import Path
from typing import Any, TypeVar

import click
from sqlalchemy import create_engine

from odata_service.auth.from_settings import authentication_of
from odata_service.auth.keys import hash_key, new_key
from odata_service.auth.passwords import hash_password
from odata_service.cli_replica import replica
from odata_service.cli_server import Server, refuse_taken_port, serve_and_reload
from odata_service.cli_track import track
from odata_service.config import ROWS, ConfigurationError, Settings, variable
from odata_service.message import Headers, ODataRequest, ODataResponse
from odata_service.protocol import V2, V4, Protocol
from odata_service.reflect.service import reflected
from odata_service.safety import findings
from odata_service.sample import sample_named
from odata_service.schema_changes import changes
from odata_service.schema_document import document_in
from odata_service.settings_file import gathered, schema, shown
from odata_service.settings_page import settings_page
from odata_service.start import published, service_of_sample, started
from odata_service.web.app import application

Command = TypeVar("Command", bound=Callable[..., object])
ROOT = "http://localhost/"


UNITS = {"w": "weeks", "d": "days", "h": "hours", "m": "minutes", "s": "seconds"}


def age(text: str) -> timedelta:
    """
    >>> age("90d")
    datetime.timedelta(days=90)
    """
    match = re.fullmatch(r"(\d{1,6})([wdhms])", text)
    if match is None:
        raise click.BadParameter(f"{text!r} is no age; 90d, 12h and 30m are")
    return timedelta(**{UNITS[match[2]]: int(match[1])})


class Commands(click.Group):
    """A service that cannot start as told says so in one line and ends with status 2."""

    def invoke(self, context: click.Context) -> object:
        try:
            return super().invoke(context)
        except ConfigurationError as error:
            click.echo(f"odata-service: {error}", err=True)
            context.exit(2)


def setting(name: str, *flags: str) -> Callable[[Command], Command]:
    """A command's option for a row of :class:`Settings`; where it is not given, the environment and then the row decide."""
    row = ROWS[name]
    kind: Any = click.IntRange(row.metadata["least"], row.metadata["most"]) if row.type == "int" else None
    flag = flags or (f"--{name.replace('_', '-')}",)
    several = isinstance(row.default, tuple)
    usual: Any = row.default  # whatever the row's type is
    note = f"{row.metadata['help']}  [{variable(name)}; {' '.join(usual) if several else usual}]"
    return click.option(*flag, name, type=kind, is_flag=row.type == "bool", multiple=several, default=None, help=note)


def published_as_it_is(command: Command) -> Command:
    """The options of every command that reads a database's own tables."""
    for name in ("namespace", "expose", "without", "only", "schemas", "sample"):
        command = setting(name)(command)
    return configured(command)


def configured(command: Command) -> Command:
    """The options by which a command takes any setting there is."""
    extra = click.option("--set", "extra", multiple=True, metavar="NAME=VALUE", help="any other setting: --set max_top=500")
    return extra(setting("config")(command))


def _settings(flags: dict[str, object]) -> Settings:
    extra = flags.get("extra", ())
    assert isinstance(extra, tuple), "an option that is given several times"
    return gathered(os.environ, {name: value for name, value in flags.items() if name != "extra"}, extra)


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 120})
@click.version_option(package_name="odata-service", prog_name="odata-service")
def main() -> None:
    """OData services for Flask and SQLAlchemy."""


@main.command()
@click.argument("database_url", required=False)
@published_as_it_is
@setting("writable")
@setting("host")
@setting("port")
@setting("workers")
@setting("watch")
@setting("reload")
@click.option("--show-config", is_flag=True, help="print all settings and who says so, and do nothing")
def serve(show_config: bool, **flags: object) -> None:
    """Serve the database at DATABASE_URL as it is, to be read on this computer, unless told otherwise; or a sample.

    \b
    odata-service serve postgresql://localhost/shop
    odata-service serve sqlite:///shop.db --writable --port 9000
    odata-service serve --sample people
    """
    read = partial(_settings, flags)
    settings = read()
    if show_config:
        click.echo(shown(settings), nl=False)
        return
    refuse_taken_port(settings)
    for found in findings(settings):
        click.echo(f"unsafe: {found}", err=True)
    if settings.reload:
        serve_and_reload(settings)
    Server(read, _progress).run()


@main.command()
@click.argument("url")
@click.option("--v2/--v4", "v2", default=True, help="the protocol to speak  [--v2]")
@setting("database_url", "--database")
@published_as_it_is
@click.option("-H", "--header", "headers", multiple=True, help="a request header: -H 'Accept: application/atom+xml'")
@click.option("-i", "--include", is_flag=True, help="print the status and the headers too")
def get(url: str, v2: bool, headers: tuple[str, ...], include: bool, **flags: object) -> None:
    """Answer one GET through the same door as HTTP. Ends with status 1 where the answer is a refusal.

    \b
    odata-service get 'People?$top=2'
    odata-service get -i 'People/$count'
    """
    response = _answer(url, V2 if v2 else V4, _headers(headers), _settings(flags))
    if include:
        click.echo(f"{response.status} {HTTPStatus(response.status).phrase}")
        click.echo("".join(f"{name}: {value}\n" for name, value in response.headers.items()))
    if response.pieces is None:
        click.echo(response.body)
    for piece in response.pieces or ():
        click.echo(piece, nl=False)
    sys.exit(response.status >= HTTPStatus.BAD_REQUEST)


def _answer(url: str, protocol: Protocol, headers: Headers, settings: Settings) -> ODataResponse:
    target, _, query = url.removeprefix(ROOT).lstrip("/").partition("?")
    return started(settings).handle(ODataRequest(protocol, "GET", target, query, headers, root=ROOT))


def _headers(given: tuple[str, ...]) -> Headers:
    """
    >>> _headers(("MaxDataServiceVersion: 1.0",))
    Headers({'MaxDataServiceVersion': '1.0', 'Accept': 'application/json, */*;q=0.5'})
    """
    pairs = (text.partition(":") for text in given)
    said = Headers((name.strip(), value.strip()) for name, _, value in pairs)
    return said if "Accept" in said else Headers({**said, "Accept": "application/json, */*;q=0.5"})


@main.command()
@click.argument("url", required=False)
@click.option("--v2/--v4", "v2", default=True, help="the protocol to speak  [--v2]")
@setting("database_url", "--database")
@published_as_it_is
def metadata(url: str | None, v2: bool, **flags: object) -> None:
    """Print the $metadata of the database at URL, or of a sample.

    \b
    odata-service metadata postgresql://localhost/shop --v4
    """
    settings = _settings({**flags, "database_url": url or flags["database_url"]})
    accept = Headers({"Accept": "application/xml"})
    click.echo(_answer("$metadata", V2 if v2 else V4, accept, settings).body)


@main.command()
@click.argument("database_url", required=False)
@published_as_it_is
@setting("writable")
@setting("host")
@setting("port")
def check(**flags: object) -> None:
    """Say what is unsafe about the settings that serve would have, one line each; ends with status 1 where anything is.

    \b
    odata-service check --config odata.toml
    """
    settings = _settings(flags)
    found = [*findings(settings), *_refusals(settings)]
    click.echo("\n".join(found or ["nothing unsafe was found"]))
    sys.exit(bool(found))


def _refusals(settings: Settings) -> Iterator[str]:
    """What keeps the service from starting. A sample would make its database, which is not what was asked for."""
    try:
        if settings.sample_name:
            service = service_of_sample(sample_named(settings.sample_name), settings, create_engine("sqlite://"))
            authentication_of(settings, service.engine)
        else:
            application(published(settings, _progress), settings)
    except ConfigurationError as error:
        yield str(error)


@main.command("hash-password")
@click.option("--argon2", "with_argon2", is_flag=True, help="with argon2id instead of scrypt; needs the extra argon2")
def hash_a_password(with_argon2: bool) -> None:
    """Ask for a password, or read it from standard input, and print what stands for it in the file of settings.

    \b
    [users.ada]
    password = "$scrypt$ln=15,r=8,p=3$…"
    """
    if sys.stdin.isatty():
        password = click.prompt("Password", hide_input=True, confirmation_prompt=True, err=True)
    else:
        password = sys.stdin.readline().rstrip("\r\n")
    if not password:
        raise ConfigurationError("an empty password is none")
    click.echo(hash_password(password, with_argon2=with_argon2))


@main.command("new-key")
def print_new_key() -> None:
    """Draw a key for a program, and print it with what stands for it in the file of settings.

    \b
    [keys.reporting]
    key = "sha256:…"
    """
    key = new_key()
    click.echo(key)
    click.echo(hash_key(key))


@main.command("settings-reference")
def settings_reference() -> None:
    """Print the reference of all settings as Markdown."""
    click.echo(settings_page(), nl=False)


@main.command("settings-schema")
def settings_schema() -> None:
    """Print the JSON Schema of the file of settings, for editors that know it."""
    click.echo(json.dumps(schema(), indent=2))


@main.command()
@click.argument("old", type=click.Path(dir_okay=False, path_type=Path))
@click.argument("new", type=click.Path(dir_okay=False, path_type=Path))
@click.option("--json", "as_json", is_flag=True, help="for programs")
def diff(old: Path, new: Path, as_json: bool) -> None:
    """Compare two $metadata documents, and say which clients the changes break; ends with status 1 where there are such.

    \b
    odata-service metadata URL --v4 > new.xml && odata-service diff old.xml new.xml
    """
    before, after = document_in(old), document_in(new)
    if before.version != after.version:
        raise ConfigurationError(f"{old} is of V{before.version}, and {new} of V{after.version}: compare two of the same version")
    found = changes(before, after)
    lines = [str(each) for each in found] or ["nothing has changed"]
    click.echo(json.dumps([each.as_json() for each in found], indent=2, ensure_ascii=False) if as_json else "\n".join(lines))
    sys.exit(any(each.breaks for each in found))


@main.command("inspect")
@click.argument("database_url")
@published_as_it_is
@click.option("--json", "as_json", is_flag=True, help="for programs")
def inspect_database(as_json: bool, **flags: object) -> None:
    """Print how the database at DATABASE_URL is published: every decision, and every doubt.

    \b
    odata-service inspect sqlite:///shop.db
    """
    found = reflected(_settings(flags), _progress)
    click.echo(json.dumps(found.json, indent=2, ensure_ascii=False) if as_json else found.text, nl=as_json)


def _progress(said: str) -> None:
    """How far a distant database has been read, for who looks at it."""
    if sys.stderr.isatty():
        click.echo(f"{said} …", err=True)


@main.command()
@click.argument("sample")
@click.option("--rows", type=click.IntRange(min=1), required=True, help="how many; the same number, the same rows")
@setting("database_url", "--database")
def seed(rows: int, **flags: object) -> None:
    """See to it that a sample's first ROWS generated rows are there, with all that belongs to them.

    \b
    odata-service seed people --rows 200000
    """
    settings = _settings(flags)
    engine = started(settings).engine
    added = 0
    with click.progressbar(length=rows, label="adding", file=sys.stderr) as bar:
        for count in sample_named(settings.sample).generate(engine, rows):
            added += count
            bar.update(count)
    click.echo(f"{added} added; {rows} generated rows are there")


@main.command()
@click.argument("url", required=False)
@click.option("--older-than", type=age, required=True, help="how long tombstones are kept: 90d, 12h")
@setting("database_url", "--database")
@published_as_it_is
def purge(url: str | None, older_than: timedelta, **flags: object) -> None:
    """Remove deleted entities of the database at URL for good, or of a sample. A client that has not asked for changes
    since then is told to begin anew.

    \b
    odata-service purge postgresql://localhost/shop --older-than 90d
    """
    flags |= {"database_url": url or flags["database_url"], "writable": True}
    purged = started(_settings(flags)).purge(older_than)
    lines = [f"{count} {name}" for name, count in sorted(purged.items())]
    click.echo("\n".join(lines or ["nothing to remove"]))


main.add_command(replica)
main.add_command(track)
