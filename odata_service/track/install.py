"""``track install`` and ``track remove``: which tables are meant, what is in the way, and the statements, done in one
transaction where the database can."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime

from sqlalchemy import Engine, Inspector, inspect
from sqlalchemy.exc import SAWarning, SQLAlchemyError

from odata_service.config import ConfigurationError
from odata_service.database import one_line, open_engine
from odata_service.errors import did_you_mean
from odata_service.reflect.facts import KeptFacts, TableFacts, TableName
from odata_service.reflect.products import product_named
from odata_service.reflect.reading import kept_tables, read_facts
from odata_service.track.product import Tracker, tracker_named
from odata_service.track.target import Names, Reference, Target
from odata_service.tracking import UTC_CLOCK, install_clock, milliseconds, moment, prepare_engine, writing
from odata_service.values import frozen, mutable

Say = Callable[[str], None]
_FOLLOWS = ("CASCADE", "SET NULL")


@frozen
class Wish:
    """What somebody wants for some tables: the names of the two columns, and whether the tables themselves must not
    change."""

    tables: tuple[str, ...]
    last_updated: str = "LastUpdated"
    is_deleted: str = "IsDeleted"
    apart: bool = False


@mutable
class Catalogue:
    """What there is in a database: its tables, which of them are kept track of, and which rows follow others."""

    tables: Mapping[str, TableFacts]
    refused: Mapping[str, str]
    kept: Mapping[TableName, KeptFacts]
    references: Mapping[TableName, tuple[Reference, ...]]

    def named(self, wanted: Sequence[str]) -> list[TableFacts]:
        for name in wanted:
            if name in self.refused:
                raise ConfigurationError(f"{name} cannot be tracked: {self.refused[name]}")
            if name not in self.tables:
                raise ConfigurationError(f"there is no table {name!r}{did_you_mean(name, self.tables)}")
        return [self.tables[name] for name in dict.fromkeys(wanted)]

    def followed(self, table: TableName) -> tuple[Reference, ...]:
        """The foreign keys by which rows of a table go or change with others, and those by which these go."""
        found = dict.fromkeys(self.references.get(table, ()))
        waiting = [*found]
        while waiting:
            above = self.references.get(waiting.pop().key.target, ())
            new = [each for each in above if each.on_delete == "CASCADE" and each not in found]
            found.update(dict.fromkeys(new))
            waiting += new
        return tuple(found)


def install(url: str, wish: Wish, say: Say, *, dry: bool) -> None:
    engine = _engine(url)
    catalogue, tracker = _catalogue(engine, wish.tables), _tracker(engine)
    since = _now(engine, dry=dry)
    targets = [
        Target(each, wish.last_updated, wish.is_deleted, wish.apart, since, catalogue.followed(each.name))
        for each in catalogue.named(wish.tables)
    ]
    for target in targets:
        if problem := _problem(target, catalogue.kept.get(target.name)) or tracker.problem(target):
            raise ConfigurationError(f"{target.name} cannot be tracked: {problem}")
    _done(engine, tracker, [*tracker.foundation(), *_each(tracker.install, targets)], say, dry=dry)


def remove(url: str, tables: tuple[str, ...], say: Say, *, dry: bool) -> None:
    engine = _engine(url)
    catalogue, tracker = _catalogue(engine, tables), _tracker(engine)
    found = catalogue.named(tables)
    untracked = next((each.name for each in found if each.name not in catalogue.kept), None)
    if untracked is not None:
        raise ConfigurationError(f"{untracked} is not tracked")
    staying = set(catalogue.kept) - {each.name for each in found}
    needed = {each for name in staying for each in catalogue.followed(name)}
    targets = []
    for each in found:
        kept, alone = (
            catalogue.kept[each.name],
            tuple(one for one in catalogue.followed(each.name) if one not in needed),
        )
        targets.append(Target(each, kept.last_updated, kept.is_deleted, kept.stamps is not None, moment(0), alone))
    statements = [*_each(tracker.remove, targets), *(() if staying else tracker.removed_foundation())]
    _done(engine, tracker, statements, say, dry=dry)


def _each(make: Callable[[Target], Iterator[str]], targets: Sequence[Target]) -> Iterator[str]:
    for target in targets:
        yield from make(target)


def _engine(url: str) -> Engine:
    engine = open_engine(url, make_file=False)
    prepare_engine(engine)
    return engine


def _tracker(engine: Engine) -> Tracker:
    has_schemas = engine.dialect.name == "postgresql"
    return tracker_named(
        engine.dialect.name, Names(engine, inspect(engine).default_schema_name if has_schemas else None)
    )


def _now(engine: Engine, *, dry: bool) -> datetime:
    """The stamp of rows that are there already: later than all that anybody has seen."""
    if dry:
        return moment(milliseconds(UTC_CLOCK.provisional()))
    try:
        install_clock(engine)
        with writing(engine).begin() as connection:
            return UTC_CLOCK.stamp(connection)
    except SQLAlchemyError as error:
        raise _refusal(engine, error) from error


def _problem(target: Target, kept: KeptFacts | None) -> str:
    """What every database says no to."""
    if target.facts.kind != "table":
        return f"it is a {target.facts.kind}"
    if not target.key:
        return "it has no primary key, by which its rows could be told apart"
    if kept is not None:
        is_same = (kept.last_updated, kept.is_deleted, kept.stamps is not None) == (
            target.last_updated, target.is_deleted, target.apart
        )  # fmt: skip
        return "" if is_same else "it is tracked already, in another way; track remove ends that"
    taken = {each.lower(): each for each in target.facts.column_names}
    there = next(
        (taken[each.lower()] for each in (target.last_updated, target.is_deleted) if each.lower() in taken), None
    )
    return f"it has a column {there} already; --last-updated and --is-deleted give other names" if there else ""


def _done(engine: Engine, tracker: Tracker, statements: Sequence[str], say: Say, *, dry: bool) -> None:
    say(tracker.script(iter(statements)))
    if dry:
        return
    try:
        with writing(engine).begin() as connection:
            for statement in statements:
                connection.execution_options(no_parameters=True).exec_driver_sql(statement)
    except SQLAlchemyError as error:
        raise _refusal(engine, error) from error
    finally:
        engine.dispose()


def _refusal(engine: Engine, error: SQLAlchemyError) -> ConfigurationError:
    return ConfigurationError(f"{engine.url!r} refuses: {one_line(error)}")


def _catalogue(engine: Engine, wanted: Sequence[str]) -> Catalogue:
    facts = read_facts(engine, product_named(engine.dialect.name), _schemas(engine, wanted))
    with engine.connect() as connection, warnings.catch_warnings(action="ignore", category=SAWarning):
        inspector = inspect(connection)
        return Catalogue(
            {str(each.name): each for each in facts.tables},
            {str(name): reason for name, reason in facts.refused},
            kept_tables(inspector, connection),
            {each.name: tuple(_references(inspector, each)) for each in facts.tables if each.foreign_keys},
        )


def _schemas(engine: Engine, wanted: Sequence[str]) -> list[str]:
    """The default one and those that are named before a dot."""
    inspector = inspect(engine)
    named = {name.partition(".")[0] for name in wanted if "." in name}
    others = sorted(named & set(inspector.get_schema_names()) - {inspector.default_schema_name})
    return [str(inspector.default_schema_name), *others] if others else []


def _references(inspector: Inspector, table: TableFacts) -> Iterator[Reference]:
    """Foreign keys by which rows follow others."""
    said = inspector.get_foreign_keys(table.name.name, table.name.schema)
    options = {tuple(each["constrained_columns"]): each.get("options") or {} for each in said}
    for key in table.foreign_keys:
        on_delete, on_update = (_follows(options.get(key.columns, {}).get(what)) for what in ("ondelete", "onupdate"))
        if on_delete or on_update:
            yield Reference(table.name, key, on_delete, on_update)


def _follows(said: object) -> str:
    return str(said).upper() if str(said).upper() in _FOLLOWS else ""
