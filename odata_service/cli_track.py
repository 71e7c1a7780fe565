"""``odata-service track``: tables that other programs write learn when their rows change."""

from __future__ import annotations

import click

from odata_service.track.install import Wish, install, remove


@click.group()
def track() -> None:
    """Have a database keep track of its tables, whoever writes them, so that clients can follow what changes."""


tables = click.option(
    "--tables",
    multiple=True,
    required=True,
    metavar="NAMES",
    help="which: customer,sales.invoice; may be said several times",
)
dry = click.option("--dry-run", is_flag=True, help="print the SQL, and do nothing")


def _names(said: tuple[str, ...]) -> tuple[str, ...]:
    """
    >>> _names(("a,b", "sales.c"))
    ('a', 'b', 'sales.c')
    """
    return tuple(name for each in said for name in each.split(",") if name)


def _say(script: str) -> None:
    click.echo(script, nl=False)


@track.command("install")
@click.argument("database_url")
@tables
@click.option("--side-table", is_flag=True, help="leave the tables as they are, and keep the stamps beside them")
@click.option(
    "--last-updated", default="LastUpdated", show_default=True, help="the column with the moment of the last change"
)
@click.option("--is-deleted", default="IsDeleted", show_default=True, help="the column that marks deleted rows")
@dry
def install_triggers(
    database_url: str, tables: tuple[str, ...], side_table: bool, last_updated: str, is_deleted: str, dry_run: bool
) -> None:
    """Print the SQL that keeps track of tables at DATABASE_URL by triggers, and run it.

    \b
    odata-service track install postgresql://localhost/shop --tables customer,orders
    """
    install(database_url, Wish(_names(tables), last_updated, is_deleted, side_table), _say, dry=dry_run)


@track.command("remove")
@click.argument("database_url")
@tables
@dry
def remove_triggers(database_url: str, tables: tuple[str, ...], dry_run: bool) -> None:
    """Print the SQL that takes all of it away again, and run it.

    \b
    odata-service track remove postgresql://localhost/shop --tables customer
    """
    remove(database_url, _names(tables), _say, dry=dry_run)
