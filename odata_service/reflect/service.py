"""A database as it is → a service: read-only and without secrets, unless its owner says otherwise."""

from __future__ import annotations

import gc
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from sqlalchemy import URL, Engine
from sqlalchemy.exc import SQLAlchemyError

from odata_service import ODataService
from odata_service.config import ConfigurationError, Settings, TableSettings
from odata_service.database import Pool, one_line, open_engine
from odata_service.edm.errors import ModelError
from odata_service.edm.names import legal
from odata_service.reflect.choices import Choices, TableChoices
from odata_service.reflect.draft import Draft
from odata_service.reflect.drafting import draft_of
from odata_service.reflect.facts import TableFacts, TableName
from odata_service.reflect.mapped import mapped_classes
from odata_service.reflect.opening import open_sets
from odata_service.reflect.products import Evidence, Product, product_named
from odata_service.reflect.reading import Progress, quiet, read_facts
from odata_service.reflect.report import as_json, as_text
from odata_service.tracking import has_counter, install_clock
from odata_service.values import frozen

TABLES_BETWEEN_WORDS = 50


@frozen
class Reflected:
    """A service with the decisions that made it."""

    name: str
    service: ODataService
    draft: Draft

    @property
    def text(self) -> str:
        return as_text(self.name, self.draft)

    @property
    def json(self) -> dict[str, Any]:
        return as_json(self.name, self.draft)

    @property
    def follows_changes(self) -> bool:
        return any(each.tracked for each in self.draft.entities.values())

    @property
    def first_set(self) -> str:
        """The set with the most ways to others: what a database is about."""
        return max(
            (each for each in self.draft.entities.values() if each.base is None), key=lambda each: len(each.navigation)
        ).set_name

    @property
    def notices(self) -> tuple[str, ...]:
        """What its owner should hear at every start."""
        hidden = [each for each in self.draft.remarks if each.severity == "left out"]
        doubts = [str(each) for each in self.draft.remarks if each.severity == "doubt"]
        return (*map(str, hidden), *doubts)


def reflected(settings: Settings, progress: Progress = quiet) -> Reflected:
    with _uncollected():
        return _reflected(settings, progress)


@contextmanager
def _uncollected() -> Iterator[None]:
    """Nearly all that is made meanwhile stays. To look for garbage in it again and again takes a quarter of the time."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


def _reflected(settings: Settings, progress: Progress) -> Reflected:
    engine = existing(settings)
    draft = drafted(engine, settings, progress)
    if not draft.entities:
        raise ConfigurationError(_nothing(engine, draft))
    _demand_clock(engine, draft, settings)
    progress(f"mapping {len(draft.entities)} tables and views")
    classes = mapped_classes(draft)
    name = _name(engine.url)
    namespace = settings.namespace or legal(name)
    try:
        service = ODataService(
            classes.values(), engine, namespace=namespace, limits=settings.limits, secret=settings.secret or None
        )
    except ModelError as error:
        raise ConfigurationError(str(error)) from error
    open_sets(service, draft, settings)
    return Reflected(name, service, draft)


def existing(settings: Settings) -> Engine:
    """The engine of a database that is there already; without ``writable`` it cannot change anything."""

    def prepare(engine: Engine) -> None:
        if not settings.writable:
            _product(engine).read_only(engine)

    return open_engine(settings.url, make_file=False, pool=Pool.of(settings), prepare=prepare)


def drafted(engine: Engine, settings: Settings, progress: Progress = quiet) -> Draft:
    product, choices = _product(engine), choices_of(settings)
    try:
        facts = read_facts(engine, product, choices.schemas, progress)
        evidence = _evidence(engine, product, [each for each in facts.tables if choices.takes(each.name)], progress)
    except SQLAlchemyError as error:
        raise ConfigurationError(f"cannot read the tables of {engine.url!r}: {one_line(error)}") from error
    return draft_of(facts, choices, product, evidence)


def _evidence(
    engine: Engine, product: Product, tables: Sequence[TableFacts], progress: Progress
) -> dict[TableName, Evidence]:
    found = {}
    with engine.connect() as connection:
        for number, each in enumerate(tables):
            if number % TABLES_BETWEEN_WORDS == 0:
                progress(f"looking at the values of {number + 1} of {len(tables)}")
            found[each.name] = product.evidence(connection, each)
    return found


def catalogue_sign(settings: Settings) -> str:
    """A text that is another one after a change of the schema."""
    engine = existing(settings)
    product, schemas = _product(engine), settings.schemas
    try:
        with engine.connect() as connection:
            signs = [product.catalogue_sign(connection, schema) for schema in schemas or (None,)]
        return "\n".join(signs) if all(signs) else str(read_facts(engine, product, schemas))
    except SQLAlchemyError as error:
        raise ConfigurationError(f"cannot read the tables of {engine.url!r}: {one_line(error)}") from error
    finally:
        engine.dispose()


def choices_of(settings: Settings) -> Choices:
    tables = {name: _choices_of_table(said) for name, said in settings.tables.items()}
    return Choices(settings.schemas, settings.only, settings.without, settings.expose, tables)


def _choices_of_table(said: TableSettings) -> TableChoices:
    return TableChoices(
        said.set, said.type, said.key, said.ignore, said.names, said.navigation, said.last_updated, said.is_deleted,
        said.inherits, said.discriminator, said.value,
    )  # fmt: skip


def _product(engine: Engine) -> Product:
    return product_named(engine.dialect.name)


def _demand_clock(engine: Engine, draft: Draft, settings: Settings) -> None:
    """Where tables are tracked, the clock has to be there; who may write may make it."""
    first = next((each for each in draft.entities.values() if each.tracked), None)
    if first is None:
        return
    if settings.writable:
        install_clock(engine)
    elif not has_counter(engine):
        raise ConfigurationError(f"{first.name} is tracked, but the database has no clock yet; --writable makes it")


def _name(url: URL) -> str:
    """
    >>> from sqlalchemy import make_url
    >>> _name(make_url("sqlite:///var/northwind.db")), _name(make_url("postgresql://me@host/shop"))
    ('northwind', 'shop')
    """
    name = (url.database or "database").rpartition("/")[2]
    return name.partition("?")[0].rpartition(".")[0] or name if url.get_backend_name() == "sqlite" else name


def _nothing(engine: Engine, draft: Draft) -> str:
    if not draft.remarks:
        return f"{engine.url!r} has no tables to publish"
    first, more = draft.remarks[0], len(draft.remarks) - 1
    others = f", and {more} more" if more else ""
    return f"{engine.url!r} has no tables that could be published: {first.about}: {first.says}{others}"
